"""Reject inference: what can be said of the bad rate through the door, and what only assumed.

Nobody has seen what the refused would have done. The bounds (all of them good, all of them bad)
are certain and wide; the parcelling estimate is an assumption with a stated multiplier of the
model's pd. Neither is ever called a measurement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.credit.monitoring.intervals import PPM, Share
from martlet.credit.monitoring.yardsticks import yardsticks
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from martlet.credit.monitoring.portfolio import Portfolio


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most that a rate can be."""

    least_ppm: int | None
    most_ppm: int | None

    def as_json(self, name: str) -> dict[str, Any]:
        """Return it as a JSON value under a name."""
        return {f"{name}_least_ppm": self.least_ppm, f"{name}_most_ppm": self.most_ppm}


@dataclass(frozen=True, slots=True)
class Parcel:
    """An assumption: the refused go bad at the model's pd times a multiplier, at most all."""

    multiplier_ppm: int
    refused_ppm: int | None
    through_the_door_ppm: int | None

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "multiplier_ppm": self.multiplier_ppm,
            "refused_ppm": self.refused_ppm,
            "through_the_door_ppm": self.through_the_door_ppm,
        }


@dataclass(frozen=True, slots=True)
class RejectInference:
    """All that can be said, and under which assumption."""

    approved: int
    refused: int
    observed: Share
    """Of the approved whose outcome is known."""
    refused_only: Bounds
    """The unknown among the approved taken to be as the known: only the refused are unknown."""
    nothing_assumed: Bounds
    """Everything unknown, the refused and the approved alike, all good or all bad."""
    parcels: tuple[Parcel, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "approved_count": self.approved,
            "refused_count": self.refused,
            "known_count": self.observed.cases,
            "bad_count": self.observed.part,
            **self.observed.as_json("bad"),
            "bounds": {
                **self.refused_only.as_json("refused_only"),
                **self.nothing_assumed.as_json("nothing_assumed"),
            },
            "assumed": [parcel.as_json() for parcel in self.parcels],
        }


def rejects(portfolio: Portfolio) -> RejectInference:
    """Return the bounds and the assumed estimates of the bad rate through the door."""
    frame = portfolio.decisions
    approved = frame.filter(pl.col("approved"))
    refused = frame.filter(~pl.col("approved"))
    known = approved.filter(pl.col("bad").is_not_null())
    observed = Share(int(known["bad"].sum()), known.height)
    unknown = frame.height - observed.cases
    pds = refused["pd_ppm"].to_list()
    return RejectInference(
        approved=approved.height,
        refused=refused.height,
        observed=observed,
        refused_only=Bounds(
            _mixed(observed, approved.height, 0, refused.height),
            _mixed(observed, approved.height, PPM * refused.height, refused.height),
        ),
        nothing_assumed=Bounds(
            Share(observed.part, frame.height).ppm,
            Share(observed.part + unknown, frame.height).ppm,
        ),
        parcels=tuple(
            _parcel(times, pds, observed, approved.height) for times in yardsticks().parcelling_ppm
        ),
    )


def _parcel(times_ppm: int, pds: list[int], observed: Share, approved: int) -> Parcel:
    raised = [min(divide(pd * times_ppm, PPM), PPM) for pd in pds]
    mean = divide(sum(raised), len(raised)) if raised else None
    return Parcel(times_ppm, mean, _mixed(observed, approved, sum(raised), len(pds)))


def _mixed(observed: Share, approved: int, refused_bad_ppm: int, refused: int) -> int | None:
    """Return the rate of all: the approved at the observed rate, the refused with so many bad.

    Rounded once, at the end, so that what lies between bounds still does.
    """
    if not observed.cases:
        return None
    bad_ppm = observed.part * PPM * approved + refused_bad_ppm * observed.cases
    return divide(bad_ppm, observed.cases * (approved + refused))
