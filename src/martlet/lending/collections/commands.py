"""What people do with a case, each a handler of one transaction: promise, hand over, note, close.

Guards that a command says no more than the loans' rows allow: no promise on what is not overdue,
no closing while something is.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from martlet.kernel.errors import Conflict, Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.principal import ActorKind
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.ledger import current_business_date
from martlet.lending.collections.arrears import (
    arrears_of,
    live_loans,
    paid_by_loan,
    paid_fen,
    written_off_parties,
)
from martlet.lending.collections.cases import CaseFile, find_case, open_cases
from martlet.lending.collections.limits import (
    HANDLER_CHARS_MAX,
    NOTE_CHARS_MAX,
    PAUSE_DAYS_MAX,
    TITLE_CHARS_MAX,
)
from martlet.lending.collections.model import (
    CaseEventKind,
    Closing,
    Handler,
    HandlerKind,
    Promise,
)
from martlet.lending.collections.rules import rules
from martlet.lending.collections.tables import collections_handler, collections_pause

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from martlet.lending.collections.rules import PromiseRule
    from martlet.store import Transaction

PAUSE_REASONS = ("relief", "dispute", "disaster", "illness", "other")


def promise(
    tx: Transaction, party_id: UUID, loan_id: UUID | None, amount_fen: int, pay_by: date
) -> dict[str, Any]:
    """Record a borrower's word to pay an amount by a day, within the rules of the day."""
    if not 0 < amount_fen <= AMOUNT_FEN_MAX:
        raise Invalid("lending.amount_out_of_range", max_fen=AMOUNT_FEN_MAX)
    row = open_cases(tx.connection, tx.tenant_id, [party_id]).get(party_id)
    if row is None:
        raise Refused("lending.no_open_case", party_id=str(party_id))
    file, today = CaseFile(tx, row), current_business_date(tx.connection, tx.tenant_id)
    if file.state.promise is not None:
        raise Refused("lending.promise_runs", pay_by=file.state.promise.pay_by.isoformat())
    loans = live_loans(tx.connection, tx.tenant_id, [party_id], today)[party_id]
    meant = [one for one in loans if loan_id is None or one["loan_id"] == str(loan_id)]
    due_fen = sum(one["due_fen"] for one in meant if one["days_overdue"] > 0)
    owed_fen = sum(one["outstanding_fen"] for one in meant)
    if due_fen <= 0:
        raise Refused("lending.nothing_overdue")
    rule = rules().on(today).promise
    _within(rule, tx, today, pay_by, file.state.promises_made)
    least_fen = max(divide(due_fen * rule.amount_share_min_ppm, PPM, RoundingMode.UP), 1)
    if not least_fen <= amount_fen <= owed_fen:
        raise Refused("lending.promise_amount_outside", min_fen=least_fen, max_fen=owed_fen)
    paid = paid_by_loan(tx.connection, tx.tenant_id, [party_id])[party_id]
    given = Promise(amount_fen, pay_by, loan_id, paid_fen(paid, loan_id))
    file.add(CaseEventKind.PROMISED, today, **given.as_json())
    file.keep()
    return {
        "case_id": str(file.case_id),
        "party_id": str(party_id),
        "loan_id": str(loan_id) if loan_id else None,
        "amount_fen": amount_fen,
        "pay_by": pay_by.isoformat(),
        "due_fen": due_fen,
        "business_date": today.isoformat(),
    }


def _within(rule: PromiseRule, tx: Transaction, today: date, pay_by: date, made: int) -> None:
    """Refuse a day too far off, or one promise too many; an owner may less than the bank."""
    owner = tx.principal.kind is ActorKind.OWNER
    days = rule.owner_days_max if owner else rule.staff_days_max
    latest = today + timedelta(days=days)
    if not today <= pay_by <= latest:
        raise Refused(
            "lending.promise_day_outside", earliest=today.isoformat(), latest=latest.isoformat()
        )
    most = rule.owner_promises_max if owner else rule.staff_promises_max
    if made >= most:
        raise Refused("lending.promises_too_many", max_count=most)


def hand_over(
    tx: Transaction, case_id: UUID, kind: HandlerKind, name: str, staff_ids: Sequence[UUID]
) -> dict[str, Any]:
    """Hand a case over to a person, a team or an agency that the bank knows."""
    file, today = _file(tx, case_id)
    if not _is_known(tx, kind, name, staff_ids):
        raise Refused("lending.handler_unknown", handler=name[:HANDLER_CHARS_MAX])
    if file.state.handler == Handler(kind, name):
        raise Conflict("lending.already_handed_over", handler=name)
    file.add(CaseEventKind.HANDED_OVER, today, handler_kind=kind.value, handler=name)
    file.keep()
    return {"case_id": str(case_id), "handler_kind": kind.value, "handler": name}


def _is_known(tx: Transaction, kind: HandlerKind, name: str, staff_ids: Sequence[UUID]) -> bool:
    if kind is HandlerKind.PERSON:
        return name in {str(staff_id) for staff_id in staff_ids}
    table = collections_handler.c
    query = select(table.handler_id).where(
        table.tenant_id == tx.tenant_id,
        table.kind == kind.value,
        table.name == name,
        table.active == 1,
    )
    return tx.execute(query).first() is not None


