"""The journal's rows: written in order, once for each identifier, sealed by a hash on the chain.

Nothing here changes a row that is there. What is written together is one batch: its phase, its
day, how many, how much, and the hash of what its transfers say, which also goes on the chain.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from martlet.kernel.errors import Conflict, Refused
from martlet.ledger.limits import LOOKUP_VALUES_MAX, TOTAL_FEN_MAX
from martlet.ledger.model import Phase, Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from martlet.ledger.accounts import Touched
    from martlet.store import Transaction
    from martlet.store.driver import Driver

_encoder = msgspec.json.Encoder()
_PLAIN = (
    "number",
    "tenant_id",
    "batch",
    "id",
    "entry_id",
    "debit",
    "credit",
    "debit_before",
    "credit_before",
    "amount_fen",
    "kind",
)
_FULL = (*_PLAIN, "subject", "value_date", "origin")
_BATCH = (
    "number",
    "tenant_id",
    "phase",
    "business_date",
    "posted_at",
    "transfers",
    "total_fen",
    "content_hash",
)


def content_hash(transfers: Sequence[Transfer]) -> str:
    """Return the hash of what transfers say, in their order."""
    return hashlib.sha256(_encoder.encode(transfers)).hexdigest()


class Draft:
    """The rows that one batch adds to the journal, all of one phase and one business date."""

    def __init__(self, tx: Transaction, phase: Phase, business_date: date) -> None:
        self._tx = tx
        self._phase = phase
        self._business_date = business_date
        self._plain: list[tuple[Any, ...]] = []
        self._full: list[tuple[Any, ...]] = []
        self._said: list[Transfer] = []
        found = tx.driver.fetch("SELECT coalesce(max(number), 0) + 1 FROM ledger_transfer")
        self._first: int = found[0][0]
        self._next = self._first
        # SQLite binds a bytearray as it is; bytes go through an adapter, three times a row.
        self._native_ids = tx.driver.is_postgres
        self._tenant = tx.tenant_id if self._native_ids else bytearray(tx.tenant_id.bytes)

    def add(
        self, transfer: Transfer, debit: Touched, credit: Touched, origin: int | None = None
    ) -> None:
        """Add one row under the next number and make it the newest of both accounts."""
        number = self._next
        self._next = number + 1
        self._said.append(transfer)
        id_, entry_id = transfer.id, transfer.entry_id
        row = (
            number,
            self._tenant,
            self._first,
            id_ if self._native_ids else bytearray(id_.int.to_bytes(16, "big")),
            entry_id if self._native_ids else bytearray(entry_id.int.to_bytes(16, "big")),
            debit.number,
            credit.number,
            debit.last_transfer,
            credit.last_transfer,
            transfer.amount_fen,
            transfer.kind,
        )
        debit.last_transfer = credit.last_transfer = number
        if transfer.subject or transfer.value_date is not None or origin is not None:
            value_date = transfer.value_date and self._tx.driver.day(transfer.value_date)
            self._full.append((*row, transfer.subject or None, value_date, origin))
        else:
            self._plain.append(row)

    def write(self, said_hash: str | None = None) -> range:
        """Append the rows, put their seal on the chain, and return their numbers.

        `said_hash` is the hash of exactly these transfers where the caller has it already.
        """
        driver, said = self._tx.driver, self._said
        assert said
        assert len(said) == self._next - self._first == len(self._plain) + len(self._full)
        total_fen = sum([transfer.amount_fen for transfer in said])
        if total_fen > TOTAL_FEN_MAX:
            raise Refused("ledger.batch_total_too_large", max_fen=TOTAL_FEN_MAX)
        digest = said_hash or content_hash(said)
        day, now = driver.day(self._business_date), self._tx.now_text
        head = (self._first, self._tenant, self._phase.value, day, now, len(said), total_fen)
        driver.load("ledger_batch", _BATCH, [(*head, digest)])
        if self._plain:
            driver.load("ledger_transfer", _PLAIN, self._plain)
        if self._full:
            driver.load("ledger_transfer", _FULL, self._full)
        self._tx.emit(
            "ledger.posted",
            f"ledger:{self._business_date.isoformat()}",
            {
                "phase": self._phase.value,
                "first_number": self._first,
                "transfers": len(said),
                "total_fen": total_fen,
                "content_hash": digest,
            },
            business_date=self._business_date,
        )
        return range(self._first, self._next)


def unposted(tx: Transaction, transfers: Sequence[Transfer], phase: Phase) -> Sequence[Transfer]:
    """Return the transfers that the journal does not have yet, each identifier once.

    One that it has with the same body needs nothing more; with another body it is a `Conflict`.
    All of them new: the very sequence that was given.
    """
    by_id = {transfer.id.int: transfer for transfer in transfers}
    if len(by_id) != len(transfers):
        for transfer in transfers:
            if by_id[transfer.id.int] != transfer:
                raise Conflict("ledger.transfer_differs", transfer_id=str(transfer.id))
    suspects = _suspects(tx, by_id)
    known = _known(tx, suspects) if suspects else {}
    if not known and len(by_id) == len(transfers):
        return transfers
    for stored_phase, stored in known.values():
        if stored_phase != phase or stored != by_id[stored.id.int]:
            raise Conflict("ledger.transfer_differs", transfer_id=str(stored.id))
    return [transfer for number, transfer in by_id.items() if number not in known]


def _suspects(tx: Transaction, by_id: dict[int, Transfer]) -> list[UUID]:
    """Return the identifiers that may be known: those not above the highest one.

    Identifiers grow with time, so in a large batch one look at the highest saves nearly all others.
    """
    if len(by_id) <= LOOKUP_VALUES_MAX:
        return [transfer.id for transfer in by_id.values()]
    driver = tx.driver
    highest = driver.fetch(
        "SELECT id FROM ledger_transfer WHERE tenant_id = ? ORDER BY id DESC LIMIT 1",
        (driver.id(tx.tenant_id),),
    )
    if not highest:
        return []
    bound = driver.to_id(highest[0][0]).int
    return [transfer.id for number, transfer in by_id.items() if number <= bound]


def _known(tx: Transaction, ids: Sequence[UUID]) -> dict[int, tuple[str, Transfer]]:
    driver = tx.driver
    tenant = driver.id(tx.tenant_id)
    found: dict[int, tuple[str, Transfer]] = {}
    for start in range(0, len(ids), LOOKUP_VALUES_MAX):
        part = [driver.id(one) for one in ids[start : start + LOOKUP_VALUES_MAX]]
        marks = ", ".join("?" * len(part))
        rows = driver.fetch(
            "SELECT b.phase, t.id, t.entry_id, d.path, c.path, t.amount_fen, t.kind, t.value_date,"  # noqa: S608 - marks of its own
            " t.subject FROM ledger_transfer t JOIN ledger_batch b ON b.number = t.batch"
            " JOIN ledger_account d ON d.number = t.debit"
            " JOIN ledger_account c ON c.number = t.credit"
            f" WHERE t.tenant_id = ? AND t.id IN ({marks})",
            (tenant, *part),
        )
        for row in rows:
            stored = stored_transfer(driver, row[1:])
            found[stored.id.int] = (row[0], stored)
    return found


def stored_transfer(driver: Driver, row: Sequence[Any]) -> Transfer:
    """Return the transfer that a stored row was written from."""
    id_, entry_id, debit, credit, amount_fen, kind, value_date, subject = row
    return Transfer(
        driver.to_id(id_),
        driver.to_id(entry_id),
        debit,
        credit,
        amount_fen,
        kind,
        driver.to_day(value_date),
        subject or "",
    )
