"""Cells into values, a hundred thousand at a time: amounts into fen, days, moments, counts.

No amount passes through a float on its way from a text. Where the file itself holds doubles
(Parquet), a double is taken as the two-decimal number that it stands for, and only if it lies
within a thousandth of a fen of one; anything else is unreadable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from martlet.records.formats import Format

_FLOAT_SLACK_FEN = 1e-3
"""A double of two decimals is off by less than 1e-4 fen below ten billion yuan."""
_FLOAT_FEN_MAX = 1e12
_AMOUNT = (
    r"^([+-]?)[¥￥]?\s*([+-]?)([0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,13})"
    r"(?:\.([0-9]{0,2})0*)?\s*元?$"
)
_COUNT = r"^[0-9]{1,9}$"


def fen_of_text(text: pl.Expr) -> pl.Expr:
    """Return the fen of '¥1,234.50', exactly; null where it is not an amount in whole fen."""
    parts = text.str.strip_chars().str.replace_all("，", ",", literal=True)
    groups = parts.str.extract_groups(_AMOUNT)
    first, second = groups.struct.field("1"), groups.struct.field("2")
    whole = groups.struct.field("3").str.replace_all(",", "", literal=True)
    fraction = groups.struct.field("4").fill_null("").str.pad_end(2, "0")
    size = whole.cast(pl.Int64, strict=False) * 100 + fraction.cast(pl.Int64, strict=False)
    negative = (first == "-") | (second == "-")
    return pl.when((first != "") & (second != "")).then(None).when(negative).then(-size).otherwise(
        size
    )  # fmt: skip


def fen_of_float(number: pl.Expr) -> pl.Expr:
    """Return the fen that a double stands for; null where it stands for no whole fen."""
    scaled = number.cast(pl.Float64) * 100
    near = ((scaled - scaled.round()).abs() <= _FLOAT_SLACK_FEN) & (scaled.abs() <= _FLOAT_FEN_MAX)
    return pl.when(near).then(scaled.round()).cast(pl.Int64)


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a chunk, by meaning; a meaning that the file lacks is blank everywhere."""

    schema: pl.Schema
    spec: Format

    def has(self, meaning: str) -> bool:
        """Tell whether the file has a column of this meaning."""
        return meaning in self.schema

    def text(self, meaning: str) -> pl.Expr:
        """Return a cell as text without blanks around it; a blank cell is an empty text."""
        if not self.has(meaning):
            return pl.lit("")
        return pl.col(meaning).cast(pl.String).fill_null("").str.strip_chars()

    def fen(self, meaning: str) -> pl.Expr:
        """Return a cell as fen; null where it is blank or no amount."""
        if not self.has(meaning):
            return pl.lit(None, pl.Int64)
        kind = self.schema[meaning]
        if kind.is_float():
            return fen_of_float(pl.col(meaning))
        if kind.is_integer():
            return pl.col(meaning).cast(pl.Int64, strict=False) * 100
        text = self.text(meaning)
        if meaning == "amount" and self.spec.amount:
            text = text.str.extract(self.spec.amount, 1)
        return fen_of_text(text)

    def blank(self, meaning: str) -> pl.Expr:
        """Tell whether a cell says nothing; '-' and '--' are how some banks write nothing."""
        return self.text(meaning).is_in(["", "-", "--"])

    def count(self, meaning: str) -> pl.Expr:
        """Return a cell as a whole number, null where it is none."""
        text = self.text(meaning)
        return pl.when(text.str.contains(_COUNT)).then(text).cast(pl.Int64, strict=False)

    def day(self, meaning: str) -> pl.Expr:
        """Return a cell as a day, null where it is none."""
        if not self.has(meaning):
            return pl.lit(None, pl.Date)
        if self.schema[meaning].is_temporal():
            return pl.col(meaning).cast(pl.Date)
        text = self.text(meaning)
        return pl.coalesce(
            [text.str.to_date(form, strict=False) for form in self.spec.days]
            + [text.str.to_datetime(m, strict=False).cast(pl.Date) for m in self.spec.moments]
        )

    def moment(self, meaning: str) -> pl.Expr:
        """Return a cell as a moment by the clock in Shanghai, null where it is none."""
        if self.has(meaning) and self.schema[meaning].is_temporal():
            return pl.col(meaning).cast(pl.Datetime("us"))
        return _clock(self.text(meaning), self.spec.moments)

    def moment_of(self, day: str, time: str) -> pl.Expr:
        """Return a day and a time of day as a moment by the clock in Shanghai."""
        forms = [f"%Y-%m-%d {form}" for form in self.spec.times]
        text = pl.concat_str([self.day(day).cast(pl.String), self.text(time)], separator=" ")
        return _clock(text, tuple(forms))


def _clock(text: pl.Expr, forms: tuple[str, ...]) -> pl.Expr:
    return pl.coalesce([text.str.to_datetime(form, strict=False, time_unit="us") for form in forms])


def in_utc(clock: pl.Expr) -> pl.Expr:
    """Return a moment by the clock in Shanghai as a moment in UTC."""
    zoned = clock.dt.replace_time_zone("Asia/Shanghai", ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
