"""The progressive plan: forward in time, what happens on a day changes only what is still to come.

Without interest the rows to come share what is drawn; with it they follow `RunningInterest`. All
principal that is owed stands in exactly one row.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.lending.events import EventKind, Extended, RateChanged, ReAged, Rescheduled
from martlet.lending.plan.account import Account, no_parts
from martlet.lending.plan.early_end import may_end, planned
from martlet.lending.plan.fees import add_instalment_fees, drawdown_fees
from martlet.lending.plan.rows import Row, RowKind, place
from martlet.lending.plan.rules import INTEREST, PRINCIPAL, FutureRule, Waterfall, step
from martlet.lending.plan.running import PLANNED, RunningInterest
from martlet.lending.plan.story import CHARGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.events import LoanEvent
    from martlet.lending.parts import Component
    from martlet.lending.plan.story import PlanTerms


RESHAPING = frozenset(
    {
        EventKind.RE_AGED,
        EventKind.RE_AMORTISED,
        EventKind.RESCHEDULED,
        EventKind.EXTENDED,
        EventKind.RATE_CHANGED,
    }
)


@dataclass(slots=True)
class ProgressiveAccount(Account):
    """An account whose rows are made and changed as events pass."""

    running: RunningInterest | None = field(default=None)
    """None: the loan bears no interest."""

    # Events.

    def apply(self, event: LoanEvent) -> None:
        """Lay an event over the rows, or let it change the rows."""
        if self.running is not None:
            self.settle(event.value_date)
        self.fall_late(event.value_date)
        if self.written_off_on is not None:
            self._after_loss(event)
            return
        if event.kind in CHARGES:
            self.add_charge(event)
        elif event.kind in RESHAPING:
            self.reshape(event)
        Account.apply(self, event)
        if self.running is not None:
            self.running.follow(self.rows, self.first_open)

    def disburse(self, event: LoanEvent) -> None:
        """Make the rows with the first drawdown; let a later one raise what is still to come."""
        day = event.value_date
        if not self.rows:
            self._begin(day)
        self.settle(day)
        down_fen = self.terms.down_payment(event.amount_fen)
        if self.terms.rules.down_payment_ppm:
            row = Row(RowKind.DOWN_PAYMENT, day, day)
            row.due[PRINCIPAL] = down_fen
            self.rows.insert(sum(row.due_on <= day for row in self.rows), row)
            self._restart()
        self.balance_fen += event.amount_fen
        self._level(day, event.amount_fen - down_fen)
        self._bring_fees(event)
        self.disbursed_fen += event.amount_fen
        before, parts, self.first_open = self.overpaid_fen, no_parts(), 0
        if before:
            self.overpaid_fen = self.pay(event.kind, before, day, parts)
        self._book(event, no_parts(), before - self.overpaid_fen, -parts[PRINCIPAL])

    def disburse_lost(self, event: LoanEvent) -> None:
        """Book a drawdown after the write-off, which is lost at once."""
        self.disbursed_fen += event.amount_fen
        self.lose(event.value_date, event.amount_fen, raised=False)

    def _bring_fees(self, event: LoanEvent) -> None:
        for made in drawdown_fees(self.terms, event):
            place(self.rows, made)
        coming = [row for row in self.rows if row.kind in PLANNED and row.due_on > event.value_date]
        add_instalment_fees(self.terms, coming, event, first=not self.drawn)
        self.drawn.append(event)

    def _fees_with(self, rows: Sequence[Row]) -> None:
        """Let rows that were added ask for what every instalment asks for."""
        for number, event in enumerate(self.drawn if self.terms.rules.fees else ()):
            add_instalment_fees(self.terms, rows, event, first=number == 0)

    def _begin(self, day: date) -> None:
        """Make the rows, which ask for nothing yet."""
        begins = day
        for number in range(1, self.terms.instalments + 1):
            due_on = step(day, number, self.terms.rules.frequency)
            self.rows.append(Row(RowKind.INSTALMENT, begins, due_on))
            begins = due_on
        if self.terms.annual_rate:
            self.running = RunningInterest(self.terms, day, self.terms.annual_rate)

    def reshape(self, event: LoanEvent) -> None:
        """Take up what was agreed anew."""
        self.settle(event.value_date)
        match event.details:
            case ReAged():
                self._re_age(event, event.details)
            case Rescheduled():
                self._reschedule(event, event.details)
            case Extended():
                self._add_rows(event.details.extra_terms)
                self._restart()
                self._level(event.value_date)
            case RateChanged():
                self._change_rate(event.value_date, self.terms.per_year(event.details.rate))
            case _:
                self._re_amortise(event)
        self.first_open = 0
        self.end_where_nothing_is_left(event)

    def _re_age(self, event: LoanEvent, agreed: ReAged) -> None:
        """Let all principal fall due anew, in rows of its own after the others."""
        moved = sum(self._waive_row(row, event.value_date) for row in self.rows)
        self._empty_rows(event.value_date)
        known = len(self.rows)
        begins = max(row.due_on for row in self.rows)
        each = self.terms.in_units(Fraction(moved, agreed.instalments))
        for number in range(agreed.instalments):
            due_on = step(agreed.first_due_on, number, agreed.frequency)
            row = Row(RowKind.RE_AGED, min(begins, due_on), due_on)
            last = number + 1 == agreed.instalments
            row.due[PRINCIPAL] = moved - each * number if last else min(each, moved - each * number)
            self.rows.append(row)
            begins = due_on
        self._fees_with(self.rows[known:])
        self.rows.sort(key=lambda row: row.due_on)
        self._restart()
        if self.running is not None:
            self._level(event.value_date)
        self._note_moved(event, moved)

    def _empty_rows(self, day: date) -> None:
        """Let the rows to come ask for no interest and no fees any more: the new ones will."""
        for row in self.rows:
            row.drop_coming(day, give_back=False)
        for row in self.rows if self.running is not None else ():
            if row.kind in PLANNED and row.due_on > day:
                row.kind = RowKind.EMPTIED
                row.due[INTEREST] = row.paid[INTEREST]
                row.settle_at(day)

    def _restart(self) -> None:
        if self.running is not None:
            self.running.restart(self.rows)

    def _re_amortise(self, event: LoanEvent) -> None:
        """Spread what is overdue over the rows to come."""
        day = event.value_date
        coming = [row for row in self.rows if row.kind in PLANNED and row.due_on > day]
        if not coming:
            return
        moved = sum(self._waive_row(row, day) for row in self.rows if row.due_on <= day)
        self._note_moved(event, moved)
        if self.running is not None:
            self._restart()
            self._level(day)
            return
        each = self.terms.in_units(Fraction(moved, len(coming)))
        for row in coming[:-1]:
            row.due[PRINCIPAL] += each
            row.reopen()
        coming[-1].due[PRINCIPAL] += moved - each * (len(coming) - 1)
        coming[-1].reopen()

    def _waive_row(self, row: Row, day: date) -> int:
        """Take the unpaid principal out of a row; return it."""
        moved = row.unpaid(PRINCIPAL)
        if moved:
            row.due[PRINCIPAL] -= moved
            row.settle_at(day)
        return moved

    def _note_moved(self, event: LoanEvent, moved: int) -> None:
        parts = no_parts()
        parts[PRINCIPAL] = moved
        self.note_entry(event, parts, moved)

    def _reschedule(self, event: LoanEvent, agreed: Rescheduled) -> None:
        """Move due dates, add rows, change the rate: from the row of a due date on."""
        if agreed.moved_to is not None:
            count, begins = 0, agreed.moved_to
            for row in self.rows:
                if row.kind is RowKind.INSTALMENT and row.due_on >= agreed.from_due_on:
                    row.move(step(agreed.moved_to, count, self.terms.rules.frequency))
                    row.from_on = begins if count else row.from_on
                    begins, count = row.due_on, count + 1
            self.rows.sort(key=lambda row: row.due_on)
        self._add_rows(agreed.extra_terms)
        self._restart()
        if agreed.rate is not None:
            self._change_rate(event.value_date, self.terms.per_year(agreed.rate))
        elif agreed.extra_terms:
            self._level(event.value_date)

    def _change_rate(self, day: date, rate: Fraction) -> None:
        if self.running is not None:
            self.running.change_rate(rate)
            self._level(day)

    def _add_rows(self, extra: int) -> None:
        last = next(row for row in reversed(self.rows) if row.kind in PLANNED)
        begins, known = last.due_on, len(self.rows)
        for number in range(1, extra + 1):
            due_on = step(last.due_on, number, self.terms.rules.frequency)
            self.rows.append(Row(last.kind, begins, due_on))
            begins = due_on
        self._fees_with(self.rows[known:])
        self.rows.sort(key=lambda row: row.due_on)

    # What the rows ask for.

    def _level(self, day: date, raised_fen: int = 0) -> None:
        """Find the level instalment of the rows to come anew, with so much more to ask for."""
        coming = [row for row in self.rows if row.kind in PLANNED and row.due_on > day]
        if self.running is not None and coming:
            self.running.level(self.rows, self.owed_fen)
            return
        coming = coming or [row for row in self.rows if row.kind in PLANNED][-1:]
        share_alike(self.terms, coming, sum(row.due[PRINCIPAL] for row in coming) + raised_fen)

    # Interest.

    @property
    def owed_fen(self) -> int:
        """Principal that is owed, and bears interest."""
        return self.balance_fen

    def settle(self, day: date) -> None:
        """Let interest run to a day."""
        if self.running is not None:
            self.running.settle(self.rows, day, self.owed_fen)

    def charge_late(self, day: date) -> None:
        """Charge what is late by then, of rows that know what they have cost."""
        self.settle(day)
        Account.charge_late(self, day)

    def pay(self, kind: EventKind, amount_fen: int, day: date, parts: dict[Component, int]) -> int:
        """Pay rows that ask for what would pay them today; return what is left."""
        running = self.running
        if running is None:
            return Account.pay(self, kind, amount_fen, day, parts)
        # A row that was raised or charged just now may stand before the running one.
        if len(self.rows) != running.known:
            self._restart()
        amount_fen += self.end_early(day, amount_fen, parts)
        self.settle(day)
        backwards = self._future(kind) is FutureRule.LAST
        if backwards:
            running.ask_backwards(self.rows, self.owed_fen)
        else:
            running.ask_now(self.rows, self.owed_fen, self._reach(kind, amount_fen))
        first = next(
            (index for index in range(running.at, len(self.rows)) if self.rows[index].open_fen),
            len(self.rows),
        )
        had, principal = parts[PRINCIPAL], running.running_paid_fen(self.rows)
        left = self.lay(kind, amount_fen, day, parts)
        running.forget_paid_interest(self.rows, first)
        running.rest(self.rows, day, principal)
        if backwards:
            running.close_covered(self.rows, self.owed_fen - parts[PRINCIPAL] + had, day)
        return left

    def _future(self, kind: EventKind) -> FutureRule:
        """Return which rows to come a payment goes to."""
        rules = self.terms.rules.allocation
        return FutureRule.NEXT if isinstance(rules, Waterfall) else rules.rule(kind)

    def end_early(self, day: date, amount_fen: int, parts: dict[Component, int]) -> int:
        """Ask no more for fees to come where an amount pays the rest; return what comes back."""
        if not may_end(self, day, amount_fen):
            return 0
        if self.terms.rules.fees:
            self._ask_all(day)
        return Account.end_early(self, day, amount_fen, parts)

    def earned(self, row: Row, day: date) -> int:
        """Return all of it where interest runs by itself: a row asks for what was earned."""
        return Account.earned(self, row, day) if self.running is None else planned(row)

    def _ask_all(self, day: date) -> None:
        """Let all rows ask for what would pay the loan off on a day."""
        if self.running is not None:
            self.settle(day)
            self.running.ask_now(self.rows, self.owed_fen, None)

    def waive(self, event: LoanEvent) -> None:
        """Give up of what is owed on the day."""
        self._ask_all(event.value_date)
        Account.waive(self, event)

    def write_off(self, event: LoanEvent) -> None:
        """Give up all that would pay the loan on the day."""
        self._ask_all(event.value_date)
        Account.write_off(self, event)

    def stop_interest(self, day: date) -> None:
        """Let interest run no more."""
        if self.running is None:
            Account.stop_interest(self, day)
        else:
            self._change_rate(day, Fraction(0))

    def _reach(self, kind: EventKind, amount_fen: int) -> int | None:
        """Return how far into the rows to come an amount may reach; None: anywhere."""
        return amount_fen if self._future(kind) is FutureRule.NEXT else None

    def finish(self, looked_on: date) -> None:
        """Bring the rows to the day on which the loan was looked at last."""
        if self.running is not None:
            self.settle(looked_on)
            self.running.plan(self.rows, self.owed_fen)

    def pay_off_fen(self, on: date) -> int:
        """Return what would pay the loan off on a day."""
        self._ask_all(on)
        return self.outstanding_fen


def share_alike(terms: PlanTerms, rows: Sequence[Row], whole: int) -> None:
    """Let rows ask for equal parts of an amount, no row for less than it was paid already."""
    level_fen, left = terms.in_units(Fraction(whole, len(rows))), whole
    for row in rows:
        asked = left if row is rows[-1] else min(level_fen, left)
        row.due[PRINCIPAL] = max(asked, row.paid[PRINCIPAL])
        left -= row.due[PRINCIPAL]
    for row in reversed(rows):
        spared = min(max(0, -left), row.due[PRINCIPAL] - row.paid[PRINCIPAL])
        row.due[PRINCIPAL] -= spared
        left += spared
        row.reopen()
    assert left == 0, (whole, left)
