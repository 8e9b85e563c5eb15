"""Schedules as a lender would write them on paper: every kind, every grace, every odd day."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from martlet.kernel.errors import Refused
from martlet.kernel.rounding import RoundingMode
from martlet.lending.schedules import (
    Absorbs,
    Balloon,
    Carry,
    Compounding,
    DayCount,
    Drawdown,
    Drawn,
    DueRule,
    Frequency,
    InterestBy,
    InterestPaid,
    InterestPaused,
    LevelBy,
    MonthEnd,
    MonthLength,
    PastDueBand,
    PeriodUnit,
    PlanConventions,
    PlanKind,
    PlanTerms,
    PrincipalPaid,
    ProgressiveConventions,
    ProgressiveTerms,
    RateChanged,
    RateStep,
    Repaid,
    Rounding,
    Shift,
    YearLength,
    band_of,
    days_past_due,
    down_payment_of,
    due_dates,
    period_rate,
    plan_rows,
    progressive_rows,
    rate_of_ppm,
    regular_payment,
    year_fraction,
)

TWELVE_PER_CENT = rate_of_ppm(120_000)
HALVES = Frequency(1, PeriodUnit.SEMI_MONTHS)


def table(terms: PlanTerms, conventions: PlanConventions) -> list[tuple[int, int, int, int]]:
    """Payment, principal, interest and balance of each row, in fen."""
    rows = plan_rows(terms, conventions)
    return [(row.payment, row.principal, row.interest, row.balance) for row in rows]


def loan(periods: int | None = 3, principal: int = 30_000_00, **more: object) -> PlanTerms:
    return PlanTerms(principal, TWELVE_PER_CENT, periods, **more)  # type: ignore[arg-type]


# Days of a year, days of a month.


@pytest.mark.parametrize(
    ("basis", "fraction"),
    [
        (DayCount.THIRTY_360, Fraction(30, 360)),
        (DayCount.ACTUAL_360, Fraction(29, 360)),
        (DayCount.ACTUAL_364, Fraction(29, 364)),
        (DayCount.ACTUAL_365, Fraction(29, 365)),
        (DayCount.ACTUAL_365_NO_LEAP, Fraction(28, 365)),
        (DayCount.ACTUAL_ACTUAL, Fraction(29, 366)),
    ],
)
def test_february_of_a_leap_year_by_every_day_count(basis: DayCount, fraction: Fraction) -> None:
    assert year_fraction(basis, date(2024, 2, 1), date(2024, 3, 1)) == fraction


def test_the_night_of_new_year_belongs_to_one_year_or_the_other() -> None:
    days = date(2023, 12, 12), date(2024, 1, 12)
    split = Fraction(19, 365) + Fraction(12, 366)
    isda = Fraction(20, 365) + Fraction(11, 366)
    assert year_fraction(DayCount.ACTUAL_ACTUAL, *days) == split
    assert year_fraction(DayCount.ACTUAL_ACTUAL_ISDA, *days) == isda


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (MonthEnd.CLAMP, ["2025-02-28", "2025-03-31", "2025-04-30", "2025-05-31"]),
        (MonthEnd.ROLL, ["2025-03-01", "2025-03-31", "2025-05-01", "2025-05-31"]),
    ],
)
def test_what_is_due_on_the_31st_in_a_month_without_one(rule: MonthEnd, days: list[str]) -> None:
    found = due_dates(DueRule(month_end=rule), date(2025, 1, 31), 4)
    assert [day.isoformat() for day in found] == days


def test_what_starts_on_a_last_day_can_stay_on_last_days() -> None:
    start = date(2025, 2, 28)
    stuck = due_dates(DueRule(month_end=MonthEnd.STICK), start, 2)
    assert stuck == (date(2025, 3, 31), date(2025, 4, 30))
    assert due_dates(DueRule(), start, 2) == (date(2025, 3, 28), date(2025, 4, 28))


@pytest.mark.parametrize(
    ("frequency", "second"),
    [
        (Frequency(1, PeriodUnit.DAYS), "2025-01-12"),
        (Frequency(15, PeriodUnit.DAYS), "2025-02-09"),
        (Frequency(2, PeriodUnit.WEEKS), "2025-02-07"),
        (HALVES, "2025-02-10"),
        (Frequency(3, PeriodUnit.MONTHS), "2025-07-10"),
        (Frequency(1, PeriodUnit.YEARS), "2027-01-10"),
    ],
)
def test_from_daily_to_yearly(frequency: Frequency, second: str) -> None:
    days = due_dates(DueRule(frequency), date(2025, 1, 10), 2)
    assert days[1].isoformat() == second


def test_a_fixed_day_of_the_month_is_kept_from_the_first_such_day_on() -> None:
    start = date(2022, 10, 17)
    assert due_dates(DueRule(on_day=1), start, 2) == (date(2022, 11, 1), date(2022, 12, 1))
    assert due_dates(DueRule(on_day=31), start, 2) == (date(2022, 10, 31), date(2022, 11, 30))
    assert due_dates(DueRule(on_day=20), start, 1) == (date(2022, 10, 20),)


@pytest.mark.parametrize(
    ("shift", "days"),
    [
        (Shift.FOLLOWING, ["2025-06-02", "2025-06-30"]),
        (Shift.MODIFIED_FOLLOWING, ["2025-05-30", "2025-06-30"]),
        (Shift.PRECEDING, ["2025-05-30", "2025-06-30"]),
    ],
)
def test_a_day_off_moves_one_instalment_and_not_the_next(shift: Shift, days: list[str]) -> None:
    """31 May 2025 is a Saturday; the rule of 30 June does not notice."""
    rule = DueRule(shift=shift, on_day=31)
    found = due_dates(rule, date(2025, 5, 1), 2, is_working=lambda day: day.weekday() < 5)
    assert [day.isoformat() for day in found] == days


# The kinds.


def test_equal_instalments_and_the_last_bears_the_fen() -> None:
    assert table(loan(), PlanConventions()) == [
        (10_200_66, 9_900_66, 300_00, 20_099_34),
        (10_200_66, 9_999_67, 200_99, 10_099_67),
        (10_200_67, 10_099_67, 101_00, 0),
    ]


def test_equal_principal_costs_less_every_month() -> None:
    assert table(loan(), PlanConventions(PlanKind.EQUAL_PRINCIPAL)) == [
        (10_300_00, 10_000_00, 300_00, 20_000_00),
        (10_200_00, 10_000_00, 200_00, 10_000_00),
        (10_100_00, 10_000_00, 100_00, 0),
    ]


@pytest.mark.parametrize(
    ("absorbs", "principal"), [(Absorbs.LAST, [33, 33, 34]), (Absorbs.FIRST, [34, 33, 33])]
)
def test_the_remainder_of_equal_shares_goes_to_the_last_or_the_first(
    absorbs: Absorbs, principal: list[int]
) -> None:
    conventions = PlanConventions(PlanKind.EQUAL_PRINCIPAL, absorbs=absorbs)
    rows = plan_rows(loan(principal=100), conventions)
    assert [row.principal for row in rows] == principal


def test_flat_interest_never_sees_what_was_repaid() -> None:
    rows = plan_rows(loan(principal=10_000_01), PlanConventions(PlanKind.FLAT))
    assert [row.interest for row in rows] == [100_00, 100_00, 100_00]
    assert [row.principal for row in rows] == [3_333_34, 3_333_34, 3_333_33]


def test_interest_first_then_all_principal() -> None:
    assert table(loan(), PlanConventions(PlanKind.INTEREST_THEN_PRINCIPAL)) == [
        (300_00, 0, 300_00, 30_000_00),
        (300_00, 0, 300_00, 30_000_00),
        (30_300_00, 30_000_00, 300_00, 0),
    ]


def test_everything_at_maturity_without_interest_on_interest() -> None:
    assert table(loan(), PlanConventions(PlanKind.BULLET)) == [
        (0, 0, 0, 30_000_00),
        (0, 0, 0, 30_000_00),
        (30_900_00, 30_000_00, 900_00, 0),
    ]


def test_a_fixed_amount_lasts_as_long_as_it_takes() -> None:
    rows = table(loan(None, amount=12_000_00), PlanConventions(PlanKind.FIXED_AMOUNT))
    assert rows == [
        (12_000_00, 11_700_00, 300_00, 18_300_00),
        (12_000_00, 11_817_00, 183_00, 6_483_00),
        (6_547_83, 6_483_00, 64_83, 0),
    ]


def test_an_amount_that_never_repays_is_refused() -> None:
    with pytest.raises(Refused) as refusal:
        plan_rows(loan(None, amount=300_00), PlanConventions(PlanKind.FIXED_AMOUNT))
    assert refusal.value.code == "lending.payment_never_repays"


# Grace, down payment, drawdowns, rates that move.


def test_a_grace_on_principal_levels_the_rest_over_fewer_months() -> None:
    rows = table(loan(4), PlanConventions(principal_grace=1))
    assert rows[0] == (300_00, 0, 300_00, 30_000_00)
    assert rows[1:] == table(loan(3), PlanConventions())


def test_a_grace_on_interest_only_moves_it() -> None:
    rows = plan_rows(loan(), PlanConventions(PlanKind.EQUAL_PRINCIPAL, interest_grace=1))
    assert [row.interest for row in rows] == [0, 500_00, 100_00]


def test_months_free_of_interest_cost_nothing() -> None:
    rows = plan_rows(loan(), PlanConventions(PlanKind.EQUAL_PRINCIPAL, interest_free=1))
    assert [row.interest for row in rows] == [0, 200_00, 100_00]


def test_a_down_payment_is_paid_on_the_day_of_the_drawdown() -> None:
    down = down_payment_of(30_000_00, Fraction(1, 4), Rounding(unit=100))
    start = date(2025, 1, 10)
    rows = plan_rows(loan(down_payment=down, start=start), PlanConventions())
    assert (rows[0].number, rows[0].due_on, rows[0].payment) == (0, start, 7_500_00)
    assert sum(row.principal for row in rows) == 30_000_00


def test_a_second_drawdown_costs_its_days_and_levels_the_rest_anew() -> None:
    later = Drawdown(date(2025, 2, 20), 6_000_00)
    terms = loan(start=date(2025, 1, 10), later_drawdowns=(later,))
    rows = plan_rows(terms, PlanConventions(PlanKind.EQUAL_PRINCIPAL))
    # 10 February to 10 March is 28 days, of which the new money is out for 18.
    assert [row.interest for row in rows] == [300_00, 200_00 + 38_57, 130_00]
    assert [row.principal for row in rows] == [10_000_00, 13_000_00, 13_000_00]


def test_interest_by_actual_days_with_a_level_of_their_factors() -> None:
    conventions = PlanConventions(
        day_count=DayCount.ACTUAL_365, interest_by=InterestBy.DAYS, level_by=LevelBy.FACTORS
    )
    rows = plan_rows(loan(start=date(2025, 1, 31)), conventions)
    assert [row.interest for row in rows] == [276_16, 204_68, 99_56]
    assert {row.payment for row in rows} == {10_193_46, 10_193_47}


def test_a_payment_cap_lets_unpaid_interest_join_the_balance() -> None:
    step = RateStep(2, rate_of_ppm(480_000), payment_cap=Fraction(1, 1))
    rows = plan_rows(loan(60, 10_000_00, steps=(step,)), PlanConventions())
    assert rows[1].payment == rows[0].payment
    assert rows[1].principal < 0
    assert rows[1].balance > rows[0].balance
    assert sum(row.principal for row in rows) == 10_000_00


def test_another_rate_without_another_payment_falls_to_the_last() -> None:
    step = RateStep(2, rate_of_ppm(180_000), relevel=False)
    rows = plan_rows(loan(steps=(step,)), PlanConventions())
    assert rows[1].payment == rows[0].payment
    assert rows[2].payment > rows[1].payment


def test_canadian_mortgages_compound_twice_a_year() -> None:
    monthly = period_rate(rate_of_ppm(50_000), Fraction(12), Compounding.SEMI_ANNUAL)
    assert round(monthly * 10**10) == 41_239_155
    quarterly = period_rate(rate_of_ppm(80_000), Fraction(1), Compounding.QUARTERLY)
    assert quarterly == Fraction(102, 100) ** 4 - 1


def test_a_short_term_on_a_long_level_leaves_a_balloon() -> None:
    """Fannie Mae's guide, section 1103: 25 million at 5.5 % over 30 years, due after ten."""
    terms = PlanTerms(
        25_000_000_00, rate_of_ppm(55_000), 120, start=date(2018, 12, 1), amortise_over=360
    )
    conventions = PlanConventions(
        day_count=DayCount.ACTUAL_360, interest_by=InterestBy.DAYS, carry=Carry.EXACT
    )
    rows = plan_rows(terms, conventions)
    assert (rows[0].payment, rows[-1].balance) == (141_947_25, 20_885_505_83)
    paid = PlanConventions(balloon=Balloon.PAID)
    assert plan_rows(terms, paid)[-1].balance == 0


