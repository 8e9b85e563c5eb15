"""The running account of a progressive schedule: what each happening does to its instalments.

Balances follow from movements: a period's opening balance is the one before it, with everything
that moved, less the principal that falls due; principal paid on another day is a movement of that
day instead. A movement on a due date counts before the next period opens.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.schedules.progressive import (
    BalanceCorrected,
    Drawn,
    Happening,
    InterestPaid,
    InterestPaused,
    PaidOff,
    PartRounding,
    Payable,
    PrincipalPaid,
    ProgressiveRow,
    ProgressiveTerms,
    RateChanged,
    Repaid,
    checked,
)
from martlet.lending.schedules.rate_factors import (
    decimal_rate,
    interest_of,
    interest_of_parts,
    level_of,
    part_factor,
    summed,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from decimal import Decimal


def progressive_rows(
    terms: ProgressiveTerms, happenings: Iterable[Happening]
) -> tuple[ProgressiveRow, ...]:
    """Return the instalments of a loan after all that happened to it.

    What has its parts already counts in the order given; with sums, everything counts by its day.
    """
    return _replayed(terms, happenings).rows()


def progressive_payable(
    terms: ProgressiveTerms, happenings: Iterable[Happening], due_on: date, on: date
) -> Payable:
    """Return what would settle the instalment due on a day if it were paid on another."""
    return _replayed(terms, happenings).payable(due_on, on)


def _replayed(terms: ProgressiveTerms, happenings: Iterable[Happening]) -> _Fold:
    fold = _Fold(terms)
    fold._price()  # noqa: SLF001 - its own module
    for happening in _by_day(checked(tuple(happenings))):
        fold.apply(happening)
    return fold


def _by_day(happenings: tuple[Happening, ...]) -> Sequence[Happening]:
    """Order what happened by day where a sum was paid: what is known late changes its parts."""
    if not any(isinstance(happening, Repaid) for happening in happenings):
        return happenings
    return sorted(
        happenings, key=lambda told: told.start if isinstance(told, InterestPaused) else told.on
    )


@dataclass(slots=True)
class _Period:
    """One period of the schedule while things happen to it."""

    start: date
    due: date
    first: bool
    drawn: int = 0
    instalment: int = 0
    principal_paid: int = 0
    interest_paid: int = 0
    parts: list[tuple[date, date, Decimal]] = field(default_factory=list)
    """Its parts between movements, with what each costs."""
    opening: int = 0
    interest: int = 0
    """Due with this instalment."""
    closing: int = 0
    unplaced: int = 0
    """Interest that had no room in this instalment and falls due with the next."""

    @property
    def paid(self) -> int:
        """What was paid of it."""
        return self.principal_paid + self.interest_paid

    @property
    def principal(self) -> int:
        """What falls due of principal: what interest leaves, or more where more was paid."""
        return max(self.instalment - self.interest, self.principal_paid)

    def holds(self, day: date) -> bool:
        """Tell whether a movement of that day belongs to this period."""
        return self.start < day <= self.due or (self.first and day == self.start)


class _Movement(NamedTuple):
    """Principal that moved on a day: out by a drawdown, back by a payment."""

    on: date
    amount: int
    drawn: bool


@dataclass(slots=True)
class _Fold:
    """All periods, and what moved on which day; never leaves this module."""

    terms: ProgressiveTerms
    periods: list[_Period] = field(init=False)
    movements: list[_Movement] = field(default_factory=list)
    rates: list[tuple[date, Decimal]] = field(init=False)
    pauses: list[InterestPaused] = field(default_factory=list)
    cut: tuple[date, date] | None = None
    """Of a quotation: the instalment asked for and the day after which nothing costs."""

    def __post_init__(self) -> None:
        days = self.terms.period_dates
        self.periods = [
            _Period(start, due, first=number == 0)
            for number, (start, due) in enumerate(pairwise(days))
        ]
        self.rates = [(days[0], decimal_rate(self.terms.annual_rate))]

    # What happens.

    def apply(self, happening: Happening) -> None:
        """Let one thing happen."""
        match happening:
            case Drawn(on, amount):
                self._move(on, amount, drawn=True)
                self._level_from(on)
            case RateChanged(on, rate):
                eve = max(on - timedelta(days=1), self.terms.period_dates[0])
                self.rates.append((eve, decimal_rate(rate)))
                self._level_from(eve)
            case PrincipalPaid(on, due_on, amount):
                self._pay_principal(self._period_due(due_on), on, amount)
            case InterestPaid(_, due_on, amount):
                self._pay_interest(self._period_due(due_on), amount)
            case BalanceCorrected(on, amount):
                self._move(on, amount)
                self._settle()
            case InterestPaused():
                self.pauses.append(happening)
                self._settle()
            case Repaid(on, amount):
                self._repay(on, amount)
            case PaidOff(on):
                self._pay_off(on)

    def _move(self, on: date, amount: int, *, drawn: bool = False) -> None:
        first, last = self.terms.period_dates[0], self.terms.period_dates[-1]
        assert first <= on <= last, f"{on} lies outside {first} to {last}"
        self.movements.append(_Movement(on, amount, drawn))
        if drawn:
            self._period_holding(on).drawn += amount

    def _pay_principal(self, period: _Period, on: date, amount: int) -> None:
        period.principal_paid += amount
        # Paid late, it counts from its due date: what is overdue costs penalty, not interest.
        self._move(min(on, period.due), -amount)
        self._settle()

    def _pay_interest(self, period: _Period, amount: int) -> None:
        period.interest_paid += amount
        self._settle()

    def _repay(self, on: date, amount: int) -> None:
        """Apply a sum to the instalments in order; what is left when all are paid is refused."""
        for period in self.periods:
            quote = self.payable(period.due, on)
            interest = min(amount, max(0, quote.interest - period.interest_paid))
            if interest:
                self._pay_interest(period, interest)
            amount -= interest
            principal = min(amount, max(0, quote.principal - period.principal_paid))
            if principal:
                self._pay_principal(period, on, principal)
            amount -= principal
            if amount == 0:
                return
        assert amount == 0, f"{amount} more than the loan owes"

    def _pay_off(self, on: date) -> None:
        owed = sum(moved.amount for moved in self.movements if moved.on <= on)
        for period in self.periods:
            quote = self.payable(period.due, on)
            if (interest := quote.interest - period.interest_paid) > 0:
                self._pay_interest(period, interest)
            principal = quote.principal - period.principal_paid
            last = period is self.periods[-1]
            due = owed if last else max(0, min(principal, owed))
            if due > 0:
                self._pay_principal(period, on, due)
                owed -= due

    # What follows from it.

    def _period_due(self, due_on: date) -> _Period:
        found = next((period for period in self.periods if period.due == due_on), None)
        assert found is not None, f"nothing falls due on {due_on}"
        return found

    def _period_holding(self, day: date) -> _Period:
        found = next((period for period in self.periods if period.holds(day)), None)
        assert found is not None, f"{day} lies outside the schedule"
        return found

    def _level_from(self, on: date) -> None:
        """Level the instalments anew from the period in which a day lies."""
        changed = self.periods.index(self._period_holding(on))
        # On a due date only what comes after can follow; on the last there is nothing after.
        ends_here = self.periods[changed].due == on
        first = changed + 1 if ends_here and changed + 1 < len(self.periods) else changed
        related = self.periods[first:]
        self._price()
        opening = self.periods[first - 1].closing if first else 0
        factors = [summed([factor for *_, factor in period.parts]) for period in related]
        level = self._to_unit(level_of(opening + related[0].drawn, factors))
        self._set_level(related, level)
        self._settle()
        self._relevel(related)

    def _to_unit(self, level: int) -> int:
        return self.terms.conventions.instalment.of(level)

    def _set_level(self, related: Sequence[_Period], level: int) -> None:
        for period in related:
            if level >= period.paid:
                period.instalment = level
        self._price()

    def _settle(self) -> None:
        """Let the last open instalment absorb what the others leave."""
        self._price()
        owed = sum(period.drawn + period.interest for period in self.periods)
        planned = sum(period.instalment for period in self.periods)
        rest = owed - planned
        unpaid = [period for period in self.periods if period.instalment != period.paid]
        for period in reversed(unpaid):
            wanted = period.instalment + rest
            # What a long pause or a large payment takes off is more than one instalment at times.
            period.instalment = max(wanted, period.paid)
            rest = wanted - period.instalment
            if rest == 0:
                break
        self._price()

    def _relevel(self, related: Sequence[_Period]) -> None:
        """Move the level by a share of the difference, as long as that makes it less."""
        half = len(related) // 2
        for _ in range(self.terms.conventions.relevel_rounds):
            ends = _open_ends(related)
            gap = _gap(ends)
            if half == 0 or abs(gap) * 100 <= half * self.terms.minor_per_major:
                return
            level = ends[0].instalment
            beyond = sum(1 for period in related if period.paid > level)
            share = divide(gap, max(1, len(related) - beyond), RoundingMode.HALF_EVEN)
            moved = self._to_unit(level + share)
            if moved == level:
                return
            before = [period.instalment for period in self.periods]
            self._set_level(related, moved)
            self._settle()
            if abs(_gap(_open_ends(self.periods))) >= abs(gap):
                for period, instalment in zip(self.periods, before, strict=True):
                    period.instalment = instalment
                self._price()
                return

    def _price(self) -> None:
        """Recompute every period's parts, interest and balances from what moved."""
        carried = opening = 0
        for period in self.periods:
            period.parts = self._parts(period)
            period.opening = opening
            priced = [(self._balance_at(period, start), f) for start, _, f in period.parts]
            owing = carried + self._interest(priced)
            self._place_interest(period, owing)
            carried = period.unplaced
            moved = self._moved(period, period.due)
            left = opening + moved - period.principal + period.principal_paid
            opening = period.closing = max(0, left)

    def _interest(self, priced: Sequence[tuple[int, Decimal]]) -> int:
        if self.terms.conventions.part_rounding is PartRounding.SUM:
            return interest_of_parts(priced)
        return sum(interest_of(balance, factor) for balance, factor in priced)

    def _place_interest(self, period: _Period, owing: int) -> None:
        """Let interest fall due as far as the instalment has room for it."""
        beyond = period.principal_paid > period.instalment - owing
        due = period.interest_paid if beyond else min(owing, period.instalment)
        period.interest = max(due, period.interest_paid)
        period.unplaced = max(0, owing - period.interest)

    def _moved(self, period: _Period, until: date) -> int:
        """Return what moved inside a period up to and on a day."""
        inside = (moved for moved in self.movements if period.holds(moved.on))
        return sum(moved.amount for moved in inside if moved.on <= until)

    def _balance_at(self, period: _Period, day: date) -> int:
        return period.opening + self._moved(period, day)

    def _parts(self, period: _Period) -> list[tuple[date, date, Decimal]]:
        end = self._end_of(period)
        days = {period.start, end}
        days |= {moved.on for moved in self.movements}
        days |= {day for day, _ in self.rates}
        for pause in self.pauses:
            days |= {pause.start - timedelta(days=1), pause.end}
        inside = sorted(day for day in days if period.start <= day <= end)
        parts = []
        for start, until in pairwise(inside):
            if self._counts(period, until):
                parts.append((start, until, self._factor(period, start, until)))
        return parts

    def _end_of(self, period: _Period) -> date:
        """Return where a period ends: at its due date, or where a quotation cuts it."""
        if self.cut is None or period.due != self.cut[0]:
            return period.due
        return min(max(self.cut[1], period.start), period.due)

    def _counts(self, period: _Period, until: date) -> bool:
        """Tell whether a part still counts in a quotation: not if it ends after the day."""
        return self.cut is None or period.due == self.cut[0] or until <= self.cut[1]

    def _factor(self, period: _Period, start: date, until: date) -> Decimal:
        rate = [
            rate for day, rate in sorted(self.rates, key=lambda known: known[0]) if day <= start
        ][-1]
        if any(
            pause.start - timedelta(days=1) <= start and until <= pause.end for pause in self.pauses
        ):
            rate *= 0
        span = (period.start, period.due)
        return part_factor(self.terms.conventions, rate, span, (start, until))

    # What is told.

    def payable(self, due_on: date, on: date) -> Payable:
        """Return what would settle an instalment on a day."""
        asked = self._period_due(due_on)
        copied = replace(self, cut=(due_on, on))
        copied.periods = [replace(period) for period in self.periods]
        copied.movements, copied.rates = list(self.movements), list(self.rates)
        copied._settle()  # noqa: SLF001 - its own class
        found = copied.periods[self.periods.index(asked)]
        # What is paid on the day itself does not lower what the day is asked for.
        open_then = (moved for moved in self.movements if moved.drawn or moved.on < on)
        inside = sum(m.amount for m in open_then if found.holds(m.on) and m.on <= on)
        return Payable(found.opening + inside, found.principal, found.interest)

    def rows(self) -> tuple[ProgressiveRow, ...]:
        """Return every instalment."""
        return tuple(
            ProgressiveRow(
                number=number,
                from_on=period.start,
                due_on=period.due,
                principal=period.principal,
                interest=period.interest,
                balance=period.closing,
                principal_paid=period.principal_paid,
                interest_paid=period.interest_paid,
                factor_text=f"{summed([factor for *_, factor in period.parts]):f}",
            )
            for number, period in enumerate(self.periods, 1)
        )


def _open_ends(periods: Sequence[_Period]) -> Sequence[_Period]:
    """Return the last two periods next to each other of which neither is paid."""
    for earlier, later in reversed(list(pairwise(periods))):
        if later.instalment != later.paid and earlier.instalment != earlier.paid:
            return (earlier, later)
    return ()


def _gap(ends: Sequence[_Period]) -> int:
    """Return by how much the last instalment differs from the one before it."""
    return ends[1].instalment - ends[0].instalment if ends else 0
