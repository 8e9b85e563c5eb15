"""The room's eye: what the days ahead tell a decision, computed in the night and only read then.

A decision never forecasts. The invariant: what is answered was computed before the moment that is
asked about, a few days ago at most, from kinds of records that the business still lets be read;
else nothing is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import polars as pl
from sqlalchemy import bindparam, insert, select, update

from martlet.cashflow.crowd import crowd_of
from martlet.cashflow.figures import KINDS, figures_of
from martlet.cashflow.tables import cashflow_signal
from martlet.kernel.calendar import business_date_of
from martlet.records.features.engine import visible
from martlet.records.limits import EVIDENCE_MAX
from martlet.records.model import SOURCE_CONFIDENCE_PPM, Kind
from martlet.records.reading import ConsentSource
from martlet.signals import NOTHING, Origin, SignalSet, kind_of
from martlet.store import Prepared, PreparedOfSome, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection

    from martlet.cashflow.calendar import Calendar
    from martlet.kernel.principal import Principal
    from martlet.records.reading import ShardReading
    from martlet.signals import Row, SignalRequest
    from martlet.store import Reading, Transaction

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

_OF_TENANT = select(*(column for column in cashflow_signal.c if column.name != "tenant_id")).where(
    cashflow_signal.c.tenant_id == bindparam("tenant_id")
)
_STORED = Prepared(_OF_TENANT.where(cashflow_signal.c.party_id == bindparam("party_id")))
"""Written once: this is read at every decision."""
_STORED_OF_SOME = PreparedOfSome(_OF_TENANT, cashflow_signal.c.party_id)


class CashflowSignals:
    """The provider of what was forecast of a business's cash."""

    name = PROVIDER
    version = VERSION
    consents = tuple(kind.value for kind in Kind)
    kinds: tuple[str, ...] = KINDS

    def __init__(self, database: Reading, consents: ConsentSource | None = None) -> None:
        self._database = database
        self._consents = consents or ConsentSource()

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        """Return what was forecast of one business, if it still lets be read what it rests on."""
        principal, party_id = request.principal, request.party_id
        principal.require_party(party_id)
        with self._database.read() as connection:
            keys = {"tenant_id": principal.tenant_id, "party_id": party_id}
            row = _STORED.on(connection, keys).first()
            if row is None or not _fresh(row, as_of):
                return NOTHING
            allowed = self._consents.of_one(connection, principal, party_id, as_of)
        return _signals(row, party_id) if allowed.issuperset(row.kinds) else NOTHING

    def collect_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> dict[UUID, SignalSet]:
        """Return what `collect` returns for each of some businesses, asked in two questions."""
        for party_id in party_ids:
            principal.require_party(party_id)
        found = dict.fromkeys(party_ids, NOTHING)
        with self._database.read() as connection:
            rows = _STORED_OF_SOME.on(connection, {"tenant_id": principal.tenant_id}, party_ids)
            fresh = {row.party_id: row for row in rows if _fresh(row, as_of)}
            if not fresh:
                return found
            allowed = self._consents.of_some(connection, principal, list(fresh), as_of)
        for party_id, row in fresh.items():
            if allowed.get(party_id, frozenset()).issuperset(row.kinds):
                found[party_id] = _signals(row, party_id)
        return found

    def collect_many(self, requests: Sequence[SignalRequest], as_of: datetime) -> pl.DataFrame:
        """Return the same as columns, `party_id` and one a kind; null where nothing is told."""
        by_principal: dict[Principal, set[UUID]] = {}
        for request in requests:
            by_principal.setdefault(request.principal, set()).add(request.party_id)
        rows = []
        for principal, parties in by_principal.items():
            for party_id, told in self.collect_each(principal, sorted(parties), as_of).items():
                values = {
                    one.kind: one.value
                    for one in told.signals
                    if one.sample_size >= kind_of(one.kind).sample_min
                }
                if values:
                    rows.append({"party_id": str(party_id), **values})
        schema = {"party_id": pl.String(), **dict.fromkeys(KINDS, pl.Int64())}
        return pl.DataFrame(rows, schema=schema).sort("party_id")


def _fresh(row: Any, as_of: datetime) -> bool:  # noqa: ANN401 - a row of the table
    age = business_date_of(as_of) - row.as_of
    recent = timedelta(0) <= age <= timedelta(days=HELD_DAYS)
    return recent and bool(row.computed_at <= as_of)


def _signals(row: Any, party_id: UUID) -> SignalSet:  # noqa: ANN401 - a row of the table
    origin = Origin(
        party_id,
        row.as_of,
        row.known_at,
        row.computed_at + timedelta(days=EXPIRES_DAYS),
        row.confidence_ppm,
        PROVIDER,
        VERSION,
        tuple(row.evidence),
    )
    return SignalSet(readings=[(origin, row.figures)])


def stale(
    connection: Connection, tenant_id: UUID, imports: Mapping[UUID, int], as_of: datetime
) -> list[UUID]:
    """Return the businesses whose figures are missing, a week old, or of fewer imports."""
    keys = {"tenant_id": tenant_id}
    rows = _STORED_OF_SOME.on(connection, keys, list(imports))
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
