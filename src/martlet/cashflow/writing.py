"""Forecasts and marks as files: long form, Parquet or CSV by the file's name.

The invariant: a file is whole or not there: it is written beside its place, brought to the disk
and renamed into it. Every series of the history is in the answers or refused in the marks.
"""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.cashflow.model import Standing, level_name
from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, explain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from martlet.cashflow.groups import Grouped
    from martlet.cashflow.model import Finding, FloatArray, Forecast

FORMATS = (".parquet", ".csv")
DRAFT = ".draft"
"""What is being written ends so; nobody reads it."""


def answers(forecast: Forecast) -> pl.DataFrame:
    """Return one row a series and day: mean, quantiles, what the answer is worth, who made it."""
    return pl.DataFrame({"series_id": _repeated(forecast.series_ids, forecast.horizon)}).hstack(
        _daily(forecast)
    )


def group_answers(grouped: Grouped) -> pl.DataFrame:
    """Return one row a group and day: column, member, currency, and what a series has."""
    return _named(grouped, grouped.sums.horizon).hstack(_daily(grouped.sums))


def _daily(forecast: Forecast) -> pl.DataFrame:
    count, horizon = forecast.mean.shape
    standings = {f.series_id: f.standing for f in forecast.findings}
    worth = [standings.get(name, Standing.SOUND) for name in forecast.series_ids]
    days = pl.Series("date", forecast.days, dtype=pl.Date)
    provisional = np.isin(
        np.array(forecast.days, dtype="datetime64[D]"),
        np.array(forecast.provisional, dtype="datetime64[D]"),
    )
    return pl.DataFrame(
        {
            "date": days.gather(np.tile(np.arange(horizon), count)),
            "mean": forecast.mean.ravel(),
            **_levels(forecast.levels, forecast.quantiles),
            "standing": _repeated(worth, horizon),
            "provisional": np.tile(provisional, count),
        }
    )


def totals(forecast: Forecast) -> pl.DataFrame:
    """Return one row a series and number of first days: mean and quantiles of the total."""
    return _totals(pl.DataFrame({"series_id": _repeated(forecast.series_ids, 1)}), forecast)


def group_totals(grouped: Grouped) -> pl.DataFrame:
    """Return one row a group and number of first days."""
    return _totals(_named(grouped, 1), grouped.sums)


def _totals(named: pl.DataFrame, forecast: Forecast) -> pl.DataFrame:
    parts = [
        named.with_columns(
            days=np.full(named.height, days),
            mean=forecast.mean[:, :days].sum(axis=1),
            **_levels(forecast.levels, quantiles),
        )
        for days, quantiles in sorted(forecast.cumulative.items())
    ]
    empty = pl.DataFrame(schema=[*named.columns, "days", "mean"])
    return pl.concat(parts) if parts else empty


def _named(grouped: Grouped, times: int) -> pl.DataFrame:
    names = ["column", "member"]
    if any(group.currency for group in grouped.groups):
        names.append("currency")
    return pl.DataFrame(
        {name: _repeated([getattr(g, name) for g in grouped.groups], times) for name in names}
    )


def marks(findings: Sequence[Finding]) -> pl.DataFrame:
    """Return one row a finding, with its sentence in both languages."""
    columns = ("series_id", "standing", "code", "sentence_zh", "sentence_en")
    rows = [
        (
            finding.series_id,
            finding.standing.value,
            finding.code,
            explain(finding.code, finding.details, Locale.ZH_CN),
            explain(finding.code, finding.details, Locale.EN),
        )
        for finding in findings
    ]
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def groups_place(out: Path) -> Path:
    """Return where the groups of a file of answers lie, where nobody says: beside it."""
    return out.with_name(f"{out.stem}.groups{out.suffix}")


def marks_place(out: Path) -> Path:
    """Return where the marks of a file of answers lie: beside it, as CSV."""
    return out.with_name(f"{out.stem}.marks.csv")


def check_format(out: Path) -> None:
    """Refuse a file whose name does not tell how it is written."""
    if out.suffix not in FORMATS:
        raise Invalid("cashflow.format_unknown", file=out.name)


def write(frame: pl.DataFrame, out: Path) -> None:
    """Write a table whole."""
    check_format(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(out)
    if out.suffix == ".parquet":
        frame.write_parquet(draft, compression="zstd", compression_level=1)
    else:
        frame.write_csv(draft)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(out)


def put(place: Path, data: bytes) -> None:
    """Write a small file whole and durably."""
    draft = _draft(place)
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(place)


def _draft(place: Path) -> Path:
    """Return where a file is written before it is put in its place: no two processes share it."""
    return place.with_name(f"{place.name}.{platform.node()}-{os.getpid()}{DRAFT}")


def _repeated(names: Sequence[str], times: int) -> pl.Series:
    return pl.Series(names, dtype=pl.String).gather(np.repeat(np.arange(len(names)), times))


def _levels(levels: Sequence[float], quantiles: FloatArray) -> dict[str, FloatArray]:
    return {level_name(level): quantiles[..., place].ravel() for place, level in enumerate(levels)}
