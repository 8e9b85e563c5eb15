"""Sales shown as good and void in a later file: the trace of invoices made to be seen.

Only what the bank itself saw changing is looked at, revision by revision; the void invoices of a
first file are everyday life and a feature of the scorecard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.records.features.engine import visible
from martlet.records.integrity.finding import finding_of_rows, share_ppm, total_fen
from martlet.records.integrity.limits import EXCLUDED_SHARE_PPM, VOIDED_MIN, YEAR_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from martlet.records.integrity.finding import Book, Finding

VOIDED = "integrity_voided_later_ppm"


def voided_later(
    invoices: pl.DataFrame | pl.LazyFrame, book: Book, as_of: datetime
) -> Iterator[tuple[str, Finding]]:
    """Yield the businesses that took back much of the sales they had shown; for people only."""
    now_void = visible(invoices.lazy(), as_of).filter(
        pl.col("revision") > 0,
        ~pl.col("valid"),
        pl.col("side") == "sales",
        pl.col("total_fen") > 0,
        pl.col("age_days") < YEAR_DAYS,
    )
    was_good = invoices.lazy().filter(pl.col("valid")).select("party_id", "row_id").unique()
    rows = (
        now_void.join(was_good, on=["party_id", "row_id"], how="semi")
        .rename({"total_fen": "amount_fen"})
        .sort("party_id", "day", "row_id")
        .collect()
    )
    for group in rows.partition_by("party_id", maintain_order=True):
        party: str = group["party_id"][0]
        taken_back = total_fen(group)
        share = share_ppm(taken_back, taken_back + book.turnover.get(party, 0))
        if group.height >= VOIDED_MIN and share >= EXCLUDED_SHARE_PPM:
            yield party, finding_of_rows(VOIDED, share, group, group)
