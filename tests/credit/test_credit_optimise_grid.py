"""A plan becomes a policy that can be read, back-tested and published, at a price that is told."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.credit_examples import NOON, STEADY, application, known
from tests.credit.market_examples import MARKET, shop, street, terms

from martlet.credit import decide, default_policy, difference, expert_scorecard, parse_policy
from martlet.credit.optimise import (
    Cap,
    Counts,
    FittedPolicy,
    PlanInputs,
    Portfolio,
    check_plan,
    optimise,
    policy_from_plan,
    policy_text,
)
from martlet.kernel.errors import Refused


def fitted(portfolio: Portfolio, count: int = 200, bands: int = 5) -> FittedPolicy:
    people = street(count)
    plan = optimise(people, terms(), portfolio, MARKET)
    base = default_policy()
    return policy_from_plan(
        plan, PlanInputs(people, terms(), portfolio, MARKET), base, version="fitted-1", bands=bands
    )


def test_a_policy_written_out_is_read_back_the_same() -> None:
    policy = default_policy()
    assert difference(policy, parse_policy(policy_text(policy))) == ()
    odd = replace(policy, note='say "yes"\nor no \\ 好')
    assert parse_policy(policy_text(odd)).note == odd.note


@settings(max_examples=40, deadline=None)
@given(
    st.integers(10**7, 3 * 10**9),
    st.one_of(st.none(), st.integers(1_000, 30_000)),
    st.sampled_from(list(Counts)),
    st.integers(1, 8),
)
def test_a_grid_keeps_the_constraints_and_never_beats_the_bound(
    budget_fen: int, loss: int | None, counts: Counts, bands: int
) -> None:
    people = street(60)
    portfolio = Portfolio(budget_fen, loss, counts=counts)
    plan = optimise(people, terms(), portfolio, MARKET)
    if not plan.totals["granted_count"]:
        return
    grid = policy_from_plan(
        plan,
        PlanInputs(people, terms(), portfolio, MARKET),
        default_policy(),
        version="v",
        bands=bands,
    )
    assert check_plan(grid.grants, people, terms(), portfolio) == []
    assert grid.profit_fen <= plan.profit_bound_fen
    assert 1 <= len(grid.bands) <= bands
    for better, worse in pairwise(grid.bands):
        assert better.pd_max_ppm < worse.pd_max_ppm
        assert better.rate_ppm_per_day <= worse.rate_ppm_per_day
        assert better.share_ppm >= worse.share_ppm


def test_simplicity_has_a_price_and_it_is_small_where_nothing_is_scarce() -> None:
    grid = fitted(Portfolio(10**12))
    assert 0 <= grid.given_up_fen < grid.plan_profit_fen // 5
    told = grid.as_json()
    assert told["given_up_fen"] == grid.given_up_fen
    assert [band["name"] for band in told["bands"]] == list("ABCDE"[: len(grid.bands)])


def test_a_fitted_policy_decides() -> None:
    """The shop of the examples gets the share of its takings that the grid gives its band."""
    grid = fitted(Portfolio(10**9, 12_000, (Cap("trade-1", 10**8),)))
    found = decide(application(), known(STEADY), grid.policy, expert_scorecard(), NOON)
    band = grid.policy.band_of(found.pd_ppm)
    if band is None:
        pytest.fail("the shop of the examples should be within the grid")
    assert found.rate_ppm_per_day == band.rate_ppm_per_day
    share = grid.policy.capacity[0].share_ppm[band.name]
    takings_fen = STEADY["verified_takings_monthly_fen"]
    assert found.components[0].before_cap_fen == takings_fen * share // 1_000_000 // 100 * 100
    assert grid.policy.version == "fitted-1"
    assert {change.place.split(".")[0] for change in difference(default_policy(), grid.policy)} <= {
        *("version", "note", "bands", "capacity", "thin_history")
    }


def test_a_grid_of_a_plan_that_lends_nothing_is_refused() -> None:
    with pytest.raises(Refused, match=r"credit\.grid_empty"):
        fitted(Portfolio(0))
    people = [shop(1, 10_000, 1_000)]
    plan = optimise(people, terms(), Portfolio(10**9), MARKET)
    base = replace(default_policy(), capacity=())
    with pytest.raises(Refused, match=r"credit\.grid_source_missing"):
        policy_from_plan(
            plan, PlanInputs(people, terms(), Portfolio(10**9), MARKET), base, version="v"
        )
