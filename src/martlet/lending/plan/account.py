"""The account of a loan with a plan: events are laid over its rows, one after another.

What was drawn, charged and raised again is what was paid plus what is owed, after every event:
`Account` moves money in matched pairs only, and what no row takes is owed to the customer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.lending.events import CREDITS, MONEY_OUT, ChargedBack, EventKind, Waived
from martlet.lending.plan.advanced import Paying
from martlet.lending.plan.early_end import earned_by_days, end_early, planned
from martlet.lending.plan.fees import late_fee
from martlet.lending.plan.rows import Row, RowKind, place, raise_again
from martlet.lending.plan.rules import (
    FEE,
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Waterfall,
)
from martlet.lending.plan.story import planned as planned_charge
from martlet.lending.plan.waterfall import pay_rows

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from martlet.lending.events import LoanEvent
    from martlet.lending.parts import Component
    from martlet.lending.plan.story import PlanTerms


def no_parts() -> dict[Component, int]:
    """Return nothing of every part."""
    return {PENALTY: 0, FEE: 0, INTEREST: 0, PRINCIPAL: 0}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event did: its parts, what of it is overpaid, and the principal owed after it."""

    event_id: UUID
    kind: EventKind
    value_date: date
    amount_fen: int
    parts: dict[Component, int]
    overpaid_fen: int
    balance_fen: int
    recovered_fen: int = 0


