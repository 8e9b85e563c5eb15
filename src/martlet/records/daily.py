"""What a business took on one day, by the best of its records of that day.

What a platform wrote goes before the owner's own word; refunds given are taken off. The invariant:
only what was known at the moment of asking counts, and only what the business lets the bank read.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING
from uuid import UUID

import polars as pl

from martlet.records.features.engine import visible
from martlet.records.model import Kind
from martlet.records.queries import files_of_shard
from martlet.records.shelf import scan_rows, shard_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from sqlalchemy import Connection

_paid = pl.col("settled") & (pl.col("flow") == "in") & ~pl.col("refund")
_given_back = pl.col("settled") & (pl.col("flow") == "out") & pl.col("refund")
_payment = pl.when(_paid).then("amount_fen").when(_given_back).then(-pl.col("amount_fen"))

_TAKEN: Mapping[Kind, pl.Expr] = {
    Kind.PAYMENTS: _payment.otherwise(0),
    Kind.TAKINGS: pl.col("taken_fen") - pl.col("refunded_fen"),
}
"""The kinds that say what a day took, the surest first; never two of them together."""


def taken_on(
    connection: Connection,
    folder: Path,
    tenant_id: UUID,
    allowed: Mapping[UUID, frozenset[str]],
    day: date,
    as_of: datetime,
) -> dict[UUID, int]:
    """Return what each business took on a day, as its consents allow; absent where none says."""
    by_shard: dict[int, list[UUID]] = defaultdict(list)
    for party_id in allowed:
        by_shard[shard_of(party_id)].append(party_id)
    found: dict[UUID, int] = {}
    for shard, party_ids in sorted(by_shard.items()):
        for kind, amount in reversed(list(_TAKEN.items())):
            readers = [one for one in party_ids if kind.value in allowed[one]]
            if readers:
                files = files_of_shard(connection, tenant_id, shard, [kind])
                rows = scan_rows(folder, kind, files, readers)
                found |= _summed(rows, amount, day, as_of)
    return found


def _summed(rows: pl.LazyFrame, amount: pl.Expr, day: date, as_of: datetime) -> dict[UUID, int]:
    of_day = visible(rows, as_of).filter(pl.col("day") == pl.lit(day))
    sums = of_day.group_by("party_id").agg(amount.sum().alias("taken")).collect()
    return {UUID(party): max(taken, 0) for party, taken in sums.select("party_id", "taken").rows()}


def readable(
    consents: Mapping[UUID, frozenset[str]], party_ids: Collection[UUID]
) -> dict[UUID, frozenset[str]]:
    """Return what may be read of each business that allows anything that says what a day took."""
    kinds = frozenset(kind.value for kind in _TAKEN)
    return {
        party_id: allowed
        for party_id in party_ids
        if (allowed := consents.get(party_id, frozenset()) & kinds)
    }
