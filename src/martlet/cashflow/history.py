"""Reads anyone's series (CSV or Parquet, long form) into one daily grid, and judges each of them.

The invariant: no series spoils another. What is odd about one is a finding of that series alone:
its answer is thin and says why, or it is refused and is not in the grid. Only a file without the
three columns, or that is no table at all, is refused as a whole.
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

from martlet.cashflow.cells import days, numbers
from martlet.cashflow.judging import judged
from martlet.cashflow.limits import CELL_CHARS_MAX, HISTORY_DAYS_MAX, NAME_CHARS_MAX
from martlet.cashflow.model import FloatArray, History
from martlet.cashflow.reading import CURRENCY, DATE, ROW, SERIES, SPILLED, VALUE, scan, unreadable
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

_NO_DAY = date(2000, 1, 1)
"""Of a grid without rows, where no day is known at all."""

_OURS = {SERIES, DATE, VALUE, CURRENCY, ROW, SPILLED}
_ONE_CURRENCY = {"RMB": "CNY", "人民币": "CNY", "CNH": "CNY"}
"""Names of the same money."""


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
    columns: tuple[tuple[str, str], ...] = ()
    """What the file calls our columns, ours first, where it is none of the known names."""
    last_day: date | None = None
    """The grid's last day, where a shard must end with the others; None: the newest of its own."""


def read_history(source: Path | Sequence[Path], rules: ReadingRules | None = None) -> History:
    """Return the grid of a file (or of several of one form) with a finding for all that is odd."""
    files = [source] if isinstance(source, Path) else list(source)
    rules = rules or ReadingRules()
    try:
        rows = scan(files, dict(rules.columns)).collect()
        if rows.is_empty():
            raise Invalid("cashflow.history_empty", file=files[0].name)
        return history_of(rows, rules)
    except (PolarsError, OSError) as error:
        raise unreadable(files[0].name, error) from error


def history_of(rows: pl.DataFrame, rules: ReadingRules) -> History:
    """Return the grid of rows in long form."""
    groups = _group_columns(rows, rules)
    typed = _typed(rows, groups)
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


def newest_day(files: Sequence[Path], rules: ReadingRules) -> date | None:
    """Return the newest day of all files that is not after `as_of`, read without the rest."""
    plan = scan(files, dict(rules.columns))
    schema = plan.collect_schema()
    kind, cell = schema[VALUE], pl.col(VALUE)
    plan = plan.filter(cell.str.contains(r"\d") if kind == pl.String else cell.is_not_null())
    if SPILLED in schema.names():
        plan = plan.filter(pl.col(SPILLED).is_null())
    found = days(plan.select(pl.col(DATE).unique()).collect(engine="streaming")[DATE])
    if rules.as_of is not None:
        found = found.filter(found <= rules.as_of)
    newest = found.max()
    assert newest is None or isinstance(newest, date)
    return newest


def _group_columns(rows: pl.DataFrame, rules: ReadingRules) -> tuple[str, ...]:
    """Return the columns that sort series into groups."""
    others = [n for n in rows.columns if n not in _OURS and not n.startswith("\x00")]
    if rules.group_columns is not None:
        for name in rules.group_columns:
            if name not in others:
                raise Invalid("cashflow.group_missing", column=name, found=", ".join(others)[:200])
        return rules.group_columns
    if not others:
        return ()
    counted = (
        rows.lazy().group_by(SERIES).agg(pl.col(others).n_unique()).select(pl.col(others).max())
    )
    most = counted.collect().row(0, named=True) if rows.height else {}
    return tuple(name for name in others if most.get(name) == 1)


def _typed(rows: pl.DataFrame, groups: Sequence[str]) -> pl.DataFrame:
    """Return rows of text, days and numbers; what is not understood is null, and told as text."""
    texts = [SERIES, *groups, *([CURRENCY] if CURRENCY in rows.columns else [])]
    typed = rows.select(pl.col(name).cast(pl.String).str.strip_chars() for name in texts)
    day, number = days(rows[DATE]), numbers(rows[VALUE])
    spilled = pl.Series(SPILLED, [False]).new_from_index(0, rows.height)
    if SPILLED in rows.columns:
        spilled = rows[SPILLED].is_not_null()
        day, number = day.set(spilled, None), number.set(spilled, None)
    typed = typed.with_columns(
        pl.when(pl.col(SERIES).str.len_chars().is_between(1, NAME_CHARS_MAX))
        .then(pl.col(SERIES))
        .alias(SERIES),
        *[pl.col(name).fill_null("") for name in texts if name != SERIES],
        day.alias(DATE),
        number.alias(VALUE),
        spilled.alias("spilled"),
        _unread(rows, day, number).alias("unread"),
    )
    if CURRENCY in texts:
        typed = typed.with_columns(pl.col(CURRENCY).str.to_uppercase().replace(_ONE_CURRENCY))
    return typed


def _unread(rows: pl.DataFrame, day: pl.Series, number: pl.Series) -> pl.Series:
    """Return, where a row is not understood, the cell that is the reason; null elsewhere."""
    odd = day.is_null() | number.is_null()
    told = pl.Series("unread", [None], dtype=pl.String).new_from_index(0, rows.height)
    if not odd.any():
        return told
    place = (pl.lit("#") + pl.col(ROW).cast(pl.String) + " ") if ROW in rows.columns else pl.lit("")
    cell = [
        pl.lit(f"{name} “") + _shown(rows.schema[name], name) + pl.lit("”")
        for name in (DATE, VALUE)
    ]
    some = rows.filter(odd).with_columns(dayless=day.filter(odd).is_null())
    said = pl.when("dayless").then(cell[0]).otherwise(cell[1])
    if SPILLED in rows.columns:
        whole = pl.col(VALUE).fill_null("") + pl.lit(",") + pl.col(SPILLED)
        split = pl.lit(f"{VALUE} “") + whole.str.head(CELL_CHARS_MAX) + pl.lit("”")
        said = pl.when(pl.col(SPILLED).is_not_null()).then(split).otherwise(said)
    found = some.select(place + said).to_series()
    return told.scatter(odd.arg_true(), found)


def _shown(kind: pl.DataType, name: str) -> pl.Expr:
    if kind.is_nested() or kind == pl.Binary:
        return pl.lit(str(kind)[:CELL_CHARS_MAX])
    return pl.col(name).cast(pl.String).fill_null("").str.head(CELL_CHARS_MAX)


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
