"""Calibration: what the pd expected of the approved, and what was seen, band by band.

Only decisions with a known outcome can be seen; the others are counted beside, never guessed. A
band is said to be off only where the expected rate lies outside the interval of the observed one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.credit.monitoring.intervals import PPM, Share
from martlet.credit.monitoring.yardsticks import yardsticks

if TYPE_CHECKING:
    from martlet.credit.monitoring.portfolio import Portfolio


class Fit(StrEnum):
    """How the expected rate lies to the interval of the observed one."""

    INSIDE = "inside"
    WORSE = "worse"
    """More went bad than was expected."""
    BETTER = "better"
    SMALL = "small"
    """Too few known outcomes to judge."""


@dataclass(frozen=True, slots=True)
class CalibrationBand:
    """Approved decisions whose pd lay between two bounds."""

    from_ppm: int
    below_ppm: int
    approved: int
    observed: Share
    expected_ppm: int | None
    """The mean pd of those whose outcome is known."""
    fit: Fit

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "from_ppm": self.from_ppm,
            "below_ppm": self.below_ppm,
            "approved_count": self.approved,
            "known_count": self.observed.cases,
            "not_known_count": self.approved - self.observed.cases,
            "bad_count": self.observed.part,
            "expected_ppm": self.expected_ppm,
            **self.observed.as_json("observed"),
            "fit": self.fit.value,
        }


@dataclass(frozen=True, slots=True)
class Calibration:
    """Every band that has cases, and all of them together."""

    bands: tuple[CalibrationBand, ...]
    whole: CalibrationBand

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "bands": [band.as_json() for band in self.bands],
            "whole": self.whole.as_json(),
            "interval": "Wilson, 95 %",
        }


def calibration(portfolio: Portfolio) -> Calibration:
    """Return what was expected of approved decisions beside what became of them."""
    approved = portfolio.decisions.filter(pl.col("approved"))
    bounds = [0, *yardsticks().pd_edges_ppm, PPM]
    bands = [_band(approved, low, high) for low, high in pairwise(bounds)]
    return Calibration(tuple(band for band in bands if band.approved), _band(approved, 0, PPM))


def fit_of(expected_ppm: int | None, observed: Share) -> Fit:
    """Return how an expected rate lies to an observed one."""
    low, high = observed.low_ppm, observed.high_ppm
    if expected_ppm is None or low is None or high is None:
        return Fit.SMALL
    if observed.cases < yardsticks().cell_min:
        return Fit.SMALL
    if low <= expected_ppm <= high:
        return Fit.INSIDE
    return Fit.WORSE if expected_ppm < low else Fit.BETTER


def _band(approved: pl.DataFrame, low: int, high: int) -> CalibrationBand:
    inside = approved.filter((pl.col("pd_ppm") >= low) & (pl.col("pd_ppm") < high))
    known = inside.filter(pl.col("bad").is_not_null())
    observed = Share(int(known["bad"].sum()), known.height)
    expected = round(sum(known["pd_ppm"]) / known.height) if known.height else None
    return CalibrationBand(low, high, inside.height, observed, expected, fit_of(expected, observed))
