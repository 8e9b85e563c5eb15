"""Interest by integers: rates in parts per million, accruals in 1/10,000 of the minor unit.

The unit of accrual (a *tick*) is fine enough that a day of one yuan at 0.01 % is still a whole
number, and coarse enough that a trillion yuan for a century stays inside 64 bits.
"""

from __future__ import annotations

import re

from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX, DAYS_SPAN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.kernel.rounding import RoundingMode, divide

PPM = 1_000_000
TICKS_PER_FEN = 10_000
MONTHS_PER_YEAR = 12


def daily_interest_ticks(
    principal_fen: int,
    rate_ppm_per_day: int,
    days: int,
    mode: RoundingMode = RoundingMode.HALF_EVEN,
) -> int:
    """Return the simple interest of `days` days, in ticks (1/10,000 fen)."""
    assert 0 <= principal_fen <= AMOUNT_FEN_MAX, principal_fen
    assert 0 <= rate_ppm_per_day <= RATE_PPM_PER_DAY_MAX, rate_ppm_per_day
    assert 0 <= days <= DAYS_SPAN_MAX, days
    return divide(principal_fen * rate_ppm_per_day * days * TICKS_PER_FEN, PPM, mode)


def ticks_to_fen(ticks: int, mode: RoundingMode = RoundingMode.HALF_EVEN) -> int:
    """Return whole fen from ticks."""
    return divide(ticks, TICKS_PER_FEN, mode)


def annual_ppm(rate_ppm_per_day: int, days_per_year: int = 360) -> int:
    """Return the nominal annual rate in ppm; 360 or 365 days is a field of the product."""
    assert days_per_year in {360, 365, 366}, days_per_year
    return rate_ppm_per_day * days_per_year


def percent_text(ppm: int, decimals: int = 2) -> str:
    """Write ppm as a per cent without binary fractions: 300 -> '0.03'; trailing zeros stay."""
    scaled = divide(ppm * 10**decimals, 10_000, RoundingMode.HALF_UP)
    sign = "-" if scaled < 0 else ""
    whole, fraction = divmod(abs(scaled), 10**decimals)
    return f"{sign}{whole}.{fraction:0{decimals}d}" if decimals else f"{sign}{whole}"


_PERCENT = re.compile(r"(\d{1,4})(?:\.(\d{1,4}))?")


def parse_percent(text: str) -> int:
    """Return a per cent that a person wrote as ppm: '0.03' -> 300; finer than that is refused."""
    plain = text.strip().removesuffix("%").rstrip()
    match = _PERCENT.fullmatch(plain)
    if match is None or not plain.isascii():
        raise Invalid("kernel.percent_unreadable", text=text[:20])
    return int(match[1]) * 10_000 + int((match[2] or "0").ljust(4, "0"))


def level_payment(
    principal: int, rate: tuple[int, int], periods: int, unit: int, mode: RoundingMode
) -> int:
    """Return the equal payment for a rate a period, given exactly as a quotient.

    With the rate r/q the payment is P r (q+r)^n / (q ((q+r)^n - q^n)): whole numbers, one
    division, one rounding.
    """
    assert periods > 0, periods
    risen, whole = rate
    if risen == 0:
        return divide(principal, periods * unit, mode) * unit
    grown = (whole + risen) ** periods
    denominator = whole * (grown - whole**periods)
    return divide(principal * risen * grown, denominator * unit, mode) * unit
