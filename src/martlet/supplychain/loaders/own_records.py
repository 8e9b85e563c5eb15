"""Edges from a business's own records: who it sold to and bought from, month by month.

Read through the records room, so only what the business allows; each edge lies under its consent
and goes with it. Void invoices count for nothing, refunds are taken off, and counterparties who
may be natural persons stay out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from martlet.records import SOURCE_CONFIDENCE_PPM, Kind
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.months import Month
from martlet.supplychain.loaders.organisations import is_organisation
from martlet.supplychain.loaders.told import Fact, Source, Told, named
from martlet.supplychain.model import NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from martlet.supplychain.model import Node

_SIDES = {
    Kind.INVOICES: (SourceKind.INVOICE, Relation.SUPPLIES, "side", "sales", "total_fen"),
    Kind.BANK: (SourceKind.TRANSFER, Relation.PAYS, "flow", "out", "amount_fen"),
    Kind.PAYMENTS: (SourceKind.TRANSFER, Relation.PAYS, "flow", "out", "amount_fen"),
}
"""For each kind: what it proves, and on which side the business is where the edge begins."""


def facts_of(rows: Mapping[Kind, pl.DataFrame], own: Node, party_id: UUID) -> Iterator[Fact]:
    """Yield the monthly edges between a business and those it dealt with.

    Orders and takings name no firms and give none.
    """
    for kind, (source_kind, relation, column, outward, amount) in _SIDES.items():
        if kind not in rows:
            continue
        file = f"records/{party_id}/{kind.value}"
        source = Source(source_kind, file, SOURCE_CONFIDENCE_PPM[kind], party_id)
        persons = set[str]()
        found = _by_month(rows[kind], kind, column, amount)
        for number, (way, name, day, total, known_at) in enumerate(found.iter_rows(), 1):
            if not is_organisation(name):
                persons.add(name)
                continue
            other = named(NodeKind.FIRM, name)
            if total <= 0:
                yield Finding("supplychain.month_refunded", file, None, amount,
                              {"name": name[:40], "month": f"{day:%Y-%m}"}, kept=True)  # fmt: skip
                continue
            ends = (own.key, other.key) if way == outward else (other.key, own.key)
            period = Month(ends, day, total, 1, number).period
            edge = source.edge(ends[0], relation, ends[1], known_at, period, amount_fen=total)
            yield Told(file, number, (own, other), (edge,))
        if persons:
            yield Finding("supplychain.persons_left_out", file, None, "counterparty",
                          {"names_count": len(persons)}, kept=True)  # fmt: skip


def _by_month(rows: pl.DataFrame, kind: Kind, column: str, amount: str) -> pl.DataFrame:
    """Return what passed on each side with each other by month, and since when it is known."""
    there = pl.col("counterparty").is_not_null() & (pl.col("counterparty") != "")
    if kind is Kind.INVOICES:
        counting, value = pl.col("valid"), pl.col(amount)
    else:
        counting = pl.col("settled") & pl.col("flow").is_in(["in", "out"]) & ~pl.col("refund")
        value = pl.col(amount)
    return (
        rows.filter(there & counting)
        .group_by(column, "counterparty", pl.col("day").dt.truncate("1mo").alias("month"))
        .agg(value.sum().alias("total"), pl.col("known_at").max())
        .sort(column, "counterparty", "month")
    )
