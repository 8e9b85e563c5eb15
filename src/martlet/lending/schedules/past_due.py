"""Days past due and the class that follows from them, under either way of counting days.

The bands are the caller's: a lender's classes are dated settings, never constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


@dataclass(frozen=True, slots=True)
class PastDueBand:
    """A class, and from which to which day past due a loan is in it."""

    name: str
    from_days: int
    until_days: int | None
    """The last day; None for no end."""

    def __post_init__(self) -> None:
        assert self.from_days >= 0, self
        assert self.until_days is None or self.until_days >= self.from_days, self


def days_past_due(oldest_due_on: date, on: date, *, due_day_counts: bool = False) -> int:
    """Return for how many days something unpaid has been due; the due day itself may count."""
    if on < oldest_due_on:
        return 0
    return (on - oldest_due_on).days + (1 if due_day_counts else 0)


def band_of(days: int, bands: Sequence[PastDueBand]) -> PastDueBand | None:
    """Return the band of a number of days; None outside all of them."""
    for early, late in pairwise(bands):
        ended = early.until_days is not None and early.until_days < late.from_days
        assert ended, f"{early.name} and {late.name} overlap"
    for band in bands:
        if band.from_days <= days and (band.until_days is None or days <= band.until_days):
            return band
    return None
