"""The journal's rows: written in order, once for each identifier, sealed by a hash on the chain.

Nothing here changes a row that is there. What a batch has written is put on the chain as one
event: from which number, how many, how much, and the hash of what the transfers say.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from martlet.kernel.errors import Conflict
from martlet.ledger.limits import LOOKUP_VALUES_MAX
from martlet.ledger.model import Phase, Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from martlet.store import Transaction
    from martlet.store.driver import Driver

_encoder = msgspec.json.Encoder()
_COLUMNS = (
    "number",
    "tenant_id",
    "id",
    "entry_id",
    "debit",
    "credit",
    "amount_fen",
    "phase",
    "kind",
    "business_date",
    "posted_at",
    "subject",
    "value_date",
    "origin",
)


def content_hash(transfers: Sequence[Transfer]) -> str:
    """Return the hash of what transfers say, in their order."""
    return hashlib.sha256(_encoder.encode(transfers)).hexdigest()


class Draft:
    """The rows that one batch adds to the journal, all of one phase and one business date."""

    def __init__(self, tx: Transaction, phase: Phase, business_date: date) -> None:
        driver = tx.driver
        self._tx = tx
        self._phase = phase
        self._business_date = business_date
        self._rows: list[tuple[Any, ...]] = []
        self._said: list[Transfer] = []
        self._tenant = driver.id(tx.tenant_id)
        self._day = driver.day(business_date)
        self._now = driver.moment(tx.now)
        found = driver.fetch("SELECT coalesce(max(number), 0) + 1 FROM ledger_transfer")
        self.first_number: int = found[0][0]

    def add(self, transfer: Transfer, debit: int, credit: int, origin: int | None = None) -> None:
        """Add one row under the next number, between two accounts known by number."""
        driver = self._tx.driver
        self._said.append(transfer)
        self._rows.append(
            (
                self.first_number + len(self._rows),
                self._tenant,
                driver.id(transfer.id),
                driver.id(transfer.entry_id),
                debit,
                credit,
                transfer.amount_fen,
                self._phase.value,
                transfer.kind,
                self._day,
                self._now,
                transfer.subject,
                transfer.value_date and driver.day(transfer.value_date),
                origin,
            )
        )

    def write(self) -> range:
        """Append the rows, put their seal on the chain, and return their numbers."""
        assert self._rows
        self._tx.driver.load("ledger_transfer", _COLUMNS, self._rows)
        self._tx.emit(
            "ledger.posted",
            f"ledger:{self._business_date.isoformat()}",
            {
                "phase": self._phase.value,
                "first_number": self.first_number,
                "count": len(self._rows),
                "total_fen": sum(transfer.amount_fen for transfer in self._said),
                "content_hash": content_hash(self._said),
            },
            business_date=self._business_date,
        )
        return range(self.first_number, self.first_number + len(self._rows))


def unposted(tx: Transaction, transfers: Sequence[Transfer], phase: Phase) -> Sequence[Transfer]:
    """Return the transfers that the journal does not have yet, each identifier once.

    One that it has with the same body needs nothing more; with another body it is a `Conflict`.
    """
    by_id = {transfer.id: transfer for transfer in transfers}
    if len(by_id) != len(transfers):
        for transfer in transfers:
            if by_id[transfer.id] != transfer:
                raise Conflict("ledger.transfer_differs", transfer_id=str(transfer.id))
    known = _known(tx, _suspects(tx, by_id))
    if not known:
        return transfers if len(by_id) == len(transfers) else tuple(by_id.values())
    for known_id, (known_phase, stored) in known.items():
        if known_phase != phase or stored != by_id[known_id]:
            raise Conflict("ledger.transfer_differs", transfer_id=str(known_id))
    return [transfer for transfer in by_id.values() if transfer.id not in known]


def _suspects(tx: Transaction, by_id: dict[UUID, Transfer]) -> list[UUID]:
    """Return the identifiers that may be known: those not above the highest one.

    Identifiers grow with time, so in a large batch one look at the highest saves nearly all others.
    """
    if len(by_id) <= LOOKUP_VALUES_MAX:
        return list(by_id)
    driver = tx.driver
    highest = driver.fetch(
        "SELECT id FROM ledger_transfer WHERE tenant_id = ? ORDER BY id DESC LIMIT 1",
        (driver.id(tx.tenant_id),),
    )
    if not highest:
        return []
    bound = driver.to_id(highest[0][0])
    return [one for one in by_id if one <= bound]


def _known(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, tuple[str, Transfer]]:
    driver = tx.driver
    tenant = driver.id(tx.tenant_id)
    found: dict[UUID, tuple[str, Transfer]] = {}
    for start in range(0, len(ids), LOOKUP_VALUES_MAX):
        part = [driver.id(one) for one in ids[start : start + LOOKUP_VALUES_MAX]]
        marks = ", ".join("?" * len(part))
        rows = driver.fetch(
            "SELECT t.phase, t.id, t.entry_id, d.path, c.path, t.amount_fen, t.kind, t.value_date,"  # noqa: S608 - marks of its own
            " t.subject FROM ledger_transfer t JOIN ledger_account d ON d.number = t.debit"
            " JOIN ledger_account c ON c.number = t.credit"
            f" WHERE t.tenant_id = ? AND t.id IN ({marks})",
            (tenant, *part),
        )
        for row in rows:
            stored = stored_transfer(driver, row[1:])
            found[stored.id] = (row[0], stored)
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
        subject,
    )
