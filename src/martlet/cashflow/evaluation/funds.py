"""How right a fund's totals are: the next day, the week, the month, per side, on rolling days.

The invariant: an accuracy is one less the sum of errors over the sum of what came, of totals over
all types, and it says of which side, how far ahead, and over how many windows. Windows roll over
the last four months: every day for the next day, every week for weeks, month ends for months.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.evaluation.protocols import OURS, Protocol, last_days
from martlet.cashflow.evaluation.run import said_by
from martlet.cashflow.model import Ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.cashflow.model import FloatArray, History

SIDES = ("purchase", "redeem")
METHODS = ("weekday mean", "AutoETS", OURS)
ROLLING_DAYS = 120
LEVELS = (0.1, 0.5, 0.9)
WEEK, MONTH = 7, 30


@dataclass(frozen=True)
class Accuracy:
    """One less the error over what came: of one side's total, so far ahead."""

    method: str
    level: str
    horizon: str
    accuracy: float
    windows: int


def has_sides(history: History) -> bool:
    """Return whether every series is named for a side of the fund."""
    return all(any(side in name for side in SIDES) for name in history.series_ids)


def accuracies(
    history: History,
    asked: Protocol,
    moved: Callable[[int, int | None], None],
    processes: int,
) -> tuple[Accuracy, ...]:
    """Return every method's accuracy of both sides' totals."""
    totals = _totals(history)
    newest = totals.day_count - 1
    origins = {
        1: tuple(range(newest - ROLLING_DAYS + 1, newest + 1)),
        WEEK: tuple(range(newest - ROLLING_DAYS + 1, newest - WEEK + 2, WEEK)),
        MONTH: tuple((day - totals.first_day).days + 1 for day in last_days(history, asked)),
    }
    jobs = [(method, days) for method in METHODS for days in (1, WEEK, MONTH)]
    work = [(totals, asked, method, days, origins[days]) for method, days in jobs]
    found: list[Accuracy] = []
    moved(0, len(jobs))
    if processes == 1:
        for one in work:
            found += played(*one)
            moved(len(found) // len(SIDES), len(jobs))
        return tuple(found)
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        for answers in pool.map(played, *zip(*work, strict=True)):
            found += answers
            moved(len(found) // len(SIDES), len(jobs))
    return tuple(found)


def played(
    totals: History, asked: Protocol, method: str, days: int, origins: tuple[int, ...]
) -> list[Accuracy]:
    """Return a method's accuracy of the total over so many days ahead, side by side."""
    wrong, came = np.zeros(len(SIDES)), np.zeros(len(SIDES))
    for origin in origins:
        then = replace(totals, values=totals.values[:, :origin])
        said, _ = said_by(then, Ask(days, LEVELS, (days,)), asked, method)
        actual = totals.values[:, origin : origin + days].sum(axis=1)
        wrong += np.abs(said.mean.sum(axis=1) - actual)
        came += np.abs(actual)
    horizon = {1: "next day", WEEK: "7-day total", MONTH: "30-day total"}[days]
    return [
        Accuracy(method, f"{side} total", horizon, float(1.0 - wrong[at] / came[at]), len(origins))
        for at, side in enumerate(SIDES)
    ]


def _totals(history: History) -> History:
    rows: list[FloatArray] = []
    for side in SIDES:
        of = [place for place, name in enumerate(history.series_ids) if side in name]
        rows.append(np.nansum(history.values[of], axis=0))
    return replace(
        history,
        series_ids=SIDES,
        values=np.stack(rows),
        groups={},
        currencies=(),
        findings=(),
    )
