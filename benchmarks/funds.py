"""How well a fund's flows are foretold, at rolling origins, beside two baselines in the same run.

    python -m benchmarks.funds --history flows.parquet --months 2 --step 1

Accuracy is 1 - sum of |said - came| / sum of came, per direction: of the next day, of the total of
the next seven days (every `--step` days' origin), of the total of thirty days (origins at the ends
of months). `band` is how often a day of the week ahead fell between q10 and q90. An origin reads
what was known by its evening, the calendar included; nothing is chosen here.
"""

from __future__ import annotations

import argparse
import calendar as months
import time
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.machine import machine_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.cashflow import FloatArray, History

    Said = tuple[FloatArray, FloatArray]
    Play = tuple[date, Said, FloatArray]

HORIZON = 30
WEEK = 7


def main() -> None:
    """Play the last months of a file and print a row per direction, method and month."""
    from martlet.cashflow import read_history
    from martlet.treasury.funds import flows_of

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--history", type=Path, required=True)
    parser.add_argument("--months", type=int, default=2, help="the file's last months")
    parser.add_argument("--step", type=int, default=1, help="days from origin to origin")
    parser.add_argument("--no-ets", action="store_true", help="leave AutoETS out: it is slow")
    asked = parser.parse_args()
    history = read_history(asked.history)
    directions = flows_of(history).directions
    print("\n".join(machine_lines(Path())))
    print(f"data: {asked.history.name}, {len(directions)} series, to {history.last_day}")
    begun = time.perf_counter()
    table = defaultdict(list)
    for origin in origins(history.last_day, asked.months, asked.step):
        known = history.until(origin)
        for (direction, method), said in foretold(known, ets=not asked.no_ets).items():
            rows = [at for at, each in enumerate(directions) if each == direction]
            at = known.day_count
            came = np.nan_to_num(history.values[rows, at : at + HORIZON]).sum(axis=0)
            table[direction, method, f"{origin + timedelta(days=1):%Y-%m}"].append(
                (origin, said, came)
            )
    show(table)
    print(f"{time.perf_counter() - begun:.0f} s")


def origins(last_day: date, count: int, step: int) -> list[date]:
    """Return the origins: from the evening before the first of those months to the last but one."""
    first = last_day.replace(day=1)
    for _ in range(count - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    every = [first + timedelta(days=n - 1) for n in range((last_day - first).days + 1)]
    return [day for n, day in enumerate(every) if n % step == 0 or is_month_end(day)]


def is_month_end(day: date) -> bool:
    """Tell whether a day is its month's last."""
    return day.day == months.monthrange(day.year, day.month)[1]


def foretold(known: History, *, ets: bool) -> dict[tuple[str, str], Said]:
    """Return mean and band of the direction totals, ours and the baselines', from one origin."""
    from martlet.cashflow import Ask, chinese_calendar
    from martlet.cashflow.statistical import Model, foretell
    from martlet.treasury.funds import Direction, flows_of, foretell_flows

    flows = flows_of(known)
    found = foretell_flows(flows, Ask(HORIZON, (0.1, 0.9)), chinese_calendar())
    said = {}
    totals = []
    for direction in Direction:
        rows = list(flows.rows(direction))
        mark = next(
            at
            for at, each in enumerate(found.sum_marks)
            if each.column == "direction" and each.direction == direction
        )
        said[direction, "ours"] = (found.leaves.mean[rows].sum(axis=0), found.sums.quantiles[mark])
        totals.append(np.nan_to_num(known.values[rows]).sum(axis=0))
    for model in (Model.WEEKDAY_MEAN, *((Model.AUTO_ETS,) if ets else ())):
        fitted = foretell(np.stack(totals), HORIZON, (0.1, 0.9), model)
        for at, direction in enumerate(Direction):
            said[direction, model.value] = (fitted.mean[at], fitted.quantiles[at])
    return said


def show(table: Mapping[tuple[str, str, str], Sequence[Play]]) -> None:
    """Print accuracies by month, and over all of them."""
    print(f"{'direction':13s} {'method':22s} {'month':8s} next day    week  30 days    band")
    keys = sorted({key[:2] for key in table})
    for key in keys:
        rows = {month: plays for (*head, month), plays in table.items() if tuple(head) == key}
        everything = [play for plays in rows.values() for play in plays]
        for month, plays in [*sorted(rows.items()), ("all", everything)]:
            day = accuracy(plays, 1)
            week = accuracy(plays, WEEK)
            whole = accuracy([play for play in plays if is_month_end(play[0])], HORIZON)
            inside = np.concatenate(
                [
                    (came[:WEEK] >= band[: len(came[:WEEK]), 0])
                    & (came[:WEEK] <= band[: len(came[:WEEK]), 1])
                    for _, (_, band), came in plays
                ]
            )
            direction, method = key
            figures = "  ".join(f"{100 * part:6.1f}%" for part in (day, week, whole, inside.mean()))
            print(f"{direction:13s} {method:22s} {month:8s} {figures}")


def accuracy(plays: Sequence[Play], days: int) -> float:
    """Return 1 - the error of the totals of the first days, over plays that are whole."""
    whole = [(mean, came) for _, (mean, _), came in plays if len(came) >= days]
    missed = sum(abs(mean[:days].sum() - came[:days].sum()) for mean, came in whole)
    size = sum(came[:days].sum() for _, came in whole)
    return 1 - missed / size if size else float("nan")


if __name__ == "__main__":
    main()
