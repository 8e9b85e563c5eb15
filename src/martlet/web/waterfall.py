"""The limit as bars: each step stands where the one before it ended; the last is the limit."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.kernel.i18n import yuan

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 1000
_SLIVER = 6
"""The thinnest bar that an eye still finds."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: where its bar begins and how long it is, in thousandths of the width."""

    label: str
    amount_fen: int
    shown: str
    left: int
    width: int
    total: bool = False


def bars(steps: Sequence[tuple[str, int]], limit_fen: int, total_label: str) -> list[Bar]:
    """Return a bar for each step (label, amount) and one for the limit that they sum to."""
    levels = [0]
    for _, amount_fen in steps:
        levels.append(levels[-1] + amount_fen)
    assert levels[-1] == limit_fen, (levels, limit_fen)
    highest = max(*levels, 1)
    found = []
    for (label, amount_fen), (before, after) in zip(steps, pairwise(levels), strict=True):
        left, width = _span(before, after, highest)
        sign = "+" if amount_fen > 0 else ""
        found.append(Bar(label, amount_fen, f"{sign}{yuan(amount_fen)}", left, width))
    left, width = _span(0, limit_fen, highest)
    return [*found, Bar(total_label, limit_fen, yuan(limit_fen), left, width, total=True)]


def _span(before: int, after: int, highest: int) -> tuple[int, int]:
    low, high = sorted((max(before, 0), max(after, 0)))
    left = min(low * _WIDTH // highest, _WIDTH - _SLIVER)
    return left, max((high - low) * _WIDTH // highest, _SLIVER)
