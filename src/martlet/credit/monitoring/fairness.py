"""Fairness: how the same policy and model treat regions, trades and sizes, side by side.

The invariant: a group of few cases is never judged, and a group is called worse off only where the
whole interval says so. It tells of differences; whether one is justified by risk is for people,
which is why pd, bad rate and calibration stand beside the approval rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.credit.limits import SEGMENTS_MAX
from martlet.credit.monitoring.calibration import Fit, fit_of
from martlet.credit.monitoring.intervals import PPM, Ratio, Share
from martlet.credit.monitoring.yardsticks import yardsticks
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.credit.monitoring.portfolio import Portfolio

SIDES = ("region", "trade", "size")
OTHER = "other"


class Standing(StrEnum):
    """How a group's approval rate stands to the largest group's."""

    REFERENCE = "reference"
    IN_LINE = "in_line"
    UNCLEAR = "unclear"
    """Below four fifths, but the interval reaches above."""
    ADVERSE = "adverse"
    """Below four fifths with its whole interval."""
    SMALL = "small"


@dataclass(frozen=True, slots=True)
class Group:
    """One region, trade or size."""

    name: str
    approval: Share
    impact: Ratio | None
    """Its approval rate over the largest group's; None of the largest itself."""
    standing: Standing
    pd_ppm: int | None
    """Mean pd of all its applications."""
    limit_fen: int | None
    """Mean limit of the approved."""
    limit_to_takings_ppm: int | None
    """Limits over a month's takings, of the approved whose takings are known."""
    observed: Share
    expected_ppm: int | None
    fit: Fit

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        gap = None
        if self.expected_ppm is not None and self.observed.ppm is not None:
            gap = self.observed.ppm - self.expected_ppm
        return {
            "group": self.name,
            "cases_count": self.approval.cases,
            "approved_count": self.approval.part,
            **self.approval.as_json("approval"),
            "impact_ppm": None if self.impact is None else self.impact.ppm,
            "impact_low_ppm": None if self.impact is None else self.impact.low_ppm,
            "impact_high_ppm": None if self.impact is None else self.impact.high_ppm,
            "standing": self.standing.value,
            "pd_ppm": self.pd_ppm,
            "mean_limit_fen": self.limit_fen,
            "limit_to_takings_ppm": self.limit_to_takings_ppm,
            "known_count": self.observed.cases,
            "bad_count": self.observed.part,
            **self.observed.as_json("bad"),
            "expected_ppm": self.expected_ppm,
            "calibration_gap_ppm": gap,
            "fit": self.fit.value,
        }


@dataclass(frozen=True, slots=True)
class Fairness:
    """The groups by region, by trade and by size, the largest first."""

    sides: Mapping[str, tuple[Group, ...]]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        measure = yardsticks()
        return {
            "adverse_below_ppm": measure.adverse_below_ppm,
            "cell_min_count": measure.cell_min,
            "sides": {
                side: [group.as_json() for group in groups] for side, groups in self.sides.items()
            },
        }


def fairness(portfolio: Portfolio) -> Fairness:
    """Return how each region, trade and size fares."""
    return Fairness({side: _groups(portfolio.decisions, side) for side in SIDES})


def _groups(frame: pl.DataFrame, side: str) -> tuple[Group, ...]:
    sizes = frame.group_by(side).len().sort(["len", side], descending=[True, False])
    names = sizes[side].to_list()
    if len(names) > SEGMENTS_MAX:
        kept = names[:SEGMENTS_MAX]
        renamed = pl.when(pl.col(side).is_in(kept)).then(pl.col(side)).otherwise(pl.lit(OTHER))
        frame, names = frame.with_columns(renamed.alias(side)), [*kept, OTHER]
    parts = [(name, frame.filter(pl.col(side) == name)) for name in names]
    shares = [Share(int(part["approved"].sum()), part.height) for _, part in parts]
    return tuple(
        _group(name, part, share, shares[0], first=place == 0)
        for place, ((name, part), share) in enumerate(zip(parts, shares, strict=True))
    )


def _group(name: str, part: pl.DataFrame, approval: Share, largest: Share, *, first: bool) -> Group:
    approved = part.filter(pl.col("approved"))
    seen = approved.filter(pl.col("takings_fen") > 0)
    takings_fen = sum(seen["takings_fen"])
    known = approved.filter(pl.col("bad").is_not_null())
    observed = Share(int(known["bad"].sum()), known.height)
    expected = divide(sum(known["pd_ppm"]), known.height) if known.height else None
    impact = None if first else Ratio(approval, largest)
    return Group(
        name=name,
        approval=approval,
        impact=impact,
        standing=Standing.REFERENCE if impact is None else _standing(impact),
        pd_ppm=divide(sum(part["pd_ppm"]), part.height) if part.height else None,
        limit_fen=divide(sum(approved["limit_fen"]), approved.height) if approved.height else None,
        limit_to_takings_ppm=(
            divide(sum(seen["limit_fen"]) * PPM, takings_fen) if takings_fen else None
        ),
        observed=observed,
        expected_ppm=expected,
        fit=fit_of(expected, observed),
    )


def _standing(impact: Ratio) -> Standing:
    measure = yardsticks()
    cases = min(impact.one.cases, impact.other.cases)
    if impact.ppm is None or cases < measure.cell_min:
        return Standing.SMALL
    if impact.ppm >= measure.adverse_below_ppm:
        return Standing.IN_LINE
    high = impact.high_ppm
    below = high is not None and high < measure.adverse_below_ppm
    return Standing.ADVERSE if below else Standing.UNCLEAR
