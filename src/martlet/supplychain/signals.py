"""The room's eye: what a business's place in its chain tells a decision, computed before and read.

A decision walks no graph. The invariant: what is answered was computed before the moment that is
asked about, some weeks ago at most, and rests on kinds of records that the business still lets be
read; else nothing is.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy import bindparam, select

from martlet.kernel.calendar import business_date_of
from martlet.records import ConsentSource, Kind
from martlet.signals import NOTHING, Origin, SignalSet, Unit, kind_of
from martlet.store import Prepared, PreparedOfSome
from martlet.supplychain.position.indicators import SLUGS as POSITION
from martlet.supplychain.standing.limits import EXPIRES_DAYS, HELD_DAYS
from martlet.supplychain.standing.tables import standing
from martlet.supplychain.technology.indicators import SLUGS as TECHNOLOGY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.signals import SignalRequest
    from martlet.store import Reading

PROVIDER = "supplychain"
VERSION = "1"
KINDS = (*POSITION, "chain_grade_count", "chain_paths", *TECHNOLOGY)

_OF_TENANT = select(
    *(column for column in standing.c if column.name not in {"tenant_id", "told"})
).where(standing.c.tenant_id == bindparam("tenant_id"))
_STORED = Prepared(_OF_TENANT.where(standing.c.party_id == bindparam("party_id")))
"""Written once: this is read at every decision."""
_STORED_OF_SOME = PreparedOfSome(_OF_TENANT, standing.c.party_id)


class ChainSignals:
    """The provider of what was found of a business's place in its chain and of its technology."""

    name = PROVIDER
    version = VERSION
    consents = tuple(kind.value for kind in Kind)
    kinds: tuple[str, ...] = KINDS

    def __init__(self, database: Reading, consents: ConsentSource | None = None) -> None:
        self._database = database
        self._consents = consents or ConsentSource()

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        """Return what was found of one business, if it still lets be read what it rests on."""
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
        types = {
            kind: pl.String() if kind_of(kind).unit is Unit.TEXT else pl.Int64() for kind in KINDS
        }
        return pl.DataFrame(rows, schema={"party_id": pl.String(), **types}).sort("party_id")


def _fresh(row: Any, as_of: datetime) -> bool:  # noqa: ANN401 - a row of the table
    age = business_date_of(as_of) - business_date_of(row.computed_at)
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
