"""Reading one case: every field asked for by name and type, amounts exactly.

A case that cannot be read is refused with the field that is missing or malformed; the player adds
which file and which case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, NoReturn

from martlet.kernel.errors import Invalid
from martlet.kernel.money import decimal_text

_CASE_TEXT_MAX = 200
_DIGITS_MAX = 40
"""Digits before or after the point of any number in a case: no amount has as many."""
_DECIMALS_MAX = 8


class Unreadable(Exception):
    """A field of a case that is missing, malformed or out of range."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def field_of(table: Any, name: str, place: str = "") -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return a field that must be there."""
    if not isinstance(table, Mapping) or name not in table:
        raise Unreadable(place + name)
    return table[name]


def table_of(table: Mapping[str, Any], name: str, place: str = "") -> Mapping[str, Any]:
    """Return a field that must be an object."""
    found = field_of(table, name, place)
    if not isinstance(found, Mapping):
        raise Unreadable(place + name)
    return found


def rows_of(table: Mapping[str, Any], name: str, place: str = "") -> Sequence[Any]:
    """Return a field that must be a list."""
    found = field_of(table, name, place)
    if not isinstance(found, list):
        raise Unreadable(place + name)
    return found


def tables_of(table: Mapping[str, Any], name: str, place: str = "") -> list[Mapping[str, Any]]:
    """Return a field that must be a list of objects."""
    found = rows_of(table, name, place)
    for position, line in enumerate(found, 1):
        if not isinstance(line, Mapping):
            raise Unreadable(f"{place}{name} {position}")  # noqa: EM102 - a place, not a sentence
    return list(found)


def decimal_of(value: object, field: str) -> Decimal:
    """Read a number written as text or as a whole number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(field)
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise Unreadable(field) from error
    if not found.is_finite() or len(found.as_tuple().digits) > _DIGITS_MAX:
        raise Unreadable(field)
    if not -_DIGITS_MAX <= found.adjusted() <= _DIGITS_MAX:
        raise Unreadable(field)
    return found


def whole_of(value: object, field: str) -> int:
    """Read a whole number."""
    found = decimal_of(value, field)
    if found != found.to_integral_value():
        raise Unreadable(field)
    return int(found)


def decimals_of(case: Mapping[str, Any], usual: int) -> int:
    """Return the decimals of a case's currency."""
    found = whole_of(case.get("decimals", usual), "decimals")
    if not 0 <= found <= _DECIMALS_MAX:
        raise Unreadable("decimals")
    return found


def text_of(table: Mapping[str, Any], name: str, place: str = "") -> str:
    """Return a field that must be a text."""
    found = field_of(table, name, place)
    if not isinstance(found, str):
        raise Unreadable(place + name)
    return found


def rate_of(value: object, field: str) -> Fraction:
    """Read a rate in per cent as an exact factor."""
    found = decimal_of(value, field)
    if found < 0:
        raise Unreadable(field)
    return Fraction(found) / 100


def minor_of(value: object, decimals: int, field: str) -> int:
    """Read an amount into minor units, exactly."""
    scaled = Fraction(decimal_of(value, field)) * 10**decimals
    if scaled.denominator != 1:
        raise Unreadable(field)
    return int(scaled)


def day_of(value: object, field: str) -> date:
    """Read a day."""
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Unreadable(field) from error


def differs(place: str, expected: object, found: object) -> list[str]:
    """Return one difference, or none."""
    return [] if expected == found else [f"{place}: expected {expected}, found {found}"]


def amount_differs(place: str, expected: int, found: int | None, decimals: int) -> list[str]:
    """Return one difference between amounts, written as the case writes them, or none."""
    shown = "nothing" if found is None else decimal_text(found, decimals)
    return differs(place, decimal_text(expected, decimals), shown)


def refuse(file: str, case: object, field: str) -> NoReturn:
    """Say which file, which case and which field cannot be read."""
    shown = str(case)[:_CASE_TEXT_MAX]
    raise Invalid("lending.vectors_unreadable", file=file, case=shown, field=field)