def test_instalments_in_whole_yuan_rounded_up_end_a_little_lower() -> None:
    up = PlanConventions(payment=Rounding(RoundingMode.UP, 100))
    rows = plan_rows(loan(), up)
    assert [row.payment for row in rows] == [10_201_00, 10_201_00, 10_199_98]


def test_combinations_without_a_meaning_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        PlanConventions(PlanKind.LEVEL, absorbs=Absorbs.FIRST)
    with pytest.raises(AssertionError):
        PlanConventions(interest_by=InterestBy.DAYS, compounding=Compounding.ANNUAL)
    with pytest.raises(AssertionError):
        PlanConventions(level_by=LevelBy.FACTORS)


# Days past due.


def test_days_past_due_count_from_the_day_after_or_from_the_day_itself() -> None:
    due_on = date(2023, 2, 1)
    assert days_past_due(due_on, date(2023, 2, 2)) == 1
    assert days_past_due(due_on, date(2023, 2, 2), due_day_counts=True) == 2
    assert days_past_due(due_on, date(2023, 1, 31), due_day_counts=True) == 0


def test_a_band_is_found_by_days_and_bands_do_not_overlap() -> None:
    bands = [PastDueBand("watch", 1, 90), PastDueBand("bad", 91, None)]
    assert [band_of(days, bands) for days in (0, 90, 91)] == [None, *bands]
    with pytest.raises(AssertionError):
        band_of(1, [PastDueBand("watch", 1, 91), PastDueBand("bad", 91, None)])


