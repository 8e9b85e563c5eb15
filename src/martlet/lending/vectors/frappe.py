"""Plays the family of a peer that pays whole currency units: schedules, due dates, days past due.

Its rows carry interest unrounded and show whole units, so the schedule is made in millionths of
the currency and compared to the digits that a case gives.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from martlet.kernel.money import decimal_text
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.schedules import (
    Carry,
    DueRule,
    PastDueBand,
    PlanConventions,
    PlanKind,
    PlanTerms,
    Rounding,
    band_of,
    days_past_due,
    due_dates,
    plan_rows,
)
from martlet.lending.vectors.reading import (
    Unreadable,
    day_of,
    decimal_of,
    differs,
    field_of,
    minor_of,
    rate_of,
    rows_of,
    table_of,
    tables_of,
    whole_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.lending.schedules import PlanRow

_MICRO = 6
"""Decimals in which rows are carried."""
_CYCLE_DAY = re.compile(r"(?:day|date) ([0-9]{1,2})\b|\b([0-9]{1,2})(?:st|nd|rd|th)\b")
_LAST_DAY = 31


def play(case: Mapping[str, Any]) -> list[str]:
    """Play a schedule, a list of due dates, or the class on some days."""
    inputs = table_of(case, "inputs")
    if "principal" in inputs:
        return _play_schedule(case, inputs)
    if "first_unpaid_due" in inputs:
        return _play_classes(case, inputs)
    return _play_due_dates(case, inputs)


def _play_schedule(case: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    convention, expected = table_of(case, "convention"), table_of(case, "expected")
    fixed, number = inputs.get("fixed_installment"), inputs.get("installments")
    told = str(convention.get("installment", ""))
    principal = minor_of(inputs["principal"], _MICRO, "inputs.principal")
    rate = field_of(inputs, "annual_rate_pct", "inputs.")
    terms = PlanTerms(
        principal=principal,
        annual_rate=rate_of(rate, "inputs.annual_rate_pct"),
        periods=None if number is None else whole_of(number, "inputs.installments"),
        amount=None if fixed is None else minor_of(fixed, _MICRO, "inputs.fixed_installment"),
    )
    conventions = PlanConventions(
        kind=PlanKind.LEVEL if fixed is None else PlanKind.FIXED_AMOUNT,
        payment=_instalment_rounding(told),
        carry=Carry.EXACT_INTEREST,
    )
    rows = plan_rows(terms, conventions)
    paid = sum(row.payment for row in rows)
    totals = {
        "installment": rows[0].payment,
        "total_interest": paid - principal,
        "total_payment": paid,
    }
    found = []
    for name, value in totals.items():
        if name in expected:
            found += _shown_differs(name, expected[name], value)
    if "installments" in expected:
        wanted = whole_of(expected["installments"], "expected.installments")
        found += differs("installments", wanted, len(rows))
    if "rows" in expected:
        found += _rows_differ(tables_of(expected, "rows", "expected."), rows)
    return found


def _instalment_rounding(told: str) -> Rounding:
    """Read how an instalment becomes whole: '... rounded UP to whole currency unit'."""
    text = told.lower()
    unit = 10**_MICRO if "whole" in text else 10 ** (_MICRO - 2)
    if "rounded up" in text or "ceil" in text:
        return Rounding(RoundingMode.UP, unit)
    if "rounded down" in text or "floor" in text:
        return Rounding(RoundingMode.DOWN, unit)
    return Rounding(RoundingMode.HALF_UP, unit)


def _rows_differ(wanted: Any, rows: tuple[PlanRow, ...]) -> list[str]:  # noqa: ANN401 - JSON
    found = []
    by_number = {row.number: row for row in rows}
    for line in wanted:
        number = whole_of(field_of(line, "n", "expected.rows."), "expected.rows.n")
        if (row := by_number.get(number)) is None:
            found.append(f"row {number}: expected, found nothing")
            continue
        parts = {
            "principal": row.principal,
            "interest": row.interest,
            "balance": row.balance,
            "installment": row.payment,
        }
        for name, value in parts.items():
            if name in line:
                found += _shown_differs(f"row {number} {name}", line[name], value)
    return found


def _shown_differs(place: str, wanted: object, micro: int) -> list[str]:
    """Compare an amount to the digits in which it is given."""
    expected = decimal_of(wanted, place)
    digits = max(0, -int(expected.as_tuple().exponent))
    shown = divide(micro, 10 ** (_MICRO - digits), RoundingMode.HALF_UP)
    return differs(place, f"{expected:.{digits}f}", decimal_text(shown, digits))


def _play_classes(case: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    convention = table_of(case, "convention")
    due_on = day_of(inputs["first_unpaid_due"], "inputs.first_unpaid_due")
    counts = "plus 1" in str(field_of(convention, "days_past_due", "convention."))
    bands = [_band(line) for line in rows_of(convention, "ranges", "convention.")]
    found = []
    for check in tables_of(table_of(case, "expected"), "checks", "expected."):
        on = day_of(field_of(check, "on", "expected.checks."), "expected.checks.on")
        days = days_past_due(due_on, on, due_day_counts=counts)
        if "dpd" in check:
            found += differs(f"{on} dpd", check["dpd"], days)
        if "cls" in check:
            band, wanted = band_of(days, bands), str(check["cls"])
            # A class may be told by its short name alone.
            names = [band.name, band.name.split(" ")[0]] if band else ["none"]
            if wanted not in names:
                found += differs(f"{on} cls", wanted, names[0])
    return found


def _band(line: object) -> PastDueBand:
    place = "convention.ranges"
    if not isinstance(line, list) or len(line) != 3:  # noqa: PLR2004 - name, first and last day
        raise Unreadable(place)
    name, start, end = line
    last = None if end is None else whole_of(end, place)
    return PastDueBand(str(name), whole_of(start, place), last)


def _play_due_dates(case: Mapping[str, Any], inputs: Mapping[str, Any]) -> list[str]:
    told = str(field_of(table_of(case, "convention"), "rule", "convention.")).lower()
    start = day_of(field_of(inputs, "first", "inputs."), "inputs.first")
    count = whole_of(field_of(inputs, "installments", "inputs."), "inputs.installments")
    on_day = _due_day(told)
    # Without a day of its own the schedule begins on the day that is given.
    days = [start] if on_day is None else []
    days += due_dates(DueRule(on_day=on_day), start, count - len(days))
    found = []
    for number, day in table_of(table_of(case, "expected"), "due", "expected.").items():
        position = whole_of(number, "expected.due")
        if not 1 <= position <= count:
            raise Unreadable("expected.due")
        found += differs(f"due {number}", day_of(day, "expected.due"), days[position - 1])
    return found


def _due_day(told: str) -> int | None:
    """Read the day of the month: 'first day of the month after', 'last day', 'cycle date 5'."""
    if "first day" in told or "start of" in told:
        return 1
    if "last day" in told or "end of" in told:
        return _LAST_DAY
    if (match := _CYCLE_DAY.search(told)) is not None:
        return int(match.group(1) or match.group(2))
    if "same day" in told or "start date" in told or "anniversary" in told:
        return None
    raise Unreadable("convention.rule")
