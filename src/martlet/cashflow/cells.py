"""Days and amounts as people write them, and what is not one of either.

The invariant: a cell that could mean two things means nothing: 03/02/2026 is no day and 1.234,56
no number, because a wrong guess would be a wrong forecast that looks right.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from martlet.cashflow.limits import VALUE_MAX

_YEARS = (1900, 2199)
"""Of days that anyone means; `0026` is a year cut short."""
_SERIAL_EPOCH = date(1899, 12, 30)
"""A spreadsheet's day 0, as far as it is right: after February 1900."""
_WRITTEN = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]+.*)?$"
_COMPACT = r"^(\d{4})(\d{2})(\d{2})(?:\.0+|[T ]+.*)?$"
_SERIAL = r"^(\d{5})(?:\.\d+)?$"
_PLAIN = r"^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d{1,3})?$"
_IN_THOUSANDS = r"^[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_WIDE = dict(zip("０１２３４５６７８９．，－＋（）−", "0123456789.,-+()-", strict=True))
"""Signs of a Chinese keyboard, and the typographer's minus."""


def days(column: pl.Series) -> pl.Series:
    """Return a column's days; null where a cell is none.

    Read are 2026-03-02, 2026/3/2, 2026.3.2, 2026年3月2日, 20260302, any of them with a time of day
    behind it, and a spreadsheet's number of a day.
    """
    if column.dtype == pl.Date:
        return _in_range(column)
    if isinstance(column.dtype, pl.Datetime):
        return _in_range(column.dt.date())
    text = _text(column)
    # Days repeat from series to series: each is read once.
    known = text.unique().drop_nulls().to_frame("text")
    cell = pl.col("text")
    parts = [
        pl.concat_str([cell.str.extract(form, group) for group in (1, 2, 3)], separator="-")
        for form in (_WRITTEN, _COMPACT)
    ]
    serial = cell.str.extract(_SERIAL, 1).cast(pl.Int32, strict=False)
    read = known.with_columns(
        day=pl.coalesce(
            *(part.str.to_date("%Y-%m-%d", strict=False) for part in parts),
            (pl.lit(_SERIAL_EPOCH) + pl.duration(days=serial)).cast(pl.Date),
        )
    )
    found = text.to_frame("text").join(read, on="text", how="left", maintain_order="left")["day"]
    return _in_range(found)


def numbers(column: pl.Series) -> pl.Series:
    """Return a column's numbers, finite and of a size that a float can tell from the next.

    Read are 1234.56, 1,234.56, ￥1,234.56, 1234.56元, (1,234.56) as below zero, and wide digits.
    """
    if column.dtype.is_numeric():
        return _finite(column.cast(pl.Float64))
    text = _text(column)
    plain = text.cast(pl.Float64, strict=False)
    odd = plain.is_null() & text.is_not_null()
    if odd.any():
        plain = plain.scatter(odd.arg_true(), _money(text.filter(odd)))
    return _finite(plain)


def _text(column: pl.Series) -> pl.Series:
    """Return a column as text without the spaces around it; lists and the like say nothing."""
    kind = column.dtype
    said = kind.is_numeric() or kind in {pl.String, pl.Categorical} or isinstance(kind, pl.Enum)
    if not said:
        return pl.Series(column.name, [None] * len(column), dtype=pl.String)
    return column.cast(pl.String).str.strip_chars()


def _money(text: pl.Series) -> pl.Series:
    cell = text.str.replace_many(_WIDE).str.to_lowercase()
    cell = cell.str.replace_all(r"[\s¥￥$元]", "")
    cell = cell.str.replace(r"^\((.*)\)$", "-${1}")
    whole = pl.select(
        pl.when(cell.str.contains(_IN_THOUSANDS))
        .then(cell.str.replace_all(",", "", literal=True))
        .when(cell.str.contains(_PLAIN))
        .then(cell)
    ).to_series()
    return whole.cast(pl.Float64, strict=False)


def _finite(column: pl.Series) -> pl.Series:
    usable = column.is_finite() & (column.abs() <= VALUE_MAX)
    return column.set(~usable.fill_null(value=False), None)


def _in_range(column: pl.Series) -> pl.Series:
    inside = column.dt.year().is_between(*_YEARS)
    return column.set(~inside.fill_null(value=False), None)
