"""Cells that somebody will open in a spreadsheet: none of ours is ever run as a formula there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet runs as a formula: an apostrophe in front of one.

    A plain number such as -12.50 is left alone, for it is no formula.
    """
    bare = text.lstrip(" ")
    if bare.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(bare.strip()):
        return f"'{text}"
    return text


def is_formula(text: pl.Expr) -> pl.Expr:
    """Tell of a column of texts which ones a spreadsheet would run."""
    return text.str.contains(r"^[ ]*[=+\-@\t\r\n]") & ~text.str.contains(
        r"^[ ]*[+-]?[0-9][0-9,]*(\.[0-9]+)?\s*$"
    )
