"""Sudden self-dealing: much of the sales goes to a new partner that also sells, or to oneself.

Only a name that the parties room finds to be the business's own, its owner's or its owner's other
business's counts as own; the names themselves never come here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.records.features.definition import PPM
from martlet.records.integrity.finding import finding_of_rows, share_ppm, total_fen
from martlet.records.integrity.limits import (
    BACK_SHARE_PPM,
    HISTORY_DAYS_MIN,
    NAMED_SHARE_PPM,
    NEW_DAYS,
    NEW_SALES_MIN,
    NEW_SHARE_PPM,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from martlet.records.integrity.finding import Book, Finding

    OwnNames = Callable[[str, frozenset[str]], frozenset[str]]

SELF_DEALING = "integrity_self_dealing_ppm"


def nobody_known(party: str, counterparties: frozenset[str]) -> frozenset[str]:  # noqa: ARG001 - a port's shape
    """Know no names: where records are looked at without a bank around them."""
    return frozenset()


def self_dealing(book: Book, own_names: OwnNames) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses that sell to themselves, or suddenly to somebody who sells to them."""
    bought_back = _new_and_both(book)
    to_own = _sold_to_own(book, own_names)
    for party in sorted(bought_back.keys() | to_own.keys()):
        share, rows = max(
            (found[party] for found in (bought_back, to_own) if party in found),
            key=lambda item: item[0],
        )
        sales = rows.filter(pl.col("side") == "sales")
        yield party, finding_of_rows(SELF_DEALING, share, sales, rows)


def _new_and_both(book: Book) -> dict[str, tuple[int, pl.DataFrame]]:
    """Return the share of the newest sales that went to new partners who sell to the business."""
    rows = book.rows.filter(pl.col("counterparty") != "")
    is_sale, recent = pl.col("side") == "sales", pl.col("age_days") < NEW_DAYS
    history = rows.group_by("party_id").agg(
        pl.col("age_days").max().alias("history"),
        pl.col("amount_fen").filter(is_sale, recent).sum().alias("recent_sales"),
    )
    amount = pl.col("amount_fen")
    suspects = (
        rows.group_by("party_id", "counterparty")
        .agg(
            pl.col("age_days").max().alias("met_days"),
            amount.filter(is_sale).sum().alias("sold"),
            is_sale.sum().alias("sales"),
            amount.filter(~is_sale).sum().alias("bought"),
        )
        .filter(
            pl.col("met_days") < NEW_DAYS,
            pl.col("sales") >= NEW_SALES_MIN,
            pl.col("bought").cast(pl.Int128) * PPM >= pl.col("sold") * BACK_SHARE_PPM,
        )
        .join(history.filter(pl.col("history") >= HISTORY_DAYS_MIN), on="party_id")
        .filter(pl.col("sold").cast(pl.Int128) * PPM >= pl.col("recent_sales") * NEW_SHARE_PPM)
    )
    behind = rows.join(suspects, on=["party_id", "counterparty"], how="semi")
    shares = {
        party: share_ppm(sold, recent_sales)
        for party, sold, recent_sales in suspects.group_by("party_id")
        .agg(pl.col("sold").sum(), pl.col("recent_sales").first())
        .iter_rows()
    }
    return {
        group["party_id"][0]: (shares[group["party_id"][0]], group)
        for group in behind.partition_by("party_id", maintain_order=True)
    }


def _sold_to_own(book: Book, own_names: OwnNames) -> dict[str, tuple[int, pl.DataFrame]]:
    """Return the share of the year's sales that went to the business's own names."""
    sales = book.year.filter(pl.col("side") == "sales", pl.col("counterparty") != "")
    large = (
        sales.group_by("party_id", "counterparty")
        .agg(pl.col("amount_fen").sum().alias("sold"), pl.len().alias("sales"))
        .filter(
            pl.col("sales") >= NEW_SALES_MIN,
            pl.col("sold").cast(pl.Int128) * PPM
            >= pl.col("sold").sum().over("party_id") * NAMED_SHARE_PPM,
        )
    )
    found = {}
    for (party,), group in large.group_by("party_id", maintain_order=True):
        own = own_names(str(party), frozenset(group["counterparty"]))
        if own:
            rows = sales.filter(pl.col("party_id") == party, pl.col("counterparty").is_in(own))
            share = share_ppm(total_fen(rows), book.turnover.get(str(party), 0))
            found[str(party)] = (share, rows)
    return found
