"""Circular trade: goods sold to a partner and bought back from it for about the same amount.

Honest firms trade both ways, and their sums differ; a round keeps its amount. It sees the rounds
of two in a business's own records: a ring through third parties leaves no trace there but the
same amounts, which `mirrored` looks for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.records.features.definition import PPM
from martlet.records.integrity.finding import Finding, evidence_of, share_ppm
from martlet.records.integrity.limits import (
    CIRCULAR_ALIKE_MAX,
    CIRCULAR_APART_PPM,
    CIRCULAR_DAYS,
    CIRCULAR_ROWS_MAX,
    EXCLUDED_SHARE_PPM,
    NETTING_APART_PPM,
    PAIRS_MIN,
    RETURNED_DAYS,
    SEEN_SHARE_PPM,
)
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.records.integrity.finding import Book

CIRCULAR, BOTH_WAYS = "integrity_circular_trade_ppm", "integrity_trade_both_ways_ppm"
RETURNED = "integrity_money_returned_ppm"
Row = dict[str, Any]
Pair = tuple[Row, Row]


def circular_trade(book: Book) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses that bought back what they sold: enough pairs, enough of the sales."""
    for party, pairs in _pairs_of_parties(book, CIRCULAR_DAYS).items():
        amount_fen = sum(sale["amount_fen"] for sale, _ in pairs)
        share = share_ppm(amount_fen, book.turnover.get(party, 0))
        if len(pairs) >= PAIRS_MIN and share >= SEEN_SHARE_PPM:
            kind = CIRCULAR if share >= EXCLUDED_SHARE_PPM else BOTH_WAYS
            yield party, finding_of_pairs(kind, Kind.INVOICES, share, pairs)


def money_returned(book: Book, source: Kind) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses whose receipts went back to the payer within days; for people only.

    Money goes to and fro between a family and its shop for many reasons, so it excludes nobody.
    """
    for party, pairs in _pairs_of_parties(book, RETURNED_DAYS, netting=False).items():
        amount_fen = sum(received["amount_fen"] for received, _ in pairs)
        share = share_ppm(amount_fen, book.turnover.get(party, 0))
        if len(pairs) >= PAIRS_MIN and share >= EXCLUDED_SHARE_PPM:
            yield party, finding_of_pairs(RETURNED, source, share, pairs)


def finding_of_pairs(kind: str, source: Kind, share: int, pairs: Sequence[Pair]) -> Finding:
    """Return what pairs of records say together, the largest first."""
    ranked = sorted(pairs, key=lambda pair: (-pair[0]["amount_fen"], pair[0]["row_id"]))
    shown = [(number, row) for number, pair in enumerate(ranked, start=1) for row in pair]
    return Finding(
        kind=kind,
        source=source,
        value=share,
        sample_size=len(pairs),
        amount_fen=sum(sale["amount_fen"] for sale, _ in pairs),
        known_at=max(row["known_at"] for pair in pairs for row in pair),
        evidence=evidence_of(shown),
    )


def _pairs_of_parties(book: Book, days_max: int, *, netting: bool = True) -> dict[str, list[Pair]]:
    """Return the pairs of every business, over all partners that stand on both sides."""
    year = book.year.filter(pl.col("counterparty") != "")
    sides = year.group_by("party_id", "counterparty").agg(pl.col("side").n_unique().alias("sides"))
    both = sides.filter(pl.col("sides") > 1).select("party_id", "counterparty")
    rows = year.join(both, on=["party_id", "counterparty"], how="semi")
    found: dict[str, list[Pair]] = {}
    for group in rows.partition_by("party_id", "counterparty", maintain_order=True):
        sales = group.filter(pl.col("side") == "sales").tail(CIRCULAR_ROWS_MAX).to_dicts()
        purchases = group.filter(pl.col("side") == "purchases").tail(CIRCULAR_ROWS_MAX).to_dicts()
        pairs = paired(sales, purchases, days_max)
        if netting and len(pairs) < PAIRS_MIN and _nets_out(sales, purchases):
            pairs = _in_order(sales, purchases)
        if pairs:
            found.setdefault(group["party_id"][0], []).extend(pairs)
    return found


def paired(sales: Sequence[Row], purchases: Sequence[Row], days_max: int) -> list[Pair]:
    """Pair each sale with the nearest purchase of about its amount, each purchase once.

    An amount that the partner charged many times in the year meets another one by chance.
    """
    by_amount = sorted(purchases, key=lambda row: (row["amount_fen"], row["age_days"]))
    amounts = pl.Series([row["amount_fen"] for row in by_amount], dtype=pl.Int64)
    lows = [sale["amount_fen"] * (PPM - CIRCULAR_APART_PPM) // PPM for sale in sales]
    highs = [sale["amount_fen"] * (PPM + CIRCULAR_APART_PPM) // PPM for sale in sales]
    starts = amounts.search_sorted(pl.Series(lows, dtype=pl.Int64), side="left")
    ends = amounts.search_sorted(pl.Series(highs, dtype=pl.Int64), side="right")
    taken: set[int] = set()
    pairs: list[Pair] = []
    for sale, start, end in zip(sales, starts, ends, strict=True):
        if end - start > CIRCULAR_ALIKE_MAX:
            continue
        near = [
            (abs(by_amount[at]["age_days"] - sale["age_days"]), at)
            for at in range(start, end)
            if at not in taken
        ]
        apart, at = min(near, default=(days_max + 1, -1))
        if apart <= days_max:
            taken.add(at)
            pairs.append((sale, by_amount[at]))
    return pairs


def _nets_out(sales: Sequence[Row], purchases: Sequence[Row]) -> bool:
    """Tell whether all that was sold to a partner came back, however it was cut into invoices."""
    if min(len(sales), len(purchases)) < PAIRS_MIN:
        return False
    sold: int = sum(row["amount_fen"] for row in sales)
    bought: int = sum(row["amount_fen"] for row in purchases)
    return abs(sold - bought) * PPM <= NETTING_APART_PPM * max(sold, bought)


def _in_order(sales: Sequence[Row], purchases: Sequence[Row]) -> list[Pair]:
    """Put every sale beside a purchase in the order of days; the last stands for those left."""
    last = len(purchases) - 1
    return [(sale, purchases[min(at, last)]) for at, sale in enumerate(sales)]
