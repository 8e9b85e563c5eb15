"""Rates as they are given: `current=0.002,t0=0.014,term28=0.022`, read into whole ppm a year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM
from martlet.treasury.backtest.limits import LOCK_DAYS_MAX, TERMS_MAX

_NAME = re.compile(r"term([1-9]\d{0,2})")


@dataclass(frozen=True, slots=True)
class Term:
    """Money locked for so many days, and what a year of it would earn."""

    lock_days: int
    annual_ppm: int

    def __post_init__(self) -> None:
        assert 0 < self.lock_days <= LOCK_DAYS_MAX, self.lock_days
        assert 0 <= self.annual_ppm <= PPM, self.annual_ppm


@dataclass(frozen=True, slots=True)
class Rates:
    """What money earns a year: on the account, paid out at once, and locked."""

    current_ppm: int
    t0_ppm: int
    terms: tuple[Term, ...] = ()
    days_per_year: int = 365

    def __post_init__(self) -> None:
        assert len(self.terms) <= TERMS_MAX, len(self.terms)
        assert list(self.terms) == sorted(self.terms, key=lambda term: term.lock_days)


def parse_rates(text: str) -> Rates:
    """Read rates by name; refused where one is missing, twice, unknown or not from 0 to 1."""
    found: dict[str, int] = {}
    for part in text.split(","):
        name, sign, number = (piece.strip() for piece in part.partition("="))
        rate_ppm = _ppm(number)
        known = name in {"current", "t0"} or _NAME.fullmatch(name)
        if not sign or not known or name in found or rate_ppm is None:
            raise Invalid("allocation.rate_unreadable", text=part.strip()[:40])
        found[name] = rate_ppm
    missing = [name for name in ("current", "t0") if name not in found]
    if missing:
        raise Invalid("allocation.rate_missing", names=", ".join(missing))
    terms = [Term(int(name[4:]), ppm) for name, ppm in found.items() if name.startswith("term")]
    if len(terms) > TERMS_MAX or any(term.lock_days > LOCK_DAYS_MAX for term in terms):
        raise Invalid("allocation.terms_too_many", max_count=TERMS_MAX, max_days=LOCK_DAYS_MAX)
    terms.sort(key=lambda term: term.lock_days)
    return Rates(found["current"], found["t0"], tuple(terms))


def _ppm(text: str) -> int | None:
    """Return ppm of a share written as '0.014' or '1.4%'."""
    try:
        value = Decimal(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 <= value <= 1 or value * PPM % 1:
        return None
    return int(value * PPM)
