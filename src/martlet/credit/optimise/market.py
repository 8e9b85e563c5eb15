"""The market: what share of customers of a rating is lost at a yearly rate.

Read from a CSV or a workbook whose first column is the rate and whose other columns are ratings.
The invariant: within a rating, a higher rate never loses fewer customers. Measured tables break it
by noise, so neighbours that do are pooled into their average; between two rates the line is
straight, below the first it is flat, and above the last nothing is known and nothing is offered.
"""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_left
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, NoReturn

from martlet.credit.optimise.limits import MARKET_BYTES_MAX, MARKET_RATES_MAX, RATINGS_MAX
from martlet.credit.optimise.spreadsheet import sheet_rows
from martlet.kernel.errors import Invalid, TooLarge
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SHARE = re.compile(r"([0-9]{0,6}(?:\.[0-9]{0,30})?)(?:[eE]([+-]?[0-9]{1,2}))?(%?)")
_RATING = re.compile(r"[0-9A-Za-z_+-]+$")
"""'信誉评级A' is the column of rating A."""


@dataclass(frozen=True, slots=True)
class RatingBand:
    """Up to which pd a customer behaves as this rating does."""

    rating: str
    pd_max_ppm: int


RATING_BANDS = (
    RatingBand("A", 20_000),
    RatingBand("B", 50_000),
    RatingBand("C", PPM),
)
"""By pd where a file names no rating: the starter policy's first two bands; the rest is C.

The table knows A, B and C; whoever is worse than C is taken to leave as a C customer does.
"""


def rating_of(pd_ppm: int, bands: Sequence[RatingBand] = RATING_BANDS) -> str:
    """Return the rating whose customers one with this pd is like."""
    return next((band.rating for band in bands if pd_ppm <= band.pd_max_ppm), bands[-1].rating)


@dataclass(frozen=True)
class Market:
    """Yearly rates, rising, and for each rating the share lost at each, never falling."""

    rates_ppm: tuple[int, ...]
    churn_ppm: Mapping[str, tuple[int, ...]]

    def __post_init__(self) -> None:
        assert self.rates_ppm, "no rate"
        assert all(low < high for low, high in pairwise(self.rates_ppm)), "rates"
        for rating, lost in self.churn_ppm.items():
            assert len(lost) == len(self.rates_ppm), rating
            assert all(low <= high for low, high in pairwise(lost)), rating
            assert lost[0] >= 0, rating
            assert lost[-1] <= PPM, rating

    def lost_ppm(self, rating: str, annual_ppm: int) -> int:
        """Return the share of customers lost at a yearly rate, up to the highest rate known."""
        lost, rates = self.churn_ppm[rating], self.rates_ppm
        assert annual_ppm <= rates[-1], f"{annual_ppm}: beyond the table"
        place = bisect_left(rates, annual_ppm)
        if rates[place] == annual_ppm or place == 0:
            return lost[place]
        low, high = rates[place - 1], rates[place]
        rise = divide((lost[place] - lost[place - 1]) * (annual_ppm - low), high - low)
        return lost[place - 1] + rise

    def accepting_ppm(self, rating: str, annual_ppm: int) -> int:
        """Return the share of customers who stay at a yearly rate."""
        return PPM - self.lost_ppm(rating, annual_ppm)


def read_market(data: bytes) -> Market:
    """Read a market table from CSV (UTF-8) or from the first sheet of a workbook (.xlsx)."""
    if len(data) > MARKET_BYTES_MAX:
        raise TooLarge("credit.market_too_large", max_bytes=MARKET_BYTES_MAX)
    if data.startswith(b"PK"):
        return _from_rows(sheet_rows(data))
    try:
        text = data.decode("utf-8-sig")
        return _from_rows(list(csv.reader(io.StringIO(text))))
    except (UnicodeDecodeError, csv.Error) as error:
        _refuse(1, str(error)[:120])


def share_ppm(text: str) -> int | None:
    """Read a share ('0.0465', '4.65%', '4.65E-2') as whole ppm; None where it is none."""
    match = _SHARE.fullmatch(text.strip())
    if match is None or match.group(1) in {"", "."}:
        return None
    written = Fraction("0" + match.group(1)) * Fraction(10) ** int(match.group(2) or 0)
    exact = written * PPM / (100 if match.group(3) else 1)
    return divide(exact.numerator, exact.denominator)


def never_falling(values: Sequence[int], weights: Sequence[int]) -> tuple[int, ...]:
    """Return the nearest values that never fall: neighbours out of order become their average."""
    pools: list[list[int]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append([value * weight, weight, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, heavy, count = pools.pop()
            pools[-1] = [pools[-1][0] + total, pools[-1][1] + heavy, pools[-1][2] + count]
    return tuple(divide(total, heavy) for total, heavy, count in pools for _ in range(count))


def _refuse(line: int, detail: str) -> NoReturn:
    raise Invalid("credit.market_unreadable", line=line, detail=detail)


def _from_rows(rows: list[list[str]]) -> Market:
    """Return the table: the row above the first rate names the ratings."""
    begin = next((i for i, row in enumerate(rows) if row and share_ppm(row[0]) is not None), 0)
    if begin == 0:
        _refuse(1, "a heading, then rows that begin with a yearly rate, are expected")
    ratings = [_rating(cell, begin) for cell in rows[begin - 1][1:] if cell.strip()]
    if not 0 < len(set(ratings)) == len(ratings) <= RATINGS_MAX:
        _refuse(begin, f"1 to {RATINGS_MAX} different ratings are expected")
    table: list[list[int]] = []
    for number, row in enumerate(rows[begin:], begin + 1):
        if any(cell.strip() for cell in row):
            table.append(_figures(row[: len(ratings) + 1], len(ratings), number))
            if len(table) > MARKET_RATES_MAX:
                _refuse(number, f"at most {MARKET_RATES_MAX} rates are expected")
            if len(table) > 1 and table[-2][0] >= table[-1][0]:
                _refuse(number, "rates must rise from row to row")
    even = [1] * len(table)
    return Market(
        tuple(row[0] for row in table),
        {
            rating: never_falling([row[place] for row in table], even)
            for place, rating in enumerate(ratings, 1)
        },
    )


def _rating(heading: str, line: int) -> str:
    found = _RATING.search(heading.strip())
    if found is None:
        _refuse(line, "a rating such as A is expected at the end of each heading")
    return found.group()


def _figures(cells: list[str], ratings: int, line: int) -> list[int]:
    figures = [share_ppm(cell) for cell in cells]
    if len(figures) != ratings + 1 or not all(f is not None and f <= PPM for f in figures):
        _refuse(line, "a yearly rate and a share for each rating, all from 0 to 1, are expected")
    return [figure for figure in figures if figure is not None]
