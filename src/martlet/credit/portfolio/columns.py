"""An application's own further columns: what each one is, and which of them say nothing.

The invariant: what only tells one row from another (ids, row numbers, free text) and what is the
outcome itself never becomes a feature; whatever is left out is told with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import polars as pl

from martlet.credit.portfolio import cells
from martlet.credit.portfolio.dictionary import plain, tells, words
from martlet.credit.portfolio.file_limits import (
    CATEGORIES_MAX,
    ID_DISTINCT_SHARE_MIN,
    ID_ROWS_MIN,
    NUMERIC_SHARE_MIN,
)
from martlet.credit.portfolio.reading import LINE, OWN

if TYPE_CHECKING:
    from martlet.credit.portfolio.features import Direction

Sort = Literal["number", "category", "date", "calendar"]
"""A date is told in days before the application; where no day of application is, as it stands."""
_DATE_ROWS_SHARE = NUMERIC_SHARE_MIN
_CODE_DISTINCT_MIN = 10
_GROUP = " (group)"
EPOCH = date(2000, 1, 1)
"""The day from which dates count back where no day of application is told."""


@dataclass(frozen=True, slots=True)
class OwnColumn:
    """One further column as it is used: `own:` + the lender's name for it."""

    name: str
    heading: str
    sort: Sort
    direction: Direction


@dataclass(frozen=True, slots=True)
class Dropped:
    """One further column that is not used, and why (a code with a sentence)."""

    heading: str
    code: str


@dataclass(frozen=True, slots=True)
class OddCell:
    """A filled cell of a column of numbers or dates that is neither: counted as missing."""

    line: int
    heading: str
    text: str


@dataclass(frozen=True)
class OwnColumns:
    """The further columns typed: numbers and dates as doubles, categories as texts."""

    frame: pl.DataFrame
    used: tuple[OwnColumn, ...]
    dropped: tuple[Dropped, ...]
    odd: tuple[OddCell, ...]
    hindsight: tuple[str, ...]
    """Headings that sound as if they were only known afterwards; used, but told."""


def own_columns(applications: pl.DataFrame, outcome: pl.Series | None) -> OwnColumns:
    """Return an application's further columns, typed by what most of their cells are.

    `outcome` is true, false or null a row; a column that repeats it exactly is left out.
    """
    series: list[pl.Series] = []
    used: list[OwnColumn] = []
    dropped: list[Dropped] = []
    odd: list[OddCell] = []
    for name in sorted(n for n in applications.columns if n.startswith(OWN)):
        heading, text = name.removeprefix(OWN), applications[name]
        code = _says_nothing(heading, text) or _is_outcome(text, outcome)
        if code:
            dropped.append(Dropped(heading, code))
            continue
        values, sort = _typed(applications, name)
        odd += _odd_cells(applications, text, sort, heading)
        if values.drop_nulls().n_unique() < 2:  # noqa: PLR2004 - a constant
            dropped.append(Dropped(heading, "score.column_constant"))
            continue
        if _is_row_name(heading, values, sort):
            dropped.append(Dropped(heading, "score.column_is_id"))
            continue
        used.append(OwnColumn(name, heading, sort, direction_of(heading, sort)))
        series.append(values)
        if sort == "number" and _is_coded(heading, values):
            used.append(OwnColumn(name + _GROUP, heading, "category", "unknown"))
            series.append(text.alias(name + _GROUP))
    hindsight = tuple(c.heading for c in used if tells(c.heading, "hindsight"))
    frame = pl.DataFrame(series) if series else pl.DataFrame()
    return OwnColumns(frame, tuple(used), tuple(dropped), tuple(odd), hindsight)


def direction_of(heading: str, sort: Sort) -> Direction:
    """Return which way a column is safer, as far as its name tells."""
    if sort != "number":
        return "unknown"
    lower, higher = tells(heading, "safer_lower"), tells(heading, "safer_higher")
    if lower == higher:
        return "unknown"
    return "lower" if lower else "higher"


def _says_nothing(heading: str, text: pl.Series) -> str | None:
    filled = text.drop_nulls()
    if filled.is_empty():
        return "score.column_empty"
    if filled.n_unique() < 2:  # noqa: PLR2004 - a constant
        return "score.column_constant"
    if plain(heading) in {"merchant_id", "application_id"}:
        return "score.column_is_id"
    return None