def test_a_flat_fee_rides_on_every_instalment_and_moves_nothing() -> None:
    plain = plan_rows(loan(), PlanConventions())
    rows = plan_rows(loan(fee_per_period=5_00), PlanConventions())
    assert [row.payment - row.fee for row in rows] == [row.payment for row in plain]
    assert [row.balance for row in rows] == [row.balance for row in plain]
    assert {row.fee for row in rows} == {5_00}


def test_what_a_lender_quotes_is_rounded_as_a_payment() -> None:
    """A row of interest alone rounds as interest does; what is quoted for it does not."""
    conventions = PlanConventions(
        payment=Rounding(RoundingMode.UP), interest=Rounding(RoundingMode.DOWN), principal_grace=1
    )
    terms = loan(principal=10_000_01)
    assert plan_rows(terms, conventions)[0].payment == 100_00
    assert regular_payment(terms, conventions) == 100_01
    assert regular_payment(loan(), PlanConventions(PlanKind.EQUAL_PRINCIPAL)) == 10_300_00


def test_half_months_may_end_on_any_two_days() -> None:
    rule = DueRule(HALVES, on_day=5, second_day=31)
    days = due_dates(rule, date(2025, 1, 31), 3)
    assert [day.isoformat() for day in days] == ["2025-02-05", "2025-02-28", "2025-03-05"]


