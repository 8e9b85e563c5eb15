"""Law 3: the state of a loan is a pure function of its terms, its events and a day.

Time runs in segments between events and due dates, never day by day: inside a segment nothing
changes and interest is one multiplication. A day's events count before its night's interest, so
money repaid on a day costs nothing for that night, and a drawdown pays for its first night. What
falls due on a day falls due at its start, so a payment on that day is on time.

On overdue principal (past the grace days) the penalty rate takes the place of the ordinary one.
A payment settles what is due, then the coming instalment, and what exceeds that prepays
principal and re-levels or shortens the rest, as the product says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from math import gcd
from typing import TYPE_CHECKING

from martlet.kernel.rates import MONTHS_PER_YEAR, PPM, TICKS_PER_FEN
from martlet.lending.allocation import waterfall
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.instalments import due_dates, level_instalment
from martlet.lending.limits import EVENTS_MAX
from martlet.lending.loan import (
    AccrualLine,
    Allocation,
    Instalment,
    LoanState,
    LoanStatus,
    LoanTerms,
    recognised_fen,
)
from martlet.lending.product import Component, DayCount, Prepayment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

INTEREST, PENALTY, PRINCIPAL = Component.INTEREST, Component.PENALTY, Component.PRINCIPAL


def project(terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> LoanState:
    """Return the loan's state at the start of a day, the day's own events included."""
    ordered = in_order(events, as_of)
    if not ordered:
        return _unborn(as_of)
    return _replay(terms, ordered, as_of).state(as_of)


def schedule(terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> tuple[Instalment, ...]:
    """Return the instalments still to come if everything is paid on its day from now on."""
    ordered = in_order(events, as_of)
    if not ordered:
        return ()
    fold = _replay(terms, ordered, as_of)
    fold.settle_until(as_of)
    fold.pay_claims(fold.due_total())
    known = len(fold.rows)
    while fold.principal_fen > 0 and fold.period < len(fold.due_dates):
        fold.advance_to(fold.due_dates[fold.period])
        fold.pay_claims(fold.due_total())
    return tuple(row.frozen() for row in fold.rows[known:])


def oldest_unpaid(
    terms: LoanTerms, events: Iterable[LoanEvent], as_of: date
) -> list[tuple[date, date | None]]:
    """Return the oldest day fallen due and unpaid, before each payment and on a day.

    Between payments lateness only grows, so these are the moments at which it was greatest; and
    all of them come out of one replay.
    """
    ordered = in_order(events, as_of)
    if not ordered:
        return []
    found, fold = [], _Fold(terms, ordered[0].value_date)
    for event in ordered[1:]:
        fold.advance_to(event.value_date)
        fold.settle_until(event.value_date)
        found.append((event.value_date, fold.oldest_due_on()))
        fold.repay(event)
    fold.advance_to(as_of)
    return [*found, (as_of, fold.oldest_due_on())]


def in_order(events: Iterable[LoanEvent], as_of: date) -> list[LoanEvent]:
    """Return the events that count by a day, by value date and then by sequence."""
    ordered = sorted(
        (event for event in events if event.value_date <= as_of),
        key=lambda event: (event.value_date, event.sequence),
    )
    assert len(ordered) <= EVENTS_MAX, len(ordered)
    assert not ordered or ordered[0].kind is EventKind.DISBURSED, ordered[0]
    return ordered


def _unborn(as_of: date) -> LoanState:
    """Return the state before the money was paid out: nothing owed, nothing accrued."""
    return LoanState(
        as_of=as_of,
        status=LoanStatus.PENDING,
        disbursed_fen=0,
        principal_paid_fen=0,
        interest_paid_fen=0,
        penalty_paid_fen=0,
        overpaid_fen=0,
        interest_ticks=0,
        penalty_ticks=0,
        interest_accrued_fen=0,
        penalty_accrued_fen=0,
        principal_due_fen=0,
        interest_due_fen=0,
        advance_fen=0,
        oldest_due_on=None,
        next_due_on=None,
        matures_on=None,
        closed_on=None,
        instalments=(),
        allocations=(),
        line=None,
    )


def _replay(terms: LoanTerms, ordered: Sequence[LoanEvent], as_of: date) -> _Fold:
    first = ordered[0]
    assert first.amount_fen == terms.principal_fen, (first, terms)
    fold = _Fold(terms, first.value_date)
    for event in ordered[1:]:
        assert event.kind is EventKind.REPAID, event
        fold.advance_to(event.value_date)
        fold.settle_until(event.value_date)
        fold.repay(event)
    fold.advance_to(as_of)
    return fold


@dataclass(slots=True)
class _Row:
    """An instalment that has fallen due, while payments are still being applied to it."""

    number: int
    due_on: date
    principal_fen: int
    interest_fen: int
    principal_paid_fen: int
    interest_paid_fen: int

    def frozen(self) -> Instalment:
        """Return it as a value."""
        return Instalment(
            self.number,
            self.due_on,
            self.principal_fen,
            self.interest_fen,
            self.principal_paid_fen,
            self.interest_paid_fen,
        )


@dataclass(slots=True)
class _Fold:
    """The running account of one loan while its events are replayed; never leaves this module."""

    terms: LoanTerms
    start: date
    day: date = field(init=False)
    """Interest is settled up to the start of this day."""
    due_dates: tuple[date, ...] = field(init=False)
    period: int = 0
    """The index of the next due date."""
    level_fen: int = field(init=False)
    advance: dict[Component, int] = field(default_factory=dict)
    """Paid towards the coming instalment before its day."""
    interest_ticks: int = 0
    penalty_ticks: int = 0
    paid: dict[Component, int] = field(default_factory=dict)
    overpaid_fen: int = 0
    rows: list[_Row] = field(default_factory=list)
    allocations: list[Allocation] = field(default_factory=list)
    closed_on: date | None = None

    def __post_init__(self) -> None:
        self.day = self.start
        self.due_dates = due_dates(self.terms, self.start)
        self.level_fen = level_instalment(
            self.terms.principal_fen,
            self.terms.rate_ppm_per_day,
            len(self.due_dates),
            self.terms.conventions,
        )
        self.paid = dict.fromkeys(Component, 0)
        self._forget_advance()

    # What is owed.

    @property
    def principal_fen(self) -> int:
        """Principal outstanding."""
        return self.terms.principal_fen - self.paid[PRINCIPAL]

    def interest_unpaid(self) -> int:
        """Interest recognised up to the settled day and not paid."""
        mode = self.terms.conventions.rounding_mode
        return recognised_fen(self.interest_ticks, mode) - self.paid[INTEREST]

    def penalty_unpaid(self) -> int:
        """Penalty recognised up to the settled day and not paid."""
        mode = self.terms.conventions.rounding_mode
        return recognised_fen(self.penalty_ticks, mode) - self.paid[PENALTY]

    def due(self) -> dict[Component, int]:
        """Return what has fallen due and is unpaid; past maturity that is everything."""
        if self.period >= len(self.due_dates):
            interest, principal = self.interest_unpaid(), self.principal_fen
        else:
            interest = sum(row.interest_fen - row.interest_paid_fen for row in self.rows)
            principal = sum(row.principal_fen - row.principal_paid_fen for row in self.rows)
        return {PENALTY: self.penalty_unpaid(), INTEREST: interest, PRINCIPAL: principal}

    def due_total(self) -> int:
        """Return the sum of what has fallen due and is unpaid."""
        return sum(self.due().values())

    # Time.

    def advance_to(self, day: date) -> None:
        """Let time run to a day: settle interest at each break and let instalments fall due."""
        while (stop := self._next_break()) is not None and stop <= day:
            self.settle_until(stop)
            if self.period < len(self.due_dates) and stop == self.due_dates[self.period]:
                self._fall_due()

    def settle_until(self, day: date) -> None:
        """Add the interest of the nights from the settled day to a day."""
        mode, line = self.terms.conventions.rounding_mode, self.line()
        self.interest_ticks = line.interest_at(day, mode)
        self.penalty_ticks = line.penalty_at(day, mode)
        self.day = day

    def line(self) -> AccrualLine:
        """Return how interest runs from the settled day on while nothing happens."""
        interest, penalty = self._night_interest(), self._night_penalty()
        return AccrualLine(
            from_on=self.day,
            until_on=self._next_break(),
            interest_ticks=self.interest_ticks,
            interest_numerator=interest[0],
            interest_denominator=interest[1],
            penalty_ticks=self.penalty_ticks,
            penalty_numerator=penalty[0],
            penalty_denominator=penalty[1],
        )

    def _next_break(self) -> date | None:
        """Return the next day on which the way interest runs may change by itself."""
        if self.closed_on is not None:
            return None
        stops = list(self.due_dates[self.period : self.period + 1])
        if grace := self.terms.conventions.grace_days:
            ends = (
                row.due_on + timedelta(days=grace)
                for row in self.rows
                if row.principal_paid_fen < row.principal_fen
            )
            stops.extend(end for end in ends if end > self.day)
        return min(stops, default=None)

    def _punished(self) -> int:
        """Return the principal that is overdue beyond the grace days."""
        grace = timedelta(days=self.terms.conventions.grace_days)
        return sum(
            row.principal_fen - row.principal_paid_fen
            for row in self.rows
            if row.due_on + grace <= self.day
        )

    def _night_interest(self) -> tuple[int, int]:
        """Return the ticks of one night's interest as a quotient in lowest terms."""
        base = self.principal_fen - self._punished()
        numerator, denominator = self.terms.rate_ppm_per_day * TICKS_PER_FEN, PPM
        by_month = self.terms.conventions.day_count is DayCount.MONTH_OF_YEAR
        if by_month and self.period < len(self.due_dates):
            begun = self.due_dates[self.period - 1] if self.period else self.start
            numerator *= self.terms.conventions.days_per_year
            denominator *= MONTHS_PER_YEAR * (self.due_dates[self.period] - begun).days
        return _lowest(base, numerator, denominator)

    def _night_penalty(self) -> tuple[int, int]:
        """Return the ticks of one night's penalty as a quotient in lowest terms."""
        numerator = self.terms.rate_ppm_per_day * TICKS_PER_FEN
        numerator *= self.terms.conventions.penalty_multiplier_ppm
        return _lowest(self._punished(), numerator, PPM * PPM)

    # What happens.

    def _fall_due(self) -> None:
        """Let the coming instalment fall due; the last takes all that is left."""
        billed_interest = sum(row.interest_fen - row.interest_paid_fen for row in self.rows)
        billed_principal = sum(row.principal_fen - row.principal_paid_fen for row in self.rows)
        interest = self.interest_unpaid() - billed_interest
        principal = self.principal_fen - billed_principal
        if self.period + 1 < len(self.due_dates):
            room = max(0, self.level_fen - sum(self.advance.values()))
            interest = min(interest, room)
            principal = min(principal, room - interest)
        row = _Row(
            number=self.period + 1,
            due_on=self.due_dates[self.period],
            principal_fen=principal + self.advance[PRINCIPAL],
            interest_fen=interest + self.advance[INTEREST],
            principal_paid_fen=self.advance[PRINCIPAL],
            interest_paid_fen=self.advance[INTEREST],
        )
        self.rows.append(row)
        self.period += 1
        self._forget_advance()

    def repay(self, event: LoanEvent) -> None:
        """Apply a repayment: what is due, the coming instalment, the rest; then it is overpaid."""
        before = dict(self.paid)
        left = self.pay_claims(event.amount_fen)
        left = self._pay_coming(left)
        left = self._prepay(left)
        self.overpaid_fen += left
        self.allocations.append(
            Allocation(
                event_id=event.event_id,
                value_date=event.value_date,
                amount_fen=event.amount_fen,
                penalty_fen=self.paid[PENALTY] - before[PENALTY],
                interest_fen=self.paid[INTEREST] - before[INTEREST],
                principal_fen=self.paid[PRINCIPAL] - before[PRINCIPAL],
                overpaid_fen=left,
            )
        )
        if self.principal_fen + self.interest_unpaid() + self.penalty_unpaid() == 0:
            self.closed_on = self.closed_on or event.value_date

    def pay_claims(self, amount_fen: int) -> int:
        """Apply money to what has fallen due, oldest first; return what is left."""
        parts, left = waterfall(amount_fen, self.due(), self.terms.conventions.allocation_order)
        self._book(parts)
        interest, principal = parts[INTEREST], parts[PRINCIPAL]
        for row in self.rows:
            step = min(interest, row.interest_fen - row.interest_paid_fen)
            row.interest_paid_fen += step
            interest -= step
            step = min(principal, row.principal_fen - row.principal_paid_fen)
            row.principal_paid_fen += step
            principal -= step
        return left

    def _pay_coming(self, amount_fen: int) -> int:
        """Apply money to the coming instalment before its day; return what is left."""
        if amount_fen == 0 or self.period >= len(self.due_dates):
            return amount_fen
        room = amount_fen
        if self.period + 1 < len(self.due_dates):
            room = min(room, max(0, self.level_fen - sum(self.advance.values())))
        parts, unused = waterfall(room, self._not_due(), self.terms.conventions.allocation_order)
        self._book(parts)
        for component in (INTEREST, PRINCIPAL):
            self.advance[component] += parts[component]
        return amount_fen - room + unused

    def _prepay(self, amount_fen: int) -> int:
        """Apply money beyond the coming instalment to the loan; return what is left."""
        if amount_fen == 0 or self.period >= len(self.due_dates):
            return amount_fen
        claims = self._not_due()
        parts, left = waterfall(amount_fen, claims, self.terms.conventions.allocation_order)
        self._book(parts)
        later = len(self.due_dates) - self.period - 1
        relevel = self.terms.conventions.prepayment is Prepayment.RELEVEL
        if relevel and parts[PRINCIPAL] > 0 and later > 0:
            rest = claims[PRINCIPAL] - parts[PRINCIPAL]
            self.level_fen = level_instalment(
                rest, self.terms.rate_ppm_per_day, later, self.terms.conventions
            )
        return left

    def _not_due(self) -> dict[Component, int]:
        """Return what is owed beyond what has fallen due."""
        due = self.due()
        return {
            INTEREST: self.interest_unpaid() - due[INTEREST],
            PRINCIPAL: self.principal_fen - due[PRINCIPAL],
        }

    def _book(self, parts: dict[Component, int]) -> None:
        for component, amount_fen in parts.items():
            self.paid[component] += amount_fen

    def _forget_advance(self) -> None:
        self.advance = {INTEREST: 0, PRINCIPAL: 0}

    # The result.

    def state(self, as_of: date) -> LoanState:
        """Return the state at the start of a day that time has been advanced to."""
        line, mode = self.line(), self.terms.conventions.rounding_mode
        self.settle_until(as_of)
        due = self.due()
        oldest = self.oldest_due_on()
        return LoanState(
            as_of=as_of,
            status=self._status(oldest, as_of),
            disbursed_fen=self.terms.principal_fen,
            principal_paid_fen=self.paid[PRINCIPAL],
            interest_paid_fen=self.paid[INTEREST],
            penalty_paid_fen=self.paid[PENALTY],
            overpaid_fen=self.overpaid_fen,
            interest_ticks=self.interest_ticks,
            penalty_ticks=self.penalty_ticks,
            interest_accrued_fen=recognised_fen(self.interest_ticks, mode),
            penalty_accrued_fen=recognised_fen(self.penalty_ticks, mode),
            principal_due_fen=due[PRINCIPAL],
            interest_due_fen=due[INTEREST],
            advance_fen=sum(self.advance.values()),
            oldest_due_on=oldest,
            next_due_on=self._next_due_on(),
            matures_on=self.due_dates[-1],
            closed_on=self.closed_on,
            instalments=tuple(row.frozen() for row in self.rows),
            allocations=tuple(self.allocations),
            line=line,
        )

    def oldest_due_on(self) -> date | None:
        """Return the oldest day that fell due and is not paid in full."""
        unpaid = (row.due_on for row in self.rows if row.frozen().unpaid_fen)
        matured = self.period >= len(self.due_dates) and self.closed_on is None
        return min(unpaid, default=self.due_dates[-1] if matured else None)

    def _status(self, oldest: date | None, as_of: date) -> LoanStatus:
        if self.closed_on is not None:
            return LoanStatus.CLOSED
        if oldest is not None and oldest < as_of:
            return LoanStatus.OVERDUE
        return LoanStatus.LIVE

    def _next_due_on(self) -> date | None:
        if self.closed_on is not None or self.period >= len(self.due_dates):
            return None
        return self.due_dates[self.period]


def _lowest(base_fen: int, numerator: int, denominator: int) -> tuple[int, int]:
    common = gcd(numerator, denominator)
    return base_fen * (numerator // common), denominator // common
