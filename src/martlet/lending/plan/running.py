"""Interest that follows what is really owed, day by day, in a plan that runs forward.

The level instalment stays: a row asks for what its days have cost, and for the principal that the
instalment leaves over; the last row takes the rest. Every stretch of one balance is rounded by
itself. Every period is passed once, however many events there are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.lending.plan.interest import days_share, span_share
from martlet.lending.plan.rows import RowKind
from martlet.lending.plan.rules import INTEREST, PRINCIPAL, ArrearsInterest, EarlyInterest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.plan.rows import Row
    from martlet.lending.plan.story import PlanTerms

FACTOR = Context(prec=12, rounding=ROUND_HALF_EVEN)
"""Rate factors have twelve significant digits; money never does."""
PLANNED = frozenset({RowKind.INSTALMENT, RowKind.RE_AGED})
NOTHING = Decimal(0)


@dataclass(slots=True)
class RunningInterest:
    """How far interest has run, and the row in whose period that lies."""

    terms: PlanTerms
    start: date
    rate: Fraction
    settled_on: date = field(init=False)
    whole: int = 0
    """Interest since the last row that knows its own: of the stretches that have ended, in fen."""
    stretch: Decimal = NOTHING
    """Interest of the stretch of one balance that still runs."""
    bearing_fen: int = 0
    """The balance of that stretch."""
    at: int = 0
    """The index of the running row: every row before it has fallen due."""
    known: int = 0
    """How many rows there were when it was found."""
    level_fen: int = 0
    overdue_fen: int = 0
    """Unpaid principal of rows that have fallen due."""
    resting_fen: int = 0
    """Principal that was paid for the running row and bears interest until its day all the same."""
    rates_before: list[tuple[date, Fraction]] = field(default_factory=list)
    """The rates that ended, each with the day on which the next began."""
    free_until: date = field(init=False)
    """Interest of the days before this one was paid ahead."""

    def __post_init__(self) -> None:
        self.settled_on = self.free_until = self.start

    @property
    def accrued(self) -> Decimal:
        """What has run since the last row that knows its interest, in fen."""
        return self.whole + self.stretch

    # Time.

    def settle(self, rows: Sequence[Row], day: date, owed_fen: int) -> None:
        """Let interest run to a day; rows that fall due on the way learn what they cost."""
        while (row := self._running(rows)) is not None and self.settled_on < day:
            stop = min(day, row.due_on)
            bearing = self.bear(owed_fen)
            self.stretch += bearing * self._factor(row, self.settled_on, stop)
            self.settled_on = max(self.settled_on, stop)
            if stop < row.due_on:
                break
            self._fall_due(rows, row, owed_fen)
        while (row := self._running(rows)) is not None and row.due_on <= day:
            self._fall_due(rows, row, owed_fen)
        self.settled_on = max(self.settled_on, day)

    def bear(self, owed_fen: int) -> int:
        """Return the balance that bears interest from now on; another one begins a stretch."""
        bearing = self._bearing(owed_fen)
        if bearing != self.bearing_fen:
            self.end_stretch()
            self.bearing_fen = bearing
        return bearing

    def next_due_on(self, rows: Sequence[Row]) -> date | None:
        """Return the day on which the running row falls due; None: nothing runs any more."""
        row = self._running(rows)
        return None if row is None else row.due_on

    def paid_of_running(self, rows: Sequence[Row]) -> int:
        """Return what of the running interest was paid already."""
        row = self._running(rows)
        if row is None or row.met_on is not None:
            return 0
        return max(0, row.settled(INTEREST) - row.raised[INTEREST] - row.settled_fen)

    def day_costs(self, rows: Sequence[Row], owed_fen: int) -> Fraction:
        """Return what a day of the running period costs, exactly, in fen."""
        row = self._running(rows)
        if row is None or self.settled_on < self.free_until:
            return Fraction(0)
        span = (self.settled_on, self.settled_on + timedelta(days=1))
        return self._bearing(owed_fen) * self.rate * self._share(row, *span)

    def _bearing(self, owed_fen: int) -> int:
        """Return the balance that bears interest now."""
        bearing = owed_fen if self._arrears_bear() else owed_fen - self.overdue_fen
        return bearing + self.resting_fen

    def _arrears_bear(self) -> bool:
        recalculation = self.terms.rules.recalculation
        return recalculation is not None and recalculation.arrears is not ArrearsInterest.NEVER

    def _running(self, rows: Sequence[Row]) -> Row | None:
        """Return the first planned row that has not fallen due; pass what is not planned."""
        while self.at < len(rows) and rows[self.at].kind not in PLANNED:
            emptied = rows[self.at].kind is RowKind.EMPTIED
            if rows[self.at].due_on > self.settled_on and not emptied:
                break
            self.overdue_fen += rows[self.at].unpaid(PRINCIPAL)
            self.at += 1
        if self.at < len(rows) and rows[self.at].kind in PLANNED:
            return rows[self.at]
        return None

    def _fall_due(self, rows: Sequence[Row], row: Row, owed_fen: int) -> None:
        if row.met_on is None:
            last = _is_last(rows, self.at)
            self._ask(row, self._accrued_fen(), owed_fen - self.overdue_fen, last=last)
            self._forget()
        else:
            # What a paid row's last days have cost is carried to the next row that is open.
            self.end_stretch()
        self.overdue_fen += row.unpaid(PRINCIPAL)
        self.at, self.resting_fen = self.at + 1, 0

    def end_stretch(self) -> None:
        """Round what the running stretch has cost: its balance or its rate ends."""
        self.whole, self.stretch = self._accrued_fen(), NOTHING

    def change_rate(self, rate: Fraction) -> None:
        """Let another rate run from the settled day on."""
        self.end_stretch()
        self.rates_before.append((self.settled_on, self.rate))
        self.rate = rate

    def _forget(self) -> None:
        self.whole, self.stretch = 0, NOTHING

    def follow(self, rows: Sequence[Row], first_open: int) -> None:
        """Learn what is overdue, and where the running row is after rows were added before it."""
        if len(rows) != self.known:
            self.restart(rows)
        else:
            self.note_paid(rows, first_open)

    def restart(self, rows: Sequence[Row]) -> None:
        """Find the running row anew after rows were moved, added or emptied."""
        before, self.at, self.known = self.at, 0, len(rows)
        while self.at < len(rows) and not self._to_come(rows[self.at]):
            self.at += 1
        for row in rows[self.at : before]:
            if row.kind in PLANNED and row.met_on is None:
                self.whole += row.due[INTEREST]
        self.note_paid(rows, 0)

    def _to_come(self, row: Row) -> bool:
        return row.kind in PLANNED and row.due_on > self.settled_on

    def note_paid(self, rows: Sequence[Row], first_open: int) -> None:
        """Learn what is overdue after money has reached the rows."""
        self.overdue_fen = sum(row.unpaid(PRINCIPAL) for row in rows[first_open : self.at])

    # What rows ask for.

    def _accrued_fen(self) -> int:
        return self.whole + self.terms.rounded(Fraction(self.stretch))

    def _ask(self, row: Row, interest_fen: int, left_fen: int, *, last: bool) -> int:
        """Let a row ask for interest and principal; return the principal it leaves unasked."""
        paid = row.paid[PRINCIPAL]
        row.due[INTEREST] = max(row.settled_fen + interest_fen, row.settled(INTEREST))
        asked = left_fen + paid
        if not last:
            asked = min(asked, self.level_fen - row.due[INTEREST] + row.credited_fen)
        row.due[PRINCIPAL] = max(asked, paid)
        row.reopen()
        return left_fen + paid - row.due[PRINCIPAL]

    def ask_now(self, rows: Sequence[Row], owed_fen: int, amount_fen: int | None) -> None:
        """Let the rows to come ask for what would pay them today, as far as an amount goes."""
        left, interest = owed_fen - self.overdue_fen, self._interest_now(rows, owed_fen)
        for index in range(self.at, len(rows)):
            row = rows[index]
            if row.kind not in PLANNED or row.met_on is not None:
                continue
            left = self._ask(row, interest, left, last=_is_last(rows, index))
            interest = 0
            if amount_fen is not None:
                amount_fen -= row.open_fen
                if amount_fen < 0:
                    return

    def ask_backwards(self, rows: Sequence[Row], owed_fen: int) -> None:
        """Let the last rows ask for a whole instalment first, and the next row for what is left."""
        coming = [row for row in rows[self.at :] if _is_open(row)]
        left = owed_fen - self.overdue_fen
        for row in reversed(coming):
            first = row is coming[0]
            interest = self._interest_now(rows, owed_fen) if first else 0
            left = self._ask(row, interest, left, last=first)

    def _interest_now(self, rows: Sequence[Row], owed_fen: int) -> int:
        """Return the interest that paying the running row today costs."""
        row = self._running(rows)
        if row is None or not self._rests() or self.settled_on <= row.from_on:
            return self._accrued_fen()
        bearing = self._bearing(owed_fen)
        before = self._accrued_fen() if bearing != self.bearing_fen else self.whole
        stretch = NOTHING if bearing != self.bearing_fen else self.stretch
        stretch += bearing * self._factor(row, self.settled_on, row.due_on)
        return before + self.terms.rounded(Fraction(stretch))

    def _rests(self) -> bool:
        recalculation = self.terms.rules.recalculation
        return recalculation is None or recalculation.early is EarlyInterest.TO_THE_DUE_DATE

    def rest(self, rows: Sequence[Row], day: date, paid_before_fen: int) -> None:
        """Let principal that was just paid for the running row bear interest until its day."""
        row = self._running(rows)
        if row is None or not self._rests() or not row.from_on < day < row.due_on:
            return
        if row.met_on is None:
            self.resting_fen += row.paid[PRINCIPAL] - paid_before_fen
        else:
            self.resting_fen, self.free_until = 0, row.due_on

    def running_paid_fen(self, rows: Sequence[Row]) -> int:
        """Return what of the running row's principal is paid."""
        row = self._running(rows)
        return 0 if row is None else row.paid[PRINCIPAL]

    def forget_paid_interest(self, rows: Sequence[Row], met_before: int) -> None:
        """Begin interest anew where a row was paid before its day with what it had cost by then."""
        if met_before < len(rows) and rows[met_before].met_on is not None:
            rows[met_before].settled_fen = rows[met_before].due[INTEREST]
            self._forget()

    def close_covered(self, rows: Sequence[Row], owed_fen: int, day: date) -> None:
        """Meet the last rows that were paid all that the plan leaves for them, or more."""
        for last in reversed([row for row in rows[self.at :] if _is_open(row)]):
            left = self.plan(rows, owed_fen)
            if last.paid_fen == 0 or (left >= 0 and last.open_fen > 0):
                return
            if left < 0:
                last.due.update({part: last.paid[part] for part in (INTEREST, PRINCIPAL)})
            last.settle_at(day)

    def plan(self, rows: Sequence[Row], owed_fen: int) -> int:
        """Let the rows to come ask for what they will cost if everything is paid on its day.

        Returns what of the principal no row asks for: nothing, or less where one was paid too much.
        """
        running = self._running(rows)
        left, whole = owed_fen - self.overdue_fen, self.whole
        stretch, bearing = self.stretch, self.bearing_fen
        for index in range(self.at, len(rows)):
            row = rows[index]
            if row.kind not in PLANNED:
                continue
            bears = left + self.resting_fen if row is running else left
            if bears != bearing:
                whole += self.terms.rounded(Fraction(stretch))
                stretch, bearing = NOTHING, bears
            stretch += bears * self._factor(row, max(row.from_on, self.settled_on), row.due_on)
            whole, stretch = whole + self.terms.rounded(Fraction(stretch)), NOTHING
            if row.met_on is None:
                left = self._ask(row, whole, left, last=_is_last(rows, index))
                whole = 0
        return left

    def level(self, rows: Sequence[Row], owed_fen: int) -> None:
        """Find the level instalment anew, so that the last row differs little from the others."""
        self._running(rows)
        coming = [row for row in rows[self.at :] if row.kind in PLANNED]
        if not coming:
            return
        met = [(row, row.met_on) for row in coming if row.met_on is not None]
        for row, _ in met:
            row.met_on = None
        self._fit(rows, coming, owed_fen)
        for row, on in met:
            row.met_on = on if row.open_fen == 0 else None

    def _fit(self, rows: Sequence[Row], coming: Sequence[Row], owed_fen: int) -> None:
        grown, sums = Decimal(1), NOTHING
        for row in reversed(coming):
            sums = FACTOR.add(sums, grown)
            grown = FACTOR.multiply(grown, 1 + self._level_factor(row))
        left = owed_fen - self.overdue_fen
        if coming[0].kind is RowKind.INSTALMENT:
            exact = Fraction((left + coming[0].paid[PRINCIPAL]) * grown) / Fraction(sums)
        else:
            exact = Fraction((left + self.accrued) * grown) / Fraction(sums)
        first = self.level_fen = self.terms.in_units(exact)
        gap = self._gap(rows, coming, owed_fen)
        if abs(gap) > len(coming) // 2:
            self.level_fen = first + self.terms.in_units(Fraction(gap, len(coming)))
            if abs(self._gap(rows, coming, owed_fen)) >= abs(gap):
                self.level_fen = first

    def _level_factor(self, row: Row) -> Decimal:
        """Return what one fen costs over a period, as if it were owed from its first day on."""
        if row.kind is not RowKind.INSTALMENT:
            return self._factor(row, max(row.from_on, self.settled_on), row.due_on)
        ends = [*(on for on, _ in self.rates_before if row.from_on < on < row.due_on), row.due_on]
        factor, begins = NOTHING, row.from_on
        for end in ends:
            rate = next((rate for on, rate in self.rates_before if end <= on), self.rate)
            factor = FACTOR.add(factor, self._priced(rate * self._share(row, begins, end)))
            begins = end
        return factor

    def _gap(self, rows: Sequence[Row], coming: Sequence[Row], owed_fen: int) -> int:
        self.plan(rows, owed_fen)
        return coming[-1].due[INTEREST] + coming[-1].due[PRINCIPAL] - self.level_fen

    def _factor(self, row: Row, begins: date, ends: date) -> Decimal:
        """Return what one fen costs over a span of a row's period."""
        begins = max(begins, self.free_until)
        if ends <= begins:
            return NOTHING
        return self._priced(self.rate * self._share(row, begins, ends))

    @staticmethod
    def _priced(exact: Fraction) -> Decimal:
        return FACTOR.divide(Decimal(exact.numerator), Decimal(exact.denominator))

    def _share(self, row: Row, begins: date, ends: date) -> Fraction:
        """Return the share of a year of a span; re-aged rows have periods of their own length."""
        if row.kind is RowKind.RE_AGED or row.from_on >= row.due_on:
            return days_share(self.terms.rules, self.start, (begins, ends))
        span = (row.from_on, row.due_on)
        return span_share(self.terms.rules, self.start, span, (begins, ends))


def _is_last(rows: Sequence[Row], index: int) -> bool:
    """Tell whether no planned row that is open comes after one; few rows come after the last."""
    return not any(_is_open(rows[later]) for later in range(len(rows) - 1, index, -1))


def _is_open(row: Row) -> bool:
    return row.kind in PLANNED and row.met_on is None