def test_a_level_moves_as_often_as_that_brings_the_last_instalment_nearer() -> None:
    """500 at 24 %, 100 of it paid ahead and the rate halved: three moves leave two fen."""
    days = (date(2024, 1, 1), *(date(2024, month, 1) for month in range(2, 8)))
    told = [
        Drawn(days[0], 50_000),
        PrincipalPaid(days[0], days[2], 10_000),
        RateChanged(date(2024, 1, 2), Fraction(12, 100)),
    ]
    gaps = []
    for rounds in (0, 1, 3):
        conventions = ProgressiveConventions(relevel_rounds=rounds)
        terms = ProgressiveTerms(days, Fraction(24, 100), 100, conventions)
        rows = progressive_rows(terms, told)
        gaps.append(rows[-1].instalment - rows[-2].instalment)
        assert rows[1].instalment == 10_000, "what was paid ahead stays as it is"
    assert gaps == [-564, 13, -2]


def test_a_part_of_a_period_costs_its_days_of_the_month_in_which_the_period_begins() -> None:
    """Paid on 10 December for the 13th: three days on 4,000 are three of November's thirty."""
    days = tuple(date(2023 + month // 13, (month - 1) % 12 + 1, 13) for month in range(11, 18))
    conventions = ProgressiveConventions(
        year_length=YearLength.DAYS_365, month_length=MonthLength.CALENDAR
    )
    terms = ProgressiveTerms(days, Fraction(1, 10), 100, conventions)
    told = [
        Drawn(days[0], 500_000),
        PrincipalPaid(date(2023, 12, 10), days[1], 100_000),
        InterestPaid(date(2023, 12, 10), days[1], 3_699),
    ]
    rows = progressive_rows(terms, told)
    assert rows[0].interest == round(500_000 * 27 / 3_650)
    assert rows[1].interest == round(400_000 * 3 / 3_650) + round(400_000 * 31 / 3_650)


def test_a_pause_that_is_told_late_changes_what_a_sum_went_to() -> None:
    days = tuple(date(2024, month, 1) for month in range(1, 8))
    terms = ProgressiveTerms(days, Fraction(12, 100), 100, ProgressiveConventions())
    level = progressive_rows(terms, [Drawn(days[0], 60_000)])[0].instalment
    drawn, pause = Drawn(days[0], 60_000), InterestPaused(date(2024, 2, 5), date(2024, 2, 15))
    paid = [Repaid(days[1], level), Repaid(days[2], level)]
    told_late = progressive_rows(terms, [drawn, *paid, pause])
    assert told_late == progressive_rows(terms, [drawn, pause, *paid])
    assert told_late[1].interest < progressive_rows(terms, [drawn, *paid])[1].interest
    assert told_late[1].interest == told_late[1].interest_paid
