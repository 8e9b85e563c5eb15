"""The eye for fraud: answers with what the checks found, as exclusions and as context.

The request path reads what was found at the last import; where records or consents have changed
since, or the day has, it checks that one business anew. An eye that found nothing says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.kernel.calendar import business_date_of
from martlet.parties import businesses_of_same_owners_of_some
from martlet.records import queries
from martlet.records.integrity.books import shared_marks
from martlet.records.integrity.checks import KINDS
from martlet.records.integrity.clearing import cleared_values, is_cleared
from martlet.records.integrity.marks import BOOK_KINDS, rows_behind
from martlet.records.integrity.owners import OWNER_CONFIDENCE_PPM, OWNER_KINDS
from martlet.records.integrity.queries import is_quiet, quiet_of_some, stored_signs
from martlet.records.integrity.reading import Checking
from martlet.records.integrity.signs import PROVIDER, VERSION, signal_of
from martlet.records.limits import EVIDENCE_MAX, STORED_SIGNALS_DAYS
from martlet.records.model import SOURCE_CONFIDENCE_PPM, Kind
from martlet.records.reading import (
    ConsentSource,
    PartyReading,
    evidence_of_imports,
    known_kinds,
    read_shards,
)
from martlet.signals import NOTHING, SignalRequest, SignalSet, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.records.integrity.finding import Finding
    from martlet.records.integrity.marks import BookFinding
    from martlet.records.integrity.owners import OwnerFinding
    from martlet.records.integrity.queries import StoredSigns
    from martlet.records.integrity.reading import AskNames
    from martlet.signals import Signal
    from martlet.store import Reading


@dataclass(frozen=True, slots=True)
class IntegrityReport:
    """Everything that the checks find about one business, with the records behind it."""

    party_id: UUID
    as_of: datetime
    kinds: tuple[Kind, ...]
    """The kinds of records that were there and allowed."""
    findings: tuple[Finding, ...]
    book_findings: tuple[BookFinding, ...]
    owner_findings: tuple[OwnerFinding, ...]
    cleared: Mapping[str, int]
    """The kinds that a person found explained, and up to which strength."""

    @property
    def everything(self) -> tuple[Finding | BookFinding | OwnerFinding, ...]:
        """All findings, of whatever they were read from."""
        return (*self.findings, *self.book_findings, *self.owner_findings)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value; each finding says what it may do."""
        return {
            "party_id": str(self.party_id),
            "as_of": self.as_of.isoformat(),
            "kinds": [kind.value for kind in self.kinds],
            "findings": [
                {
                    "role": kind_of(one.kind).role,
                    "cleared": is_cleared(one.kind, one.value, self.cleared),
                    **one.as_json(),
                }
                for one in self.everything
            ],
        }


