"""The replay of one loan by the day: time, due dates, and how interest runs between them.

Time runs in segments between events, due dates and other turns, never day by day: inside a segment
nothing changes and interest is one multiplication. A day's events count before its night's
interest, and what falls due on a day falls due at its start.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from math import gcd
from typing import TYPE_CHECKING, NamedTuple

from martlet.kernel.calendar import add_months
from martlet.kernel.rates import MONTHS_PER_YEAR, PPM, TICKS_PER_FEN
from martlet.kernel.rounding import divide
from martlet.lending.allocation import waterfall
from martlet.lending.daily.account import FEE, INTEREST, PENALTY, PRINCIPAL, Account
from martlet.lending.daily.claims import How, Row
from martlet.lending.daily.due_dates import DueDates
from martlet.lending.instalments import level_of_periods
from martlet.lending.loan import AccrualLine
from martlet.lending.product import DayCount, Prepayment, ScheduleKind

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.events import Rate
    from martlet.lending.loan import LoanTerms
    from martlet.lending.product import Component


BY_SHARE = frozenset({ScheduleKind.EQUAL_PRINCIPAL, ScheduleKind.INTEREST_THEN_PRINCIPAL})


class Turn(NamedTuple):
    """Something that changes by itself on a day to come: the rate, or a pause that begins or ends.

    Turns of one day are carried out in the order of the events that foretold them.
    """

    on: date
    number: int
    rate: Rate | None
    paused: int


@dataclass(slots=True)
class Fold:
    """The running account of one loan in time; never leaves the projection."""

    terms: LoanTerms
    start: date
    account: Account
    days: DueDates
    day: date
    """Interest is settled up to the start of this day."""
    rate: Rate
    paused: int = 0
    """How many pauses hold at once."""
    level_fen: int = 0
    """What falls due of an instalment: one sum, or a share of principal with interest on top."""
    advance: dict[Component, int] = field(default_factory=lambda: {INTEREST: 0, PRINCIPAL: 0})
    """Paid towards the coming instalment before its day."""
    principal_grace: int = 0
    interest_grace: int = 0
    due_since: date | None = None
    """From when all is due, once no due date is left."""
    turns: list[Turn] = field(default_factory=list)
    turns_count: int = 0
    month: int = 0
    month_spans: tuple[date, date] | None = None
    """The month that the settled day lies in, counted from the start."""

    @classmethod
    def begin(cls, terms: LoanTerms, start: date) -> Fold:
        """Return a loan's replay before anything has happened."""
        return cls(terms, start, Account(terms), DueDates.of(terms, start), start, terms.rate)

    # Time.

    def advance_to(self, day: date) -> None:
        """Let time run to a day: settle interest at each break and let fall due what does."""
        while (stop := self._next_break()) is not None and stop <= day:
            self.settle_until(stop)
            if self.account.closed_on is None and stop == self.days.coming:
                self._fall_due()
            self.account.fees.fall_due(stop)
            self.account.penalties.fall_due(stop)
            self.account.billed.age(stop)
            self._turn()

    def settle_until(self, day: date) -> None:
        """Add the interest of the nights from the settled day to a day."""
        if day == self.day:
            return
        # What a line from the settled day would say, without making one: most replays are this.
        nights, mode, account = (
            (day - self.day).days,
            self.terms.conventions.rounding_mode,
            self.account,
        )
        assert nights > 0, (self.day, day)
        numerator, denominator = self._night_interest()
        interest_ticks = account.interest_ticks + divide(numerator * nights, denominator, mode)
        penalty_ticks = account.penalty_ticks
        if account.billed.punished_fen:
            numerator, denominator = self._night_penalty()
            penalty_ticks += divide(numerator * nights, denominator, mode)
        account.accrue(interest_ticks, penalty_ticks)
        self.day = day

    def line(self) -> AccrualLine:
        """Return how interest runs from the settled day on while nothing happens."""
        interest, penalty = self._night_interest(), self._night_penalty()
        return AccrualLine(
            from_on=self.day,
            until_on=self._next_break(),
            interest_ticks=self.account.interest_ticks,
            interest_numerator=interest[0],
            interest_denominator=interest[1],
            penalty_ticks=self.account.penalty_ticks,
            penalty_numerator=penalty[0],
            penalty_denominator=penalty[1],
        )

    def foretell(self, on: date, *, rate: Rate | None = None, paused: int = 0) -> None:
        """Let the rate change, or a pause begin (1) or end (-1), on a day: now, if it has come."""
        self.turns_count += 1
        heappush(self.turns, Turn(on, self.turns_count, rate, paused))
        self._turn()

    def _turn(self) -> None:
        while self.turns and self.turns[0].on <= self.day:
            turn = heappop(self.turns)
            self.paused += turn.paused
            if turn.rate is not None:
                self.rate = turn.rate
                self.relevel()

    def _next_break(self) -> date | None:
        """Return the next day on which the way interest runs may change by itself."""
        nearest = self.turns[0].on if self.turns else None
        account = self.account
        if account.closed_on is not None:
            return nearest
        for stop in (
            self.days.coming,
            self._month_ends_on(),
            account.billed.grace_ends_on(),
            account.fees.next_due_on(),
            account.penalties.next_due_on(),
        ):
            if stop is not None and (nearest is None or stop < nearest):
                nearest = stop
        return nearest

    def _month_ends_on(self) -> date | None:
        """Return the end of the month that spreads its twelfth of a year over the nights."""
        if self.terms.conventions.day_count is not DayCount.MONTH_OF_YEAR or self.days.matured:
            return None
        return self._month_around()[1]

    def _month_around(self) -> tuple[date, date]:
        """Return the first day of the month that the settled day lies in, and of the next."""
        spans = self.month_spans
        while spans is None or spans[1] <= self.day:
            begun = add_months(self.start, self.month)
            self.month += 1
            spans = self.month_spans = (begun, add_months(self.start, self.month))
        return spans

    def _night_interest(self) -> tuple[int, int]:
        """Return the ticks of one night's interest as a quotient in lowest terms."""
        if self._at_rest():
            return 0, 1
        base = self.account.principal_fen - self.account.billed.punished_fen
        numerator, denominator = self.rate.ppm * TICKS_PER_FEN, PPM * self.rate.days
        if self._month_ends_on() is not None:
            begun, ends = self._month_around()
            numerator *= self.terms.conventions.days_per_year
            denominator *= MONTHS_PER_YEAR * (ends - begun).days
        return _lowest(base, numerator, denominator)

    def _night_penalty(self) -> tuple[int, int]:
        """Return the ticks of one night's penalty as a quotient in lowest terms."""
        if self._at_rest():
            return 0, 1
        numerator = self.rate.ppm * TICKS_PER_FEN * self.terms.conventions.penalty_multiplier_ppm
        return _lowest(self.account.billed.punished_fen, numerator, PPM * PPM * self.rate.days)

    def _at_rest(self) -> bool:
        return self.paused > 0 or self.account.charged_off_on is not None

    # What falls due.

    def due(self) -> dict[Component, int]:
        """Return what has fallen due and is unpaid."""
        return self.account.due(matured=self.days.matured)

    def oldest_due_on(self) -> date | None:
        """Return the oldest day that fell due and is not paid in full."""
        found = [self.account.oldest_due_on()]
        if self.account.closed_on is None and self.days.matured:
            found.append(self.due_since)
        return min((day for day in found if day is not None), default=None)

    def fell_due_fen(self, day: date) -> int:
        """Return what is unpaid of the last instalment, if it is a day's own."""
        rows = self.account.billed.rows
        return sum(rows[-1].unpaid.values()) if rows and rows[-1].due_on == day else 0

    def _fall_due(self) -> None:
        """Let the coming instalment fall due; the last takes all that is left."""
        claims, due_on = self._not_due(), self.day
        interest, principal = claims[INTEREST], claims[PRINCIPAL]
        if self.days.remaining > 1:
            interest, principal = self._asked(interest, principal)
        self.principal_grace = max(0, self.principal_grace - 1)
        self.interest_grace = max(0, self.interest_grace - 1)
        row = Row(
            number=self.days.period + 1,
            due_on=due_on,
            due={
                PRINCIPAL: principal + self.advance[PRINCIPAL],
                INTEREST: interest + self.advance[INTEREST],
            },
            settled={(How.PAID, part): paid for part, paid in self.advance.items()},
        )
        self.account.billed.add(row)
        self.days.period += 1
        if self.days.matured:
            self.due_since = due_on
        self._forget_advance()

    def _asked(self, interest: int, principal: int) -> tuple[int, int]:
        """Return how much of what is not due falls due with an instalment before the last."""
        if self.principal_grace:
            principal = 0
        elif self._by_share():
            principal = min(principal, self._share_left())
        else:
            room = max(0, self.level_fen - sum(self.advance.values()))
            interest = min(interest, room)
            principal = min(principal, room - interest)
        return (0 if self.interest_grace else interest), principal

    def _by_share(self) -> bool:
        """Tell whether a share of principal falls due and interest on top, instead of one sum."""
        return self.terms.conventions.schedule in BY_SHARE

    def _share_left(self) -> int:
        """Return what of the coming share of principal is not yet paid."""
        return 0 if self.principal_grace else max(0, self.level_fen - self.advance[PRINCIPAL])

    def ask(self, parts: dict[Component, int]) -> None:
        """Ask for parts at once, outside the schedule."""
        due = {part: parts.get(part, 0) for part in (PRINCIPAL, INTEREST)}
        if sum(due.values()):
            self.account.billed.add(Row(0, self.day, due))
            self.account.billed.age(self.day)

    def relevel(self) -> None:
        """Spread the principal that is not due evenly over the instalments to come."""
        if self._by_share():
            self._share_anew()
            return
        count = self.days.remaining - self.principal_grace
        paid_ahead = sum(self.advance.values())
        if paid_ahead and paid_ahead >= self.level_fen:
            count -= 1
        if count > 0:
            rest, each = self._not_due()[PRINCIPAL], self.days.frequency
            self.level_fen = level_of_periods(rest, self.rate, each, count, self.terms.conventions)

    def _share_anew(self) -> None:
        """Divide the principal that is not due among the instalments to come, or keep it whole."""
        conventions, ahead = self.terms.conventions, self.advance[PRINCIPAL]
        if conventions.schedule is ScheduleKind.INTEREST_THEN_PRINCIPAL:
            return
        count, rest = self.days.remaining - self.principal_grace, self._not_due()[PRINCIPAL]
        if ahead and ahead >= self.level_fen:
            count -= 1
        else:
            rest += ahead
        if count > 0:
            unit = conventions.instalment_unit_fen
            self.level_fen = divide(rest, count * unit, conventions.rounding_mode) * unit

    # Money.

    def pay(self, amount_fen: int) -> int:
        """Apply money: what is due, the coming instalment, the rest; return what is left."""
        return self._prepay(self._pay_coming(self.pay_claims(amount_fen)))

    def pay_claims(self, amount_fen: int) -> int:
        """Apply money to what has fallen due, oldest first; return what is left."""
        return self._pay(amount_fen, self.due())[1]

    def _pay(
        self, amount_fen: int, claims: dict[Component, int]
    ) -> tuple[dict[Component, int], int]:
        parts, left = waterfall(amount_fen, claims, self.terms.conventions.allocation_order)
        self.account.settle_all(parts)
        return parts, left

    def _pay_coming(self, amount_fen: int) -> int:
        """Apply money to the coming instalment before its day; return what is left."""
        coming = self.days.coming
        if amount_fen == 0 or coming is None:
            return amount_fen
        claims, room = self._not_due(), amount_fen
        claims[FEE] = self.account.fees.coming_by(coming)
        claims[PENALTY] = self.account.penalties.coming_by(coming)
        if self.days.remaining > 1 and self._by_share():
            claims[PRINCIPAL] = min(claims[PRINCIPAL], self._share_left())
        elif self.days.remaining > 1:
            own = max(0, self.level_fen - sum(self.advance.values()))
            room = min(room, own + claims[FEE] + claims[PENALTY])
        parts, unused = self._pay(room, claims)
        for component in (INTEREST, PRINCIPAL):
            self.advance[component] += parts[component]
        return amount_fen - room + unused

    def _prepay(self, amount_fen: int) -> int:
        """Apply money beyond the coming instalment to the loan; return what is left."""
        if amount_fen == 0:
            return 0
        parts, left = self._pay(amount_fen, self._not_due())
        relevels = self.terms.conventions.prepayment is Prepayment.RELEVEL
        if relevels and parts[PRINCIPAL] > 0 and self.days.remaining > 1:
            self.relevel()
        return left

    def _not_due(self) -> dict[Component, int]:
        """Return what is owed beyond what has fallen due."""
        due, owed = self.due(), self.account.owed()
        return {part: owed[part] - due[part] for part in owed}

    def mark(self) -> None:
        """Close the loan when nothing is owed any more, or open it again when something is."""
        account = self.account
        if account.principal_fen == 0 and account.outstanding_fen == 0:
            account.closed_on = account.closed_on or self.day
        elif account.closed_on is not None:
            account.closed_on = None
            self.days.skip(self.day)
            if self.days.matured:
                self.due_since = self.day
            self._forget_advance()

    def _forget_advance(self) -> None:
        self.advance = {INTEREST: 0, PRINCIPAL: 0}


def _lowest(base_fen: int, numerator: int, denominator: int) -> tuple[int, int]:
    common = gcd(numerator, denominator)
    return base_fen * (numerator // common), denominator // common
