"""Runs a protocol: every method on every window, two at a time, and one table of what came of it.

The invariant: a method is handed the days up to the origin and nothing later, and all methods are
scored by the same code on the same windows. Time and memory are those of the process that did it.
"""

from __future__ import annotations

import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow import tiers
from martlet.cashflow.calendar import chinese_calendar, weekday_calendar
from martlet.cashflow.evaluation.limits import ETS_SERIES_MAX, PROCESSES_MAX
from martlet.cashflow.evaluation.metrics import Scores, over, score
from martlet.cashflow.evaluation.protocols import OURS, STATISTICAL, Protocol, last_days
from martlet.cashflow.model import Ask
from martlet.cashflow.statistical import Model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from martlet.cashflow.model import Forecast, History

LEVELS = tuple(tenth / 10 for tenth in range(1, 10))
RSS_UNIT = 1024 if sys.platform == "linux" else 1
STATISTICAL_MODELS = {"AutoETS": Model.AUTO_ETS, "AutoCES": Model.AUTO_CES}


@dataclass(frozen=True)
class Line:
    """A method's figures over all windows."""

    method: str
    series: int
    scores: Scores
    seconds: float
    peak_mb: int
    weights: str


@dataclass(frozen=True)
class Report:
    """What a run found, and on what."""

    protocol: str
    horizon: int
    last_known: tuple[date, ...]
    series: int
    days: int
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Done:
    """One method on one window."""

    method: str
    scores: Scores
    seconds: float
    peak_mb: int
    weights: str
    series: int


def evaluate(
    history: History,
    asked: Protocol,
    moved: Callable[[int, int | None], None],
    processes: int = PROCESSES_MAX,
) -> Report:
    """Return every method's figures on a file's windows."""
    days = last_days(history, asked)
    # The long ones first, so that the last minutes are not one process waiting for another.
    methods = sorted(asked.methods, key=lambda name: name not in {OURS, *STATISTICAL})
    jobs = [(method, day) for method in methods for day in days]
    done: list[Done] = []
    moved(0, len(jobs))
    for one in _each(history, asked, jobs, min(processes, PROCESSES_MAX, len(jobs))):
        done.append(one)
        moved(len(done), len(jobs))
    return Report(
        protocol=asked.name,
        horizon=asked.horizon,
        last_known=days,
        series=len(history.series_ids),
        days=history.day_count,
        lines=tuple(
            _line(name, [one for one in done if one.method == name]) for name in asked.methods
        ),
    )


def _each(
    history: History, asked: Protocol, jobs: list[tuple[str, date]], workers: int
) -> Iterator[Done]:
    if workers == 1:
        for job in jobs:
            yield one_window(history, asked, *job)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting = [pool.submit(one_window, history, asked, *job) for job in jobs]
        for finished in as_completed(waiting):
            yield finished.result()


def one_window(history: History, asked: Protocol, method: str, last_day: date) -> Done:
    """Return one method's figures in one window."""
    then = history.until(last_day)
    begun = np.flatnonzero(~np.isnan(then.values).all(axis=1))
    if method in STATISTICAL and len(begun) > ETS_SERIES_MAX:
        begun = begun[np.linspace(0, len(begun) - 1, ETS_SERIES_MAX).astype(np.int64)]
    then, truth = then.take(begun), history.take(begun)
    ask = Ask(asked.horizon, LEVELS, tuple(n for n in asked.totals if n <= asked.horizon))
    start = time.perf_counter()
    said, weights = said_by(then, ask, asked, method)
    seconds = time.perf_counter() - start
    actual = truth.values[:, then.day_count : then.day_count + asked.horizon]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * RSS_UNIT // 2**20
    return Done(
        method=method,
        scores=score(then.values, actual, said),
        seconds=seconds,
        peak_mb=int(peak),
        weights=weights,
        series=len(begun),
    )


def said_by(then: History, ask: Ask, asked: Protocol, method: str) -> tuple[Forecast, str]:
    """Return what a method says, and the weights where it has any."""
    if method == OURS:
        calendar = chinese_calendar() if asked.chinese else weekday_calendar()
        said, weights = tiers.accurate(then, ask, calendar, plugins=asked.plugins)
        return said, weights.told()
    if method in STATISTICAL:
        return tiers.Statistical(STATISTICAL_MODELS[method])(then, ask)(then, ask), ""
    return tiers.Rule(method)(then, ask)(then, ask), ""


def _line(method: str, done: list[Done]) -> Line:
    return Line(
        method=method,
        series=max(one.series for one in done),
        scores=over([one.scores for one in done]),
        seconds=sum(one.seconds for one in done),
        peak_mb=max(one.peak_mb for one in done),
        weights="; ".join(dict.fromkeys(one.weights for one in done if one.weights)),
    )
