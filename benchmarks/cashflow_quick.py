"""What the quick tier's choices are worth: each of them set otherwise, on windows that are over.

`python -m benchmarks.cashflow_quick --history FILE [--horizon 28] [--skip 3] [--windows 4]` plays
the quick tier on a file of series as `martlet cashflow evaluate` reads it, on windows that end
`--skip` windows before the file's end, so that the newest windows stay unseen by any choice. One
choice at a time is set otherwise; all the rest stands as it ships. Prints the mean over windows.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from benchmarks.machine import machine_lines
from martlet.cashflow import Ask, chinese_calendar, weekday_calendar
from martlet.cashflow.evaluation import read_series
from martlet.cashflow.evaluation.metrics import Scores, over, score
from martlet.cashflow.profiles import Profiles

if TYPE_CHECKING:
    from martlet.cashflow import Calendar, History

ROOM = "martlet.cashflow"
LEVELS = tuple(tenth / 10 for tenth in range(1, 10))
OTHERWISE: dict[str, dict[str, object]] = {
    "as it ships": {},
    "no holidays": {},
    "a week's shape over 28 days": {f"{ROOM}.profiles.SHAPE_HALF_LIFE_DAYS": 28.0},
    "a week's shape over 364 days": {f"{ROOM}.profiles.SHAPE_HALF_LIFE_DAYS": 364.0},
    "level over 28 days for all": {f"{ROOM}.profiles.LEVEL_HALF_LIVES_DAYS": (28.0,)},
    "level over 364 days for all": {f"{ROOM}.profiles.LEVEL_HALF_LIVES_DAYS": (364.0,)},
    "8 past origins": {f"{ROOM}.profiles.PROFILE_ORIGINS": 8},
    "32 past origins": {f"{ROOM}.profiles.PROFILE_ORIGINS": 32},
    "own errors count from 30": {f"{ROOM}.empirical.POOLED_SAMPLES": 30},
    "own errors count from 200": {f"{ROOM}.empirical.POOLED_SAMPLES": 200},
    "own errors count from 400": {f"{ROOM}.empirical.POOLED_SAMPLES": 400},
}


def played(history: History, horizon: int, skip: int, windows: int, days: Calendar) -> Scores:
    """Return the quick tier's figures over the windows, newest first."""
    found = []
    for back in range(skip + 1, skip + 1 + windows):
        end = history.day_count - back * horizon
        then = history.until(history.days[end - 1])
        ask = Ask(horizon, LEVELS, tuple({7, horizon}))
        actual = history.values[:, end : end + horizon]
        found.append(score(then.values, actual, Profiles().forecast(then, ask, days)))
    return over(found)


def main() -> None:
    """Print a line for each choice set otherwise."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=Path, required=True)
    parser.add_argument("--horizon", type=int, default=28)
    parser.add_argument("--skip", type=int, default=3)
    parser.add_argument("--windows", type=int, default=4)
    parser.add_argument("--no-holidays", action="store_true", help="series of another country")
    asked = parser.parse_args()
    for line in machine_lines(asked.history.parent):
        print(line)
    history = read_series(asked.history)
    usual = weekday_calendar() if asked.no_holidays else chinese_calendar()
    print(
        f"{asked.history.name}: {len(history.series_ids)} series, {asked.windows} windows of"
        f" {asked.horizon} days, the newest {asked.skip} left out"
    )
    print(f"{'':30} {'WAPE':>7} {'WQL':>7} {'total':>7} {'pooled':>7} {'in 80 %':>7}")
    for name, settings in OTHERWISE.items():
        days = weekday_calendar() if name == "no holidays" else usual
        patches = [patch(target, value) for target, value in settings.items()]
        for one in patches:
            one.start()
        scores = played(history, asked.horizon, asked.skip, asked.windows, days)
        for one in patches:
            one.stop()
        figures = (
            scores.wape,
            scores.wql,
            scores.total_error[asked.horizon],
            scores.pooled_error[asked.horizon],
            scores.coverage_80,
        )
        print(f"{name:30} " + " ".join(f"{figure:7.4f}" for figure in figures))


if __name__ == "__main__":
    main()
