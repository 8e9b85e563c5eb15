"""The eye of figures that were computed in the night: kept by business, only read by a decision.

A decision computes nothing of it. The invariant: what is answered was computed before the moment
that is asked about, some days ago at most, and rests on kinds of records that the business still
lets be read; else nothing is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy import bindparam, select

from martlet.kernel.calendar import business_date_of
from martlet.records.model import Kind
from martlet.records.reading import ConsentSource
from martlet.signals import NOTHING, Origin, SignalSet, Unit, kind_of
from martlet.store import Prepared, PreparedOfSome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Table

    from martlet.kernel.principal import Principal
    from martlet.signals import SignalRequest
    from martlet.store import Reading


@dataclass(frozen=True, slots=True)
class Kept:
    """Where an eye keeps its figures, a row a business, and how long they count."""

    of_one: Prepared
    of_some: PreparedOfSome
    held_days: int
    """How old figures may be when they are read."""
    expires_days: int
    """For how long after it was computed a signal counts."""
    dated: Callable[[Any], date]
    """The day from which a row's age is counted."""


def kept_in(
    table: Table,
    *,
    held_days: int,
    expires_days: int,
    dated: Callable[[Any], date],
    unread: Collection[str] = (),
) -> Kept:
    """Return how a table of figures is read; its statements are written once, for every decision.

    It has `tenant_id, party_id, as_of, known_at, computed_at, confidence_ppm, evidence, figures`
    and `kinds` of records that the figures rest on; columns named `unread` are left where they are.
    """
    columns = (column for column in table.c if column.name not in {"tenant_id", *unread})
    of_tenant = select(*columns).where(table.c.tenant_id == bindparam("tenant_id"))
    return Kept(
        Prepared(of_tenant.where(table.c.party_id == bindparam("party_id"))),
        PreparedOfSome(of_tenant, table.c.party_id),
        held_days,
        expires_days,
        dated,
    )


class KeptSignals:
    """A provider of kept figures; an eye names itself, its kinds and where it keeps them."""

    name: str
    version: str
    kinds: tuple[str, ...]
    kept: Kept
    consents = tuple(kind.value for kind in Kind)

    def __init__(self, database: Reading, consents: ConsentSource | None = None) -> None:
        self._database = database
        self._consents = consents or ConsentSource()

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        """Return what is kept of one business, if it still lets be read what it rests on."""
        principal, party_id = request.principal, request.party_id
        principal.require_party(party_id)
        with self._database.read() as connection:
            keys = {"tenant_id": principal.tenant_id, "party_id": party_id}
            row = self.kept.of_one.on(connection, keys).first()
            if row is None or not self._fresh(row, as_of):
                return NOTHING
            allowed = self._consents.of_one(connection, principal, party_id, as_of)
        return self._signals(row, party_id) if allowed.issuperset(row.kinds) else NOTHING

    def collect_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> dict[UUID, SignalSet]:
        """Return what `collect` returns for each of some businesses, asked in two questions."""
        for party_id in party_ids:
            principal.require_party(party_id)
        found = dict.fromkeys(party_ids, NOTHING)
        keys = {"tenant_id": principal.tenant_id}
        with self._database.read() as connection:
            rows = self.kept.of_some.on(connection, keys, party_ids)
            fresh = {row.party_id: row for row in rows if self._fresh(row, as_of)}
            if not fresh:
                return found
            allowed = self._consents.of_some(connection, principal, list(fresh), as_of)
        for party_id, row in fresh.items():
            if allowed.get(party_id, frozenset()).issuperset(row.kinds):
                found[party_id] = self._signals(row, party_id)
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
            kind: pl.String() if kind_of(kind).unit is Unit.TEXT else pl.Int64()
            for kind in self.kinds
        }
        return pl.DataFrame(rows, schema={"party_id": pl.String(), **types}).sort("party_id")

    def _fresh(self, row: Any, as_of: datetime) -> bool:  # noqa: ANN401 - a row of the table
        age = business_date_of(as_of) - self.kept.dated(row)
        recent = timedelta(0) <= age <= timedelta(days=self.kept.held_days)
        return recent and bool(row.computed_at <= as_of)

    def _signals(self, row: Any, party_id: UUID) -> SignalSet:  # noqa: ANN401 - as above
        origin = Origin(
            party_id,
            row.as_of,
            row.known_at,
            row.computed_at + timedelta(days=self.kept.expires_days),
            row.confidence_ppm,
            self.name,
            self.version,
            tuple(row.evidence),
        )
        return SignalSet(readings=[(origin, row.figures)])
