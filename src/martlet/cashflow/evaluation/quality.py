"""How good the quick forecasts of a bank's own firms were, played again at earlier origins.

The invariant: at every origin a method is handed the days up to it and nothing later, and a series
counts only where it was known before the origin and over the whole stretch ahead. Every figure
carries how many series and origins stand behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.activity import CLASS_COUNT, activity_classes
from martlet.cashflow.evaluation.limits import QUALITY_ORIGINS, QUALITY_STEP_DAYS
from martlet.cashflow.evaluation.metrics import BAND, CAP, own_totals
from martlet.cashflow.evaluation.protocols import KNOWN_DAYS_MIN
from martlet.cashflow.model import Ask
from martlet.cashflow.profiles import Profiles
from martlet.cashflow.rules import seasonal_naive, weekday_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from martlet.cashflow.model import BoolArray, Days, FloatArray, History, IntArray

HORIZONS = (7, 28)
SEGMENTS = ("still", "rare", "sparse", "regular", "daily")
"""By the share of days that move, as `activity` counts them; a net flow is counted alike."""

OURS, NAIVE, MEAN = "ours", "seasonal_naive", "weekday_mean"
METHODS = (OURS, NAIVE, MEAN)
ALL = "all"
_RULES: Mapping[str, Callable[[FloatArray, int], FloatArray]] = {
    NAIVE: seasonal_naive,
    MEAN: weekday_mean,
}


@dataclass(frozen=True, slots=True)
class Figures:
    """How some series were foretold over the first days after some origins."""

    series_count: int
    """Series that were played at least once."""
    plays_count: int
    """Series times origins."""
    day_coverage: float
    """Share of single days inside their 80 % band."""
    total_coverage: float
    """Share of totals inside their 80 % band."""
    wape: float
    """Missed by day, of all that moved, pooled."""
    bias: float
    """What was foretold too much (or, below zero, too little), of all that moved, pooled."""
    errors: Mapping[str, float]
    """By method: a series' total missed over its own average total, at most 3, on average."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One class of series over one stretch of days ahead."""

    name: str
    days: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Origin:
    """One origin: its last known day, and how the longest stretch after it was foretold."""

    last_known: date
    figures: Figures


@dataclass(frozen=True, slots=True)
class Quality:
    """What playing again has found, and on what."""

    segments: tuple[Segment, ...]
    """Every class that was played, and all together (`ALL`), over each horizon."""
    course: tuple[Origin, ...]
    """Oldest first."""

    @property
    def whole(self) -> tuple[Segment, ...]:
        """All series together, over each horizon."""
        return tuple(one for one in self.segments if one.name == ALL)


@dataclass(frozen=True, slots=True, eq=False)
class _Plays:
    """What one origin gives for every series that was played at it."""

    rows: IntArray
    classes: IntArray
    own: FloatArray
    """Of a single day, on average before the origin."""
    came: FloatArray
    said: Mapping[str, FloatArray]
    inside: BoolArray
    totals_inside: Mapping[int, BoolArray]


def replayed(
    history: History,
    calendar: Days,
    origins: int = QUALITY_ORIGINS,
    step_days: int = QUALITY_STEP_DAYS,
) -> Quality:
    """Return how the quick tier did at earlier origins, the newest one window before the end."""
    longest = HORIZONS[-1]
    newest = history.last_day - timedelta(days=longest)
    days = [newest - timedelta(days=step_days * back) for back in range(origins)]
    oldest = history.first_day + timedelta(days=KNOWN_DAYS_MIN - 1)
    played = [
        (day, plays)
        for day in sorted(days)
        if day >= oldest and (plays := _played(history, calendar, day)) is not None
    ]
    every = [plays for _, plays in played]
    segments = []
    for name, chosen in ((ALL, None), *((name, at) for at, name in enumerate(SEGMENTS))):
        for horizon in HORIZONS:
            figures = _figures(every, horizon, chosen)
            if figures is not None:
                segments.append(Segment(name, horizon, figures))
    course = [(day, _figures([plays], longest, None)) for day, plays in played]
    return Quality(
        tuple(segments), tuple(Origin(day, found) for day, found in course if found is not None)
    )


def _played(history: History, calendar: Days, last_known: date) -> _Plays | None:
    """Return one origin played by every method; None where no series is known around it."""
    longest = HORIZONS[-1]
    count = (last_known - history.first_day).days + 1
    around = history.values[:, count - KNOWN_DAYS_MIN : count + longest]
    rows = np.flatnonzero(~np.isnan(around).any(axis=1))
    if not len(rows):
        return None
    then = history.until(last_known).take(rows)
    came = history.values[rows, count : count + longest]
    ask = Ask(longest, (BAND[0], 0.5, BAND[1]), HORIZONS)
    ours = Profiles().forecast(then, ask, calendar)
    inside = (came >= ours.at(BAND[0])) & (came <= ours.at(BAND[1]))
    totals_inside = {}
    for days in HORIZONS:
        total = came[:, :days].sum(axis=1)
        low, high = ours.total_at(days, BAND[0]), ours.total_at(days, BAND[1])
        totals_inside[days] = (total >= low) & (total <= high)
    return _Plays(
        rows=rows,
        classes=activity_classes(then.values) % (CLASS_COUNT // 2),
        own=own_totals(np.abs(then.values), 1),
        came=came,
        said={
            OURS: ours.mean,
            **{name: rule(then.values, longest) for name, rule in _RULES.items()},
        },
        inside=inside,
        totals_inside=totals_inside,
    )


def _figures(plays: Sequence[_Plays], days: int, segment: int | None) -> Figures | None:
    """Return the figures of a class (None: of all) over the first days; None without any play."""
    masks = [
        np.ones(len(one.rows), dtype=bool) if segment is None else one.classes == segment
        for one in plays
    ]
    if not any(mask.any() for mask in masks):
        return None
    pairs = list(zip(plays, masks, strict=True))
    came = np.concatenate([one.came[mask, :days] for one, mask in pairs])
    said = {
        name: np.concatenate([one.said[name][mask, :days] for one, mask in pairs])
        for name in METHODS
    }
    own = np.concatenate([one.own[mask] for one, mask in pairs]) * days
    moved = max(float(np.abs(came).sum()), 1e-9)
    return Figures(
        series_count=len({int(row) for one, mask in pairs for row in one.rows[mask]}),
        plays_count=len(came),
        day_coverage=float(np.concatenate([one.inside[mask, :days] for one, mask in pairs]).mean()),
        total_coverage=float(
            np.concatenate([one.totals_inside[days][mask] for one, mask in pairs]).mean()
        ),
        wape=float(np.abs(came - said[OURS]).sum()) / moved,
        bias=float((said[OURS] - came).sum()) / moved,
        errors={name: _total_error(came, said[name], own) for name in METHODS},
    )


def _total_error(came: FloatArray, said: FloatArray, own: FloatArray) -> float:
    missed = np.abs(said.sum(axis=1) - came.sum(axis=1))
    counted = own > 0
    return float(np.minimum(missed[counted] / own[counted], CAP).mean()) if counted.any() else 0.0
