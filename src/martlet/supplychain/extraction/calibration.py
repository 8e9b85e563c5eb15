"""From a model's own figure to the share that is right, learnt on cases held out.

The invariant: a higher figure never gets a lower probability, and no probability is 0 or 1.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.scoring import calibration_error

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCKS_MAX = 20
"""Steps of the table; each then rests on a twentieth of the cases at least."""


@dataclass(frozen=True, slots=True)
class HeldOutFigures:
    """How a reader did on sentences of its training file that it had not seen."""

    f1: float
    threshold: float
    calibration_error: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising table: from each floor on, its probability; straight lines between the middles."""

    figures: tuple[float, ...]
    """Mean figure of each block, rising."""
    shares: tuple[float, ...]
    """Share of each block that was right, never falling."""

    def __post_init__(self) -> None:
        assert len(self.figures) == len(self.shares) > 0
        assert list(self.figures) == sorted(self.figures)
        assert list(self.shares) == sorted(self.shares)

    def probability(self, figure: float) -> float:
        """Return the share that is right at such a figure."""
        place = bisect_right(self.figures, figure)
        if place == 0:
            return self.shares[0]
        if place == len(self.figures):
            return self.shares[-1]
        low, high = self.figures[place - 1], self.figures[place]
        part = (figure - low) / (high - low) if high > low else 0.0
        return self.shares[place - 1] + part * (self.shares[place] - self.shares[place - 1])


def calibrate(outcomes: Sequence[tuple[float, bool]]) -> Calibration:
    """Return the table of held-out (figure, right) cases; without any, even odds throughout."""
    if not outcomes:
        return Calibration((0.5,), (0.5,))
    ordered = sorted(outcomes)
    size = -(-len(ordered) // BLOCKS_MAX)
    blocks: list[tuple[float, float, int]] = []
    for start in range(0, len(ordered), size):
        part = ordered[start : start + size]
        right = sum(right for _, right in part)
        blocks.append((sum(figure for figure, _ in part), float(right), len(part)))
        while len(blocks) > 1 and _share(blocks[-2]) >= _share(blocks[-1]):
            last = blocks.pop()
            before = blocks.pop()
            blocks.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    return Calibration(
        tuple(total / count for total, _, count in blocks), tuple(map(_share, blocks))
    )


def calibration_error_across(outcomes: Sequence[tuple[float, bool]]) -> float | None:
    """Return the calibration error of tables read on one half of the cases, told on the other."""
    halves = outcomes[::2], outcomes[1::2]
    told = [
        (calibrate(learnt).probability(figure), right)
        for learnt, asked in (halves, halves[::-1])
        for figure, right in asked
    ]
    return calibration_error(told)


def _share(block: tuple[float, float, int]) -> float:
    # One right and one wrong are added, so that a small block is never quite sure.
    return (block[1] + 1) / (block[2] + 2)