def take_back(tx: Transaction, case_id: UUID) -> dict[str, Any]:
    """Take a case back into the bank's own routine."""
    file, today = _file(tx, case_id)
    if (handler := file.state.handler) is None:
        raise Refused("lending.not_handed_over")
    said = {"handler_kind": handler.kind.value, "handler": handler.name}
    file.add(CaseEventKind.TAKEN_BACK, today, **said)
    file.keep()
    return {"case_id": str(case_id), **said}


def note(tx: Transaction, case_id: UUID, text: str) -> dict[str, Any]:
    """Write a note into a case; it stays in the case and never enters the outbox."""
    trimmed = text.strip()
    if not trimmed or len(trimmed) > NOTE_CHARS_MAX:
        raise Invalid("lending.note_malformed", max_chars=NOTE_CHARS_MAX)
    file, today = _file(tx, case_id)
    file.add(CaseEventKind.NOTE, today, text=trimmed)
    file.keep()
    return {"case_id": str(case_id), "sequence": file.state.events}


def close(tx: Transaction, case_id: UUID) -> dict[str, Any]:
    """Close a case before the night does; refused while anything is overdue."""
    file, today = _file(tx, case_id)
    who = [file.party_id]
    if arrears_of(tx.connection, tx.tenant_id, today, who):
        raise Refused("lending.case_still_overdue")
    off = written_off_parties(tx.connection, tx.tenant_id, who)
    because = Closing.WRITTEN_OFF if off else Closing.CURED
    if (given := file.state.promise) is not None and because is Closing.CURED:
        paid = paid_by_loan(tx.connection, tx.tenant_id, who)[file.party_id]
        since_fen = max(paid_fen(paid, given.loan_id) - given.paid_before_fen, 0)
        said = {"amount_fen": given.amount_fen, "paid_fen": since_fen}
        file.add(CaseEventKind.PROMISE_KEPT, today, **said)
    file.add(CaseEventKind.CLOSED, today, because=because.value)
    file.keep()
    return {"case_id": str(case_id), "because": because.value}


def _file(tx: Transaction, case_id: UUID) -> tuple[CaseFile, date]:
    """Return an open case and the open day."""
    row = find_case(tx.connection, tx.principal, case_id)
    if row.closed_on is not None:
        raise Refused("lending.case_closed", closed_on=row.closed_on.isoformat())
    return CaseFile(tx, row), current_business_date(tx.connection, tx.tenant_id)


def name_handler(
    tx: Transaction, kind: HandlerKind, name: str, title: str, *, active: bool
) -> dict[str, Any]:
    """Name a team or an agency to which cases may be handed over, or end its being one."""
    if kind is HandlerKind.PERSON or not name.isidentifier() or len(name) > HANDLER_CHARS_MAX:
        raise Invalid("lending.handler_malformed", max_chars=HANDLER_CHARS_MAX)
    shown = title.strip()
    if not shown or len(shown) > TITLE_CHARS_MAX or not shown.isprintable():
        raise Invalid("lending.handler_malformed", max_chars=TITLE_CHARS_MAX)
    table = collections_handler.c
    changed = tx.execute(
        update(collections_handler)
        .where(table.tenant_id == tx.tenant_id, table.kind == kind.value, table.name == name)
        .values(title=shown, active=int(active))
    ).rowcount
    if changed == 0:
        tx.execute(
            insert(collections_handler).values(
                handler_id=tx.ids.new(),
                tenant_id=tx.tenant_id,
                kind=kind.value,
                name=name,
                title=shown,
                active=int(active),
            )
        )
    facts = {"handler_kind": kind.value, "handler": name, "title": shown, "active": active}
    tx.emit("lending.handler_named", f"handler:{kind.value}:{name}", facts)
    return facts


def pause_reminders(
    tx: Transaction, party_ids: Sequence[UUID], until: date, reason: str
) -> dict[str, Any]:
    """Let the reminders of borrowers rest up to and with a day; a day that is past ends a pause."""
    today = current_business_date(tx.connection, tx.tenant_id)
    if reason not in PAUSE_REASONS:
        raise Invalid("lending.pause_reason_unknown", reason=reason[:40])
    if until > today + timedelta(days=PAUSE_DAYS_MAX):
        raise Invalid("lending.pause_too_long", max_days=PAUSE_DAYS_MAX)
    rows = [
        {
            "pause_id": tx.ids.new(),
            "tenant_id": tx.tenant_id,
            "party_id": party_id,
            "until": until,
            "reason": reason,
            "actor": tx.principal.actor,
            "recorded_at": tx.now,
        }
        for party_id in party_ids
    ]
    if rows:
        tx.execute(insert(collections_pause), rows)
    facts = {"until": until.isoformat(), "reason": reason, "parties_count": len(rows)}
    tx.emit("lending.reminders_paused", "collections", facts, business_date=today)
    return facts
