"""Read a business's rows from the shelf for a purpose it allowed, and nothing else.

The one place where raw records leave the shelf: consents are asked here, kind by kind, at the
moment for which the question is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from martlet.parties import consents_in_force, consents_of_many, consents_of_some
from martlet.records.features.engine import visible
from martlet.records.figures import Figures, figures_of
from martlet.records.limits import SHARDS
from martlet.records.model import COLUMNS, Kind
from martlet.records.queries import files_of_party, files_of_shard, parties_of_shard
from martlet.records.shelf import scan_rows, shard_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.records.model import Plans
    from martlet.records.queries import PartyImport
    from martlet.records.shelf import ShelfFile


@dataclass(frozen=True, slots=True)
class ConsentSource:
    """Where to ask what a business allows; by default the parties room."""

    of_one: Callable[[Connection, Principal, UUID, datetime], frozenset[str]] = consents_in_force
    of_many: Callable[[Connection, Principal, datetime], Mapping[UUID, frozenset[str]]] = (
        consents_of_many
    )
    of_some: Callable[
        [Connection, Principal, Sequence[UUID], datetime], Mapping[UUID, frozenset[str]]
    ] = consents_of_some


Evidence = dict["UUID", list[tuple[Kind, str]]]


def known_kinds(
    imports: Collection[PartyImport], allowed: frozenset[str], as_of: datetime
) -> tuple[Kind, ...]:
    """Return the kinds that are there at a moment and may be read."""
    there = {
        entry.kind for entry in imports if entry.known_by == "issued" or entry.known_at <= as_of
    }
    return tuple(kind for kind in Kind if kind in there and kind.value in allowed)


@dataclass(frozen=True, slots=True)
class PartyReading:
    """What to read of one business."""

    tenant_id: UUID
    party_id: UUID
    imports: Collection[PartyImport]
    kinds: Collection[Kind]
    """Those that are there and allowed."""
    extra: tuple[ShelfFile, ...] = ()
    """Files that are about to be registered."""


def figures_of_party(
    connection: Connection, folder: Path, reading: PartyReading, as_of: datetime
) -> Figures | None:
    """Return the figures of one business from the kinds that it allowed; None without rows."""
    party_id, kinds = reading.party_id, reading.kinds
    files = (
        *files_of_party(connection, reading.tenant_id, party_id, kinds),
        *reading.extra,
    )
    there = [kind for kind in kinds if any(file.kind is kind for file in files)]
    rows = pl.collect_all([scan_rows(folder, kind, files, [party_id]) for kind in there])
    records: Plans = dict(zip(there, rows, strict=True))
    evidence = {party_id: evidence_of_imports(reading.imports, kinds, as_of)}
    return figures_of(records, as_of, evidence).get(party_id)


def rows_of_party(
    connection: Connection,
    folder: Path,
    whose: tuple[UUID, UUID],
    allowed: frozenset[str],
    through: date,
    as_of: datetime,
) -> dict[Kind, pl.DataFrame]:
    """Return a business's visible rows through a day, of the kinds that it allows to be read."""
    tenant_id, party_id = whose
    kinds = [kind for kind in Kind if kind.value in allowed]
    files = files_of_party(connection, tenant_id, party_id, kinds) if kinds else ()
    there = [kind for kind in kinds if any(file.kind is kind for file in files)]
    plans = [
        visible(scan_rows(folder, kind, files, [party_id]), as_of)
        .filter(pl.col("day") <= through)
        .select(list(COLUMNS[kind]))
        for kind in there
    ]
    found = zip(there, pl.collect_all(plans), strict=True)
    return {kind: rows for kind, rows in found if not rows.is_empty()}


def evidence_of_imports(
    imports: Collection[PartyImport], kinds: Collection[Kind], as_of: datetime
) -> list[tuple[Kind, str]]:
    """Return the content of the imports that are read, by kind, as of a moment."""
    return [
        (entry.kind, entry.content_hash)
        for entry in imports
        if entry.kind in kinds and (entry.known_by == "issued" or entry.known_at <= as_of)
    ]


@dataclass(frozen=True, slots=True)
class ShardReading:
    """What is read of one shard: rows that may be read, and the imports behind them."""

    shard: int
    records: Plans
    evidence: Evidence
    imports: Mapping[UUID, tuple[PartyImport, ...]]


def read_shards(
    connection: Connection,
    folder: Path,
    principal: Principal,
    as_of: datetime,
    consents: ConsentSource,
    party_ids: Collection[UUID] | None = None,
) -> Iterator[ShardReading]:
    """Yield shard by shard what may be read of some businesses (None: of all that are seen)."""
    allowed = consents.of_many(connection, principal, as_of)
    wanted = None if party_ids is None else set(party_ids)
    shards = range(SHARDS) if wanted is None else sorted({shard_of(party) for party in wanted})
    for shard in shards:
        imports = {
            party_id: entries
            for party_id, entries in parties_of_shard(
                connection, principal.tenant_id, shard
            ).items()
            if (wanted is None or party_id in wanted)
            and (principal.party_ids is None or party_id in principal.party_ids)
        }
        evidence: Evidence = {}
        for party_id, entries in imports.items():
            kinds = known_kinds(entries, allowed.get(party_id, frozenset()), as_of)
            if kinds:
                evidence[party_id] = evidence_of_imports(entries, kinds, as_of)
        if not evidence:
            continue
        files = files_of_shard(connection, principal.tenant_id, shard, list(Kind))
        records: dict[Kind, pl.DataFrame] = {}
        for kind in Kind:
            readers = [p for p, items in evidence.items() if any(k is kind for k, _ in items)]
            if readers:
                records[kind] = scan_rows(folder, kind, files, readers).collect()
        yield ShardReading(shard, records, evidence, imports)
