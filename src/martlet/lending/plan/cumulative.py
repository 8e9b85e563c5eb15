"""The cumulative plan: made anew from the first drawdown on, period after period.

The sum of principal over the rows is what was drawn. Where interest follows what was really paid
(recalculation), payments take part in the making; they are laid over the finished plan afterwards,
like every other.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import takewhile
from typing import TYPE_CHECKING

from martlet.lending.parts import Component
from martlet.lending.plan.arrears import Arrears
from martlet.lending.plan.fees import add_instalment_fees, drawdown_fees
from martlet.lending.plan.flat import FlatInterest
from martlet.lending.plan.interest import level_payment, level_share, rows_interest
from martlet.lending.plan.limits import ROWS_MAX
from martlet.lending.plan.rows import PlannedCharge, Row, RowKind, place
from martlet.lending.plan.rules import (
    INTEREST,
    PRINCIPAL,
    Advance,
    Amortisation,
    InterestType,
    LaterDrawdowns,
    Rest,
    Waterfall,
    step,
)
from martlet.lending.plan.waterfall import pay_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.events import LoanEvent
    from martlet.lending.plan.story import Change, PlanTerms, Story


def cumulative_rows(terms: PlanTerms, story: Story) -> list[Row]:
    """Return the rows of the plan, with every charge in its row and nothing paid."""
    draws = [(event.value_date, event.amount_fen) for event in story.drawdowns]
    fees = [fee for event in story.drawdowns for fee in drawdown_fees(terms, event)]
    making = _Making(terms, draws, story.changes(terms), [*story.charges, *fees])
    if terms.rules.recalculation is not None:
        making.payments.extend(_Payment(event.value_date, event) for event in story.credits)
        making.touched_on = story.touched_on
    making.make()
    for made in making.charges:
        place(making.rows, made)
    _add_fees(terms, story, making.rows)
    for row in making.rows:
        row.forget_payments()
        # What asks for nothing was never open.
        row.settle_at(making.start)
    return making.rows


def _add_fees(terms: PlanTerms, story: Story, rows: Sequence[Row]) -> None:
    """Let instalments ask for the fees that come with them: for what was drawn before each."""
    for number, drawn in enumerate(story.drawdowns if terms.rules.fees else ()):
        coming = [
            row for row in rows if row.kind is RowKind.INSTALMENT and row.due_on > drawn.value_date
        ]
        add_instalment_fees(terms, coming, drawn, first=number == 0)


@dataclass(slots=True)
class _Payment:
    """A payment while a plan is made: what of it is left to be used."""

    on: date
    event: LoanEvent
    left_fen: int = 0

    def __post_init__(self) -> None:
        self.left_fen = self.event.amount_fen


@dataclass(slots=True)
class _Making:
    """A plan in the making; never leaves this module."""

    terms: PlanTerms
    draws: list[tuple[date, int]]
    changes: Sequence[Change]
    charges: list[PlannedCharge]
    """Those that have no row yet, by due date."""
    payments: deque[_Payment] = field(default_factory=deque)
    touched_on: Sequence[date] = ()
    rows: list[Row] = field(default_factory=list)
    start: date = field(init=False)
    number: int = field(init=False)
    """How many instalments there are."""
    rate: Fraction = field(init=False)
    made: int = 0
    """Instalments that are made."""
    balance_fen: int = 0
    """Principal that no row has asked for yet."""
    base_fen: int = 0
    """The balance that bears interest."""
    level_fen: int | None = None
    """The level instalment (flat or of equal principal: its principal); None: to be found anew."""
    shares_term: bool = False
    """The level is to be found from all that was drawn, over the whole term."""
    drawn_fen: int = 0
    """All that was drawn, less its down payments."""
    ahead_fen: int = 0
    """What is still to be drawn, as far as the next level is to count on it."""
    held_back_fen: int = 0
    """Interest of rows with grace, to be asked for with the next one."""
    skipped_fen: int = 0
    """Principal paid early that the next rows need not ask for."""
    flat: FlatInterest = field(init=False)
    principal_grace: int = field(init=False)
    """The last period without principal."""
    interest_grace: int = field(init=False)
    """The last period whose interest is asked for later."""
    arrears: Arrears = field(init=False)

    def __post_init__(self) -> None:
        self.start = self.draws[0][0]
        self.charges = sorted(self.charges, key=lambda made: made.due_on)
        self.number = self.terms.instalments
        self.rate = self.terms.annual_rate
        self.principal_grace = self.terms.rules.principal_grace
        self.interest_grace = self.terms.rules.interest_grace
        self.flat = FlatInterest(self.terms, self.start)
        self.arrears = Arrears(self.terms.rules)

    # The loop.

    def make(self) -> None:
        """Make row after row until everything that was drawn is asked for."""
        self._draw_until(self.start)
        begins, seed, count, period = self.start, self.start, 0, 0
        while self.balance_fen > 0 or self.draws:
            count, period = count + 1, period + 1
            assert period <= ROWS_MAX, period
            due_on = step(seed, count, self.terms.rules.frequency)
            moved = self._moved(due_on)
            if moved != due_on:
                due_on, seed, count = moved, moved, 0
            self._change(period, due_on)
            self._make_row(period, begins, due_on)
            begins, self.made = due_on, period

    def _make_row(self, period: int, begins: date, due_on: date) -> None:
        early_fen, portions = self._pay_before(due_on)
        drawn = self._draw_until(due_on)
        balances = self._balances(begins, due_on, [*portions, *drawn])
        interest = self._interest(period, (begins, due_on), balances)
        principal = self._principal(period, interest, early_fen)
        taken = min(principal, self.skipped_fen)
        principal, self.skipped_fen = principal - taken, self.skipped_fen - taken
        if early_fen > principal:
            excess, principal = early_fen - principal, early_fen
            self._paid_early(period, excess, self.balance_fen)
        self.balance_fen -= principal - early_fen
        if self.balance_fen < 0:
            principal, self.balance_fen = principal + self.balance_fen, 0
        row = Row(RowKind.INSTALMENT, begins, due_on)
        row.due[PRINCIPAL], row.due[INTEREST] = principal, interest
        self._take_charges(row)
        self._end_early(row)
        self.rows.append(row)
        self._pay_on(period, row)
        self.base_fen = self.balance_fen
        self.arrears.end_period(self.rows)

    def _draw_until(self, day: date) -> list[tuple[date, int]]:
        """Take up what is drawn by a day; return how each drawdown raises the balance."""
        raised = []
        while self.draws and self.draws[0][0] <= day:
            on, amount_fen = self.draws.pop(0)
            if self.terms.rules.down_payment_ppm:
                row = Row(RowKind.DOWN_PAYMENT, on, on)
                row.due[PRINCIPAL] = self.terms.down_payment(amount_fen)
                self.rows.append(row)
            self.balance_fen += self._net(amount_fen)
            self.drawn_fen += self._net(amount_fen)
            self.level_fen, self.shares_term, self.ahead_fen = None, self._over_term, 0
            self.flat.raise_by(amount_fen, self.rate, self.number - self.made, self.number)
            raised.append((on, self._net(amount_fen)))
        if day == self.start:
            self.base_fen = self.balance_fen
        return raised

    def _net(self, drawn_fen: int) -> int:
        """Return what of a drawdown the instalments repay."""
        return drawn_fen - self.terms.down_payment(drawn_fen)

    def _moved(self, due_on: date) -> date:
        for change in self.changes:
            if change.from_due_on == due_on and change.moved_to is not None:
                due_on = change.moved_to
        return due_on

    def _change(self, period: int, due_on: date) -> None:
        """Take up what was agreed anew from this due date on."""
        left = []
        for change in self.changes:
            if (change.moved_to or change.from_due_on) > due_on:
                left.append(change)
                continue
            if change.moved_to is None:
                self.level_fen, self.shares_term = None, False
                self.flat.each = None
            if change.extra_terms and self._over_term:
                # A new number of rows is agreed for all that is drawn, what comes later included.
                self.ahead_fen = sum(self._net(amount_fen) for _, amount_fen in self.draws)
            self.number += change.extra_terms
            if change.principal_grace:
                # Principal that was agreed to wait needs as many more rows.
                self.principal_grace = period - 1 + change.principal_grace
                self.number += change.principal_grace
            if change.interest_grace:
                self.interest_grace = period - 1 + change.interest_grace
            if change.rate is not None:
                self.rate, self.level_fen, self.shares_term = change.rate, None, False
                self.flat.restart(self.balance_fen, change.rate)
        self.changes = left

    def _take_charges(self, row: Row) -> None:
        while self.charges and self.charges[0].due_on <= row.due_on:
            row.charge(self.charges.pop(0))

    # What a row asks for.

    def _balances(
        self, begins: date, ends: date, moves: list[tuple[date, int]]
    ) -> list[tuple[date, int]]:
        """Return from when on which balance bears interest within a period."""
        moves = [*moves, *self.arrears.moves(self.rows, begins, ends, self.touched_on)]
        found = [(begins, self.base_fen)]
        for on, by_fen in sorted(moves, key=lambda move: move[0]):
            day, balance_fen = found[-1]
            if max(on, begins) == day:
                found[-1] = (day, balance_fen + by_fen)
            else:
                found.append((on, balance_fen + by_fen))
        return found

    def _interest(
        self, period: int, span: tuple[date, date], balances: list[tuple[date, int]]
    ) -> int:
        rules = self.terms.rules
        if rules.interest_type is InterestType.FLAT:
            quiet = max(rules.interest_free, self.interest_grace)
            return self.flat.next(period, self.number, quiet)
        interest = rows_interest(self.terms, self.start, span, balances, self.rate)
        if period <= rules.interest_free:
            return 0
        if period <= self.interest_grace:
            self.held_back_fen += interest
            return 0
        interest, self.held_back_fen = interest + self.held_back_fen, 0
        return interest

    def _principal(self, period: int, interest_fen: int, early_fen: int) -> int:
        """Return what of the principal a row asks for, whatever of it was paid early."""
        planned = self.balance_fen + self.skipped_fen + early_fen
        if period >= self.number:
            return planned
        if period <= self.principal_grace:
            return 0
        if self.level_fen is None:
            self.level_fen = self._level(period, planned, interest_fen)
        if self._equal_principal or self.terms.rules.interest_type is InterestType.FLAT:
            return min(planned, self.level_fen)
        return max(0, min(planned, self.level_fen - interest_fen))

    def _level(self, period: int, balance_fen: int, interest_fen: int) -> int:
        """Return the level instalment of the rows from a period on (flat: its principal)."""
        left = self.number - max(period - 1, self.principal_grace)
        if self.shares_term:
            balance_fen, left = self.drawn_fen, self.number - self.principal_grace
        balance_fen, self.ahead_fen = balance_fen + self.ahead_fen, 0
        if self._equal_principal:
            return self.terms.rounded(Fraction(balance_fen, left))
        if self.terms.rules.interest_type is InterestType.FLAT:
            whole = self.terms.in_units(Fraction(balance_fen, left))
            return whole + self.terms.in_units(interest_fen) - interest_fen
        rate = self.rate * level_share(self.terms.rules, self.start)
        return self.terms.in_units(level_payment(balance_fen, rate, left))

    @property
    def _over_term(self) -> bool:
        return self.terms.rules.later_drawdowns is LaterDrawdowns.OVER_TERM

    @property
    def _equal_principal(self) -> bool:
        return self.terms.rules.amortisation is Amortisation.EQUAL_PRINCIPAL

    # What payments do to the plan.

    def _pay_before(self, due_on: date) -> tuple[int, list[tuple[date, int]]]:
        """Use what was paid before a due date; return what is early, and from when it counts."""
        found, early = [], 0
        for payment in self.payments:
            if payment.on >= due_on:
                break
            if payment.left_fen and self._rest(payment.on, due_on) < due_on:
                before = self.arrears.outstanding(self.rows, payment.on)
                payment.left_fen = self._apply(payment)
                after = self.arrears.outstanding(self.rows, payment.on)
                self.arrears.paid(payment.on, before - after)
                usable = min(payment.left_fen, self.balance_fen)
                self.balance_fen -= usable
                early += usable
                found.append((payment.on, -usable))
        return early, found

    def _rest(self, day: date, due_on: date) -> date:
        recalculation = self.terms.rules.recalculation
        assert recalculation is not None
        return day if recalculation.rest is Rest.DAILY else due_on

    def _end_early(self, row: Row) -> None:
        """Let the last row fall due on the day of the payment that paid the whole loan off."""
        before = list(takewhile(lambda payment: payment.on < row.due_on, self.payments))
        covered = sum(payment.left_fen for payment in before) >= row.due_fen
        if before and covered and not self.draws and self.balance_fen == 0:
            row.due_on = before[-1].on

    def _pay_on(self, period: int, row: Row) -> None:
        """Use what is paid by a due date: for the row itself, then for principal to come."""
        excess = 0
        while self.payments and self.payments[0].on <= row.due_on:
            payment = self.payments.popleft()
            left = self._apply(payment)
            usable = min(left, self.balance_fen)
            self.balance_fen -= usable
            excess += usable
            row.due[PRINCIPAL] += usable
            row.pay(PRINCIPAL, usable, payment.on)
        if excess:
            self._paid_early(period, excess, self.balance_fen)

    def _apply(self, payment: _Payment) -> int:
        allocation = self.terms.rules.allocation
        assert isinstance(allocation, Waterfall), "a recalculated plan is paid row by row"
        first, known = self.arrears.pass_paid(self.rows), self.arrears.known
        parts = dict.fromkeys(Component, 0)
        overdue, fresh = self.rows[first:known], self.rows[max(first, known) :]
        left = pay_rows(overdue, payment.left_fen, payment.on, allocation, parts)
        self.arrears.principal_fen -= parts[PRINCIPAL]
        return pay_rows(fresh, left, payment.on, allocation)

    def _paid_early(self, period: int, excess_fen: int, balance_fen: int) -> None:
        """Let principal that was paid early lower the level, the number, or the next rows."""
        recalculation = self.terms.rules.recalculation
        assert recalculation is not None
        match recalculation.advance:
            case Advance.LOWER:
                if period < self.number and balance_fen > 0:
                    self.shares_term = False
                    self.level_fen = self._level(period + 1, balance_fen, 0)
            case Advance.SKIP:
                self.skipped_fen += excess_fen
            case Advance.FEWER | Advance.LAST:
                return
