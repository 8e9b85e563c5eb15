"""The room's eye: what the days ahead tell a decision, computed in the night and only read then.

A decision never forecasts. The invariant: what is answered was computed before the moment that is
asked about, a few days ago at most, from kinds of records that the business still lets be read;
else nothing is.
"""

from __future__ import annotations

from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

import polars as pl
from sqlalchemy import insert, update

from martlet.cashflow.crowd import crowd_of
from martlet.cashflow.figures import KINDS, figures_of
from martlet.cashflow.tables import cashflow_signal
from martlet.kernel.calendar import business_date_of
from martlet.records.features.engine import visible
from martlet.records.kept_signals import KeptSignals, kept_in
from martlet.records.limits import EVIDENCE_MAX
from martlet.records.model import SOURCE_CONFIDENCE_PPM, Kind
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from martlet.cashflow.calendar import Calendar
    from martlet.records.reading import ShardReading
    from martlet.signals import Row
    from martlet.store import Transaction

PROVIDER = "cashflow"
VERSION = "1"

HELD_DAYS = 14
"""How old figures may be: the next weeks of two weeks ago are half over."""

RENEWED_DAYS = 7
"""After a week figures are computed anew even where no record came."""

EXPIRES_DAYS = 45
STORED_PER_STEP = 500

INVOICES_CONFIDENCE_PPM = 600_000
"""Invoices are sure of what was sold; when money came and what else went out they do not say."""


class CashflowSignals(KeptSignals):
    """The provider of what was forecast of a business's cash."""

    name = PROVIDER
    version = VERSION
    kinds: tuple[str, ...] = KINDS
    kept = kept_in(
        cashflow_signal,
        held_days=HELD_DAYS,
        expires_days=EXPIRES_DAYS,
        dated=attrgetter("as_of"),
    )


def stale(
    connection: Connection, tenant_id: UUID, imports: Mapping[UUID, int], as_of: datetime
) -> list[UUID]:
    """Return the businesses whose figures are missing, a week old, or of fewer imports."""
    keys = {"tenant_id": tenant_id}
    rows = CashflowSignals.kept.of_some.on(connection, keys, list(imports))
    since = business_date_of(as_of) - timedelta(days=RENEWED_DAYS)
    good = {
        row.party_id
        for row in rows
        if row.imports_count == imports[row.party_id] and row.as_of > since
    }
    return [party_id for party_id in imports if party_id not in good]


def shard_step(
    shard: ShardReading, calendar: Calendar, now: datetime
) -> Callable[[Transaction, str], Progress]:
    """Return the job's step that computes a shard's figures and writes some hundreds at a time."""
    day = business_date_of(now) - timedelta(days=1)
    seen = {kind: visible(rows, now).collect() for kind, rows in shard.records.items()}
    crowd = crowd_of(seen, day)
    figures = figures_of(crowd, calendar)
    known = _known_at(seen)
    ready = {
        UUID(party): _values(
            kinds, figures[party], shard.evidence[UUID(party)], known[party], (day, now)
        )
        for party, kinds in zip(crowd.party_ids, crowd.kinds, strict=True)
        if figures.get(party)
    }
    for party_id, values in ready.items():
        values["imports_count"] = len(shard.imports[party_id])
    parties = sorted(ready, key=str)

    def step(tx: Transaction, cursor: str) -> Progress:
        left = [party for party in parties if str(party) > cursor]
        for party in left[:STORED_PER_STEP]:
            _store(tx, party, ready[party])
        done = len(left) <= STORED_PER_STEP
        last = None if done else str(left[STORED_PER_STEP - 1])
        return Progress(last, {"businesses_count": len(left[:STORED_PER_STEP])})

    return step


def _values(
    kinds: Sequence[str],
    figures: Sequence[Row],
    evidence: Sequence[tuple[Kind, str]],
    known_at: datetime,
    when: tuple[Any, datetime],
) -> dict[str, Any]:
    sure = min(SOURCE_CONFIDENCE_PPM[Kind(kind)] for kind in kinds)
    if Kind.INVOICES.value in kinds:
        sure = min(sure, INVOICES_CONFIDENCE_PPM)
    hashes = [content for kind, content in evidence if kind.value in kinds]
    return {
        "kinds": list(kinds),
        "as_of": when[0],
        "known_at": known_at,
        "computed_at": when[1],
        "confidence_ppm": sure,
        "figures": [list(row) for row in figures],
        "evidence": list(dict.fromkeys(hashes))[-EVIDENCE_MAX:],
    }


def _known_at(records: Mapping[Kind, pl.DataFrame]) -> dict[str, datetime]:
    every = pl.concat([rows.select("party_id", "known_at") for rows in records.values()])
    return dict(every.group_by("party_id").agg(pl.col("known_at").max()).iter_rows())


def _store(tx: Transaction, party_id: UUID, values: Mapping[str, Any]) -> None:
    table = cashflow_signal
    mine = table.c.tenant_id == tx.tenant_id, table.c.party_id == party_id
    if tx.execute(update(table).where(*mine).values(**values)).rowcount == 0:
        tx.execute(insert(table).values(tenant_id=tx.tenant_id, party_id=party_id, **values))
