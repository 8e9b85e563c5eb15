"""Mirrored invoices: the same odd amount in and out within a day, many times, whoever the partner.

Two amounts meet by chance more often the more invoices there are, so mirrors count only where
they are many times what the same book brings together in days that have nothing to do with each
other. And sales of one buyer, day and amount under several numbers, which honest firms have too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.records.integrity.circular import finding_of_pairs
from martlet.records.integrity.finding import (
    EVIDENCE_COLUMNS,
    finding_of_rows,
    share_ppm,
    total_fen,
)
from martlet.records.integrity.limits import (
    EQUAL_MIN,
    EQUAL_NUMBER_DIGITS,
    EQUAL_NUMBERS_APART,
    EXCLUDED_SHARE_PPM,
    MIRROR_CHANCE_DAYS,
    MIRROR_DAYS,
    MIRROR_OVER_CHANCE,
    MIRROR_REPEATS_MAX,
    PAIRS_MIN,
    ROUND_FEN,
    SEEN_SHARE_PPM,
)
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.records.integrity.finding import Book, Finding

MIRRORED, SAME_AMOUNTS = "integrity_mirrored_invoices_ppm", "integrity_same_amounts_ppm"
EQUAL = "integrity_equal_invoices_ppm"
_AMOUNT = ("party_id", "amount_fen")


def mirrored_invoices(book: Book) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses whose odd amounts come in and go out again within a day."""
    odd = book.year.filter(pl.col("amount_fen") % ROUND_FEN != 0).filter(
        pl.len().over("party_id", "side", "amount_fen") <= MIRROR_REPEATS_MAX
    )
    sales = odd.filter(pl.col("side") == "sales")
    met = (
        sales.join(odd.filter(pl.col("side") == "purchases"), on=_AMOUNT, suffix="_bought")
        .with_columns((pl.col("age_days") - pl.col("age_days_bought")).abs().alias("apart"))
        .filter(pl.col("apart") <= MIRROR_CHANCE_DAYS)
    )
    near_days = 2 * MIRROR_DAYS + 1
    far_days = 2 * (MIRROR_CHANCE_DAYS - MIRROR_DAYS - 1)
    far = met.filter(pl.col("apart") > MIRROR_DAYS + 1)
    by_chance = dict(far.group_by("party_id").len().iter_rows())
    near = (
        met.filter(pl.col("apart") <= MIRROR_DAYS)
        .sort("party_id", "apart", "day", "row_id", "row_id_bought")
        .unique(["party_id", "row_id"], keep="first", maintain_order=True)
        .unique(["party_id", "row_id_bought"], keep="first", maintain_order=True)
        .filter(pl.len().over("party_id") >= PAIRS_MIN)
    )
    for group in near.partition_by("party_id", maintain_order=True):
        party: str = group["party_id"][0]
        share = share_ppm(total_fen(group), book.turnover.get(party, 0))
        beyond = group.height * far_days >= MIRROR_OVER_CHANCE * near_days * by_chance.get(party, 0)
        if beyond and share >= SEEN_SHARE_PPM:
            kind = MIRRORED if share >= EXCLUDED_SHARE_PPM else SAME_AMOUNTS
            bought = [pl.col(f"{n}_bought").alias(n) for n in EVIDENCE_COLUMNS if n != "amount_fen"]
            other = group.select(*bought, "amount_fen", pl.col("known_at_bought").alias("known_at"))
            pairs = list(zip(group.to_dicts(), other.to_dicts(), strict=True))
            yield party, finding_of_pairs(kind, Kind.INVOICES, share, pairs)


def equal_invoices(book: Book) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses that sold the same odd amount to one buyer twice on a day, many times.

    For people only, and never those whose numbers are close: a sale above what one invoice may
    carry is cut into equal ones.
    """
    key = ("party_id", "counterparty", "day", "amount_fen")
    counted = pl.col("number").str.tail(EQUAL_NUMBER_DIGITS).cast(pl.Int64, strict=False)
    again = (
        book.year.filter(pl.col("side") == "sales", pl.col("amount_fen") % ROUND_FEN != 0)
        .with_columns(counted.alias("counted"))
        .sort(*key, "counted", "row_id")
        .with_columns(pl.col("counted").diff().over(key).alias("step"))
        .filter(pl.col("step") > EQUAL_NUMBERS_APART)
    )
    for group in again.partition_by("party_id", maintain_order=True):
        party: str = group["party_id"][0]
        share = share_ppm(total_fen(group), book.turnover.get(party, 0))
        if group.height >= EQUAL_MIN and share >= SEEN_SHARE_PPM:
            yield party, finding_of_rows(EQUAL, share, group, group)
