"""Fund forecasts as tables in long form: the series with their groups, and the sums beside them.

The invariant: added up over a group's series, `mean` is the sum's `mean`, exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.cashflow import Forecast, level_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from martlet.treasury.funds.flows import Flows
    from martlet.treasury.funds.forecast import FundForecast


def series_frame(flows: Flows, found: FundForecast) -> pl.DataFrame:
    """Return a row per series and day: series_id, the file's group columns, date, mean, q.."""
    named = {"series_id": found.leaves.series_ids, **flows.history.groups}
    thin = flows.history.thin_ids | {finding.series_id for finding in found.leaves.findings}
    marks = tuple("thin" if name in thin else "sound" for name in found.leaves.series_ids)
    return _long(found.leaves, named, {"standing": marks})


def group_frame(found: FundForecast) -> pl.DataFrame:
    """Return a row per sum and day: column, member, direction, date, mean, q.."""
    named = {
        "column": tuple(mark.column for mark in found.sum_marks),
        "member": tuple(mark.member for mark in found.sum_marks),
        "direction": tuple(mark.direction for mark in found.sum_marks),
    }
    return _long(found.sums, named, {})


def write_frame(frame: pl.DataFrame, out: Path) -> None:
    """Write a table as Parquet or CSV, by the name's ending."""
    if out.suffix == ".parquet":
        frame.write_parquet(out)
    else:
        frame.write_csv(out)


def _long(
    found: Forecast, named: Mapping[str, Sequence[str]], marks: Mapping[str, Sequence[str]]
) -> pl.DataFrame:
    count, horizon = found.mean.shape
    columns: dict[str, pl.Series] = {}
    for name, members in named.items():
        texts = [member for member in members for _ in range(horizon)]
        columns[name] = pl.Series(name, texts, dtype=pl.String)
    columns["date"] = pl.Series("date", list(found.days) * count, dtype=pl.Date)
    columns["mean"] = pl.Series("mean", np.ascontiguousarray(found.mean).ravel())
    for at, level in enumerate(found.levels):
        columns[level_name(level)] = pl.Series(found.quantiles[..., at].ravel())
    for name, members in marks.items():
        columns[name] = pl.Series(name, [each for each in members for _ in range(horizon)])
    return pl.DataFrame(columns)
