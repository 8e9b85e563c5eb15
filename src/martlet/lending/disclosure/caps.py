"""The law's dated caps on what a loan may cost a year, as settings.

The invariant: the cap of a day is a function of the settings and the day alone, and it is held
against the highest rate that is shown. Before the first entry there is no cap.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.rates import PPM
from martlet.lending.limits import RATE_CAPS_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.lending.disclosure.rates import RatesShown


class Lender(StrEnum):
    """Which rules bind a lender."""

    LICENSED = "licensed"
    PRIVATE = "private"


@dataclass(frozen=True, slots=True)
class CapInForce:
    """The cap of a day."""

    annual_ppm: int
    effective_from: date
    verified: bool
    """Whether the rule was read at its source."""
    source: str


@dataclass(frozen=True, slots=True)
class CapRule:
    """A rule from a day on: a rate, or a multiple of the one-year loan prime rate."""

    binds: Lender
    effective_from: date
    annual_ppm: int | None
    lpr_multiple: int | None
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class RateCaps:
    """All rules, and which of them bind this bank."""

    lender: Lender
    rules: tuple[CapRule, ...]
    lpr_one_year: tuple[tuple[date, int], ...]

    def in_force(self, on: date, lender: Lender | None = None) -> CapInForce | None:
        """Return the cap of a day, or None where there is none."""
        bound = lender or self.lender
        known = [rule for rule in self.rules if rule.binds is bound and rule.effective_from <= on]
        if not known:
            return None
        rule = max(known, key=lambda one: one.effective_from)
        since, annual_ppm = rule.effective_from, rule.annual_ppm
        if rule.lpr_multiple is not None:
            published = [entry for entry in self.lpr_one_year if entry[0] <= on]
            if not published:
                return None
            day, lpr_ppm = max(published)
            since, annual_ppm = max(since, day), rule.lpr_multiple * lpr_ppm
        assert annual_ppm is not None, rule
        return CapInForce(annual_ppm, since, rule.verified, rule.source)

    def check(self, rates: RatesShown, on: date) -> None:
        """Refuse rates whose highest is above the cap of a day."""
        cap = self.in_force(on)
        if cap is not None and rates.highest_ppm > cap.annual_ppm:
            raise Refused(
                "lending.rate_above_cap",
                highest_ppm=rates.highest_ppm,
                cap_ppm=cap.annual_ppm,
                effective_from=cap.effective_from.isoformat(),
            )


@cache
def shipped_rate_caps() -> RateCaps:
    """Return the caps that ship with the bank."""
    file = files("martlet.lending.disclosure") / "rate_caps.toml"
    return read_rate_caps(file.read_text(encoding="utf-8"))


def read_rate_caps(text: str) -> RateCaps:
    """Read caps from their TOML; what is wrong is refused with its place."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _malformed(str(error)) from error
    rules, published = table.get("cap"), table.get("lpr_one_year", [])
    if not isinstance(rules, list) or not isinstance(published, list):
        raise _malformed("cap")
    if len(rules) + len(published) > RATE_CAPS_MAX:
        raise _malformed("cap")
    if table.get("lender") not in set(Lender):
        raise _malformed("lender")
    return RateCaps(
        lender=Lender(table["lender"]),
        rules=tuple(_rule(rule, f"cap {number}") for number, rule in enumerate(rules, 1)),
        lpr_one_year=tuple(
            (_day(entry, place), _rate(entry, place))
            for number, entry in enumerate(published, 1)
            for place in (f"lpr_one_year {number}",)
        ),
    )


def _rule(rule: Mapping[str, Any], place: str) -> CapRule:
    multiple = rule.get("lpr_multiple")
    if (multiple is None) == ("annual_ppm" not in rule):
        raise _malformed(place, "annual_ppm or lpr_multiple")
    if multiple is not None and not (isinstance(multiple, int) and multiple > 0):
        raise _malformed(place, "lpr_multiple")
    if rule.get("binds") not in set(Lender):
        raise _malformed(place, "binds")
    if not isinstance(rule.get("verified"), bool) or not isinstance(rule.get("source"), str):
        raise _malformed(place, "verified, source")
    return CapRule(
        binds=Lender(rule["binds"]),
        effective_from=_day(rule, place),
        annual_ppm=None if multiple is not None else _rate(rule, place),
        lpr_multiple=multiple,
        verified=rule["verified"],
        source=rule["source"],
    )


def _day(entry: Mapping[str, Any], place: str) -> date:
    day = entry.get("effective_from")
    if type(day) is not date:
        raise _malformed(place, "effective_from")
    return day


def _rate(entry: Mapping[str, Any], place: str) -> int:
    rate = entry.get("annual_ppm")
    if not isinstance(rate, int) or isinstance(rate, bool) or not 0 < rate <= 10 * PPM:
        raise _malformed(place, "annual_ppm")
    return rate


def _malformed(place: str, field: str = "") -> Invalid:
    told = f"{place}: {field}" if field else place
    return Invalid("lending.rate_caps_malformed", place=told)
