"""Columns decide as single decisions do: every row, whatever is known, said or left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.credit_examples import NOON, STEADY, WEAK

from martlet.credit import Policy, Scorecard, decide, default_policy, expert_scorecard, parse_policy
from martlet.credit.batch import decide_columns
from martlet.credit.batch.facts import ROW_COLUMNS
from martlet.credit.batch.rows import APPLICATION, answer_row, lifted
from martlet.signals import KINDS, Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

MODEL = expert_scorecard()
SEVERE = replace(MODEL, base_points=380)
"""A model by which a business of which nothing is known is beyond the last band."""
KIND_NAMES = sorted(part.kind for part in MODEL.characteristics)
POLICY = default_policy()
SEVERAL = parse_policy(
    POLICY.text.replace("limit_unit_fen = 100  ", "limit_unit_fen = 700  ")
    .replace("least_fen = 100\n", "least_fen = 1400\n")
    .replace("limit_max_fen = 100_000_000", "limit_max_fen = 70_000_000")
    .replace("limit_max_fen = 200_000_000", "limit_max_fen = 140_000_000")
    .replace("exposure_max_fen = 500_000_000", "exposure_max_fen = 41_000_001")
    .replace("limit_fen = 20_000", "limit_fen = 20_001")
    .replace(
        "# Thin history: ",
        """[[capacity]]
kind = "verified_takings_monthly_fen"
cap_fen = 1_000_100
history_min_days = 0
[capacity.share_ppm]
A = 333_333
B = 333_333
C = 7
D = 0

[[eligibility]]
kind = "records_history_days"
at_least = 5
at_most = 3_000

# Thin history: """,
    )
)
"""Another unit, two sources of one kind, a rule with two sides, a low exposure."""


def answers_differ(
    applications: pl.DataFrame, signals: pl.DataFrame, policy: Policy, model: Scorecard
) -> list[tuple[Any, Any]]:
    """Return every row that the columns and the single decision answer differently."""
    columns = decide_columns(applications, signals, policy, model, NOON)
    alone = (
        answer_row(decide(asked, known, policy, model, NOON), policy)
        for asked, known in lifted(applications, signals, NOON)
    )
    rows = columns.drop("application_id", "party_id").iter_rows(named=True)
    return [(row, one) for row, one in zip(rows, alone, strict=True) if row != one]


def _cells(kind: str) -> st.SearchStrategy[int | None]:
    known = KINDS[kind]
    edges = next(part.edges for part in MODEL.characteristics if part.kind == kind)
    low = known.minimum if known.minimum is not None else -(10**6)
    high = known.maximum if known.maximum is not None else 10**15
    near = [v for edge in edges for v in (edge - 1, edge)]
    return st.one_of(st.none(), st.integers(low - 3, high + 3), st.sampled_from(near))


TAKINGS = "verified_takings_monthly_fen"
RICH = STEADY | {TAKINGS: 900_000_000, "records_history_days": 900}
MOMENTS = st.sampled_from([NOON, NOON - timedelta(days=2), NOON + timedelta(microseconds=1)])
SAID = {
    "records_history_days#n": st.sampled_from([0, 1, 9, 10]),
    f"{TAKINGS}#n": st.sampled_from([0, 1, 9, 10]),
    f"{TAKINGS}#ppm": st.sampled_from([499_999, 500_000]),
    "as_of": st.sampled_from([NOON.date(), NOON.date() + timedelta(days=1)]),
    "known_at": MOMENTS,
    "expires_at": MOMENTS,
}
EMPTY = dict.fromkeys([*KIND_NAMES, *SAID])
OFTEN = {
    TAKINGS: st.sampled_from([0, 333, 4_003_003, 120_000_000, 10**12]),
    "records_history_days": st.sampled_from([4, 5, 29, 30, 89, 90, 3_001]),
    "records_days_since_last_days": st.sampled_from([180, 181]),
}
BUSINESS = st.builds(
    lambda base, often, some, said: EMPTY | base | often | some | said,
    st.sampled_from([RICH, STEADY, WEAK, {}]),
    st.fixed_dictionaries({}, optional=OFTEN),
    st.dictionaries(st.sampled_from(KIND_NAMES), st.none(), max_size=4)
    | st.fixed_dictionaries({}, optional={kind: _cells(kind) for kind in KIND_NAMES}),
    st.just({}) | st.fixed_dictionaries({}, optional=SAID),
)
ASKED = st.fixed_dictionaries(
    {
        "product": st.sampled_from(["revolving_daily"] * 3 + ["equal_instalments", "gold"]),
        "requested_fen": st.sampled_from([99, 100, 700, 1_234_567, 10**9, 10**15]),
        "committed_fen": st.sampled_from([0, 0, 12_345, 41_000_000, 10**15]),
        "tenor": st.sampled_from(["", "", "tenor_days:30", "tenor_days:31", "tenor_months:6"]),
    }
)


