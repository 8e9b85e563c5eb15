"""Corrections: the journal is never changed; what was wrong is moved back by new rows, once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from martlet.kernel.errors import NotFound
from martlet.ledger.accounts import change_totals, touch_numbers
from martlet.ledger.days import require_open
from martlet.ledger.draft import Draft, stored_transfer
from martlet.ledger.model import Phase

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.store import Transaction


def reverse(
    tx: Transaction, entry_id: UUID, business_date: date, *, new_entry_id: UUID | None = None
) -> UUID | None:
    """Move back all that an entry has posted, by mirror transfers of a new entry; return its id.

    Reversing again finds nothing left to move back and returns None. A hold of the entry is not
    touched: release it. The value dates are those of what is moved back.
    """
    driver = tx.driver
    rows = driver.fetch(
        "SELECT t.number, t.debit, t.credit, b.phase, r.number, t.id, t.entry_id, d.path, c.path,"
        " t.amount_fen, t.kind, coalesce(t.value_date, b.business_date), t.subject"
        " FROM ledger_transfer t JOIN ledger_batch b ON b.number = t.batch"
        " JOIN ledger_account d ON d.number = t.debit"
        " JOIN ledger_account c ON c.number = t.credit"
        " LEFT JOIN ledger_transfer r ON r.origin = t.number"
        " WHERE t.tenant_id = ? AND t.entry_id = ? ORDER BY t.number",
        (driver.id(tx.tenant_id), driver.id(entry_id)),
    )
    moved = [row for row in rows if row[3] in (Phase.POSTED, Phase.SETTLED)]
    if not moved:
        raise NotFound("ledger.entry_not_found", entry_id=str(entry_id))
    left = [row for row in moved if row[4] is None]
    if not left:
        return None
    require_open(tx, business_date)
    entry = new_entry_id or tx.ids.new()
    accounts = touch_numbers(tx, (number for row in left for number in row[1:3]))
    draft = Draft(tx, Phase.REVERSED, business_date)
    for origin, debit, credit, _phase, _reversal, *body in left:
        was = stored_transfer(driver, body)
        mirror = replace(was, id=tx.ids.new(), entry_id=entry, debit=was.credit, credit=was.debit)
        accounts[credit].debits += was.amount_fen
        accounts[debit].credits += was.amount_fen
        draft.add(mirror, accounts[credit], accounts[debit], origin)
    change_totals(tx, accounts.values())
    draft.write()
    return entry
