"""The contest's own question: 302 firms without outcomes, a fixed budget, 4 % to 15 %, one year."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from tests.realdata import shared_data

from martlet.credit import default_policy
from martlet.credit.optimise import (
    Applicant,
    Bound,
    Counts,
    Market,
    Plan,
    PlanInputs,
    Portfolio,
    Terms,
    check_plan,
    optimise,
    policy_from_plan,
    rating_of,
    read_market,
)
from martlet.credit.training import train
from martlet.credit.training.contest import (
    ALL_HISTORY,
    STRANGERS,
    features_at,
    labelled_at,
    read_contest,
    read_invoices,
)
from martlet.records import Kind

if TYPE_CHECKING:
    from pathlib import Path

MILLION = 100_000_000
TERMS = Terms(
    rate_min_ppm=40_000,
    rate_max_ppm=150_000,
    limit_min_fen=MILLION // 10,
    limit_max_fen=MILLION,
)
"""Limits of 100,000 to 1,000,000 yuan; the rest are the optimiser's named assumptions."""


@cache
def firms(folder: Path) -> tuple[Applicant, ...]:
    """The 302 firms by a scorecard trained on the 123 whose outcomes are known."""
    labelled = labelled_at(*read_contest(folder), ALL_HISTORY)
    card = train(labelled.features, labelled.bad, seed=1).scorecard
    features = features_at({Kind.INVOICES: read_invoices(folder, STRANGERS)}, ALL_HISTORY)
    columns = zip(
        features["party_id"],
        card.score_columns(features)["pd_ppm"],
        features["verified_takings_monthly_fen"].fill_null(0),
        strict=True,
    )
    return tuple(
        Applicant(str(name), pd_ppm, rating_of(pd_ppm), max(flow_fen, 0), MILLION, MILLION)
        for name, pd_ppm, flow_fen in columns
    )


@cache
def market(folder: Path) -> Market:
    return read_market((folder / "attachment3_rate_vs_churn.xlsx").read_bytes())


def plan_for(folder: Path, millions: int, counts: Counts = Counts.OFFERED) -> Plan:
    people, portfolio = firms(folder), Portfolio(millions * MILLION, counts=counts)
    plan = optimise(people, TERMS, portfolio, market(folder))
    assert check_plan(plan.grants, people, TERMS, portfolio) == []
    return plan


def budget_price(plan: Plan) -> int:
    return next(price.earns_ppm for price in plan.prices if price.bound is Bound.BUDGET)


@pytest.mark.realdata
def test_the_budget_of_the_contest_is_lent_to_its_last_hundred_thousand() -> None:
    folder = shared_data("credit/cumcm2020c")
    plans = {millions: plan_for(folder, millions) for millions in (50, 100, 200)}
    for millions, plan in plans.items():
        totals = plan.totals
        print(  # noqa: T201 - shown by `pytest -s`: the figures of the contest's question
            f"{millions} million: {totals['granted_count']} of 302, profit"
            f" {totals['profit_fen'] // 100:,} yuan, average rate"
            f" {totals['average_annual_ppm'] / 10_000:.2f} %, shadow price"
            f" {budget_price(plan) / 1_000_000:.4f}, gap {plan.gap_fen // 100:,} yuan"
        )
        for grant in plan.grants:
            assert grant.limit_fen == 0 or MILLION // 10 <= grant.limit_fen <= MILLION
            assert grant.limit_fen == 0 or 40_000 <= grant.annual_ppm <= 150_000
    assert plans[100].totals["limit_fen"] > 99 * MILLION
    earned = [plans[millions].totals["profit_fen"] for millions in (50, 100, 200)]
    assert earned == sorted(earned)
    prices = [budget_price(plans[millions]) for millions in (50, 100, 200)]
    assert prices == sorted(prices, reverse=True)
    assert plans[100].gap_fen < plans[100].totals["profit_fen"] // 200


@pytest.mark.realdata
def test_a_surer_firm_with_the_same_ceiling_never_gets_less() -> None:
    folder = shared_data("credit/cumcm2020c")
    for counts in Counts:
        plan = plan_for(folder, 60, counts)
        by_ceiling: dict[int, list[tuple[int, int]]] = {}
        for firm, grant in zip(firms(folder), plan.grants, strict=True):
            entry = (firm.pd_ppm, -grant.limit_fen)
            by_ceiling.setdefault(TERMS.ceiling_fen(firm), []).append(entry)
        for members in by_ceiling.values():
            limits = [-limit for _, limit in sorted(members)]
            assert limits == sorted(limits, reverse=True)


@pytest.mark.realdata
def test_a_price_grid_for_the_302_gives_up_little() -> None:
    folder = shared_data("credit/cumcm2020c")
    portfolio = Portfolio(100 * MILLION)
    plan = plan_for(folder, 100)
    inputs = PlanInputs(firms(folder), TERMS, portfolio, market(folder))
    grid = policy_from_plan(plan, inputs, default_policy(), version="contest")
    assert check_plan(grid.grants, firms(folder), TERMS, portfolio) == []
    assert 0 <= grid.given_up_fen < plan.totals["profit_fen"] // 10
