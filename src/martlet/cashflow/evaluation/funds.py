"""How right a fund's totals are: the next day, the week, the month, per side, on rolling days.

Every method is asked for the same thirty days at every origin: the last four month ends with thirty
days behind them, and each day from the first of these on. The invariant: an accuracy is one less
the sum of errors over the sum of what came, of totals over all types, and it says of which side,
how far ahead and from which days; origins whose days are not all over are left out.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.directions import Direction, directions_of
from martlet.cashflow.evaluation.protocols import OURS, Protocol, last_days
from martlet.cashflow.evaluation.run import said_by
from martlet.cashflow.model import Ask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date
    from typing import Any

    from martlet.cashflow.model import FloatArray, History

OF_SERIES = "martlet, added up"
"""Ours of every series of the file, added up; `martlet` is told of the two totals alone."""
METHODS = ("weekday mean", "AutoETS", OURS)
LEVELS = (0.1, 0.5, 0.9)
DAY, WEEK, MONTH = 1, 7, 30
ORIGINS_A_TASK = 16
"""Days that one process plays in a row: some seconds, so that the bar moves."""
BOTH = "mean of both"
DIGITS = 4


@dataclass(frozen=True)
class Accuracy:
    """One less the error over what came: of one side's total, so far ahead."""

    method: str
    level: str
    horizon: str
    accuracy: float
    windows: int
    first_origin: date
    last_origin: date
    """Last known days of the first window and of the last."""


def accuracies(
    history: History,
    asked: Protocol,
    moved: Callable[[int, int | None], None],
    processes: int,
) -> tuple[Accuracy, ...]:
    """Return every method's accuracy of both sides' totals."""
    totals = _totals(history)
    ends = last_days(history, replace(asked, horizon=MONTH))
    first = (ends[0] - totals.first_day).days + 1
    origins = tuple(range(first, totals.day_count))
    tasks = [origins[at : at + ORIGINS_A_TASK] for at in range(0, len(origins), ORIGINS_A_TASK)]
    methods = (*METHODS, *((OF_SERIES,) if len(history.series_ids) > len(Direction) else ()))
    told = {OF_SERIES: history}
    work = [(told.get(one, totals), asked, one, task) for one in methods for task in tasks]
    moved(0, len(work))
    answers: list[FloatArray] = []
    if processes == 1:
        for one in work:
            answers.append(played(*one))
            moved(len(answers), len(work))
    else:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            for answer in pool.map(played, *zip(*work, strict=True)):
                answers.append(answer)
                moved(len(answers), len(work))
    return tuple(
        line
        for at, method in enumerate(methods)
        for line in scored(
            totals,
            method,
            origins,
            np.concatenate(answers[at * len(tasks) : (at + 1) * len(tasks)]),
            ends,
        )
    )


def played(series: History, asked: Protocol, method: str, origins: Sequence[int]) -> FloatArray:
    """Return origins x sides x 30: what a method says, knowing the days before each origin."""
    ask = Ask(MONTH, LEVELS, (WEEK, MONTH))
    found = []
    for origin in origins:
        then = replace(series, values=series.values[:, :origin])
        said, _ = said_by(then, ask, asked, OURS if method == OF_SERIES else method)
        found.append(_by_side(series, said.mean))
    return np.stack(found)


def scored(
    totals: History,
    method: str,
    origins: Sequence[int],
    said: FloatArray,
    month_ends: Sequence[date],
) -> Iterator[Accuracy]:
    """Give the accuracies of what was said: rolling days and weeks, months from month ends."""
    known = [totals.first_day + timedelta(days=origin - 1) for origin in origins]
    for days, name in ((DAY, "next day"), (WEEK, "7 days"), (MONTH, "30 days")):
        rows = [at for at, origin in enumerate(origins) if origin + days <= totals.day_count]
        if days != MONTH:
            yield from _of_rows(totals, method, origins, said, (rows, days, name))
            continue
        ends = [at for at in rows if known[at] in month_ends]
        yield from _of_rows(totals, method, origins, said, (ends, days, f"{name} from month ends"))
        yield from _of_rows(totals, method, origins, said, (rows, days, f"{name} from every day"))
        for at in ends:
            one = ([at], days, f"{name} after {known[at]}")
            yield from _of_rows(totals, method, origins, said, one)


def shown(lines: Sequence[Accuracy]) -> list[dict[str, Any]]:
    """Return a row per horizon and level, a column per method."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for line in lines:
        row = rows.setdefault(
            (line.horizon, line.level),
            {"total_of": line.horizon, "level": line.level, "windows": str(line.windows)},
        )
        row[line.method] = f"{line.accuracy:.{DIGITS}f}"
    return list(rows.values())


def _of_rows(
    totals: History,
    method: str,
    origins: Sequence[int],
    said: FloatArray,
    asked: tuple[Sequence[int], int, str],
) -> Iterator[Accuracy]:
    rows, days, name = asked
    if not rows:
        return
    came = np.stack([totals.values[:, origins[at] : origins[at] + days].sum(axis=1) for at in rows])
    wrong = np.abs(said[list(rows), :, :days].sum(axis=2) - came).sum(axis=0)
    right = 1.0 - wrong / np.maximum(np.abs(came).sum(axis=0), 1e-9)
    known = [totals.first_day + timedelta(days=origins[at] - 1) for at in (rows[0], rows[-1])]
    levels = {str(side): float(right[at]) for at, side in enumerate(Direction)}
    for level, accuracy in {**levels, BOTH: float(right.mean())}.items():
        yield Accuracy(method, level, name, accuracy, len(rows), *known)


def _by_side(history: History, values: FloatArray) -> FloatArray:
    """Return sides x days: what each direction's series come to."""
    directions, _ = directions_of(history)
    sides = [np.array([each is side for each in directions]) for side in Direction]
    added: FloatArray = np.stack([np.nansum(values[side], axis=0) for side in sides])
    return added


def _totals(history: History) -> History:
    return replace(
        history,
        series_ids=tuple(Direction),
        values=_by_side(history, history.values),
        groups={},
        currencies=(),
        findings=(),
    )
