"""An instalment held against the money that comes in: exact, monotone, and only where asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.credit_examples import NOON, STEADY, application, known

from martlet.credit import decide, default_policy, expert_scorecard, explanation, parse_policy
from martlet.credit.coverage import coverage_ppm, covered_fen, instalment_fen, short_days_ppm
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale
from martlet.lending.instalments import level_instalment
from martlet.lending.product import product_named

PPM = 1_000_000
MODEL = expert_scorecard()
NET, PLATFORM = "bank_net_monthly_12m_fen", "payment_net_monthly_12m_fen"
RULE = '\n[[coverage]]\nkind = "{}"\nmin_ppm = 1_500_000\n'
COVERED = parse_policy(default_policy().text + RULE.format(NET) + RULE.format(PLATFORM))


def asked(values, policy=COVERED, **changes):
    wanted = application(20_000_000, product="equal_instalments", tenor_months=12, **changes)
    return decide(wanted, known(STEADY | values), policy, MODEL, NOON)


def test_the_instalment_is_the_one_that_the_loan_will_have() -> None:
    """120,000 yuan over a year at 0.03 % a day: 10,626.37 yuan a month."""
    conventions = product_named("equal_instalments").conventions
    told = instalment_fen(12_000_000, 12, 300)
    assert told == level_instalment(12_000_000, 300, 12, conventions)
    assert coverage_ppm(2 * told, told) == 2 * PPM
    assert coverage_ppm(-told, told) == -PPM
    assert coverage_ppm(5, 0) is None


@settings(max_examples=200, deadline=None)
@given(
    st.integers(-(10**9), 10**10),
    st.integers(PPM // 2, 5 * PPM),
    st.integers(1, 60),
    st.integers(0, 1_000),
)
def test_what_is_covered_is_covered_and_more_inflow_never_carries_less(
    inflow: int, least_ppm: int, months: int, rate: int
) -> None:
    amount = covered_fen(inflow, least_ppm, months, rate)
    assert amount >= 0
    if amount:
        assert coverage_ppm(inflow, instalment_fen(amount, months, rate)) >= least_ppm - 1
    assert covered_fen(inflow + 1_000, least_ppm, months, rate) >= amount
    assert covered_fen(inflow, least_ppm, months + 1, rate) >= amount
    assert covered_fen(inflow, least_ppm, months, rate + 1) <= amount


def test_days_on_which_the_account_fell_short_are_bounded_by_the_ladder_of_balances() -> None:
    """95 % of days held 500 yuan or more, 75 % 2,000, half 9,000."""
    ladder = {f"bank_balance_p{rung}_fen": held for rung, held in ((5, 50_000), (25, 200_000))}
    ladder["bank_balance_p50_fen"] = 900_000
    due = {50_000: 50_000, 50_001: 250_000, 200_001: 500_000, 900_001: PPM}
    assert {fen: short_days_ppm(ladder, "bank", fen) for fen in due} == due
    assert short_days_ppm(ladder, "payment", 1) is None


def test_a_limit_stops_where_its_instalments_would_not_be_covered() -> None:
    """3,000 yuan left a month, to be covered one and a half times: 2,000 yuan of instalment."""
    free = asked({})
    held = asked({NET: 300_000})
    assert free.approved
    assert held.limit_fen < free.limit_fen
    months, rate = 12, held.rate_ppm_per_day
    assert instalment_fen(held.limit_fen, months, rate) <= 200_000
    assert instalment_fen(held.limit_fen + 100, months, rate) > 200_000
    (step,) = (part for part in held.components if part.source == "coverage")
    (change,) = step.reason.would_change.changes
    wider = asked({NET: change.needed})
    assert wider.limit_fen == free.limit_fen, "the way out leads out"
    assert asked({NET: change.needed - 100}).limit_fen < free.limit_fen


def test_a_further_account_never_lowers_the_limit_and_the_least_line_stays() -> None:
    held = asked({NET: 300_000})
    assert asked({NET: 300_000, PLATFORM: -500_000}).limit_fen == held.limit_fen
    assert asked({NET: 300_000, PLATFORM: 400_000}).limit_fen > held.limit_fen
    assert asked({NET: -300_000}).limit_fen == COVERED.thin_history.least_fen


def test_nothing_is_held_against_inflow_unless_the_policy_says_so() -> None:
    assert default_policy().coverage == ()
    plain = asked({NET: 300_000}, policy=default_policy())
    assert plain.limit_fen == asked({}).limit_fen
    line = decide(application(), known(STEADY | {NET: 1}), COVERED, MODEL, NOON)
    assert line.limit_fen == decide(application(), known(STEADY), COVERED, MODEL, NOON).limit_fen


@pytest.mark.parametrize(
    ("locale", "words"), [(Locale.EN, "at most"), (Locale.ZH_CN, "月供须有现金流支撑")]
)
def test_the_step_is_told_in_the_owners_language(locale: Locale, words: str) -> None:
    told = explanation(asked({NET: 300_000}), locale)
    (step,) = (part for part in told.steps if part.source == "coverage")
    assert words in step.sentence
    assert "3,000.00" in step.sentence
    assert step.way_out


@pytest.mark.parametrize(
    "rule", [RULE.format("records_history_days"), RULE.format(NET).replace("1_500_000", "0")]
)
def test_a_rule_that_makes_no_sense_is_refused(rule: str) -> None:
    with pytest.raises(Invalid, match=r"credit\.policy_malformed"):
        parse_policy(default_policy().text + rule)
