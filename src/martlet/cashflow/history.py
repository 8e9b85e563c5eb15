"""Reads anyone's series (CSV or Parquet, long form) into one daily grid, and judges each of them.

The invariant: no series spoils another. What is odd about one is a finding of that series alone:
its answer is thin and says why, or it is refused and is not in the grid. Only a file without the
three columns is refused as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from martlet.cashflow.judging import judged
from martlet.cashflow.limits import HISTORY_DAYS_MAX, NAME_CHARS_MAX
from martlet.cashflow.model import FloatArray, History
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

SERIES, DATE, VALUE, CURRENCY = "series_id", "date", "value", "currency"
_ALSO_CALLED = {SERIES: ("unique_id",), DATE: ("ds",), VALUE: ("y",)}
"""What other forecasting tools call the three columns."""

_NO_DAY = date(2000, 1, 1)
"""Of a grid without rows, where no day is known at all."""

_DAY_FORMATS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


class Gaps(StrEnum):
    """What a day without a row means, between a series' first row and the newest day of all."""

    NO_MOVEMENT = "no_movement"
    UNKNOWN = "unknown"


class Duplicates(StrEnum):
    """What several rows of one series and day mean."""

    ADD = "add"
    REFUSE = "refuse"


class Negatives(StrEnum):
    """What a value below zero means in a series that is mostly above."""

    KEEP = "keep"
    """A reversal: it counts, and the answer is thin. Of both signs alike: a net flow, and sound."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """How a file is understood."""

    gaps: Gaps = Gaps.NO_MOVEMENT
    duplicates: Duplicates = Duplicates.ADD
    negatives: Negatives = Negatives.KEEP
    as_of: date | None = None
    """The newest day that can have happened; later rows are left out and said so."""
    group_columns: tuple[str, ...] | None = None
    """None: every other column that never changes within a series."""
    last_day: date | None = None
    """The grid's last day, where a shard must end with the others; None: the newest of its own."""


def read_history(source: Path | Sequence[Path], rules: ReadingRules | None = None) -> History:
    """Return the grid of a file (or of several of one form) with a finding for all that is odd."""
    files = [source] if isinstance(source, Path) else list(source)
    rows = _rows(files)
    return history_of(rows, rules or ReadingRules())


def history_of(rows: pl.DataFrame, rules: ReadingRules) -> History:
    """Return the grid of rows in long form."""
    groups = _group_columns(rows, rules)
    typed = _typed(rows, groups)
    if typed.height == 0:
        raise Invalid("cashflow.history_empty")
    usable = typed.drop_nulls([SERIES, DATE, VALUE])
    if rules.as_of is not None:
        usable = usable.filter(pl.col(DATE) <= rules.as_of)
    newest = rules.last_day or usable[DATE].max()
    assert newest is None or isinstance(newest, date)
    last_day = newest or rules.as_of or _NO_DAY
    cut = last_day - timedelta(days=HISTORY_DAYS_MAX - 1)
    usable = usable.filter(pl.col(DATE) >= cut)
    seen, findings = judged(typed, usable, rules, cut)
    kept = seen.filter(~pl.col("refused")).sort(SERIES)
    first_day = kept["first"].min() or last_day
    assert isinstance(first_day, date)
    names = tuple(kept[SERIES].to_list())
    return History(
        series_ids=names,
        first_day=first_day,
        values=_grid(usable, kept, first_day, last_day, rules.gaps),
        groups={name: tuple(kept[name].to_list()) for name in groups},
        currencies=tuple(kept[CURRENCY].to_list()) if CURRENCY in kept.columns else (),
        findings=findings,
    )


def scan(files: Sequence[Path]) -> pl.LazyFrame:
    """Return a plan to read files, their three columns by our names and CSV cells as text."""
    name = files[0].name if files else ""
    try:
        if all(file.suffix == ".parquet" for file in files):
            rows = pl.scan_parquet(list(files), glob=False)
        else:
            rows = pl.scan_csv(list(files), infer_schema=False, glob=False)
        columns = rows.collect_schema().names()
    except (PolarsError, OSError) as error:
        raise _unreadable(name, error) from error
    names = {column: column.strip().lstrip("\ufeff") for column in columns}
    for ours, others in _ALSO_CALLED.items():
        if ours not in names.values():
            names.update({c: ours for c, known in names.items() if known in others})
        if ours not in names.values():
            raise Invalid("cashflow.column_missing", file=name, column=ours)
    return rows.rename({column: known for column, known in names.items() if column != known})


