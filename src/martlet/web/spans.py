"""Intervals as bars: where a figure lies, how sure it is, and what was expected, row by row.

Drawn on the server like the waterfall, so that they need no script; the figures stand beside them
as text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.rates import percent_text

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDTH = 1000
_POINT = 8
"""How wide a point is drawn, in thousandths of the width."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate with its interval and, where there is one, a rate to hold it against."""

    label: str
    ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    mark_ppm: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """One row: the interval, the point and the mark, in thousandths of the width."""

    label: str
    shown: str
    left: int
    width: int
    point: int | None
    mark: int | None


def spans(rows: Iterable[Interval]) -> list[Span]:
    """Return intervals on one scale that begins at nought."""
    found = list(rows)
    ends = [(row.high_ppm, row.mark_ppm) for row in found]
    most = max((value for pair in ends for value in pair if value is not None), default=0)
    return [_span(row, max(most, 1)) for row in found]


def interval_text(ppm: int | None, low_ppm: int | None, high_ppm: int | None) -> str:
    """Write a rate with its interval: '3.1% [1.0%, 8.9%]'."""
    if ppm is None:
        return "—"
    high = "…" if high_ppm is None else f"{percent_text(high_ppm, 1)}%"
    return f"{percent_text(ppm, 1)}% [{percent_text(low_ppm or 0, 1)}%, {high}]"


def _span(row: Interval, most: int) -> Span:
    shown = interval_text(row.ppm, row.low_ppm, row.high_ppm)
    mark = None if row.mark_ppm is None else _place(row.mark_ppm, most)
    if row.ppm is None or row.low_ppm is None:
        return Span(row.label, shown, 0, 0, None, mark)
    high = most if row.high_ppm is None else row.high_ppm
    left = row.low_ppm * _WIDTH // most
    width = max(high * _WIDTH // most - left, 1)
    return Span(row.label, shown, left, width, _place(row.ppm, most), mark)


def _place(ppm: int, most: int) -> int:
    return min(ppm * _WIDTH // most, _WIDTH - _POINT)
