"""Collections from outside: reminders, promises, cases and the board, each for a principal.

Every change is one command under the caller's key. A run of reminders is many: each batch is
claimed in one commit, handed to the port outside of any, and written down in another, so that it
may be killed anywhere and run again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.calendar import SHANGHAI
from martlet.kernel.errors import Invalid
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.collections import commands, queries, reminding
from martlet.lending.collections.limits import REMINDERS_PER_RUN_MAX, REMINDERS_PER_STEP
from martlet.lending.collections.model import HandlerKind
from martlet.lending.collections.port import OutboxReminders
from martlet.lending.collections.rules import rules
from martlet.lending.loans import find_loan
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    from martlet.lending.collections.port import ReminderPort, SendOutcome
    from martlet.lending.collections.reminding import Wanted
    from martlet.store import Database, Transaction

    Handle = Callable[[Transaction], dict[str, Any]]


class CollectionsService:
    """Looks after what is overdue; the port for reminders and the staff's ids are handed in."""

    def __init__(
        self,
        database: Database,
        port: ReminderPort | None = None,
        staff_ids: Callable[[Principal], Sequence[UUID]] = lambda _principal: (),
    ) -> None:
        self._database = database
        self._port: ReminderPort = port or OutboxReminders()
        self._staff_ids = staff_ids

    # Commands.

    def promise(
        self,
        principal: Principal,
        key: str,
        *,
        amount_fen: int,
        pay_by: date,
        loan_id: UUID | None = None,
        party_id: UUID | None = None,
    ) -> dict[str, Any]:
        """Record a promise to pay, on one loan or on all of a business's; owners may, for theirs.

        A loan names its business; without one the business must be named.
        """
        owner = principal.kind is ActorKind.OWNER
        principal.require(Scope.LENDING_WRITE if owner else Scope.COLLECTIONS_WRITE)
        if loan_id is not None:
            with self._database.read() as connection:
                party_id = find_loan(connection, principal, loan_id).party_id
        if party_id is None:
            raise Invalid("lending.promise_needs_loan")
        principal.require_party(party_id)
        promised_by: UUID = party_id
        body = {
            "party_id": str(party_id),
            "loan_id": str(loan_id) if loan_id else None,
            "amount_fen": amount_fen,
            "pay_by": pay_by.isoformat(),
        }
        return self._do(
            Command("lending.promise", principal, key, body),
            lambda tx: commands.promise(tx, promised_by, loan_id, amount_fen, pay_by),
        )

    def hand_over(
        self, principal: Principal, key: str, case_id: UUID, kind: str, name: str
    ) -> dict[str, Any]:
        """Hand a case over to a person of the staff, a team or an agency."""
        principal.require(Scope.COLLECTIONS_WRITE)
        to, staff_ids = _kind(kind), self._staff_ids(principal)
        body = {"case_id": str(case_id), "kind": to.value, "name": name}
        return self._do(
            Command("lending.hand_over", principal, key, body),
            lambda tx: commands.hand_over(tx, case_id, to, name, staff_ids),
        )

    def take_back(self, principal: Principal, key: str, case_id: UUID) -> dict[str, Any]:
        """Take a case back into the bank's own routine."""
        principal.require(Scope.COLLECTIONS_WRITE)
        command = Command("lending.take_back", principal, key, {"case_id": str(case_id)})
        return self._do(command, lambda tx: commands.take_back(tx, case_id))

    def note(self, principal: Principal, key: str, case_id: UUID, text: str) -> dict[str, Any]:
        """Write a note into a case."""
        principal.require(Scope.COLLECTIONS_WRITE)
        body = {"case_id": str(case_id), "text": text}
        command = Command("lending.case_note", principal, key, body)
        return self._do(command, lambda tx: commands.note(tx, case_id, text))

    def close(self, principal: Principal, key: str, case_id: UUID) -> dict[str, Any]:
        """Close a case in which nothing is overdue any more, without waiting for the night."""
        principal.require(Scope.COLLECTIONS_WRITE)
        command = Command("lending.close_case", principal, key, {"case_id": str(case_id)})
        return self._do(command, lambda tx: commands.close(tx, case_id))

    def name_handler(
        self,
        principal: Principal,
        key: str,
        *,
        kind: str,
        name: str,
        title: str,
        active: bool = True,
    ) -> dict[str, Any]:
        """Name a team or an agency to which cases may be handed over, or end its being one."""
        principal.require(Scope.STAFF_ADMIN)
        named = _kind(kind)
        body = {"kind": named.value, "name": name, "title": title, "active": active}
        return self._do(
            Command("lending.name_handler", principal, key, body),
            lambda tx: commands.name_handler(tx, named, name, title, active=active),
        )

    def pause_reminders(
        self, principal: Principal, key: str, party_id: UUID, until: date, reason: str
    ) -> dict[str, Any]:
        """Let a borrower's reminders rest up to and with a day; a day that is past ends it."""
        principal.require(Scope.COLLECTIONS_WRITE)
        principal.require_party(party_id)
        body = {"party_id": str(party_id), "until": until.isoformat(), "reason": reason}
        return self._do(
            Command("lending.pause_reminders", principal, key, body),
            lambda tx: commands.pause_reminders(tx, [party_id], until, reason),
        )

    def _do(self, command: Command, handle: Handle) -> dict[str, Any]:
        return self._database.command(command, handle).value

    # Reminders.

    def remind(
        self, principal: Principal, key: str, port: ReminderPort | None = None
    ) -> dict[str, Any]:
        """Send every reminder that may go out now; run it as often as you like in open hours.

        The report is kept under the key: the same key again is told the same, whatever a run that
        was killed before had still to finish.
        """
        principal.require(Scope.COLLECTIONS_WRITE)
        run = _Run(self._database, principal, port or self._port)
        with self._database.read() as connection:
            today = current_business_date(connection, principal.tenant_id)
        local = self._database.clock.now().astimezone(SHANGHAI)
        quiet = not rules().on(today).contact.open_at(local)
        if not quiet:
            run.go()
        report = {"business_date": today.isoformat(), "quiet_hours": quiet, **run.report()}
        return self._do(Command("lending.remind", principal, key, {}), lambda _tx: report)

    # Reads.

    def board(self, principal: Principal) -> dict[str, Any]:
        """Return the arrears by bucket, of borrowers and of loans."""
        with self._database.read() as connection:
            return queries.board(connection, principal)

    def cases(self, principal: Principal, **narrowed: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Return cases; narrow by party_id, bucket, handler, promised, closed, after, limit."""
        with self._database.read() as connection:
            return queries.cases(connection, principal, queries.CaseFilter(**narrowed))

    def case(self, principal: Principal, case_id: UUID) -> dict[str, Any]:
        """Return a case with its timeline."""
        with self._database.read() as connection:
            return queries.one_case(connection, principal, case_id)

    def own_promise(self, principal: Principal, party_id: UUID) -> dict[str, Any]:
        """Return whether a business may promise now, and the promise that runs."""
        with self._database.read() as connection:
            return queries.own_promise(connection, principal, party_id)

    def handlers(self, principal: Principal) -> list[dict[str, Any]]:
        """Return the teams and agencies that the bank has named."""
        with self._database.read() as connection:
            return queries.handlers(connection, principal)

    def roll_rates(self, principal: Principal, months: int = 6) -> dict[str, Any]:
        """Return into which bucket the borrowers of each bucket moved, month by month."""
        with self._database.read() as connection:
            return queries.roll_rates(connection, principal, months)


def _kind(name: str) -> HandlerKind:
    try:
        return HandlerKind(name)
    except ValueError as error:
        raise Invalid("lending.handler_kind_unknown", kind=name[:40]) from error


class _Run:
    """One run of reminders: what was left open first, then what is overdue, then what is coming."""

    def __init__(self, database: Database, principal: Principal, port: ReminderPort) -> None:
        self._database = database
        self._principal = principal
        self._port = port
        self._batch = REMINDERS_PER_STEP if port.safe_to_repeat else 1
        self._name = str(database.ids.new())
        self._orders = 0
        self._totals = {"begun": 0, "sent": 0, "failed": 0, "given_up": 0, "unknown": 0}
        self._held: Counter[str] = Counter()

    def report(self) -> dict[str, Any]:
        """Return what the run did, and what it held back for which reason."""
        return {**self._totals, "held": dict(sorted(self._held.items()))}

    def go(self) -> None:
        """Do the whole run."""
        self._finish_open()
        for wanted in self._batches():
            asked = [one.as_json() for one in wanted]

            def claim(tx: Transaction, wanted: Sequence[Wanted] = wanted) -> dict[str, Any]:
                return {"begun": reminding.begin(tx, wanted, self._port)}

            begun = self._do("begin", {"wanted": asked, "port": self._port.name}, claim)["begun"]
            self._totals["begun"] += len(begun)
            self._send(begun)
            if self._totals["begun"] >= REMINDERS_PER_RUN_MAX:
                return

    def _finish_open(self) -> None:
        """Hand over again what a killed run left open, or give it up as unknown."""
        tenant_id = self._principal.tenant_id
        with self._database.read() as connection:
            found = reminding.left_open(connection, tenant_id, REMINDERS_PER_RUN_MAX)
        for at in range(0, len(found), self._batch):
            batch = found[at : at + self._batch]

            def settle(tx: Transaction, batch: Sequence[UUID] = batch) -> dict[str, Any]:
                return {"again": reminding.settle_open(tx, batch, self._port)}

            again = self._do("settle", {"open": [str(one) for one in batch]}, settle)["again"]
            self._totals["unknown"] += len(batch) - len(again)
            self._send(again)

    def _batches(self) -> Iterator[list[Wanted]]:
        tenant_id = self._principal.tenant_id
        for coming in (False, True):
            after: UUID | None = None
            while True:
                now = self._database.clock.now()
                with self._database.read() as connection:
                    page = reminding.wanted_after(connection, tenant_id, now, after, coming=coming)
                self._held.update(page.held)
                for at in range(0, len(page.wanted), self._batch):
                    yield page.wanted[at : at + self._batch]
                if page.last is None:
                    break
                after = page.last

    def _send(self, reminder_ids: Sequence[str]) -> None:
        """Hand claimed reminders to the port, outside of any transaction, and write down how."""
        if not reminder_ids:
            return
        wanted = [UUID(one) for one in reminder_ids]
        with self._database.read() as connection:
            found = reminding.messages_of(connection, self._principal.tenant_id, wanted)
        outcomes: dict[UUID, SendOutcome] = {
            message.reminder_id: self._port.send(message) for message in found
        }
        said = {str(reminder_id): outcome.value for reminder_id, outcome in outcomes.items()}
        totals = self._do("record", said, lambda tx: reminding.record(tx, outcomes))
        for name, count in totals.items():
            self._totals[name] += count

    def _do(self, what: str, body: dict[str, Any], handle: Handle) -> dict[str, Any]:
        self._orders += 1
        key = f"remind:{self._name}:{self._orders}"
        command = Command(f"lending.remind_{what}", self._principal, key, body)
        return self._database.command(command, handle).value
