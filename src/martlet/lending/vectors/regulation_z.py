"""Plays the family of annual percentage rates: Regulation Z's worked examples and their like."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP
from typing import TYPE_CHECKING, Any

from martlet.lending.disclosure import regulation_z_apr
from martlet.lending.limits import CASH_FLOWS_MAX
from martlet.lending.schedules import DueRule, Frequency, PeriodUnit, due_dates
from martlet.lending.vectors.reading import (
    Unreadable,
    day_of,
    decimal_of,
    decimals_of,
    differs,
    field_of,
    minor_of,
    table_of,
    tables_of,
    whole_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_UNITS = {
    "day": PeriodUnit.DAYS,
    "week": PeriodUnit.WEEKS,
    "month": PeriodUnit.MONTHS,
    "year": PeriodUnit.YEARS,
}
_WORDS = {
    "daily": Frequency(1, PeriodUnit.DAYS),
    "weekly": Frequency(1, PeriodUnit.WEEKS),
    "biweekly": Frequency(2, PeriodUnit.WEEKS),
    "monthly": Frequency(1, PeriodUnit.MONTHS),
    "bimonthly": Frequency(2, PeriodUnit.MONTHS),
    "quarterly": Frequency(3, PeriodUnit.MONTHS),
    "semiannual": Frequency(6, PeriodUnit.MONTHS),
    "annual": Frequency(1, PeriodUnit.YEARS),
    "yearly": Frequency(1, PeriodUnit.YEARS),
}
_EVERY = re.compile(r"(?:every )?([0-9]+)[ -]?(day|week|month|year)s?")
_TWO_DAYS = re.compile(r"on ([1-9][0-9]?) and ([1-9][0-9]?)$")
_DECIMALS_OF_CENT = 2


def play(case: Mapping[str, Any]) -> list[str]:
    """Play one transaction: the rate to the decimals in which it is published."""
    inputs, decimals = table_of(case, "inputs"), decimals_of(case, _DECIMALS_OF_CENT)
    payments = [
        flow
        for stream in tables_of(inputs, "payments", "inputs.")
        for flow in flows_of(stream, decimals, "inputs.payments.")
    ]
    if not payments:
        raise Unreadable("inputs.payments")
    found = regulation_z_apr(_advances(inputs, decimals), payments)
    wanted = decimal_of(field_of(table_of(case, "expected"), "apr_pct"), "expected.apr_pct")
    if found is None:
        return [f"apr_pct: expected {wanted}, found no rate"]
    shown = (found * 100).quantize(wanted, rounding=ROUND_HALF_UP)
    return differs("apr_pct", wanted, shown)


def _advances(inputs: Mapping[str, Any], decimals: int) -> list[tuple[date, int]]:
    if "advances" in inputs:
        return [
            flow
            for stream in tables_of(inputs, "advances", "inputs.")
            for flow in flows_of(stream, decimals, "inputs.advances.")
        ]
    day = day_of(field_of(inputs, "advance_date", "inputs."), "inputs.advance_date")
    amount = minor_of(field_of(inputs, "advance", "inputs."), decimals, "inputs.advance")
    return [(day, amount)]


def flows_of(stream: Mapping[str, Any], decimals: int, place: str) -> list[tuple[date, int]]:
    """Return the dated flows of a stream: so many, of so much, so often, from a day on."""
    first = day_of(field_of(stream, "first", place), f"{place}first")
    amount = minor_of(field_of(stream, "amount", place), decimals, f"{place}amount")
    count = whole_of(stream.get("count", 1), f"{place}count")
    if not 1 <= count <= CASH_FLOWS_MAX:
        raise Unreadable(place + "count")
    every = str(stream.get("every", "once"))
    if every == "once":
        return [(first, amount)] * count
    rule = rule_of(every, f"{place}every")
    return [(first, amount), *((day, amount) for day in due_dates(rule, first, count - 1))]


def rule_of(every: str, field: str) -> DueRule:
    """Read how often and on which days: 'semimonthly on 1 and 16' names both."""
    frequency = frequency_of(every, field)
    if (match := _TWO_DAYS.search(every)) is None:
        return DueRule(frequency)
    return DueRule(frequency, on_day=int(match.group(1)), second_day=int(match.group(2)))


def frequency_of(every: str, field: str) -> Frequency:
    """Read how often: '1 month', '4 weeks', 'semimonthly on 1 and 16', 'quarterly'."""
    told = every.strip().lower()
    if told.startswith(("semimonthly", "semi-monthly", "twice a month")):
        return Frequency(1, PeriodUnit.SEMI_MONTHS)
    if told in _WORDS:
        return _WORDS[told]
    if (match := _EVERY.fullmatch(told)) is None:
        raise Unreadable(field)
    return Frequency(int(match.group(1)), _UNITS[match.group(2)])
