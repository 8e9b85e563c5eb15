"""Run the checks on what businesses let be read: one at an import or for a person, or a shard.

Consent is asked kind by kind before a row is read; a kind that is not allowed is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.parties import business_facts, businesses_of_same_owners
from martlet.records.integrity.books import shared_books
from martlet.records.integrity.checks import checked
from martlet.records.integrity.clearing import cleared_values, is_cleared
from martlet.records.integrity.limits import SIBLING_DAYS
from martlet.records.integrity.marks import book_findings
from martlet.records.integrity.owners import OtherBusiness, owner_findings
from martlet.records.integrity.queries import stored_signs
from martlet.records.integrity.signs import Signs, signs_of
from martlet.records.model import Kind
from martlet.records.queries import files_of_party
from martlet.records.reading import ConsentSource, PartyReading, evidence_of_imports
from martlet.records.shelf import scan_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.records.integrity.dealing import OwnNames
    from martlet.records.integrity.finding import Finding
    from martlet.records.integrity.marks import BookFinding, Mark
    from martlet.records.integrity.owners import OwnerFinding
    from martlet.records.model import Plans
    from martlet.records.reading import ShardReading

    AskNames = Callable[[Connection, UUID, UUID, Collection[str]], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Checking:
    """What the checks need besides records: where these lie, and whom to ask."""

    folder: Path
    consents: ConsentSource
    ask_names: AskNames | None = None
    """Which texts carry a business's own names; None where nobody knows them."""

    def of_party(
        self, connection: Connection, reading: PartyReading, as_of: datetime
    ) -> tuple[tuple[Finding, ...], tuple[Mark, ...]]:
        """Return what is found in the records of one business, and the marks that they leave."""
        files = (
            *files_of_party(connection, reading.tenant_id, reading.party_id, reading.kinds),
            *reading.extra,
        )
        records: Plans = {
            kind: scan_rows(self.folder, kind, files, [reading.party_id]).collect()
            for kind in reading.kinds
            if any(file.kind is kind for file in files)
        }
        names = self._names(connection, reading.tenant_id)
        found, party = checked(records, as_of, names), str(reading.party_id)
        return found.findings.get(party, ()), found.marks.get(party, ())

    def signs_of_party(
        self, connection: Connection, reading: PartyReading, as_of: datetime
    ) -> Signs:
        """Return the same as figures to be stored."""
        found, marks = self.of_party(connection, reading, as_of)
        evidence = evidence_of_imports(reading.imports, reading.kinds, as_of)
        return signs_of(found, marks, reading.kinds, evidence)

    def signs_of_shard(
        self, connection: Connection, tenant_id: UUID, shard: ShardReading, as_of: datetime
    ) -> Mapping[UUID, Signs]:
        """Return the signs of every business of a shard, of those without any too."""
        found = checked(shard.records, as_of, self._names(connection, tenant_id))
        return {
            party_id: signs_of(
                found.findings.get(str(party_id), ()),
                found.marks.get(str(party_id), ()),
                {kind for kind, _ in evidence},
                evidence,
            )
            for party_id, evidence in shard.evidence.items()
        }

    def of_books(
        self,
        connection: Connection,
        principal: Principal,
        party_id: UUID,
        allowed: Collection[str],
        as_of: datetime,
    ) -> tuple[BookFinding, ...]:
        """Return whose books hold the same sales, where both let their invoices be read."""
        if Kind.INVOICES.value not in allowed:
            return ()
        shared = shared_books(connection, principal.tenant_id, party_id)
        return book_findings(
            [
                one
                for one in shared
                if Kind.INVOICES.value
                in self.consents.of_one(connection, principal, one.other_id, as_of)
            ],
            as_of,
        )

    def of_owners(
        self, connection: Connection, principal: Principal, party_id: UUID, as_of: datetime
    ) -> tuple[OwnerFinding, ...]:
        """Return what the owner's other businesses tell of one."""
        others = businesses_of_same_owners(connection, principal.tenant_id, party_id)
        if not others:
            return ()
        itself = business_facts(connection, principal, party_id)
        return owner_findings(
            OtherBusiness(party_id, itself.registered_at),
            [
                OtherBusiness(other, since, self._excluded(connection, principal, other, as_of))
                for other, since in others
            ],
            as_of,
        )

    def _excluded(
        self, connection: Connection, principal: Principal, other: UUID, as_of: datetime
    ) -> datetime | None:
        """Return since when another business's records forbid credit, if they may be read."""
        stored = stored_signs(connection, principal.tenant_id, other)
        if stored is None or not any(sign.excludes for sign in stored.signs.signs):
            return None
        if not stored.computed_at <= as_of < stored.computed_at + SIBLING_DAYS:
            return None
        allowed = self.consents.of_one(connection, principal, other, as_of)
        cleared = cleared_values(connection, principal.tenant_id, other, as_of)
        return min(
            (
                sign.known_at
                for sign in stored.signs.allowed(allowed).signs
                if sign.excludes and not is_cleared(sign.kind, sign.value, cleared)
            ),
            default=None,
        )

    def _names(self, connection: Connection, tenant_id: UUID) -> OwnNames:
        ask = self.ask_names

        def own_names(party: str, texts: frozenset[str]) -> frozenset[str]:
            if ask is None:
                return frozenset()
            return ask(connection, tenant_id, UUID(party), texts)

        return own_names
