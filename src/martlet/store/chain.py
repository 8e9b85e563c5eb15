"""The chain: every event and audit entry, in order, each carrying the hash of the one before.

Events are the outbox (others read on from a cursor); audit entries say who did what. Nobody can
alter, drop or slip in an entry without every later hash changing, and `verify_chain` recomputes
them all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from martlet.kernel.canonical import canonical_json, parse_json
from martlet.kernel.errors import Corrupt
from martlet.store.limits import CHAIN_PAGE, PAYLOAD_BYTES_MAX
from martlet.store.schema import moment_text
from martlet.store.tables import chain_entry, chain_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class ChainEntry:
    """One link, before it is given its place."""

    category: str
    kind: str
    stream: str
    payload: str
    tenant_id: UUID
    actor: str
    causation: str
    occurred_at: datetime
    business_date: date | None = None
    version: int = 1


def payload_text(kind: str, payload: Mapping[str, Any]) -> str:
    """Write a payload canonically; one too large to keep is a mistake of the room that made it."""
    data = canonical_json(payload)
    assert len(data) <= PAYLOAD_BYTES_MAX, f"{kind}: a payload of {len(data)} bytes"
    return data.decode()


def parse_payload(text: str) -> dict[str, Any]:
    """Read a payload back."""
    value = parse_json(text)
    assert isinstance(value, dict)
    return value


def lock_head(connection: Connection) -> tuple[int, str]:
    """Return the last sequence number and hash, and keep every other writer out until commit."""
    row = connection.execute(
        update(chain_head)
        .where(chain_head.c.id == 1)
        .values(seq=chain_head.c.seq)
        .returning(chain_head.c.seq, chain_head.c.hash)
    ).one()
    return row.seq, row.hash


def append(connection: Connection, head: tuple[int, str], entries: Sequence[ChainEntry]) -> None:
    """Add entries after the locked head and move it."""
    if not entries:
        return
    seq, previous = head
    rows = []
    for entry in entries:
        seq += 1
        digest = link_hash(seq, entry, previous)
        rows.append(
            {
                "seq": seq,
                "category": entry.category,
                "kind": entry.kind,
                "version": entry.version,
                "stream": entry.stream,
                "tenant_id": entry.tenant_id,
                "actor": entry.actor,
                "causation": entry.causation,
                "business_date": entry.business_date,
                "occurred_at": entry.occurred_at,
                "payload": entry.payload,
                "prev_hash": previous,
                "hash": digest,
            }
        )
        previous = digest
    connection.execute(insert(chain_entry), rows)
    connection.execute(
        update(chain_head).where(chain_head.c.id == 1).values(seq=seq, hash=previous)
    )


def link_hash(seq: int, entry: ChainEntry, previous: str) -> str:
    """Return the hash of one link: all that it says, its place, and the hash before it."""
    day = entry.business_date.isoformat() if entry.business_date else ""
    parts = (
        str(seq),
        entry.category,
        entry.kind,
        str(entry.version),
        entry.stream,
        entry.tenant_id.hex,
        entry.actor,
        entry.causation,
        day,
        moment_text(entry.occurred_at),
        entry.payload,
        previous,
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read_chain(
    connection: Connection,
    after_seq: int = 0,
    *,
    category: str | None = None,
    limit: int = CHAIN_PAGE,
) -> list[Any]:
    """Return up to `limit` rows after `after_seq`, oldest first."""
    query = select(chain_entry).where(chain_entry.c.seq > after_seq)
    if category is not None:
        query = query.where(chain_entry.c.category == category)
    return list(connection.execute(query.order_by(chain_entry.c.seq).limit(limit)))


def _all_rows(connection: Connection) -> Iterator[Any]:
    after = 0
    while rows := read_chain(connection, after):
        yield from rows
        after = rows[-1].seq


def verify_chain(connection: Connection) -> tuple[int, str]:
    """Recompute every link; return the number of links and the head's hash, or raise `Corrupt`."""
    expected_seq, previous = 0, GENESIS
    for row in _all_rows(connection):
        expected_seq += 1
        entry = ChainEntry(
            row.category,
            row.kind,
            row.stream,
            row.payload,
            row.tenant_id,
            row.actor,
            row.causation,
            row.occurred_at,
            row.business_date,
            row.version,
        )
        if row.seq != expected_seq:
            raise Corrupt("store.chain_gap", expected_seq=expected_seq, found_seq=row.seq)
        if row.prev_hash != previous or row.hash != link_hash(row.seq, entry, previous):
            raise Corrupt("store.chain_broken", seq=row.seq)
        previous = row.hash
    head = connection.execute(select(chain_head.c.seq, chain_head.c.hash)).one()
    if (head.seq, head.hash) != (expected_seq, previous):
        raise Corrupt("store.chain_head_differs", expected_seq=expected_seq, found_seq=head.seq)
    return expected_seq, previous