@dataclass(slots=True)
class Account:
    """Rows, what was overpaid, and what every event did."""

    terms: PlanTerms
    rows: list[Row] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    disbursed_fen: int = 0
    overpaid_fen: int = 0
    balance_fen: int = 0
    """Principal by the transactions: below nothing while a later drawdown is paid already."""
    charged_off_on: date | None = None
    written_off_on: date | None = None
    recovered_fen: int = 0
    waived: dict[Component, int] = field(default_factory=no_parts)
    lost: dict[Component, int] = field(default_factory=no_parts)
    closed_on: date | None = None
    paid_by: dict[UUID, dict[Component, int]] = field(default_factory=dict)
    first_open: int = 0
    drawn: list[LoanEvent] = field(default_factory=list)

    @property
    def outstanding_fen(self) -> int:
        """What all rows still ask for."""
        return sum(row.open_fen for row in self.rows)

    def apply(self, event: LoanEvent) -> None:
        """Lay an event over the rows; what shapes the plan itself has shaped it already."""
        self.fall_late(event.value_date)
        if self.written_off_on is not None:
            self._after_loss(event)
        elif event.kind in CREDITS or event.kind is EventKind.RECOVERED:
            self._credit(event)
        elif event.kind is EventKind.DISBURSED:
            self.disburse(event)
        elif event.kind is EventKind.CHARGED_BACK:
            self._charge_back(event)
        elif event.kind is EventKind.REFUNDED_IN_CASH:
            self._refund(event)
        elif event.kind is EventKind.OVERPAYMENT_REFUNDED:
            self._give_back(event)
        elif event.kind is EventKind.CHARGED_OFF:
            self._charge_off(event)
        elif event.kind is EventKind.WAIVED:
            self.waive(event)
        elif event.kind is EventKind.WRITTEN_OFF:
            self.write_off(event)
        self._note_closing(event.value_date)

    def disburse(self, event: LoanEvent) -> None:
        """Book a drawdown; a cumulative plan knows of it already."""
        self.drawn.append(event)
        self.disbursed_fen += event.amount_fen
        self._book(event, no_parts(), 0, event.amount_fen)

    # Money in.

    def _credit(self, event: LoanEvent) -> None:
        parts = no_parts()
        left = self.pay(event.kind, event.amount_fen, event.value_date, parts)
        self.overpaid_fen += left
        self.paid_by[event.event_id] = dict(parts)
        self._book(event, parts, left, -parts[PRINCIPAL])

    def pay(self, kind: EventKind, amount_fen: int, day: date, parts: dict[Component, int]) -> int:
        """Pay rows by the rules of the product; return what is left."""
        amount_fen += self.end_early(day, amount_fen, parts)
        return self.lay(kind, amount_fen, day, parts)

    def lay(self, kind: EventKind, amount_fen: int, day: date, parts: dict[Component, int]) -> int:
        """Lay money over the rows as they ask; return what is left."""
        self._skip_paid()
        rows = self.rows[self.first_open :] if self.first_open else self.rows
        rules = self.terms.rules.allocation
        if isinstance(rules, Waterfall):
            return pay_rows(rows, amount_fen, day, rules, parts)
        return Paying(rows, day, rules.rule(kind), self.terms.mode, amount_fen, parts).run(rules)

    def oldest_due_on(self, day: date) -> date | None:
        """Return the oldest day that fell due by a day and is not paid in full."""
        if self._skip_paid():
            return None
        first = self.rows[self.first_open].due_on
        return first if first <= day else None

    def _skip_paid(self) -> bool:
        """Pass the rows that are paid; tell whether all of them are."""
        while self.first_open < len(self.rows) and self.rows[self.first_open].open_fen == 0:
            self.first_open += 1
        return self.first_open == len(self.rows)

    # What comes with time, and what does not come any more.

    def fall_late(self, until: date) -> None:
        """Charge late fees by rule on the mornings that have come, one after another."""
        while (day := self.next_late_on()) is not None and day <= until:
            self.charge_late(day)

    def charge_late(self, day: date) -> None:
        """Charge the rows whose late fee comes on a morning."""
        fee = self.terms.rules.late_fee
        assert fee is not None, "somebody else charges what is late"
        due_on = day - timedelta(days=fee.after_days)
        late = [row for row in self.rows if not row.late_asked and row.due_on <= due_on]
        for number, row in enumerate(late):
            late_fee(self.terms, fee, row, (self.drawn[0], number), day)

    def next_late_on(self) -> date | None:
        """Return the morning on which the next row that is open then is charged a late fee."""
        fee = self.terms.rules.late_fee
        ended = self.charged_off_on is not None or self.written_off_on is not None
        if fee is None or not fee.by_rule or ended or not self.drawn:
            return None
        asked = (row for row in self.rows if not row.late_asked)
        return self.late_on(min(asked, key=lambda row: row.due_on, default=None))

    def late_on(self, row: Row | None) -> date | None:
        """Return the morning on which a row that is still open is charged a late fee."""
        fee = self.terms.rules.late_fee
        if row is None or fee is None:
            return None
        return row.due_on + timedelta(days=fee.after_days)

    def earned(self, row: Row, day: date) -> int:
        """Return what of the interest that a row asks for was earned by a day."""
        return earned_by_days(self.terms, row, day)

    def end_early(self, day: date, amount_fen: int, parts: dict[Component, int]) -> int:
        """Ask no more for what is to come where an amount pays the rest; return what comes back."""
        return end_early(self, day, amount_fen, parts)

    # Money out.

    def _charge_back(self, event: LoanEvent) -> None:
        """Raise again what a payment had paid; what was overpaid pays for it first.

        Where the product says which parts are raised, all of them are, and what was overpaid pays
        the row; else only what was not overpaid is raised, as principal.
        """
        taken = min(event.amount_fen, self.overpaid_fen)
        self.overpaid_fen -= taken
        by_parts = bool(self.terms.rules.credit_order)
        parts = self._raised(event, event.amount_fen - (0 if by_parts else taken))
        if sum(parts.values()):
            raise_again(self.rows, event.value_date, parts)
            self.first_open = 0
        paid = no_parts()
        if by_parts and taken:
            self.overpaid_fen += self.pay(event.kind, taken, event.value_date, paid)
        self._book(event, parts, taken, parts[PRINCIPAL] - paid[PRINCIPAL])

    def _raised(self, event: LoanEvent, amount_fen: int) -> dict[Component, int]:
        """Return which parts are raised: by the order of the product, as they had been paid."""
        parts, left = no_parts(), amount_fen
        known = isinstance(event.details, ChargedBack) and event.details.event_id
        had = self.paid_by.get(known, {}) if known else {}
        for part in self.terms.rules.credit_order:
            if part is not PRINCIPAL and had:
                parts[part] = min(left, had[part])
                had[part] -= parts[part]
                left -= parts[part]
        parts[PRINCIPAL] = left
        return parts

    def _refund(self, event: LoanEvent) -> None:
        """Give money back that was paid: the last row first, principal before charges."""
        taken = min(event.amount_fen, self.overpaid_fen)
        self.overpaid_fen -= taken
        parts, left = no_parts(), event.amount_fen - taken
        for row in reversed(self.rows):
            if row.kind is RowKind.EMPTIED:
                continue
            for part in (PRINCIPAL, INTEREST, FEE, PENALTY):
                back = row.unpay(part, left)
                parts[part] += back
                left -= back
        self._raise_principal(event, parts, left)
        self.first_open = 0
        self._book(event, parts, taken, parts[PRINCIPAL])

    def _give_back(self, event: LoanEvent) -> None:
        """Give back what was overpaid; what was not overpaid is owed again."""
        taken = min(event.amount_fen, self.overpaid_fen)
        self.overpaid_fen -= taken
        parts = no_parts()
        self._raise_principal(event, parts, event.amount_fen - taken)
        self.first_open = 0
        self._book(event, parts, taken, parts[PRINCIPAL])

    def _raise_principal(
        self, event: LoanEvent, parts: dict[Component, int], amount_fen: int
    ) -> None:
        """Let money that went out and was neither paid nor overpaid be owed as principal."""
        if amount_fen:
            raise_again(self.rows, event.value_date, {PRINCIPAL: amount_fen})
            parts[PRINCIPAL] += amount_fen

    def _charge_off(self, event: LoanEvent) -> None:
        """Note what is owed on the day on which the loan stops earning; nothing is forgiven."""
        self.charged_off_on = self.charged_off_on or event.value_date
        for row in self.rows:
            row.drop_coming(event.value_date, give_back=False)
        if not self.terms.rules.charged_off_bears:
            self.stop_interest(event.value_date)
        parts = no_parts()
        for row in self.rows:
            for part in parts:
                parts[part] += row.unpaid(part)
        self.entries.append(_entry(event, parts, 0, 0))

    def waive(self, event: LoanEvent) -> None:
        """Give up charges or interest, the oldest first; an amount of nothing gives up all."""
        assert isinstance(event.details, Waived), event
        part, parts = event.details.component, no_parts()
        day = event.value_date
        left = event.amount_fen or sum(self._owed_by(row, part, day) for row in self.rows)
        for row in self.rows:
            parts[part] += row.give_up(part, left - parts[part], day)
        self.waived[part] += parts[part]
        self.end_where_nothing_is_left(event)
        self.entries.append(_entry(event, parts, 0, 0, parts[part]))

    def stop_interest(self, day: date) -> None:
        """Let rows to come ask for the interest that their days have cost so far, or was paid."""
        for row in self.rows:
            if row.due_on > day:
                had = max(0, row.settled(INTEREST) - row.raised[INTEREST])
                row.lower_interest(row.raised[INTEREST] + max(had, self.earned(row, day)))
                row.ended_early = True

    def end_where_nothing_is_left(self, event: LoanEvent) -> None:
        """Let what was paid ahead pay for the rest where no more than that is left."""
        back = self.end_early(event.value_date, 0, no_parts())
        if back:
            self.overpaid_fen += self.pay(event.kind, back, event.value_date, no_parts())

    def _owed_by(self, row: Row, part: Component, day: date) -> int:
        """Return what of a part of a row is owed by a day and not paid."""
        unpaid = row.unpaid(part)
        if part is INTEREST:
            return unpaid - min(unpaid, planned(row) - self.earned(row, day))
        return unpaid - row.uncharged(day) if part is FEE else unpaid

    def write_off(self, event: LoanEvent) -> None:
        """Give up all that is owed, with a loss."""
        self.written_off_on, parts = event.value_date, no_parts()
        for row in self.rows:
            row.drop_coming(event.value_date, give_back=False)
            for part, amount_fen in row.write_off(event.value_date).items():
                parts[part] += amount_fen
        for part, amount_fen in parts.items():
            self.lost[part] += amount_fen
        self.entries.append(_entry(event, parts, 0, 0, sum(parts.values())))

    def _after_loss(self, event: LoanEvent) -> None:
        """Money that comes in after the write-off is recovered; what goes out is lost as well."""
        if event.kind is EventKind.GOODWILL_CREDIT:
            return
        if event.kind in CREDITS or event.kind is EventKind.RECOVERED:
            self.recovered_fen += event.amount_fen
            self.entries.append(
                replace(_entry(event, no_parts(), 0, 0), recovered_fen=event.amount_fen)
            )
        elif event.kind is EventKind.DISBURSED:
            self.disburse_lost(event)
        elif event.kind in MONEY_OUT:
            taken = min(event.amount_fen, self.overpaid_fen)
            self.overpaid_fen -= taken
            parts = {**no_parts(), PRINCIPAL: event.amount_fen - taken}
            self.lose(event.value_date, parts[PRINCIPAL], raised=True)
            self._book(event, parts, taken, 0)

    def disburse_lost(self, event: LoanEvent) -> None:
        """Book a drawdown that is lost already: the plan knew of it when all was written off."""
        self.disburse(event)

    def lose(self, day: date, amount_fen: int, *, raised: bool) -> None:
        """Let principal stand in a row of its own and be given up at once."""
        if amount_fen:
            row = Row(RowKind.ADDITIONAL, day, day)
            row.due[PRINCIPAL] = amount_fen
            row.raised[PRINCIPAL] = amount_fen if raised else 0
            row.write_off(day)
            self.rows.append(row)
            self.rows.sort(key=lambda one: one.due_on)
            self.lost[PRINCIPAL] += amount_fen

    # Books.

    def _book(
        self, event: LoanEvent, parts: dict[Component, int], overpaid_fen: int, by_fen: int
    ) -> None:
        self.balance_fen += by_fen
        self.entries.append(_entry(event, parts, overpaid_fen, max(0, self.balance_fen)))

    def _note_closing(self, day: date) -> None:
        """Remember since when nothing is owed."""
        if self.disbursed_fen == 0 or not self._skip_paid():
            self.closed_on = None
        elif self.closed_on is None:
            self.closed_on = day

    def add_charge(self, event: LoanEvent) -> None:
        """Let a charge fall due with the row of its day."""
        place(self.rows, planned_charge(event))
        self.first_open = 0

    def note_entry(self, event: LoanEvent, parts: dict[Component, int], amount_fen: int) -> None:
        """Write down what an event moved that is no payment."""
        self.entries.append(_entry(event, parts, 0, 0, amount_fen))


def _entry(
    event: LoanEvent,
    parts: dict[Component, int],
    overpaid_fen: int,
    balance_fen: int,
    amount_fen: int | None = None,
) -> Entry:
    owed = sum(parts.values()) if event.kind is EventKind.CHARGED_OFF else event.amount_fen
    return Entry(
        event.event_id,
        event.kind,
        event.value_date,
        owed if amount_fen is None else amount_fen,
        parts,
        overpaid_fen,
        balance_fen,
    )
