"""Cells into values: amounts in hundredths, moments, numbers. Whole columns at once.

The invariant: no float is near an amount, and a filled cell that cannot be read is never guessed:
it comes out as null, which its reader tells from a blank one.
"""

from __future__ import annotations

import polars as pl

from martlet.credit.portfolio.file_limits import YEAR_MAX, YEAR_MIN

BLANKS = ("", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "-", "--", ".", "?", "\\n", "无")
"""What lenders' exports write where there is nothing."""

_CURRENCY = " \t\u00a0\u3000¥￥$€£元"
_ODD_SIGNS = r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u2028-\u202e\ufeff\ufffd]"
_AMOUNT = r"^([+-]?)([0-9]{1,13})(?:\.([0-9]*))?$"
_NUMBER = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?$"
_GROUPED = r"^[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?$"


def filled(text: pl.Expr) -> pl.Expr:
    """Return a text without blanks around it, null where it says that there is nothing."""
    bare = text.str.strip_chars(" \t\u00a0\u3000\r\n")
    return pl.when(bare.str.to_lowercase().is_in(BLANKS)).then(None).otherwise(bare)


def odd(text: pl.Expr) -> pl.Expr:
    """Tell cells with signs that no keyboard writes: damaged or hiding something."""
    return text.str.contains(_ODD_SIGNS).fill_null(value=False)


def hundredths(text: pl.Expr, *, decimal_comma: bool) -> pl.Expr:
    """Return amounts of money as whole hundredths, halves away from zero; null if unreadable."""
    bare = text.str.strip_chars(_CURRENCY).str.replace(r"^([+-])[¥￥$€£]", "$1")
    if decimal_comma:
        continental = bare.str.replace_all(r"[.\s\u00a0]([0-9]{3})", "$1").str.replace(",", ".")
        bare = pl.when(bare.str.contains(",", literal=True)).then(continental).otherwise(bare)
    else:
        grouped = bare.str.replace_all(",", "", literal=True)
        bare = pl.when(bare.str.contains(_GROUPED)).then(grouped).otherwise(bare)
    whole = bare.str.extract(_AMOUNT, 2).cast(pl.Int64, strict=False)
    part = (bare.str.extract(_AMOUNT, 3).fill_null("") + "000").str.slice(0, 3).cast(pl.Int64)
    size = whole * 100 + (part + 5) // 10
    return pl.when(bare.str.starts_with("-")).then(-size).otherwise(size)


def number(text: pl.Expr) -> pl.Expr:
    """Return numbers of any kind (grouped, per cent, exponents) as doubles; null if unreadable."""
    bare = text.str.strip_chars(_CURRENCY).str.strip_chars_end("%").str.strip_chars_end()
    grouped = bare.str.replace_all(",", "", literal=True)
    bare = pl.when(bare.str.contains(_GROUPED)).then(grouped).otherwise(bare)
    readable = pl.when(bare.str.contains(_NUMBER)).then(bare)
    value = readable.cast(pl.Float64, strict=False)
    return pl.when(value.is_finite()).then(value)


def _dashed(text: pl.Expr) -> pl.Expr:
    """Return a date as year, month and day with dashes between, whatever order its signs tell."""
    return (
        text.str.replace_all(r"[年月/]", "-")
        .str.replace("日", "")
        .str.replace(r"^([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", "$3-$2-$1")
        .str.replace(r"^([0-9]{4})\.([0-9]{1,2})\.([0-9]{1,2})", "$1-$2-$3")
        .str.replace(r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})($|[ T])", "$1-$2-$3$4")
    )


_MOMENT = (
    r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})"
    r"(?:[ T]+([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)(?:[.,][0-9]{1,9})?"
    r"(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?$"
)


def moment(text: pl.Expr) -> pl.Expr:
    """Return dates and times as written on the spot (a zone's offset is not applied).

    Null where the cell is no date or one of no living business.
    """
    dashed = _dashed(text)
    day = dashed.str.extract(_MOMENT, 1).str.to_date("%Y-%m-%d", strict=False)
    clock = dashed.str.extract(_MOMENT, 2)
    parts = [clock.str.extract(r"^([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?$", i) for i in (1, 2, 3)]
    hours, minutes, seconds = (part.cast(pl.Int64, strict=False).fill_null(0) for part in parts)
    possible = (
        day.dt.year().is_between(YEAR_MIN, YEAR_MAX) & (hours < 24) & (minutes < 60)  # noqa: PLR2004
    )
    into_day = (hours * 3_600 + minutes * 60 + seconds.clip(0, 59)) * 1_000_000
    return pl.when(possible).then(day.cast(pl.Datetime("us")) + into_day.cast(pl.Duration("us")))


def known_at(when: pl.Expr) -> pl.Expr:
    """Return when a movement is known for sure: a date alone is only over at its end."""
    bare_day = when.dt.truncate("1d") == when
    return pl.when(bare_day).then(when + pl.duration(days=1)).otherwise(when)
