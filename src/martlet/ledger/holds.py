"""The second phase: a hold is settled or released, once; whatever is not settled is released.

A hold's end is a new row of the journal that names it; the hold's own row never changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Conflict, Corrupt, Invalid, NotFound, Refused
from martlet.ledger.accounts import change_totals, touch_numbers
from martlet.ledger.days import require_open
from martlet.ledger.draft import Draft, stored_transfer
from martlet.ledger.limits import EXPIRED_HOLDS_PER_RUN_MAX, LOOKUP_VALUES_MAX
from martlet.ledger.model import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from martlet.ledger.model import Transfer
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class _Held:
    """A hold, and how it ended if it has."""

    number: int
    debit: int
    credit: int
    transfer: Transfer
    expires_on: Any
    open: bool
    end_phase: str | None
    end_fen: int | None


def settle(
    tx: Transaction,
    transfer_ids: Sequence[UUID],
    business_date: date,
    amount_fen: int | None = None,
) -> None:
    """Turn holds into postings; with `amount_fen` (one hold only) a part, the rest is released.

    Settling again with the same amount does nothing; a hold that ended otherwise is a `Conflict`.
    """
    if amount_fen is not None and len(transfer_ids) != 1:
        raise Invalid("ledger.amount_for_one_hold")
    held = _holds(tx, transfer_ids)
    ends = []
    for one in held:
        part = one.transfer.amount_fen if amount_fen is None else amount_fen
        if type(part) is not int or not 0 < part <= one.transfer.amount_fen:
            raise Invalid(
                "ledger.settles_more_than_held",
                amount_fen=part,
                held_fen=one.transfer.amount_fen,
            )
        if _is_open(one, Phase.SETTLED, part):
            if one.expires_on is not None and one.expires_on < tx.driver.day(business_date):
                raise Refused(
                    "ledger.hold_expired",
                    transfer_id=str(one.transfer.id),
                    expires_on=str(one.expires_on),
                )
            ends.append((one, part))
    _end(tx, ends, business_date, Phase.SETTLED)


def release(tx: Transaction, transfer_ids: Sequence[UUID], business_date: date) -> None:
    """End holds without moving money; releasing again does nothing."""
    ends = [
        (one, one.transfer.amount_fen)
        for one in _holds(tx, transfer_ids)
        if _is_open(one, Phase.RELEASED, one.transfer.amount_fen)
    ]
    _end(tx, ends, business_date, Phase.RELEASED)


def release_expired(tx: Transaction, business_date: date) -> int:
    """Release holds whose last day is past; return how many (at most a bounded number)."""
    driver = tx.driver
    rows = driver.fetch(
        "SELECT t.id FROM ledger_hold h JOIN ledger_transfer t ON t.number = h.number"
        " WHERE h.tenant_id = ? AND h.expires_on < ? ORDER BY h.expires_on, h.number LIMIT ?",
        (driver.id(tx.tenant_id), driver.day(business_date), EXPIRED_HOLDS_PER_RUN_MAX),
    )
    release(tx, [driver.to_id(row[0]) for row in rows], business_date)
    return len(rows)


def _is_open(one: _Held, phase: Phase, part_fen: int) -> bool:
    """Tell an open hold from one that ended the same way; raise where it ended otherwise."""
    if one.open:
        return True
    if one.end_phase is None:
        raise Corrupt("ledger.hold_lost", transfer_id=str(one.transfer.id))
    if (one.end_phase, one.end_fen) != (phase, part_fen):
        raise Conflict(
            "ledger.hold_ended", transfer_id=str(one.transfer.id), phase=str(one.end_phase)
        )
    return False


def _holds(tx: Transaction, transfer_ids: Sequence[UUID]) -> list[_Held]:
    driver = tx.driver
    tenant = driver.id(tx.tenant_id)
    wanted = list(dict.fromkeys(transfer_ids))
    found: dict[UUID, _Held] = {}
    for start in range(0, len(wanted), LOOKUP_VALUES_MAX):
        part = [driver.id(one) for one in wanted[start : start + LOOKUP_VALUES_MAX]]
        marks = ", ".join("?" * len(part))
        rows = driver.fetch(
            "SELECT t.number, t.debit, t.credit, h.number, h.expires_on, eb.phase, e.amount_fen,"  # noqa: S608 - marks of its own
            " t.id, t.entry_id, d.path, c.path, t.amount_fen, t.kind, t.value_date, t.subject"
            " FROM ledger_transfer t JOIN ledger_batch b ON b.number = t.batch"
            " JOIN ledger_account d ON d.number = t.debit"
            " JOIN ledger_account c ON c.number = t.credit"
            " LEFT JOIN ledger_hold h ON h.number = t.number"
            " LEFT JOIN ledger_transfer e ON e.origin = t.number"
            " LEFT JOIN ledger_batch eb ON eb.number = e.batch"
            f" WHERE t.tenant_id = ? AND b.phase = 'pending' AND t.id IN ({marks})",
            (tenant, *part),
        )
        for number, debit, credit, open_, expires_on, end_phase, end_fen, *body in rows:
            held = stored_transfer(driver, body)
            found[held.id] = _Held(
                number, debit, credit, held, expires_on, open_ is not None, end_phase, end_fen
            )
    for one in wanted:
        if one not in found:
            raise NotFound("ledger.hold_not_found", transfer_id=str(one))
    return [found[one] for one in wanted]


def _end(
    tx: Transaction, ends: Sequence[tuple[_Held, int]], business_date: date, phase: Phase
) -> None:
    if not ends:
        return
    require_open(tx, business_date)
    driver = tx.driver
    accounts = touch_numbers(tx, (side for one, _ in ends for side in (one.debit, one.credit)))
    draft = Draft(tx, phase, business_date)
    for one, part_fen in ends:
        held, debit, credit = one.transfer, accounts[one.debit], accounts[one.credit]
        debit.debits_pending -= held.amount_fen
        credit.credits_pending -= held.amount_fen
        if phase is Phase.SETTLED:
            debit.debits += part_fen
            credit.credits += part_fen
        end = replace(held, id=tx.ids.new(), amount_fen=part_fen)
        draft.add(end, debit, credit, one.number)
    change_totals(tx, accounts.values())
    draft.write()
    gone = driver.run_many(
        "DELETE FROM ledger_hold WHERE number = ?", [(one.number,) for one, _ in ends]
    )
    assert gone == len(ends), (gone, len(ends))
