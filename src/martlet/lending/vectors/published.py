"""Plays the published families: figures that regulators, banks and textbooks have printed.

Every key of a case's `convention` becomes a field of the schedule; a key or value that has no
field is told as a difference instead of being passed over.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from martlet.kernel.rounding import RoundingMode
from martlet.lending.schedules import (
    Balloon,
    Carry,
    Closing,
    Compounding,
    DayCount,
    DueRule,
    Frequency,
    InterestBy,
    PeriodUnit,
    PlanConventions,
    PlanKind,
    PlanRow,
    PlanTerms,
    RateStep,
    Rounding,
    plan_rows,
    regular_payment,
)
from martlet.lending.vectors.reading import (
    Unreadable,
    amount_differs,
    day_of,
    decimal_of,
    differs,
    field_of,
    minor_of,
    rate_of,
    table_of,
    tables_of,
    whole_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODES = {
    "ROUND_UP": RoundingMode.UP,
    "ROUND_DOWN": RoundingMode.DOWN,
    "ROUND_HALF_UP": RoundingMode.HALF_UP,
    "ROUND_HALF_EVEN": RoundingMode.HALF_EVEN,
    "ROUND_CEILING": RoundingMode.CEILING,
    "ROUND_FLOOR": RoundingMode.FLOOR,
}
_FREQUENCIES = {
    "annual": Frequency(1, PeriodUnit.YEARS),
    "semi_annual": Frequency(6, PeriodUnit.MONTHS),
    "quarterly": Frequency(3, PeriodUnit.MONTHS),
    "bimonthly": Frequency(2, PeriodUnit.MONTHS),
    "monthly": Frequency(1, PeriodUnit.MONTHS),
    "semi_monthly": Frequency(1, PeriodUnit.SEMI_MONTHS),
    "biweekly": Frequency(2, PeriodUnit.WEEKS),
    "weekly": Frequency(1, PeriodUnit.WEEKS),
    "daily": Frequency(1, PeriodUnit.DAYS),
}
_COMPOUNDINGS = {
    # These publishers call a rate "monthly" that is divided by the payments of a year.
    "monthly": Compounding.WITH_PAYMENTS,
    "quarterly": Compounding.QUARTERLY,
    "semi_annual": Compounding.SEMI_ANNUAL,
    "annual": Compounding.ANNUAL,
    "daily": Compounding.DAILY,
}
_CARRIES = {"round_each": Carry.ROUNDED, "carry_precision": Carry.EXACT}
_DAY_COUNTS = {basis.value: basis for basis in DayCount}
_KINDS = {
    "level": PlanKind.LEVEL,
    "annuity": PlanKind.LEVEL,
    "serial": PlanKind.EQUAL_PRINCIPAL,
    "constant_principal": PlanKind.EQUAL_PRINCIPAL,
}
_KNOWN = {
    *("day_count", "payment_rounding", "interest_rounding", "compounding", "payment_frequency"),
    *("balance_tracking", "payment_override", "currency_unit", "interest_only_months"),
    *("rate_schedule", "amortization_period_months", "amortization_type", "start_date", "defaults"),
    "fee_per_period",
}
_PAYMENTS = ("periodic_payment", "monthly_payment")
_BALLOON, _RANGES = "balloon_at_term", "amortization_ranges"
_COMPARED = {
    *_PAYMENTS,
    *("rows", "total_interest", "total_payment", "number_of_payments", _BALLOON, _RANGES),
}


def play(case: Mapping[str, Any]) -> list[str]:
    """Play a published schedule: its payment, and every row that is given."""
    convention, inputs = table_of(case, "convention"), table_of(case, "inputs")
    settings = {**convention, **{k: v for k, v in inputs.items() if k in _KNOWN}}
    unknown = sorted(settings.keys() - _KNOWN)
    if unknown:
        return [f"convention.{name} has no field of the schedule" for name in unknown]
    unit = decimal_of(settings.get("currency_unit", "0.01"), "convention.currency_unit")
    decimals = max(0, -int(unit.normalize().as_tuple().exponent))
    if unit <= 0:
        raise Unreadable("convention.currency_unit")
    conventions = conventions_of(settings, minor_of(str(unit), decimals, "currency_unit"))
    terms = terms_of(settings, inputs, decimals, conventions)
    rows = plan_rows(terms, conventions)
    quoted = regular_payment(terms, conventions)
    return _differences(table_of(case, "expected"), rows, terms, quoted, decimals)


def conventions_of(settings: Mapping[str, Any], unit: int) -> PlanConventions:
    """Return the conventions that a case states."""
    basis = _one(settings, "day_count", _DAY_COUNTS, DayCount.THIRTY_360)
    by_days = basis is not DayCount.THIRTY_360
    frequency = _one(settings, "payment_frequency", _FREQUENCIES, _FREQUENCIES["monthly"])
    carry = _one(settings, "balance_tracking", _CARRIES, Carry.ROUNDED)
    kind = _one(settings, "amortization_type", _KINDS, PlanKind.LEVEL)
    shares = kind is PlanKind.EQUAL_PRINCIPAL
    payment = _one(settings, "payment_rounding", _MODES, RoundingMode.HALF_UP)
    return PlanConventions(
        kind=kind,
        due=DueRule(frequency),
        day_count=basis,
        interest_by=InterestBy.DAYS if by_days else InterestBy.PERIOD,
        compounding=_one(settings, "compounding", _COMPOUNDINGS, Compounding.WITH_PAYMENTS),
        # A share of principal is no payment: it is rounded to the nearest.
        payment=Rounding(RoundingMode.HALF_UP if shares else payment, unit),
        interest=Rounding(_one(settings, "interest_rounding", _MODES, RoundingMode.HALF_UP), unit),
        # Interest by actual days is carried unrounded by all who publish it.
        carry=Carry.EXACT if by_days and not shares else carry,
        closing=Closing.BY_TOTAL if "payment_override" in settings else Closing.BY_PARTS,
        principal_grace=_periods(settings, "interest_only_months", frequency) or 0,
        balloon=Balloon.LEFT_OPEN,
    )


def terms_of(
    settings: Mapping[str, Any],
    inputs: Mapping[str, Any],
    decimals: int,
    conventions: PlanConventions,
) -> PlanTerms:
    """Return the loan that a case states."""
    frequency = conventions.due.frequency
    periods = _periods(inputs, "term_months", frequency)
    if periods is None:
        raise Unreadable("inputs.term_months")
    override, start = settings.get("payment_override"), settings.get("start_date")
    fee = settings.get("fee_per_period", "0")
    steps = tables_of(settings, "rate_schedule") if "rate_schedule" in settings else ()
    return PlanTerms(
        principal=minor_of(field_of(inputs, "principal"), decimals, "inputs.principal"),
        annual_rate=rate_of(field_of(inputs, "annual_rate_pct"), "inputs.annual_rate_pct"),
        periods=periods,
        start=None if start is None else day_of(start, "start_date"),
        amount=None if override is None else minor_of(override, decimals, "payment_override"),
        amortise_over=_periods(settings, "amortization_period_months", frequency),
        steps=tuple(_step(step) for step in steps),
        fee_per_period=minor_of(fee, decimals, "convention.fee_per_period"),
    )


def _step(step: Mapping[str, Any]) -> RateStep:
    place = "convention.rate_schedule."
    cap = step.get("payment_cap_factor")
    relevel = step.get("recast", True)
    if not isinstance(relevel, bool):
        raise Unreadable(place + "recast")
    number = field_of(step, "effective_payment_number", place)
    return RateStep(
        from_number=whole_of(number, f"{place}effective_payment_number"),
        annual_rate=rate_of(field_of(step, "new_annual_rate", place), f"{place}new_annual_rate"),
        relevel=relevel,
        payment_cap=None if cap is None else Fraction(decimal_of(cap, f"{place}payment_cap")),
    )


def _one(settings: Mapping[str, Any], name: str, values: Mapping[str, Any], usual: Any) -> Any:  # noqa: ANN401 - any enumeration
    """Return the value that a key stands for; one that nobody knows cannot be read."""
    told = settings.get(name)
    if told is None:
        return usual
    if not isinstance(told, str) or told not in values:
        raise Unreadable("convention." + name)
    return values[told]


def _periods(table: Mapping[str, Any], name: str, frequency: Frequency) -> int | None:
    """Return how many whole periods a number of months holds."""
    if table.get(name) is None:
        return None
    periods = whole_of(table[name], name) * frequency.per_year / 12
    if periods.denominator != 1:
        raise Unreadable(name)
    return periods.numerator


def _differences(
    expected: Mapping[str, Any],
    rows: tuple[PlanRow, ...],
    terms: PlanTerms,
    quoted: int,
    decimals: int,
) -> list[str]:
    found = [f"expected.{name} is nothing that is compared" for name in expected.keys() - _COMPARED]
    totals = dict.fromkeys(_PAYMENTS, quoted)
    totals["total_interest"] = sum(row.interest for row in rows)
    totals["total_payment"] = sum(row.payment for row in rows)
    totals[_BALLOON] = rows[-1].balance
    for name, total in totals.items():
        if name in expected:
            wanted = minor_of(expected[name], decimals, f"expected.{name}")
            found += amount_differs(name, wanted, total, decimals)
    if "number_of_payments" in expected:
        wanted = whole_of(expected["number_of_payments"], "expected.number_of_payments")
        found += differs("number_of_payments", wanted, len(rows))
    if "rows" in expected:
        drawn = PlanRow(0, terms.start, 0, 0, 0, terms.principal)
        by_number = {row.number: row for row in (drawn, *rows)}
        for row in tables_of(expected, "rows", "expected."):
            found += _row_differences(row, by_number, decimals)
    if _RANGES in expected:
        for span in tables_of(expected, _RANGES, "expected."):
            found += _range_differences(span, rows, decimals)
    return found


def _range_differences(
    wanted: Mapping[str, Any], rows: tuple[PlanRow, ...], decimals: int
) -> list[str]:
    """Compare what a run of payments costs and repays in all, and the balance it leaves."""
    place = "expected.amortization_ranges."
    first, last = (
        whole_of(field_of(wanted, name, place), place + name)
        for name in ("start_payment", "end_payment")
    )
    inside = [row for row in rows if first <= row.number <= last]
    if not inside:
        return [f"payments {first} to {last}: expected, found nothing"]
    sums = {
        "payment_amount": sum(row.payment for row in inside),
        "principal": sum(row.principal for row in inside),
        "interest": sum(row.interest for row in inside),
        "balance": inside[-1].balance,
    }
    found = []
    for name, value in sums.items():
        if name in wanted:
            told = f"payments {first} to {last} {name}"
            found += amount_differs(told, minor_of(wanted[name], decimals, told), value, decimals)
    return found


def _row_differences(
    wanted: Mapping[str, Any], rows: Mapping[int, PlanRow], decimals: int
) -> list[str]:
    number = whole_of(field_of(wanted, "payment", "row "), "row payment")
    row = rows.get(number)
    parts = {
        "payment_amount": row.payment if row else None,
        "principal": row.principal if row else None,
        "interest": row.interest if row else None,
        "balance": row.balance if row else None,
    }
    found = []
    for name, value in parts.items():
        if wanted.get(name) not in (None, ""):
            amount = minor_of(wanted[name], decimals, f"row {number} {name}")
            found += amount_differs(f"row {number} {name}", amount, value, decimals)
    return found
