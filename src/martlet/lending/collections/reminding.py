"""Which reminders may go out now, the claiming of each before it is sent, and what became of it.

Guards that no step reaches a borrower twice and no limit is passed: a reminder is one row, claimed
in a transaction that looks at hours, promises, pauses and the last seven days again; what was
claimed counts as a contact until the port says that it failed. A claim whose outcome a crash has
swallowed is handed over again only to a port that knows the id, and only on the same day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, select, update

from martlet.kernel.calendar import business_date_of
from martlet.ledger import current_business_date
from martlet.lending.collections.arrears import arrears_after, live_loans, next_due_after, on_relief
from martlet.lending.collections.cases import CaseFile, open_cases, state_of
from martlet.lending.collections.limits import ATTEMPTS_MAX, CANDIDATES_PER_PAGE, REPEATS_MAX
from martlet.lending.collections.messages import texts
from martlet.lending.collections.model import (
    WEEK_DAYS,
    CaseEventKind,
    Contact,
    Standing,
    blocked,
    steps_on,
)
from martlet.lending.collections.port import ReminderMessage, ReminderPort, SendOutcome
from martlet.lending.collections.rules import RulesOfDay, Step, rules
from martlet.lending.collections.tables import collections_pause, collections_reminder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Row

    from martlet.store import Transaction

_COUNTS = ("begun", "sent", "unknown")
"""States in which a reminder may have reached the borrower."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reminder that a plan asks for: to whom, about which due date, which step."""

    party_id: UUID
    due_on: date
    step: str

    def as_json(self) -> list[str]:
        """Return it as a JSON value."""
        return [str(self.party_id), self.due_on.isoformat(), self.step]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of borrowers asks for, what was held back and why, and where to go on."""

    wanted: list[Wanted]
    held: Counter[str]
    last: UUID | None


def wanted_after(
    connection: Connection,
    tenant_id: UUID,
    now: datetime,
    after: UUID | None,
    *,
    coming: bool,
) -> Page:
    """Return the reminders that the next borrowers may be sent now, before or after the due day."""
    today = current_business_date(connection, tenant_id)
    in_force = rules().on(today)
    asked, last = (_coming if coming else _late)(connection, tenant_id, today, in_force, after)
    admitted, held = _admit(connection, tenant_id, asked, in_force, today, now)
    return Page([wanted for wanted, _ in admitted], held, last)


def _late(
    connection: Connection, tenant_id: UUID, today: date, in_force: RulesOfDay, after: UUID | None
) -> tuple[list[Wanted], UUID | None]:
    found = arrears_after(connection, tenant_id, today, after, CANDIDATES_PER_PAGE)
    asked = []
    for one in found:
        days = (today - one.oldest_due_on).days
        bucket = in_force.buckets.of_borrower(days).code
        steps = steps_on(in_force.plan, days, bucket)
        asked += [Wanted(one.party_id, one.oldest_due_on, step.code) for step in steps]
    return asked, found[-1].party_id if len(found) == CANDIDATES_PER_PAGE else None


def _coming(
    connection: Connection, tenant_id: UUID, today: date, in_force: RulesOfDay, after: UUID | None
) -> tuple[list[Wanted], UUID | None]:
    ahead = [step.days for step in in_force.plan.steps if step.days < 0]
    if not ahead:
        return [], None
    days = (today + timedelta(days=1), today - timedelta(days=min(ahead)))
    found = next_due_after(connection, tenant_id, days, after, CANDIDATES_PER_PAGE)
    asked = []
    for party_id, due_on in found:
        steps = steps_on(in_force.plan, (today - due_on).days, "")
        asked += [Wanted(party_id, due_on, step.code) for step in steps]
    return asked, found[-1][0] if len(found) == CANDIDATES_PER_PAGE else None


def _admit(
    connection: Connection,
    tenant_id: UUID,
    asked: Sequence[Wanted],
    in_force: RulesOfDay,
    today: date,
    now: datetime,
) -> tuple[list[tuple[Wanted, Row[Any] | None]], Counter[str]]:
    """Return those that may go out, each with its row where one failed before, and why not."""
    known = _known(connection, tenant_id, asked)
    open_now = [one for one in asked if _open(known.get(one))]
    standings = _standings(connection, tenant_id, {one.party_id for one in open_now}, today, now)
    steps, local = {step.code: step for step in in_force.plan.steps}, business_date_of(now)
    admitted: list[tuple[Wanted, Row[Any] | None]] = []
    held: Counter[str] = Counter()
    for one in open_now:
        channel, standing = steps[one.step].channel, standings[one.party_id]
        if (why := blocked(in_force.contact, channel, standing, now)) is not None:
            held[why.value] += 1
            continue
        admitted.append((one, known.get(one)))
        standings[one.party_id] = _and_contact(standing, Contact(channel, local))
    return admitted, held


def _and_contact(standing: Standing, contact: Contact) -> Standing:
    contacts = (*standing.contacts, contact)
    return Standing(standing.promise, standing.paused, standing.handler, contacts)


def _open(row: Row[Any] | None) -> bool:
    """Tell whether a step was never begun, or failed and may be tried again."""
    return row is None or (row.state == "failed" and row.attempts < ATTEMPTS_MAX)


def _known(
    connection: Connection, tenant_id: UUID, asked: Sequence[Wanted]
) -> dict[Wanted, Row[Any]]:
    if not asked:
        return {}
    table = collections_reminder.c
    query = select(collections_reminder).where(
        table.tenant_id == tenant_id,
        table.party_id.in_({one.party_id for one in asked}),
        table.due_on.in_({one.due_on for one in asked}),
    )
    rows = connection.execute(query)
    return {Wanted(row.party_id, row.due_on, row.step): row for row in rows}


def _standings(
    connection: Connection,
    tenant_id: UUID,
    party_ids: set[UUID],
    today: date,
    now: datetime,
    besides: UUID | None = None,
) -> dict[UUID, Standing]:
    """Return what decides about each borrower, without counting one reminder where asked."""
    if not party_ids:
        return {}
    cases = open_cases(connection, tenant_id, sorted(party_ids))
    paused = paused_parties(connection, tenant_id, sorted(party_ids), today)
    paused |= on_relief(connection, tenant_id, sorted(party_ids), today)
    table = collections_reminder.c
    query = select(table.reminder_id, table.party_id, table.channel, table.tried_on).where(
        table.tenant_id == tenant_id,
        table.party_id.in_(party_ids),
        table.tried_on > business_date_of(now) - timedelta(days=WEEK_DAYS),
        table.state.in_(_COUNTS),
    )
    contacts: dict[UUID, list[Contact]] = {party_id: [] for party_id in party_ids}
    for row in connection.execute(query):
        if row.reminder_id != besides:
            contacts[row.party_id].append(Contact(row.channel, row.tried_on))
    found = {}
    for party_id in party_ids:
        state = state_of(cases[party_id]) if party_id in cases else None
        found[party_id] = Standing(
            promise=state is not None and state.promise is not None,
            paused=party_id in paused,
            handler=state.handler if state is not None else None,
            contacts=tuple(contacts[party_id]),
        )
    return found


def paused_parties(
    connection: Connection, tenant_id: UUID, party_ids: Sequence[UUID], today: date
) -> set[UUID]:
    """Return those of some borrowers whose reminders rest on a day: the last entry counts."""
    table = collections_pause.c
    query = (
        select(table.party_id, table.until)
        .where(table.tenant_id == tenant_id, table.party_id.in_(party_ids))
        .order_by(table.pause_id)
    )
    last = {row.party_id: row.until for row in connection.execute(query)}
    return {party_id for party_id, until in last.items() if until >= today}


def begin(tx: Transaction, asked: Sequence[Wanted], port: ReminderPort) -> list[str]:
    """Claim reminders that may still go out; return the ids to hand over."""
    today = current_business_date(tx.connection, tx.tenant_id)
    in_force = rules().on(today)
    admitted, _ = _admit(tx.connection, tx.tenant_id, asked, in_force, today, tx.now)
    loans = live_loans(
        tx.connection, tx.tenant_id, sorted({one.party_id for one, _ in admitted}), today
    )
    steps = {step.code: step for step in in_force.plan.steps}
    begun = []
    for one, row in admitted:
        step = steps[one.step]
        due_fen = _due_fen(loans[one.party_id], one.due_on, coming=step.days < 0)
        if due_fen <= 0:
            continue
        said = texts(step.template, due_fen, one.due_on, (today - one.due_on).days, in_force.help)
        values = {
            "port": port.name,
            "due_fen": due_fen,
            "texts": said,
            "state": "begun",
            "tried_on": business_date_of(tx.now),
            "tried_at": tx.now,
        }
        reminder_id = _claim(tx, one, step, row, {**values, "plan": in_force.plan.name})
        _tell(tx, reminder_id, one, step, values, today, with_texts=port.by_outbox)
        begun.append(str(reminder_id))
    return begun


def _due_fen(loans: Sequence[Mapping[str, Any]], due_on: date, *, coming: bool) -> int:
    """Return what a reminder asks for: all that is overdue, or what falls due on the day.

    Nothing where the loans have moved on: another due date is now the oldest, or the next.
    """
    field = "next_due_on" if coming else "oldest_due_on"
    days = [loan[field] for loan in loans if loan[field] is not None]
    if not days or min(days) != due_on.isoformat():
        return 0
    if not coming:
        return sum(loan["due_fen"] for loan in loans)
    if any(loan["days_overdue"] > 0 for loan in loans):
        return 0
    return sum(loan["next_due_fen"] for loan in loans if loan[field] == due_on.isoformat())


def _claim(
    tx: Transaction, one: Wanted, step: Step, row: Row[Any] | None, values: dict[str, Any]
) -> UUID:
    if row is not None:
        tx.execute(
            update(collections_reminder)
            .where(
                collections_reminder.c.tenant_id == tx.tenant_id,
                collections_reminder.c.reminder_id == row.reminder_id,
            )
            .values(**values, attempts=row.attempts + 1)
        )
        return UUID(str(row.reminder_id))
    reminder_id = tx.ids.new()
    tx.execute(
        insert(collections_reminder).values(
            reminder_id=reminder_id,
            tenant_id=tx.tenant_id,
            party_id=one.party_id,
            due_on=one.due_on,
            step=one.step,
            channel=step.channel,
            template=step.template,
            attempts=1,
            **values,
        )
    )
    return reminder_id


def _tell(
    tx: Transaction,
    reminder_id: UUID,
    one: Wanted,
    step: Step,
    values: Mapping[str, Any],
    today: date,
    *,
    with_texts: bool,
) -> None:
    facts = {
        "reminder_id": str(reminder_id),
        "party_id": str(one.party_id),
        "step": step.code,
        "channel": step.channel,
        "template": step.template,
        "due_on": one.due_on.isoformat(),
        "due_fen": values["due_fen"],
        "port": values["port"],
    }
    told = {**facts, "texts": values["texts"]} if with_texts else facts
    tx.emit("lending.reminder_begun", f"party:{one.party_id}", told, business_date=today)


def messages_of(
    connection: Connection, tenant_id: UUID, reminder_ids: Sequence[UUID]
) -> list[ReminderMessage]:
    """Return begun reminders as what a port is handed."""
    table = collections_reminder.c
    query = select(collections_reminder).where(
        table.tenant_id == tenant_id, table.reminder_id.in_(reminder_ids), table.state == "begun"
    )
    return [
        ReminderMessage(
            reminder_id=row.reminder_id,
            tenant_id=row.tenant_id,
            party_id=row.party_id,
            channel=row.channel,
            template=row.template,
            due_fen=row.due_fen,
            due_on=row.due_on,
            texts=row.texts,
        )
        for row in connection.execute(query.order_by(table.reminder_id))
    ]


def left_open(connection: Connection, tenant_id: UUID, limit: int) -> list[UUID]:
    """Return reminders that were begun and of which nothing more is known."""
    table = collections_reminder.c
    query = select(table.reminder_id).where(table.tenant_id == tenant_id, table.state == "begun")
    return list(connection.execute(query.order_by(table.reminder_id).limit(limit)).scalars())


def settle_open(tx: Transaction, reminder_ids: Sequence[UUID], port: ReminderPort) -> list[str]:
    """Return which of the reminders left open may be handed over again; the rest stay unknown."""
    table, again = collections_reminder.c, []
    today, local = current_business_date(tx.connection, tx.tenant_id), business_date_of(tx.now)
    in_force = rules().on(today)
    query = select(collections_reminder).where(
        table.tenant_id == tx.tenant_id, table.reminder_id.in_(reminder_ids), table.state == "begun"
    )
    for row in tx.execute(query.order_by(table.reminder_id)).all():
        who = {row.party_id}
        standing = _standings(tx.connection, tx.tenant_id, who, today, tx.now, row.reminder_id)
        repeat = (
            port.safe_to_repeat
            and row.port == port.name
            and row.tried_on == local
            and row.attempts < REPEATS_MAX
            and blocked(in_force.contact, row.channel, standing[row.party_id], tx.now) is None
        )
        values = (
            {"attempts": row.attempts + 1, "tried_at": tx.now} if repeat else {"state": "unknown"}
        )
        tx.execute(
            update(collections_reminder)
            .where(table.tenant_id == tx.tenant_id, table.reminder_id == row.reminder_id)
            .values(**values)
        )
        if repeat:
            again.append(str(row.reminder_id))
    return again


def record(tx: Transaction, outcomes: Mapping[UUID, SendOutcome]) -> dict[str, int]:
    """Write down what a port said of reminders, and in the borrowers' cases what was sent."""
    table, today = collections_reminder.c, current_business_date(tx.connection, tx.tenant_id)
    query = select(collections_reminder).where(
        table.tenant_id == tx.tenant_id,
        table.reminder_id.in_(list(outcomes)),
        table.state.in_(["begun", "unknown"]),
    )
    rows = tx.execute(query.order_by(table.reminder_id)).all()
    cases = open_cases(tx.connection, tx.tenant_id, sorted({row.party_id for row in rows}))
    files = {party_id: CaseFile(tx, row) for party_id, row in cases.items()}
    totals = {"sent": 0, "failed": 0, "given_up": 0}
    for row in rows:
        state = _state_after(outcomes[row.reminder_id], row.attempts)
        totals[state] += 1
        tx.execute(
            update(collections_reminder)
            .where(table.tenant_id == tx.tenant_id, table.reminder_id == row.reminder_id)
            .values(state=state)
        )
        if state == "sent" and row.party_id in files:
            said = {"reminder_id": str(row.reminder_id), "step": row.step, "channel": row.channel}
            said["template"] = row.template
            files[row.party_id].add(CaseEventKind.REMINDED, today, **said, due_fen=row.due_fen)
    for file in files.values():
        file.keep()
    return totals


def _state_after(outcome: SendOutcome, attempts: int) -> str:
    if outcome is SendOutcome.SENT:
        return "sent"
    tried_enough = outcome is SendOutcome.REFUSED or attempts >= ATTEMPTS_MAX
    return "given_up" if tried_enough else "failed"