def newest_day(files: Sequence[Path], rules: ReadingRules) -> date | None:
    """Return the newest day of all files that is not after `as_of`, read without the rest."""
    plan = scan(files)
    days = plan.select(_day(plan.collect_schema()[DATE])).drop_nulls()
    if rules.as_of is not None:
        days = days.filter(pl.col(DATE) <= rules.as_of)
    newest = days.max().collect(engine="streaming").item()
    assert newest is None or isinstance(newest, date)
    return newest


def _rows(files: Sequence[Path]) -> pl.DataFrame:
    try:
        return scan(files).collect()
    except (PolarsError, OSError) as error:
        raise _unreadable(files[0].name, error) from error


def _unreadable(name: str, error: Exception) -> Invalid:
    detail = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
    return Invalid("cashflow.file_unreadable", file=name, detail=detail)


def _group_columns(rows: pl.DataFrame, rules: ReadingRules) -> tuple[str, ...]:
    """Return the columns that sort series into groups."""
    others = [name for name in rows.columns if name not in {SERIES, DATE, VALUE, CURRENCY}]
    if rules.group_columns is not None:
        for name in rules.group_columns:
            if name not in others:
                raise Invalid("cashflow.column_missing", file="", column=name)
        return rules.group_columns
    if not others:
        return ()
    counted = (
        rows.lazy().group_by(SERIES).agg(pl.col(others).n_unique()).select(pl.col(others).max())
    )
    most = counted.collect().row(0, named=True) if rows.height else {}
    return tuple(name for name in others if most.get(name) == 1)


def _typed(rows: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Return rows of text, days and finite numbers; what is not understood is null."""
    texts = [SERIES, *groups, *([CURRENCY] if CURRENCY in rows.columns else [])]
    named = [pl.col(name).cast(pl.String).str.strip_chars().alias(name) for name in texts]
    typed = rows.select(*named, _day(rows.schema[DATE]), _number(rows.schema[VALUE]))
    return typed.with_columns(
        pl.when(pl.col(SERIES).str.len_chars().is_between(1, NAME_CHARS_MAX))
        .then(pl.col(SERIES))
        .alias(SERIES),
        *[pl.col(name).fill_null("") for name in texts if name != SERIES],
    )


def _day(dtype: pl.DataType) -> pl.Expr:
    column = pl.col(DATE)
    if dtype == pl.Date or isinstance(dtype, pl.Datetime):
        return column.cast(pl.Date)
    text = column.cast(pl.String).str.strip_chars()
    read = [text.str.to_datetime(form, strict=False).cast(pl.Date) for form in _DAY_FORMATS]
    return pl.coalesce(read).alias(DATE)


def _number(dtype: pl.DataType) -> pl.Expr:
    column = pl.col(VALUE)
    if dtype == pl.String:
        column = column.str.strip_chars().str.replace_all(",", "")
    number = column.cast(pl.Float64, strict=False)
    return pl.when(number.is_finite()).then(number).alias(VALUE)


def _grid(
    usable: pl.DataFrame, kept: pl.DataFrame, first_day: date, last_day: date, gaps: Gaps
) -> FloatArray:
    """Return N x T: rows added up by day, NaN before a series begins, gaps as they are meant."""
    width = (last_day - first_day).days + 1
    places = kept.select(SERIES).with_row_index("row")
    cells = usable.select(SERIES, DATE, VALUE).join(places, on=SERIES, how="inner")
    rows = cells["row"].to_numpy().astype(np.int64)
    columns = (cells[DATE] - first_day).dt.total_days().to_numpy()
    grid = np.bincount(
        rows * width + columns, weights=cells[VALUE].to_numpy(), minlength=kept.height * width
    ).astype(np.float64)
    grid = grid.reshape(kept.height, width)
    first = (kept["first"] - first_day).dt.total_days().to_numpy()
    grid[np.arange(width) < first[:, None]] = np.nan
    if gaps is Gaps.UNKNOWN:
        told = np.zeros(kept.height * width, dtype=np.bool_)
        told[rows * width + columns] = True
        grid[~told.reshape(grid.shape)] = np.nan
    return np.asarray(grid, dtype=np.float64)
