"""Bursts before applying: sales many times the usual, to partners never met, with no goods behind.

Growth is no crime and neither is a season: a burst is measured against the business's own median
and its own best window of at least a year. It excludes only where a business that needs goods for
what it sells had none to sell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.records.features.definition import PPM, RATIO_PPM_MAX
from martlet.records.integrity.finding import finding_of_rows, share_ppm, total_fen
from martlet.records.integrity.limits import (
    BURST_BACKING_PERCENT,
    BURST_BUYS_PPM,
    BURST_HISTORY_DAYS,
    BURST_NEW_SHARE_PPM,
    BURST_OVER_RECORD_PERCENT,
    BURST_OVER_USUAL,
    BURST_REGULAR_PERCENT,
    BURST_SALES_MIN,
    BURST_WINDOWS_DAYS,
    YEAR_DAYS,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.records.integrity.finding import Book, Finding

BURST, RISING = "integrity_sales_burst_ppm", "integrity_sales_rising_ppm"
_PERCENT = 100
_amount, _age, _is_sale = pl.col("amount_fen"), pl.col("age_days"), pl.col("side") == "sales"


def sales_burst(book: Book) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses whose last weeks are unlike any weeks before, longer window first."""
    told: set[str] = set()
    for days in BURST_WINDOWS_DAYS:
        for party, finding in _bursts(book, days):
            if party not in told:
                told.add(party)
                yield party, finding


def _bursts(book: Book, days: int) -> Iterator[tuple[str, Finding]]:
    measured = _measured(book, days).filter(
        pl.col("history") >= BURST_HISTORY_DAYS,
        pl.col("sales") >= BURST_SALES_MIN,
        pl.col("usual") > 0,
        pl.col("usual") * _PERCENT >= BURST_REGULAR_PERCENT * pl.col("mean"),
        pl.col("last") >= BURST_OVER_USUAL * pl.col("usual"),
        pl.col("last") * _PERCENT >= BURST_OVER_RECORD_PERCENT * pl.col("record"),
    )
    for row in measured.iter_rows(named=True):
        party: str = row["party_id"]
        window = book.rows.filter(pl.col("party_id") == party, _age < days)
        sales = window.filter(_is_sale)
        to_new = sales.filter(pl.col("counterparty").is_in(_strangers(book, party, days)))
        many = to_new.select("counterparty", "day").n_unique() >= BURST_SALES_MIN
        most = share_ppm(total_fen(to_new), row["last"]) >= BURST_NEW_SHARE_PPM
        hollow = many and most and _without_goods(book, party, days, row["last"])
        times_ppm = min(row["last"] * PPM // row["usual"], RATIO_PPM_MAX)
        yield party, finding_of_rows(BURST if hollow else RISING, times_ppm, sales, sales)


def _measured(book: Book, days: int) -> pl.DataFrame:
    """Return of each business the last window's sales, the usual and the best of those before.

    The best is sought at half steps too, so that a season that lies across two windows is seen.
    """
    sales = book.rows.filter(_is_sale)
    base = sales.group_by("party_id").agg(
        _age.max().alias("history"),
        _amount.filter(_age < days).sum().alias("last"),
        (_age < days).sum().alias("sales"),
    )
    past = sales.filter(_age >= days)
    windows = _windows(past, days, 0)
    record = (
        pl.concat([windows, _windows(past, days, days // 2)])
        .group_by("party_id")
        .agg(pl.col("sold").max().alias("record"))
    )
    number = YEAR_DAYS // days
    usual = (
        windows.filter(pl.col("window") <= number)
        .group_by("party_id")
        .agg(
            # an empty window has no row: the middle one of all is sought among those that sold
            pl.col("sold").sort(descending=True).get(number // 2, null_on_oob=True).alias("usual"),
            (pl.col("sold").sum() // number).alias("mean"),
        )
    )
    return base.join(record, on="party_id").join(usual, on="party_id").sort("party_id")


def _windows(past: pl.DataFrame, days: int, shift: int) -> pl.DataFrame:
    rows = past.filter(_age >= days + shift)
    return rows.group_by("party_id", ((_age - shift) // days).alias("window")).agg(
        _amount.sum().alias("sold")
    )


def _strangers(book: Book, party: str, days: int) -> list[Any]:
    """Return the partners that were first met in the last window."""
    met = (
        book.rows.filter(pl.col("party_id") == party)
        .group_by("counterparty")
        .agg(_age.max().alias("met"))
    )
    return met.filter(pl.col("met") < days)["counterparty"].to_list()


def _without_goods(book: Book, party: str, days: int, last_fen: int) -> bool:
    """Tell whether a business that buys what it sells bought too little for what it now sold."""
    rows = book.rows.filter(pl.col("party_id") == party, _age < YEAR_DAYS + days)
    before, goods = rows.filter(_age >= days), rows.filter(~_is_sale)
    sold_before = total_fen(before.filter(_is_sale))
    bought_before = total_fen(before.filter(~_is_sale))
    usual = share_ppm(bought_before, sold_before)
    lately = total_fen(goods.filter(_age < 2 * days))
    needed = last_fen * usual // PPM
    return usual >= BURST_BUYS_PPM and lately * _PERCENT < BURST_BACKING_PERCENT * needed
