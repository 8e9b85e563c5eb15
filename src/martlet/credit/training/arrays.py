"""Names for the arrays that training works on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]


def column_of(frame: pl.DataFrame, kind: str) -> Floats:
    """Return a column as doubles, NaN where it is missing or not there at all.

    Doubles hold every amount below 2^53 fen (90 trillion yuan) exactly.
    """
    import polars as pl  # noqa: PLC0415 - training alone needs it

    if kind not in frame.columns:
        return np.full(frame.height, np.nan)
    return frame[kind].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)
