"""Plays the families of progressive schedules: rows, factors, and amounts payable on a day."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from martlet.kernel.rounding import RoundingMode
from martlet.lending.schedules import (
    BalanceCorrected,
    Drawn,
    Frequency,
    InterestPaid,
    InterestPaused,
    MonthLength,
    PaidOff,
    PartRounding,
    PeriodUnit,
    PrincipalPaid,
    ProgressiveConventions,
    ProgressiveTerms,
    RateChanged,
    Repaid,
    Rounding,
    YearLength,
    progressive_payable,
    progressive_rows,
)
from martlet.lending.vectors.reading import (
    Unreadable,
    amount_differs,
    day_of,
    decimal_of,
    decimals_of,
    differs,
    field_of,
    minor_of,
    rate_of,
    rows_of,
    table_of,
    tables_of,
    text_of,
    whole_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from martlet.lending.schedules import Happening, ProgressiveRow

_UNITS = {"DAYS": PeriodUnit.DAYS, "WEEKS": PeriodUnit.WEEKS, "MONTHS": PeriodUnit.MONTHS}
_YEARS = {
    "360": YearLength.DAYS_360,
    "364": YearLength.DAYS_364,
    "365": YearLength.DAYS_365,
    "ACTUAL": YearLength.ACTUAL,
}
_USUAL_DECIMALS = 2
_NEWER_ROUNDS = 3
"""How often the newer engine moves the level; the older one did once."""
_HAPPENINGS: Mapping[str, tuple[Callable[..., Happening], tuple[str, ...]]] = {
    "disburse": (Drawn, ("date", "amount")),
    "rate_change": (RateChanged, ("date", "annual_rate_pct")),
    "pay_principal": (PrincipalPaid, ("date", "period_due", "amount")),
    "pay_interest": (InterestPaid, ("date", "period_due", "amount")),
    "repayment": (Repaid, ("date", "amount")),
    "pay_off": (PaidOff, ("date",)),
    "balance_correction": (BalanceCorrected, ("date", "amount")),
    "interest_pause": (InterestPaused, ("start", "end")),
}
"""What may happen in a case, and the fields that tell it."""


def play(case: Mapping[str, Any]) -> list[str]:
    """Play a progressive schedule: what happened, then every table and amount that is given."""
    decimals = decimals_of(case, _USUAL_DECIMALS)
    terms = terms_of(case, decimals)
    happened = [_happening(event, decimals) for event in tables_of(case, "events")]
    found: list[str] = []
    rows = progressive_rows(terms, happened)
    if case.get("expected") is not None:
        found += _rows_differ("", tables_of(case, "expected"), rows, decimals)
    if "rate_factors" in case:
        found += _factors_differ(rows_of(case, "rate_factors"), rows)
    if "totals" in case:
        found += _totals_differ(table_of(case, "totals"), rows, decimals)
    checks = tables_of(case, "checkpoints") if case.get("checkpoints") else ()
    for number, check in enumerate(checks, 1):
        place = f"checkpoint {number} "
        if "after" in check:
            happened += [_happening(event, decimals) for event in tables_of(check, "after", place)]
        if "payable" in check:
            found += _payable_differs(place, check, terms, happened, decimals)
        if "rows" in check:
            shown = progressive_rows(terms, happened)
            found += _rows_differ(place, tables_of(check, "rows", place), shown, decimals)
    return found


def terms_of(case: Mapping[str, Any], decimals: int) -> ProgressiveTerms:
    """Return the terms that a case states."""
    convention = table_of(case, "convention")
    every = rows_of(convention, "repay_every", "convention.")
    months = str(convention.get("days_in_month", "30"))
    newer = case.get("family") == "fineract-newer"
    multiple = convention.get("installment_amount_in_multiples_of")
    if len(every) != 2 or str(every[1]) not in _UNITS:  # noqa: PLR2004 - a number and its unit
        raise Unreadable("convention.repay_every")
    years = str(field_of(convention, "days_in_year", "convention.")).split(" ")[0]
    if years not in _YEARS:
        raise Unreadable("convention.days_in_year")
    unit = (
        1
        if multiple is None
        else minor_of(multiple, decimals, "installment_amount_in_multiples_of")
    )
    return ProgressiveTerms(
        period_dates=tuple(day_of(day, "period_dates") for day in rows_of(case, "period_dates")),
        annual_rate=rate_of(field_of(case, "annual_rate_pct"), "annual_rate_pct"),
        minor_per_major=10**decimals,
        conventions=ProgressiveConventions(
            frequency=Frequency(
                whole_of(every[0], "convention.repay_every"), _UNITS[str(every[1])]
            ),
            year_length=_YEARS[years],
            month_length=_month_length(months, newer=newer),
            # The newer engine adds the parts of a period before it rounds them.
            part_rounding=PartRounding.SUM if newer else PartRounding.EACH,
            instalment=Rounding(RoundingMode.HALF_EVEN, unit),
            relevel_rounds=_NEWER_ROUNDS if newer else 1,
        ),
    )


def _month_length(told: str, *, newer: bool) -> MonthLength:
    if told.startswith("ACTUAL"):
        return MonthLength.REAL_DAYS if newer or "real" in told else MonthLength.CALENDAR
    if told not in {"30", "n/a"}:
        raise Unreadable("convention.days_in_month")
    return MonthLength.DAYS_30


def _happening(event: Mapping[str, Any], decimals: int) -> Happening:
    place = "events."
    kind = text_of(event, "type", place)
    if kind not in _HAPPENINGS:
        raise Unreadable(place + "type")
    made, names = _HAPPENINGS[kind]
    values: list[object] = []
    for name in names:
        value, told = field_of(event, name, place), place + name
        if name == "amount":
            values.append(minor_of(value, decimals, told))
        elif name == "annual_rate_pct":
            values.append(rate_of(value, told))
        else:
            values.append(day_of(value, told))
    return made(*values)


def _rows_differ(
    place: str, wanted: Sequence[Any], rows: Sequence[ProgressiveRow], decimals: int
) -> list[str]:
    found = []
    by_number = {row.number: row for row in rows}
    for line in wanted:
        number = whole_of(field_of(line, "n", place), f"{place}n")
        row = by_number.get(number)
        parts = {
            "installment": row.instalment if row else None,
            "interest": row.interest if row else None,
            "principal": row.principal if row else None,
            "balance": row.balance if row else None,
        }
        for name, value in parts.items():
            if name in line:
                amount = minor_of(line[name], decimals, f"{place}row {number} {name}")
                found += amount_differs(f"{place}row {number} {name}", amount, value, decimals)
        if "due" in line and row is not None:
            due_on = day_of(line["due"], f"{place}row {number} due")
            found += differs(f"{place}row {number} due", due_on, row.due_on)
    return found


def _factors_differ(wanted: Sequence[Any], rows: Sequence[ProgressiveRow]) -> list[str]:
    found = differs("rate_factors", len(wanted), len(rows))
    for row, value in zip(rows, wanted, strict=False):
        factor = decimal_of(value, "rate_factors")
        found += differs(f"factor {row.number}", factor, Decimal(row.factor_text))
    return found


def _totals_differ(
    wanted: Mapping[str, Any], rows: Sequence[ProgressiveRow], decimals: int
) -> list[str]:
    totals = {
        "principal": sum(row.principal for row in rows),
        "interest": sum(row.interest for row in rows),
        "due": sum(row.instalment for row in rows),
    }
    found = []
    for name, value in wanted.items():
        if name not in totals:
            raise Unreadable("totals." + name)
        amount = minor_of(value, decimals, f"totals.{name}")
        found += amount_differs(f"total {name}", amount, totals[name], decimals)
    return found


def _payable_differs(
    place: str,
    check: Mapping[str, Any],
    terms: ProgressiveTerms,
    happened: Sequence[Happening],
    decimals: int,
) -> list[str]:
    on = day_of(field_of(check, "on", place), f"{place}on")
    due_on = day_of(field_of(check, "period_due", place), f"{place}period_due")
    payable = progressive_payable(terms, happened, due_on, on)
    parts = {
        "balance": payable.balance,
        "principal": payable.principal,
        "interest": payable.interest,
        "installment": payable.principal + payable.interest,
    }
    found = []
    for name, value in table_of(check, "payable", place).items():
        if name not in parts:
            raise Unreadable(place + "payable." + name)
        amount = minor_of(value, decimals, f"{place}payable.{name}")
        found += amount_differs(f"{place}payable {name}", amount, parts[name], decimals)
    return found
