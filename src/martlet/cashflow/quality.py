"""How good the quick forecasts of a bank's own firms were: read, played again, and counted.

The invariant: every side of every firm that was looked at is either played or counted under the
reason why not, so that no figure stands on series that were left out silently.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.evaluation.limits import QUALITY_ORIGINS, QUALITY_STEP_DAYS
from martlet.cashflow.evaluation.protocols import KNOWN_DAYS_MIN
from martlet.cashflow.evaluation.quality import HORIZONS, Quality, replayed
from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.limits import OUTLOOK_HISTORY_DAYS, QUALITY_FIRMS_MAX
from martlet.cashflow.model import History
from martlet.cashflow.projecting import netted_back

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    import polars as pl

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.model import FloatArray
    from martlet.kernel.principal import Principal
    from martlet.records import RecordsService

IN, OUT = "in", "out"
SIDES = (IN, OUT)
NO_RECORDS, NOT_TOLD, SHORT, ENDED, NOT_ALWAYS = (
    *("no_records", "not_told", "short", "ended", "not_always"),
)
REASONS = (NO_RECORDS, NOT_TOLD, SHORT, ENDED, NOT_ALWAYS)
"""Why a series was not played, or (the last) not at every origin."""

PLAYED_DAYS_MIN = KNOWN_DAYS_MIN + HORIZONS[-1]


@dataclass(frozen=True, slots=True)
class FirmQuality:
    """The quality of a bank's forecasts, and what it was measured on."""

    firms_count: int
    """Looked at; `firms_all_count` is how many there are."""
    firms_all_count: int
    series_count: int
    first_day: date | None
    last_day: date | None
    by_side: Mapping[str, Quality]
    """`all`, `in` and `out`."""
    left_out: Mapping[str, int]
    """Series by the reason why they were not played."""
    thin_count: int
    """Series that were played at some origins only."""


def quality_of_firms(
    records: RecordsService,
    principal: Principal,
    party_ids: Sequence[UUID],
    as_of: date,
    calendar: Calendar,
) -> FirmQuality:
    """Return how firms were foretold; of many, an even sample in the order of their ids."""
    chosen = _sample(sorted(party_ids))
    left_out: Counter[str] = Counter()
    sides: list[tuple[str, date, FloatArray]] = []
    for party_id in chosen:
        flows = flows_of(records.rows(principal, party_id, as_of, records.now()))
        if flows is None:
            left_out[NO_RECORDS] += len(SIDES)
            continue
        span = (flows.first_day, flows.last_day)
        for side, rows in ((IN, flows.inflow), (OUT, flows.outflow)):
            if rows.is_empty():
                left_out[NOT_TOLD] += 1
            elif (span[1] - span[0]).days + 1 < PLAYED_DAYS_MIN:
                left_out[SHORT] += 1
            else:
                first = max(span[0], span[1] - timedelta(days=OUTLOOK_HISTORY_DAYS - 1))
                sides.append((side, first, _by_day(rows, first, span[1])))
    history, members = _grid(sides, left_out)
    found = {}
    for name in ("all", *SIDES):
        rows_of = [at for at, side in enumerate(members) if name in {"all", side}]
        if history is None or not rows_of:
            found[name] = Quality((), ())
        else:
            found[name] = replayed(history.take(rows_of), calendar)
    course = found["all"].course
    whole = min((one.figures.series_count for one in course), default=0)
    return FirmQuality(
        firms_count=len(chosen),
        firms_all_count=len(party_ids),
        series_count=len(members),
        first_day=history.first_day if history else None,
        last_day=history.last_day if history else None,
        by_side=found,
        left_out=left_out,
        thin_count=max(len(members) - whole, 0),
    )


def _sample(party_ids: Sequence[UUID]) -> list[UUID]:
    count = len(party_ids)
    if count <= QUALITY_FIRMS_MAX:
        return list(party_ids)
    return [party_ids[at * count // QUALITY_FIRMS_MAX] for at in range(QUALITY_FIRMS_MAX)]


def _by_day(rows: pl.DataFrame, first: date, last: date) -> FloatArray:
    found = np.zeros((last - first).days + 1)
    for day, fen in rows.select("day", "amount_fen").iter_rows():
        place = (day - first).days
        if 0 <= place < len(found):
            found[place] += fen
    return netted_back(found)


def _grid(
    sides: Sequence[tuple[str, date, FloatArray]], left_out: Counter[str]
) -> tuple[History | None, list[str]]:
    """Return all series on one grid that ends with the newest; what ended long before is counted.

    A series that stopped earlier is unknown on the days since, not zero: origins before still play.
    """
    if not sides:
        return None, []
    newest = max(first + timedelta(days=len(values) - 1) for _, first, values in sides)
    kept = []
    for side, first, values in sides:
        silent = (newest - first).days + 1 - len(values)
        if silent > QUALITY_STEP_DAYS * (QUALITY_ORIGINS - 1):
            left_out[ENDED] += 1
        else:
            kept.append((side, first, values))
    oldest = min(first for _, first, _ in kept)
    grid = np.full((len(kept), (newest - oldest).days + 1), np.nan)
    for row, (_, first, values) in enumerate(kept):
        start = (first - oldest).days
        grid[row, start : start + len(values)] = values
    names = tuple(f"{side}:{row}" for row, (side, _, _) in enumerate(kept))
    return History(names, oldest, grid), [side for side, _, _ in kept]
