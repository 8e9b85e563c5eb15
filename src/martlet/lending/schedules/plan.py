"""The rows of a schedule whose payments fall due in order: one loop for every kind.

A pure function of terms and conventions. Balances are carried in 10⁻³⁰ of the minor unit, whole
numbers all the way: a bank's own loans carry rounded balances (`Carry.ROUNDED`), for which the
principal of the rows sums to what was drawn; the exact carries are those of published tables.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from martlet.kernel.errors import Refused
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.limits import PLAN_PERIODS_MAX
from martlet.lending.schedules.conventions import (
    Absorbs,
    Balloon,
    Carry,
    Closing,
    InterestBy,
    LevelBy,
    PlanConventions,
    PlanKind,
    PlanRow,
    PlanTerms,
    Rounding,
)
from martlet.lending.schedules.day_count import year_fraction
from martlet.lending.schedules.due_dates import due_dates
from martlet.lending.schedules.factors import (
    level_for_factors,
    level_for_rate,
    period_rate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from fractions import Fraction

    from martlet.lending.schedules.conventions import Drawdown
    from martlet.lending.schedules.due_dates import WorkingDay

_SHARES = frozenset({PlanKind.FLAT, PlanKind.EQUAL_PRINCIPAL})

CARRY = 10**30
"""Parts of the minor unit in which a balance is carried: finer than any table can tell apart."""


def plan_rows(
    terms: PlanTerms, conventions: PlanConventions, is_working: WorkingDay | None = None
) -> tuple[PlanRow, ...]:
    """Return the instalments of a loan that is paid on its days."""
    run = _Run(terms, conventions, is_working)
    return tuple(run.rows())


def regular_payment(terms: PlanTerms, conventions: PlanConventions) -> int:
    """Return the payment that a lender quotes: that of the first period, without the flat fee.

    Rounded as payments are, where a row of interest alone or a last row would round otherwise.
    """
    if conventions.kind in _SHARES:
        first = plan_rows(terms, conventions)[0]
        return first.payment - first.fee
    return _Run(terms, conventions, None).first_payment()


def down_payment_of(principal: int, share: Fraction, rounding: Rounding) -> int:
    """Return the share of a drawdown that is paid back at once."""
    return rounding.of(principal * share.numerator, share.denominator)


@dataclass(slots=True)
class _Run:
    """A schedule while it is being written; never leaves this module."""

    terms: PlanTerms
    conventions: PlanConventions
    is_working: WorkingDay | None
    count: int = field(init=False)
    """The number of the last row at the latest."""
    days: tuple[date, ...] = field(init=False)
    """The day of the first drawdown and every due date; empty without a start."""
    annual: Fraction = field(init=False)
    balance: int = field(init=False)
    """What is owed, in parts of the minor unit."""
    payment: int = 0
    exact_payment: int = 0
    """The same before it was rounded, in parts of the minor unit."""
    held: int = 0
    """Interest of a grace, to be collected with the first row after it."""
    flat_own: int = 0
    flat_shown: int = 0
    """Flat interest so far, exact and as shown."""

    def __post_init__(self) -> None:
        terms, conventions = self.terms, self.conventions
        self.count = terms.periods or PLAN_PERIODS_MAX
        self.annual = terms.annual_rate
        self.balance = (terms.principal - terms.down_payment) * CARRY
        self.days = ()
        if terms.start is not None:
            days = due_dates(
                conventions.due,
                terms.start,
                self.count,
                first_due=terms.first_due,
                is_working=self.is_working,
            )
            self.days = (terms.start, *days)
        dated = conventions.interest_by is InterestBy.DAYS or terms.later_drawdowns
        assert self.days or not dated, "interest by days needs a first day"
        assert self._principal_grace() < self.count, "a grace without an end"

    # What the terms say about a row.

    def _principal_grace(self) -> int:
        if self.conventions.kind in {PlanKind.INTEREST_THEN_PRINCIPAL, PlanKind.BULLET}:
            return self.count - 1
        return self.conventions.principal_grace

    def _interest_grace(self) -> int:
        if self.conventions.kind is PlanKind.BULLET:
            return self.count - 1
        return self.conventions.interest_grace

    def _levelled_over(self) -> int:
        return self.terms.amortise_over or self.count

    def _rate(self) -> Fraction:
        per_year = self.conventions.due.frequency.per_year
        return period_rate(self.annual, per_year, self.conventions.compounding)

    def _factor(self, number: int) -> Fraction:
        """Return what a row's period costs per unit of balance."""
        if number <= self.conventions.interest_free:
            return self.annual * 0
        if self.conventions.interest_by is InterestBy.PERIOD:
            return self._rate()
        basis, first, last = self.conventions.day_count, self.days[number - 1], self.days[number]
        return self.annual * year_fraction(basis, first, last)

    def _closes(self, number: int) -> bool:
        short = self._levelled_over() > self.count
        if short and self.conventions.balloon is Balloon.LEFT_OPEN:
            return False
        return number == self.terms.periods

    # The rows.

    def rows(self) -> Iterator[PlanRow]:
        """Yield them in order, until nothing is left."""
        terms = self.terms
        if terms.down_payment:
            paid = terms.down_payment
            yield PlanRow(0, terms.start, paid, paid, 0, terms.principal - paid)
        for number in range(1, self.count + 1):
            self._set_payment(number)
            yield self._row(number)
            if self.balance == 0:
                return
        if terms.periods is None:
            raise Refused("lending.payment_never_repays", periods=PLAN_PERIODS_MAX)

    def first_payment(self) -> int:
        """Return what the first period asks for, rounded as a payment."""
        self._set_payment(1)
        if self._principal_grace() == 0:
            return self.payment
        if self._interest_grace() > 0:
            return 0
        even = self.conventions.level_by is LevelBy.PERIOD_RATE
        factor = self._rate() if even and self.conventions.interest_free == 0 else self._factor(1)
        owing = divide(self.balance * factor.numerator, factor.denominator)
        return self.conventions.payment.of(owing, CARRY)

    def _set_payment(self, number: int) -> None:
        """Level anew where the rate, the balance or the end of a grace asks for it."""
        step = next((s for s in self.terms.steps if s.from_number == number), None)
        if step is not None:
            self.annual = step.annual_rate
        drawn = sum(draw.amount for draw in self._draws(number))
        begins = number == self._principal_grace() + 1
        given = self.terms.amount is not None
        if given and begins:
            assert self.terms.amount is not None
            self.payment, self.exact_payment = self.terms.amount, self.terms.amount * CARRY
        elif (step is not None and step.relevel) or ((begins or drawn) and not given):
            self._level(number, drawn, step.payment_cap if step else None)

    def _level(self, number: int, drawn: int, cap: Fraction | None) -> None:
        owed, rounding = self.balance + drawn * CARRY, self.conventions.payment
        left = self._levelled_over() - max(number - 1, self._principal_grace())
        if self.conventions.kind in _SHARES:
            self.payment = rounding.of(owed, left * CARRY)
            return
        exact = self._exact_level(owed, number, left)
        level = rounding.of(exact, CARRY)
        if cap is not None and self.payment:
            most = rounding.of(self.payment * cap.numerator, cap.denominator)
            if most < level:
                level, exact = most, most * CARRY
        self.payment, self.exact_payment = level, exact

    def _exact_level(self, owed: int, number: int, left: int) -> int:
        first = max(number, self._principal_grace() + 1)
        if self.conventions.level_by is LevelBy.FACTORS:
            factors = [self._factor(n) for n in range(first, self.count + 1)]
            return level_for_factors(owed, factors, 1, RoundingMode.HALF_EVEN)
        return level_for_rate(owed, self._rate(), left, 1, RoundingMode.HALF_EVEN)

    def _row(self, number: int) -> PlanRow:
        own, held = self._interest(number), self.held
        self.balance += sum(draw.amount for draw in self._draws(number)) * CARRY
        last = number == self.count
        if number <= self._interest_grace() and not last:
            self.held, interest = held + own, 0
        else:
            # Interest held back by a grace is paid on top: the level payment never counted it.
            self.held, interest = 0, self._shown_interest(own) + self._shown_interest(held)
        if number <= self._principal_grace() and not last:
            return self._shown(number, interest, 0, self.balance)
        if self.conventions.kind in _SHARES:
            return self._share_row(number, own, interest)
        principal = self.payment - self._shown_interest(own)
        repaid = self._repaid(own)
        if self._closes(number) or repaid >= self.balance:
            return self._closing_row(number, own, interest)
        return self._shown(number, interest, principal, self.balance - repaid)

    def _repaid(self, own: int) -> int:
        """Return by how much a level payment lowers the balance, as it is carried."""
        match self.conventions.carry:
            case Carry.ROUNDED:
                return (self.payment - self._shown_interest(own)) * CARRY
            case Carry.EXACT:
                return self.exact_payment - own
            case Carry.EXACT_INTEREST:
                return self.payment * CARRY - own

    def _shown_interest(self, exact: int) -> int:
        return self.conventions.interest.of(exact, CARRY)

    def _interest(self, number: int) -> int:
        """Return the interest of a row's period, in parts of the minor unit."""
        factor, rounded = self._factor(number), self.conventions.carry is Carry.ROUNDED
        whole = self.balance
        if self.conventions.kind is PlanKind.FLAT:
            whole = (self.terms.principal - self.terms.down_payment) * CARRY
        interest = divide(whole * factor.numerator, factor.denominator)
        parts = [self._of_drawdown(number, draw.on, draw.amount) for draw in self._draws(number)]
        if rounded and parts:
            # Each balance of a period is rounded before they are added.
            unit = self.conventions.interest
            return sum(unit.of(part, CARRY) for part in (interest, *parts)) * CARRY
        return interest + sum(parts)

    def _of_drawdown(self, number: int, on: date, amount: int) -> int:
        """Return what a drawdown inside a period costs until its end."""
        first, last, factor = self.days[number - 1], self.days[number], self._factor(number)
        part = factor * (last - on).days / (last - first).days
        return divide(amount * CARRY * part.numerator, part.denominator)

    def _draws(self, number: int) -> list[Drawdown]:
        if not self.terms.later_drawdowns:
            return []
        first, last = self.days[number - 1], self.days[number]
        return [draw for draw in self.terms.later_drawdowns if first <= draw.on < last]

    def _share_row(self, number: int, own: int, interest: int) -> PlanRow:
        """Write a row with an equal share of principal; one of them takes the remainder."""
        principal, owed = self.payment, self.balance // CARRY
        if self.conventions.absorbs is Absorbs.FIRST and number == self._principal_grace() + 1:
            principal = owed - (self._levelled_over() - number) * self.payment
        self.flat_own, self.flat_shown = self.flat_own + own, self.flat_shown + interest
        if self._closes(number) or principal >= owed:
            principal = owed
            if self.conventions.kind is PlanKind.FLAT:
                # Equal interest is a share of one sum, and the last share takes its remainder.
                rest = self._shown_interest(self.flat_own) - self.flat_shown
                interest = max(0, interest + rest)
        return self._shown(number, interest, principal, self.balance - principal * CARRY)

    def _closing_row(self, number: int, own: int, interest: int) -> PlanRow:
        # What ends before its term is paid in one sum as well: no row was planned for its parts.
        # Rounded balances have nothing left to round.
        in_one = self.conventions.closing is Closing.BY_TOTAL or number != self.terms.periods
        if in_one and self.conventions.carry is not Carry.ROUNDED:
            payment = self.conventions.payment.of(self.balance + own, CARRY)
            held = interest - self._shown_interest(own)
            return self._shown(number, interest, payment + held - interest, 0)
        return self._shown(number, interest, self._shown_interest(self.balance), 0)

    def _shown(self, number: int, interest: int, principal: int, left: int) -> PlanRow:
        self.balance = left
        due_on = self.days[number] if self.days else None
        shown, fee = self.conventions.interest.of(left, CARRY), self.terms.fee_per_period
        return PlanRow(number, due_on, principal + interest + fee, principal, interest, shown, fee)
