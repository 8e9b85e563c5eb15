"""Shares of whole numbers in parts per million, as columns; the bounds keep them in 64 bits."""

from __future__ import annotations

import polars as pl

PPM = 1_000_000
RATIO_PPM_MAX = 1_000 * PPM
"""A thousand to one: what is beyond it means no more than that."""


def ratio(above: pl.Expr, below: pl.Expr, *, worst: bool = False) -> pl.Expr:
    """Return above / below in ppm, bounded; null where `below` is not above zero.

    With `worst`, a divisor that is zero or less gives the largest ratio: nothing covers it.
    """
    share = (above.cast(pl.Float64) / below.cast(pl.Float64) * PPM).round(0)
    bounded = share.clip(-RATIO_PPM_MAX, RATIO_PPM_MAX)
    otherwise = pl.lit(RATIO_PPM_MAX) if worst else pl.lit(None, dtype=pl.Int64)
    known = above.is_not_null() & below.is_not_null()
    return pl.when(known & (below > 0)).then(bounded.cast(pl.Int64)).when(known).then(otherwise)