def _frames(
    asked: Sequence[dict[str, Any]], businesses: Sequence[dict[str, Any]]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = []
    for number, one in enumerate(asked):
        unit, _, wanted = one["tenor"].partition(":")
        tenor = {unit: int(wanted)} if unit else {}
        party = f"p{number % (len(businesses) + 1)}"
        rows.append({"application_id": f"a{number}", "party_id": party, **one, **tenor})
    signals = [{"party_id": f"p{number}", **one} for number, one in enumerate(businesses)]
    schema = {name: ROW_COLUMNS.get(name, pl.Int64) for name in signals[0]}
    return (
        pl.DataFrame(rows, schema=APPLICATION),
        pl.DataFrame(signals, schema=schema | {"party_id": pl.String}),
    )


@settings(max_examples=120, deadline=None)
@given(
    st.lists(ASKED, min_size=4, max_size=12),
    st.lists(BUSINESS, min_size=2, max_size=6),
    st.sampled_from([POLICY, SEVERAL]),
    st.sampled_from([MODEL, SEVERE]),
)
def test_every_row_is_decided_as_it_would_be_alone(
    asked: list[dict[str, Any]],
    businesses: list[dict[str, Any]],
    policy: Policy,
    model: Scorecard,
) -> None:
    applications, signals = _frames(asked, businesses)
    assert answers_differ(applications, signals, policy, model) == []


@pytest.mark.parametrize(("policy", "lower"), [(POLICY, "product"), (SEVERAL, "exposure")])
def test_every_cap_bites_in_its_turn(policy: Policy, lower: str) -> None:
    asked = [
        {"product": product, "requested_fen": wanted, "committed_fen": taken, "tenor": ""}
        for product in ("revolving_daily", "equal_instalments")
        for wanted in (700, 1_234_567, 39_000_000, 90_000_000, 10**10)
        for taken in (0, 12_345, 30_000_000, 41_000_000, 600_000_000)
    ]
    businesses = [EMPTY | RICH | {TAKINGS: amount} for amount in (10**7, 35 * 10**6, 9 * 10**8)]
    applications, signals = _frames(asked, businesses)
    assert answers_differ(applications, signals, policy, MODEL) == []
    found = decide_columns(applications, signals, policy, MODEL, NOON)
    for name in ("committed", lower, "requested"):
        assert (found[f"cap_{name}_fen"] < 0).any(), name


PLAIN = {"product": "revolving_daily", "requested_fen": 50_000_000, "committed_fen": 0, "tenor": ""}


def test_a_table_of_two_shops_reads_as_two_decisions() -> None:
    businesses = [dict.fromkeys(KIND_NAMES) | values for values in (STEADY, WEAK)]
    applications, signals = _frames([PLAIN, PLAIN, PLAIN], businesses)
    found = decide_columns(applications, signals, POLICY, MODEL, NOON)
    assert found["outcome"].to_list() == ["approved", "refused", "approved"]
    assert found["limit_fen"].to_list() == [15_000_000, 0, 100]
    assert found["band"].to_list() == ["B", "", "C"]
    assert found["reason"][1] == "credit.risk_too_high"
    assert found["capacity_verified_takings_monthly_fen"].to_list() == [15_000_000, 0, 0]
    assert found["starter_fen"].to_list() == [0, 0, 100]


def test_exclusions_and_kinds_that_are_not_numbers_count_as_they_do_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    days = KINDS["records_history_days"]
    for slug, unit, role in (
        ("circular_trade", Unit.FLAG, "exclusion"),
        ("mirrored_invoices", Unit.COUNT, "exclusion"),
        ("seen_by_officer", Unit.FLAG, "feature"),
    ):
        kind = replace(days, slug=slug, unit=unit, role=role)
        monkeypatch.setitem(KINDS, slug, kind)  # type: ignore[arg-type] # a plain dict
    signals = pl.DataFrame(
        {
            "party_id": [f"p{number}" for number in range(5)],
            "circular_trade": [True, False, None, None, True],
            "circular_trade#ppm": [None, None, None, None, 10],
            "mirrored_invoices": [0, 0, 2, None, 0],
            "seen_by_officer": [True] * 5,
        }
    )
    applications = pl.DataFrame(
        [
            {"application_id": f"a{n}", "party_id": f"p{n}", **PLAIN, "tenor_days": None}
            for n in range(5)
        ],
        schema=APPLICATION,
    )
    found = decide_columns(applications, signals, POLICY, MODEL, NOON)
    refused = [reason == "credit.excluded" for reason in found["reason"]]
    assert refused == [True, False, True, False, False]
    assert answers_differ(applications, signals, POLICY, MODEL) == []