class IntegritySignals:
    """The provider of what the checks of a business's own records find."""

    name = PROVIDER
    version = VERSION
    consents: tuple[str, ...] = (Kind.INVOICES.value, Kind.BANK.value, Kind.PAYMENTS.value)
    kinds: tuple[str, ...] = (*KINDS, *BOOK_KINDS, *OWNER_KINDS)

    def __init__(
        self,
        database: Reading,
        folder: Path,
        consents: ConsentSource | None = None,
        ask_names: AskNames | None = None,
    ) -> None:
        self._database = database
        self._checking = Checking(folder, consents or ConsentSource(), ask_names)

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        """Return what was found about one business, without what it did not allow."""
        principal, party_id = request.principal, request.party_id
        principal.require_party(party_id)
        with self._database.read() as connection:
            owners = self._checking.of_owners(connection, principal, party_id, as_of)
            told = _of_owners(owners, party_id, as_of)
            if not is_quiet(connection, principal.tenant_id, party_id, as_of):
                told += self._of_records(connection, request, as_of)
            return SignalSet(_uncleared(connection, principal.tenant_id, told, as_of))

    def collect_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> dict[UUID, SignalSet]:
        """Return what `collect` returns for each of some businesses, asked in two questions.

        Nearly all have no finding and an owner without other businesses; the rest is asked alone.
        """
        for party_id in party_ids:
            principal.require_party(party_id)
        with self._database.read() as connection:
            quiet = quiet_of_some(connection, principal.tenant_id, party_ids, as_of)
            others = businesses_of_same_owners_of_some(connection, principal.tenant_id, party_ids)
        return {
            party_id: NOTHING
            if party_id in quiet and party_id not in others
            else self.collect(SignalRequest(principal, party_id), as_of)
            for party_id in party_ids
        }

    def _of_records(
        self, connection: Connection, request: SignalRequest, as_of: datetime
    ) -> tuple[Signal, ...]:
        principal, party_id = request.principal, request.party_id
        imports = queries.imports_of_party(connection, principal.tenant_id, party_id)
        if not imports:
            return ()
        allowed = self._checking.consents.of_one(connection, principal, party_id, as_of)
        kinds = known_kinds(imports, allowed, as_of)
        books = self._checking.of_books(connection, principal, party_id, allowed, as_of)
        evidence = evidence_of_imports(imports, [Kind.INVOICES], as_of)
        told = _of_books(books, evidence, party_id, as_of)
        stored = stored_signs(connection, principal.tenant_id, party_id)
        if stored is not None and _recent(stored, as_of) and _covers(stored, allowed):
            return told + stored.signs.allowed(allowed).signals(party_id, stored.computed_at)
        reading = PartyReading(principal.tenant_id, party_id, imports, kinds)
        signs = self._checking.signs_of_party(connection, reading, as_of)
        return told + signs.signals(party_id, as_of)

    def report(self, principal: Principal, party_id: UUID, as_of: datetime) -> IntegrityReport:
        """Run the checks on one business as of a moment; return the findings with their records."""
        principal.require_party(party_id)
        request = SignalRequest(principal, party_id)
        with self._database.read() as connection:
            imports = queries.imports_of_party(connection, principal.tenant_id, party_id)
            allowed = self._checking.consents.of_one(connection, principal, party_id, as_of)
            kinds = known_kinds(imports, allowed, as_of)
            reading = PartyReading(principal.tenant_id, party_id, imports, kinds)
            found, marks = self._checking.of_party(connection, reading, as_of)
            books = tuple(
                replace(one, evidence=rows_behind(marks, self._shared(connection, request, one)))
                for one in self._checking.of_books(connection, principal, party_id, allowed, as_of)
            )
            owners = self._checking.of_owners(connection, principal, party_id, as_of)
            cleared = cleared_values(connection, principal.tenant_id, party_id, as_of)
        return IntegrityReport(party_id, as_of, kinds, found, books, owners, cleared)

    def _shared(
        self, connection: Connection, request: SignalRequest, found: BookFinding
    ) -> frozenset[int]:
        return shared_marks(connection, request.principal.tenant_id, request.party_id, found.others)

    def collect_many(self, requests: Sequence[SignalRequest], as_of: datetime) -> pl.DataFrame:
        """Return the same as columns, `party_id` and one a kind; null where nothing was found."""
        by_principal: dict[Principal, set[UUID]] = {}
        for request in requests:
            by_principal.setdefault(request.principal, set()).add(request.party_id)
        rows = []
        with self._database.read() as connection:
            for principal, parties in by_principal.items():
                own = self._of_shards(connection, principal, parties, as_of)
                each = self._checking.consents.of_some(connection, principal, list(parties), as_of)
                for party_id in parties:
                    owners = self._checking.of_owners(connection, principal, party_id, as_of)
                    allowed = each.get(party_id, frozenset())
                    books = self._checking.of_books(connection, principal, party_id, allowed, as_of)
                    told = (
                        *own.get(party_id, ()),
                        *_of_books(books, (), party_id, as_of),
                        *_of_owners(owners, party_id, as_of),
                    )
                    open_ones = _uncleared(connection, principal.tenant_id, told, as_of)
                    rows.append({"party_id": str(party_id), **_thick(open_ones)})
        schema = {"party_id": pl.String(), **dict.fromkeys(self.kinds, pl.Int64())}
        return pl.DataFrame(rows, schema=schema).sort("party_id")

    def _of_shards(
        self, connection: Connection, principal: Principal, parties: set[UUID], as_of: datetime
    ) -> Mapping[UUID, tuple[Signal, ...]]:
        checking = self._checking
        found: dict[UUID, tuple[Signal, ...]] = {}
        shards = read_shards(
            connection, checking.folder, principal, as_of, checking.consents, parties
        )
        for shard in shards:
            signs = checking.signs_of_shard(connection, principal.tenant_id, shard, as_of)
            found |= {party: one.signals(party, as_of) for party, one in signs.items()}
        return found


def _uncleared(
    connection: Connection, tenant_id: UUID, told: tuple[Signal, ...], as_of: datetime
) -> tuple[Signal, ...]:
    """Return the signals that no person has found explained."""
    if not told:
        return ()
    cleared = cleared_values(connection, tenant_id, told[0].party_id, as_of)
    return tuple(one for one in told if not is_cleared(one.kind, int(one.value), cleared))


def _of_owners(
    found: Iterable[OwnerFinding], party_id: UUID, as_of: datetime
) -> tuple[Signal, ...]:
    return tuple(
        signal_of(
            party_id,
            as_of,
            (one.kind, one.value, one.value),
            known_at=one.known_at,
            confidence_ppm=OWNER_CONFIDENCE_PPM,
            evidence=(),
        )
        for one in found
    )


def _of_books(
    found: Iterable[BookFinding],
    evidence: Iterable[tuple[Kind, str]],
    party_id: UUID,
    as_of: datetime,
) -> tuple[Signal, ...]:
    hashes = tuple(content for _, content in evidence)[-EVIDENCE_MAX:]
    return tuple(
        signal_of(
            party_id,
            as_of,
            (one.kind, one.value, one.sample_size),
            known_at=one.known_at,
            confidence_ppm=SOURCE_CONFIDENCE_PPM[Kind.INVOICES],
            evidence=hashes,
        )
        for one in found
    )


def _thick(signals: Iterable[Signal]) -> dict[str, Any]:
    return {s.kind: s.value for s in signals if s.sample_size >= kind_of(s.kind).sample_min}


def _recent(stored: StoredSigns, as_of: datetime) -> bool:
    """Tell whether stored signs are young enough and of no later moment."""
    age = business_date_of(as_of) - stored.as_of
    return (
        timedelta(0) <= age <= timedelta(days=STORED_SIGNALS_DAYS) and stored.computed_at <= as_of
    )


def _covers(stored: StoredSigns, allowed: frozenset[str]) -> bool:
    """Tell whether everything that may be read now was looked at then."""
    return {kind for kind in stored.kinds_there if kind.value in allowed} <= set(stored.signs.kinds)