def _is_outcome(text: pl.Series, outcome: pl.Series | None) -> str | None:
    """Tell whether a column of two values says exactly what the labels say."""
    if outcome is None:
        return None
    pairs = pl.DataFrame({"text": text, "bad": outcome}).drop_nulls("bad").unique()
    repeats = pairs.height == 2 and pairs["text"].n_unique() == 2  # noqa: PLR2004 - yes and no
    return "score.column_is_outcome" if repeats and pairs["bad"].n_unique() > 1 else None


def _typed(applications: pl.DataFrame, name: str) -> tuple[pl.Series, Sort]:
    """Return a column as numbers, as days before the application, or as the texts they are."""
    text = applications[name]
    filled = len(text) - text.null_count()
    moments = applications.select(cells.moment(pl.col(name)).alias(name))
    dated = filled - (moments[name].null_count() - text.null_count())
    if dated >= _DATE_ROWS_SHARE * filled:
        dated_cases = "as_of_at" in applications.columns
        return _days_before(applications, moments, name), "date" if dated_cases else "calendar"
    truths = _truths(text)
    if truths.null_count() == text.null_count():
        return truths, "number"
    numbers = applications.select(cells.number(pl.col(name)).alias(name)).to_series()
    if filled - (numbers.null_count() - text.null_count()) >= NUMERIC_SHARE_MIN * filled:
        return numbers, "number"
    return text, "category"


def _truths(text: pl.Series) -> pl.Series:
    """Return yes and no as 1 and 0; null where a cell says neither in letters."""
    said = words()["truths"]
    letters = {word: 1.0 for word in said["true"] if not word[0].isdigit()}
    letters |= {word: 0.0 for word in said["false"] if not word[0].isdigit()}
    lowered = text.str.to_lowercase()
    return lowered.replace_strict(letters, default=None, return_dtype=pl.Float64)


def _days_before(applications: pl.DataFrame, moments: pl.DataFrame, name: str) -> pl.Series:
    """Return how many days before the application a date lies; one after it is not known yet."""
    if "as_of_at" not in applications.columns:
        days = (pl.col(name).dt.date() - pl.lit(EPOCH)).dt.total_days()
        return moments.select((-days).cast(pl.Float64).alias(name)).to_series()
    both = moments.with_columns(applications["as_of_at"])
    age = (pl.col("as_of_at") - pl.col(name)).dt.total_days()
    known = pl.col(name) <= pl.col("as_of_at")
    return both.select(pl.when(known).then(age).cast(pl.Float64).alias(name)).to_series()


def _odd_cells(
    applications: pl.DataFrame, text: pl.Series, sort: Sort, heading: str
) -> list[OddCell]:
    """Return the filled cells of a column of numbers or dates that are not what the others are."""
    if sort == "category" or _truths(text).null_count() == text.null_count():
        return []
    read = cells.number if sort == "number" else cells.moment
    told = pl.DataFrame({LINE: applications[LINE], "text": text}).drop_nulls("text")
    rows = told.filter(read(pl.col("text")).is_null())
    return [OddCell(line, heading, shown) for line, shown in rows.iter_rows()]


def _is_row_name(heading: str, values: pl.Series, sort: Sort) -> bool:
    """Tell whether a column only names its rows."""
    filled = values.drop_nulls()
    distinct = filled.n_unique()
    name = plain(heading)
    hints = words()["hints"]
    named = name in hints["row_names"] or name.endswith(tuple(hints["row_endings"]))
    if sort == "category":
        if distinct > CATEGORIES_MAX:
            return True
        unique = distinct >= ID_DISTINCT_SHARE_MIN * len(filled)
        return unique and (named or len(filled) >= ID_ROWS_MIN)
    if sort in {"date", "calendar"} or distinct < len(filled) or not filled.is_finite().all():
        return False
    whole = bool((filled == filled.round(0)).all())
    low, high = filled.min(), filled.max()
    assert isinstance(low, float)
    assert isinstance(high, float)
    numbered = high - low == len(filled) - 1 and len(filled) >= ID_ROWS_MIN
    unhinted = direction_of(heading, sort) == "unknown"
    return whole and len(filled) > 1 and (named or (numbered and unhinted))


def _is_coded(heading: str, values: pl.Series) -> bool:
    """Tell whether numbers are codes (a postcode, a trade): near ones need not be alike."""
    name = plain(heading)
    coded = any(name == word or name.endswith("_" + word) for word in words()["hints"]["coded"])
    return coded and values.n_unique() >= _CODE_DISTINCT_MIN
