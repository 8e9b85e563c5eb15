"""What the owner of a file knows already: rent, instalments, contracts, by series and day.

A part that is known is no matter of chance: it is taken out of the past before anything is
forecast, and put into the days ahead as it stands. The invariant: a known amount moves the mean,
every quantile and every running total of its day by itself, and nothing else; groups move by what
their series move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from martlet.cashflow.cells import days, numbers
from martlet.cashflow.groups import Grouped, exact
from martlet.cashflow.model import Standing
from martlet.cashflow.reading import DATE, SERIES, VALUE, scan, unreadable
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

    from martlet.cashflow.model import FloatArray, Forecast, History


@dataclass(frozen=True, slots=True, eq=False)
class KnownAhead:
    """Known amounts in a history's own grid; zero where nothing is known."""

    past: FloatArray
    """N x T."""
    ahead: FloatArray
    """N x H."""


def read_known(file: Path, history: History, horizon: int) -> KnownAhead:
    """Return a file's known amounts: `series_id, date, value`, several of a day added up.

    Days before the history or beyond the horizon say nothing. A row that cannot be read, or that
    is of a series the history does not have, refuses the whole file: a bill that is passed over
    would be a forecast that looks right.
    """
    try:
        rows = scan([file]).collect()
    except (PolarsError, OSError) as error:
        raise unreadable(file.name, error) from error
    told = pl.DataFrame(
        {
            SERIES: rows[SERIES].cast(pl.String).str.strip_chars(),
            DATE: days(rows[DATE]),
            VALUE: numbers(rows[VALUE]),
        }
    )
    odd = told.select(pl.any_horizontal(pl.all().is_null())).to_series().arg_true()
    if len(odd):
        raise Invalid("cashflow.known_unreadable", file=file.name, row=int(odd[0]) + 1)
    refused = {f.series_id for f in history.findings if f.standing is Standing.REFUSED}
    strangers = sorted(set(told[SERIES]) - set(history.series_ids) - refused)
    if strangers:
        raise Invalid("cashflow.known_stranger", file=file.name, series=strangers[0][:80])
    places = pl.DataFrame({SERIES: history.series_ids}, schema={SERIES: pl.String})
    cells = told.join(places.with_row_index("place"), on=SERIES, how="inner")
    width = history.day_count + horizon
    column = (cells[DATE] - history.first_day).dt.total_days().to_numpy()
    inside = (column >= 0) & (column < width)
    grid = np.zeros((len(history.series_ids), width))
    place = cells["place"].to_numpy().astype(np.int64)[inside]
    np.add.at(grid, (place, column[inside]), cells[VALUE].to_numpy()[inside])
    return KnownAhead(grid[:, : history.day_count], grid[:, history.day_count :])


def without_known(history: History, known: KnownAhead) -> History:
    """Return a history less what of it was known: what is left is to be forecast."""
    return replace(history, values=history.values - known.past)


def with_known(said: Grouped, known: KnownAhead) -> Grouped:
    """Return a forecast of series and sums with the known amounts put in."""
    leaves = _put_in(said.leaves, known.ahead)
    if not said.groups:
        return replace(said, leaves=leaves)
    leaves = replace(leaves, mean=exact(leaves.mean))
    added = np.stack([known.ahead[group.rows].sum(axis=0) for group in said.groups])
    mean = np.stack([leaves.mean[group.rows].sum(axis=0) for group in said.groups])
    return replace(said, leaves=leaves, sums=replace(_put_in(said.sums, added), mean=mean))


def _put_in(said: Forecast, ahead: FloatArray) -> Forecast:
    return replace(
        said,
        mean=said.mean + ahead,
        quantiles=said.quantiles + ahead[:, :, None],
        cumulative={
            days_ahead: quantiles + ahead[:, :days_ahead].sum(axis=1)[:, None]
            for days_ahead, quantiles in said.cumulative.items()
        },
    )
