"""A place in a supply chain carries the least of three amounts, and nothing without revenue."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.credit_examples import NOON, STEADY, application, known
from tests.credit.test_credit_columns import answers_differ

from martlet.credit import Component, decide, default_policy, expert_scorecard, parse_policy
from martlet.credit.batch.rows import APPLICATION
from martlet.credit.chain import GRADE, NEED, REVENUE
from martlet.credit.optimise.policy_text import policy_text
from martlet.kernel.errors import Invalid
from martlet.signals import KINDS

PLAIN, MODEL = default_policy(), expert_scorecard()
TEXT = (files("martlet.credit") / "policies/chain.toml").read_text("utf-8")
POLICY = parse_policy(TEXT)
MILLION = 100_000_000
"""A million yuan in fen."""

NYLON = STEADY | {
    "verified_takings_monthly_fen": 83_000_000,
    REVENUE: 67_000_000,
    GRADE: 3,
}
"""Ten million a year, four fifths of it through the chain, a grade that patents have lifted."""


def limit(values: dict[str, int], requested_fen: int = 5 * MILLION) -> int:
    product = "equal_instalments"
    asked = application(requested_fen, product=product)
    return decide(asked, known(values), POLICY, MODEL, NOON).limit_fen


def chain_part(values: dict[str, int]) -> Component:
    asked = application(2 * MILLION, product="equal_instalments")
    steps = decide(asked, known(values), POLICY, MODEL, NOON).components
    return next(step for step in steps if step.source == "chain")


def test_twelve_patents_and_a_verified_chain_are_two_million() -> None:
    part = chain_part(NYLON)
    assert limit(NYLON) == 2 * MILLION
    assert part.cap_applied == "grade"
    assert part.before_cap_fen == 2 * MILLION
    assert part.reason.params["by_need_fen"] == 234_500_000
    assert part.reason.would_change is not None


def test_without_patents_the_line_is_smaller_and_patents_alone_are_nothing() -> None:
    place_only, alone = NYLON | {GRADE: 6}, {GRADE: 1, NEED: 9 * MILLION}
    assert limit(place_only) < limit(NYLON) // 2 + 1
    assert limit(STEADY | alone) == limit(STEADY)
    assert limit(alone) == limit({})
    assert limit(NYLON | {REVENUE: 0}) == limit({**NYLON, GRADE: 10, REVENUE: 0})


def test_each_of_the_three_can_bind_and_says_so() -> None:
    assert chain_part(NYLON | {GRADE: 1}).cap_applied == "need"
    assert chain_part(NYLON | {GRADE: 1, NEED: 9 * MILLION}).cap_applied == "revenue"
    young = chain_part(NYLON | {"records_history_days": 60})
    assert (young.cap_applied, young.amount_fen) == ("history", 0)
    rich = NYLON | {"verified_takings_monthly_fen": 10 * MILLION}
    assert chain_part(rich).reason.code == "credit.chain_exceeded"
    assert chain_part(rich).amount_fen == 0


def test_a_policy_without_the_table_decides_as_it_ever_did() -> None:
    asked = application(5 * MILLION)
    without = {kind: value for kind, value in NYLON.items() if not kind.startswith("chain_")}
    seen, unseen = (decide(asked, known(values), PLAIN, MODEL, NOON) for values in (NYLON, without))
    assert seen.components == unseen.components
    assert parse_policy(policy_text(POLICY)).chain == POLICY.chain
    assert PLAIN.chain is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("500_000_000, 300", "200_000_000, 300"),
        ("30_000_000, 20_000_000,", "30_000_000,"),
        ("B = 3_500_000", "B = 4_500_000"),
        ("need_least_ppm = 3_500_000", "need_least = 3"),
    ],
)
def test_a_table_that_could_turn_good_news_into_less_is_refused(before: str, after: str) -> None:
    assert before in TEXT
    with pytest.raises(Invalid):
        parse_policy(TEXT.replace(before, after))


_CHAIN: dict[str, st.SearchStrategy[Any]] = {
    REVENUE: st.sampled_from([0, 333, 67_000_000, 10**9, 10**14]),
    NEED: st.sampled_from([0, 99, 150_000_000, 10**12]),
    GRADE: st.integers(1, 10),
}
_FIRMS = st.builds(
    lambda records, chain: records | chain,
    st.fixed_dictionaries({}, optional={kind: st.just(STEADY[kind]) for kind in STEADY}),
    st.fixed_dictionaries({}, optional=_CHAIN),
)


@settings(max_examples=200, deadline=None)
@given(_FIRMS, st.data())
def test_law_a_better_or_further_chain_signal_never_lowers_the_limit(
    values: dict[str, int], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(_CHAIN)))
    value = data.draw(_CHAIN[kind])
    old = values.get(kind)
    if old is not None and (value > old if kind == GRADE else value < old):
        return
    assert limit(values | {kind: value}) >= limit(values)


@settings(max_examples=25, deadline=None)
@given(st.lists(_FIRMS, min_size=1, max_size=12), st.sampled_from([100, 5 * MILLION]))
def test_columns_decide_chains_as_single_decisions_do(
    firms: list[dict[str, int]], requested_fen: int
) -> None:
    kinds = [*STEADY, *_CHAIN]
    rows = [{"party_id": str(i), **{k: firm.get(k) for k in kinds}} for i, firm in enumerate(firms)]
    signals = pl.DataFrame(
        rows, schema={"party_id": pl.String} | {k: pl.Int64 for k in kinds if k in KINDS}
    )
    asked = pl.DataFrame(
        [
            (str(i), str(i), "equal_instalments", requested_fen, None, None, 0)
            for i in range(len(firms))
        ],
        schema=APPLICATION,
        orient="row",
    )
    assert not answers_differ(asked, signals, POLICY, MODEL)
