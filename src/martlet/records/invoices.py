"""Columns of VAT invoices into exact fen, a million rows at a time.

Amounts arrive as texts (CSV) or as binary doubles (Parquet, spreadsheets). A double is taken as
the decimal of two places that it stands for and only if it stands within a thousandth of a fen of
one: up to ten billion yuan that is exact, and anything else is left null, to be quarantined.
"""

from __future__ import annotations

import polars as pl

FLOAT_SLACK_FEN = 1e-3
"""A double of two decimals is off by less than 1e-6 fen below ten billion yuan."""
FLOAT_FEN_MAX = 1e12

_NOISE = r"[\s,，¥￥元\u{3000}]"
_DECIMAL = r"^([+-]?)([0-9]{1,13})(?:\.([0-9]{0,2})0*)?$"


def fen_of_text(column: str) -> pl.Expr:
    """Return the fen of a decimal text, exactly; null where it is not an amount in whole fen."""
    clean = pl.col(column).str.replace_all(_NOISE, "")
    parts = clean.str.extract_groups(_DECIMAL)
    sign = pl.when(parts.struct.field("1") == "-").then(-1).otherwise(1)
    whole = parts.struct.field("2").cast(pl.Int64, strict=False)
    fraction = (
        parts.struct.field("3").fill_null("").str.pad_end(2, "0").cast(pl.Int64, strict=False)
    )
    return sign * (whole * 100 + fraction)


def fen_of_float(column: str) -> pl.Expr:
    """Return the fen that a double stands for; null where it stands for no whole fen."""
    scaled = pl.col(column).cast(pl.Float64) * 100
    near = ((scaled - scaled.round()).abs() <= FLOAT_SLACK_FEN) & (scaled.abs() <= FLOAT_FEN_MAX)
    return pl.when(near).then(scaled.round()).cast(pl.Int64)
