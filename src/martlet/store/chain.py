"""The chain: every event and audit entry, in order, each carrying the hash of the one before.

Events are the outbox (others read on from a cursor); audit entries say who did what. Nobody can
alter, drop or slip in an entry without every later hash changing, and `verify_chain` recomputes
them all.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from martlet.kernel.canonical import canonical_json, parse_json
from martlet.kernel.errors import Corrupt
from martlet.store.limits import CHAIN_PAGE, PAYLOAD_BYTES_MAX
from martlet.store.schema import moment_text
from martlet.store.tables import chain_entry, chain_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store.driver import Driver

GENESIS = "0" * 64


class ChainEntry(NamedTuple):
    """One link, before it is given its place."""

    category: str
    kind: str
    version: int
    stream: str
    tenant_id: UUID
    actor: str
    causation: str
    business_date: date | None
    occurred_at: str
    """The moment as `moment_text` writes it: it is hashed and stored in this form."""
    payload: str


_COLUMNS = (*ChainEntry._fields, "seq", "prev_hash", "hash")


def payload_text(kind: str, payload: Mapping[str, Any]) -> str:
    """Write a payload canonically; one too large to keep is a mistake of the room that made it."""
    data = canonical_json(payload)
    assert len(data) <= PAYLOAD_BYTES_MAX, f"{kind}: a payload of {len(data)} bytes"
    return data.decode()


def parse_payload(text: str) -> dict[str, Any]:
    """Read a payload back."""
    value = parse_json(text)
    assert isinstance(value, dict), "a payload is a JSON object"
    return value


def lock_head(driver: Driver) -> tuple[int, str]:
    """Return the last sequence number and hash, and keep every other writer out until commit."""
    rows = driver.fetch("UPDATE chain_head SET seq = seq WHERE id = 1 RETURNING seq, hash")
    if not rows:
        raise Corrupt("store.chain_head_missing")
    return rows[0][0], rows[0][1]


def append(driver: Driver, head: tuple[int, str], entries: Sequence[ChainEntry]) -> None:
    """Add entries after the locked head and move it."""
    if not entries:
        return
    seq, previous = head
    rows = []
    for entry in entries:
        seq += 1
        digest = link_hash(seq, entry, previous)
        day = None if entry.business_date is None else driver.day(entry.business_date)
        rows.append(
            (
                *entry[:4],
                driver.id(entry.tenant_id),
                entry.actor,
                entry.causation,
                day,
                *entry[8:],
                seq,
                previous,
                digest,
            )
        )
        previous = digest
    driver.load("chain_entry", _COLUMNS, rows)
    driver.run("UPDATE chain_head SET seq = ?, hash = ? WHERE id = 1", (seq, previous))


def link_hash(seq: int, entry: ChainEntry, previous: str) -> str:
    """Return the hash of one link: all that it says, its place, and the hash before it."""
    day = entry.business_date.isoformat() if entry.business_date else ""
    said = "\0".join(
        (
            str(seq),
            entry.category,
            entry.kind,
            str(entry.version),
            entry.stream,
            entry.tenant_id.hex,
            entry.actor,
            entry.causation,
            day,
            entry.occurred_at,
            entry.payload,
            previous,
        )
    )
    return sha256(said.encode()).hexdigest()


def read_chain(
    connection: Connection,
    after_seq: int = 0,
    *,
    category: str | None = None,
    limit: int = CHAIN_PAGE,
) -> list[Any]:
    """Return up to `limit` rows after `after_seq`, oldest first."""
    # all tenants: the chain is one for the whole bank; who may see an entry is the reader's rule.
    query = select(chain_entry).where(chain_entry.c.seq > after_seq)
    if category is not None:
        query = query.where(chain_entry.c.category == category)
    return list(connection.execute(query.order_by(chain_entry.c.seq).limit(limit)))


def read_head(connection: Connection) -> tuple[int, str]:
    """Return how many links the chain has and the hash of the last."""
    row = connection.execute(select(chain_head.c.seq, chain_head.c.hash)).first()
    if row is None:
        raise Corrupt("store.chain_head_missing")
    return row.seq, row.hash


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
            row.version,
            row.stream,
            row.tenant_id,
            row.actor,
            row.causation,
            row.business_date,
            moment_text(row.occurred_at),
            row.payload,
        )
        if row.seq != expected_seq:
            raise Corrupt("store.chain_gap", expected_seq=expected_seq, found_seq=row.seq)
        if row.prev_hash != previous or row.hash != link_hash(row.seq, entry, previous):
            raise Corrupt("store.chain_broken", seq=row.seq)
        previous = row.hash
    head_seq, head_hash = read_head(connection)
    if (head_seq, head_hash) != (expected_seq, previous):
        raise Corrupt("store.chain_head_differs", expected_seq=expected_seq, found_seq=head_seq)
    return expected_seq, previous
