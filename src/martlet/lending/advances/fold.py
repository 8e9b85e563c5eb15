"""The state of an advance on takings: a pure function of its terms, its events and a day.

Cash is all that moves it. The net cash that has come in says how much of the fee and of the
principal is paid (`curve`); the agreed minimums say what is due. The invariant: paid principal and
paid fee are what the curve says of the net cash, so the same cash in whatever portions leaves the
same state. Total, as every replay is: what has no meaning for an advance changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from martlet.lending.advances.curve import IncomeCurve, income_curve
from martlet.lending.events import (
    CREDITS,
    MONEY_OUT,
    EventKind,
    LoanEvent,
    ShareChanged,
    Waived,
    standing,
)
from martlet.lending.loan import (
    AccrualLine,
    Allocation,
    Charge,
    Instalment,
    LoanState,
    LoanStatus,
    LoanTerms,
)
from martlet.lending.parts import Component

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from martlet.lending.advances.terms import TakingsTerms

FEE_NAME = "advance"
"""What the fixed fee is called among a loan's charges."""


def takings_state(terms: LoanTerms, ordered: Sequence[LoanEvent], as_of: date) -> LoanState:
    """Return the advance's state at the start of a day, by its standing events in order."""
    return _replay(terms, ordered).state(as_of)


def takings_schedule(
    terms: LoanTerms, ordered: Sequence[LoanEvent], as_of: date
) -> tuple[Instalment, ...]:
    """Return the minimums still to come, as far as the cash until now has not paid them."""
    fold = _replay(terms, ordered)
    if fold.done:
        return ()
    return tuple(row for row in fold.minimums(date.max) if row.due_on > as_of and row.unpaid_fen)


def takings_oldest_unpaid(
    terms: LoanTerms, ordered: Sequence[LoanEvent], as_of: date
) -> list[tuple[date, date | None]]:
    """Return the oldest minimum unpaid, before each event and on a day."""
    fold, found = _Fold(terms, ordered[0]), []
    for event in ordered[1:]:
        found.append((event.value_date, fold.oldest_due_on(event.value_date)))
        fold.apply(event)
    return [*found, (as_of, fold.oldest_due_on(as_of))]


def _replay(terms: LoanTerms, ordered: Sequence[LoanEvent]) -> _Fold:
    fold = _Fold(terms, ordered[0])
    for event in ordered[1:]:
        fold.apply(event)
    return fold


def share_on(terms: LoanTerms, events: Iterable[LoanEvent], day: date) -> int:
    """Return the share of takings in force on a day: the latest change by then, else the agreed."""
    assert terms.takings is not None, terms
    changes = [
        (event.details.effective_on, event.sequence, event.details.share_ppm)
        for event in standing(list(events))
        if isinstance(event.details, ShareChanged) and event.details.effective_on <= day
    ]
    return max(changes)[2] if changes else terms.takings.share_ppm


@dataclass(frozen=True, slots=True)
class Minimum:
    """The minimum of the period that runs: by when, how much, and whether it is in doubt."""

    due_on: date
    minimum_fen: int
    """Of this period alone."""
    paid_fen: int
    near: bool
    """Its end is near, and less has come than the part that is watched for."""

    @property
    def missing_fen(self) -> int:
        """What is still to come by then."""
        return self.minimum_fen - self.paid_fen


def takings_minimum(terms: LoanTerms, ordered: Sequence[LoanEvent], on: date) -> Minimum | None:
    """Return the minimum of the period that runs on a day; None where nothing is owed any more."""
    fold = _replay(terms, ordered)
    rows = () if fold.done else fold.minimums(date.max)
    row = next((row for row in rows if row.due_on >= on), None)
    if row is None:
        return None
    near = fold.agreed.near_breach(row.due_on, row.due_fen, row.paid_fen, on)
    return Minimum(row.due_on, row.due_fen, row.paid_fen, near)


def _oldest_unpaid(rows: Iterable[Instalment]) -> date | None:
    return next((row.due_on for row in rows if row.unpaid_fen), None)


@dataclass(slots=True)
class _Fold:
    """The running account of one advance; never leaves this module."""

    terms: LoanTerms
    first: LoanEvent
    agreed: TakingsTerms = field(init=False)
    curve: IncomeCurve = field(init=False)
    cash_fen: int = 0
    """Net: what came in less what was taken back."""
    principal_paid_fen: int = 0
    fee_paid_fen: int = 0
    principal_raised_fen: int = 0
    fee_raised_fen: int = 0
    waived_fen: int = 0
    goodwill_fen: int = 0
    overpaid_fen: int = 0
    recovered_fen: int = 0
    lent_more_fen: int = 0
    """Paid out beyond the advance: a second payout, or more given back than had been paid."""
    disbursed_more_fen: int = 0
    written_off: tuple[int, int] = (0, 0)
    """Principal and fee."""
    charged_off_on: date | None = None
    charged_off_at_fen: int | None = None
    """The net cash at the charge-off: what comes in beyond it pays the principal first."""
    written_off_on: date | None = None
    closed_on: date | None = None
    allocations: list[Allocation] = field(default_factory=list)

    def __post_init__(self) -> None:
        assert self.terms.takings is not None, self.terms
        assert self.first.kind is EventKind.DISBURSED, self.first
        self.agreed = self.terms.takings
        self.curve = income_curve(
            self.first.amount_fen, self.agreed.fee_fen, self.agreed.expected_daily_fen
        )

    @property
    def total_fen(self) -> int:
        """All that is to be paid: waivers come off the end, what is lent more goes there."""
        agreed = self.first.amount_fen + self.agreed.fee_fen
        return agreed - self.waived_fen + self.lent_more_fen

    @property
    def left_fen(self) -> int:
        """What is still to be paid."""
        return self.total_fen - self.cash_fen - sum(self.written_off)

    @property
    def done(self) -> bool:
        """Nothing is to be paid any more."""
        return self.closed_on is not None or self.written_off_on is not None

    def fee_of(self, cash_fen: int) -> int:
        """Return the fee paid when so much net cash has come in.

        No income is recognised of what was given up as an asset before all its principal is back.
        """
        parted_at = self.charged_off_at_fen
        most = self.agreed.fee_fen - self.waived_fen
        if parted_at is None or cash_fen <= parted_at:
            return min(self.curve.earned_at(cash_fen), most)
        earned = min(self.curve.earned_at(parted_at), most)
        principal_left = max(self.first.amount_fen - (parted_at - earned), 0)
        return min(earned + max(cash_fen - parted_at - principal_left, 0), most)

    def apply(self, event: LoanEvent) -> None:
        """Let an event change the account."""
        kind, lost = event.kind, self.written_off_on is not None
        if kind in CREDITS or kind is EventKind.RECOVERED:
            (self._recover if lost else self._credit)(event)
        elif lost and (kind in MONEY_OUT or kind is EventKind.DISBURSED):
            self._lose_more(event)
        elif kind is EventKind.DISBURSED:
            self._disburse(event)
        elif kind in MONEY_OUT:
            self._take_back(event)
        elif lost:
            return
        elif isinstance(event.details, Waived) and event.details.component is Component.FEE:
            self._waive(event)
        elif kind is EventKind.CHARGED_OFF and self.charged_off_on is None:
            self.charged_off_on, self.charged_off_at_fen = event.value_date, self.cash_fen
        elif kind is EventKind.WRITTEN_OFF:
            self._write_off(event)

    def _credit(self, event: LoanEvent) -> None:
        taken = min(event.amount_fen, self.left_fen)
        fee, principal = self._moved(taken)
        self.fee_paid_fen += fee
        self.principal_paid_fen += principal
        self.overpaid_fen += event.amount_fen - taken
        if event.kind is EventKind.GOODWILL_CREDIT:
            self.goodwill_fen += event.amount_fen
        self._note(event, event.amount_fen, fee, principal, event.amount_fen - taken)
        self._close(event.value_date)

    def _recover(self, event: LoanEvent) -> None:
        """Money that comes in after the write-off; the bank's own is no recovery."""
        if event.kind is EventKind.GOODWILL_CREDIT:
            return
        self.recovered_fen += event.amount_fen
        self._note(event, event.amount_fen, 0, 0, 0, event.amount_fen)

    def _take_back(self, event: LoanEvent) -> None:
        """Owe again what was taken back: what had been paid too much goes first."""
        overpaid = min(event.amount_fen, self.overpaid_fen)
        again = min(event.amount_fen - overpaid, self.cash_fen)
        fee, principal = self._moved(-again)
        # An event slipped in earlier may leave less paid than was given back: that is lent more.
        beyond = event.amount_fen - overpaid - again
        self.lent_more_fen += beyond
        self.fee_raised_fen -= fee
        self.principal_raised_fen += beyond - principal
        self.overpaid_fen -= overpaid
        self._note(event, event.amount_fen, -fee, beyond - principal, overpaid)
        if self.left_fen > 0:
            self.closed_on = None

    def _disburse(self, event: LoanEvent) -> None:
        self.lent_more_fen += event.amount_fen
        self.disbursed_more_fen += event.amount_fen
        self.closed_on = None

    def _lose_more(self, event: LoanEvent) -> None:
        """Money that goes out after the write-off is lost with the rest."""
        overpaid = 0
        if event.kind is EventKind.DISBURSED:
            self.disbursed_more_fen += event.amount_fen
        else:
            overpaid = min(event.amount_fen, self.overpaid_fen)
            self.overpaid_fen -= overpaid
            self.principal_raised_fen += event.amount_fen - overpaid
        lost = event.amount_fen - overpaid
        self.lent_more_fen += lost
        self.written_off = (self.written_off[0] + lost, self.written_off[1])
        self._note(event, event.amount_fen, 0, lost, overpaid)

    def _moved(self, cash_fen: int) -> tuple[int, int]:
        """Move the net cash; return by how much the paid fee and the paid principal moved."""
        before = self.fee_of(self.cash_fen)
        self.cash_fen += cash_fen
        fee = self.fee_of(self.cash_fen) - before
        return fee, cash_fen - fee

    def _waive(self, event: LoanEvent) -> None:
        unpaid = self.agreed.fee_fen - self.waived_fen - self.fee_of(self.cash_fen)
        waived = min(event.amount_fen or unpaid, unpaid)
        self.waived_fen += waived
        self._note(event, waived, waived, 0, 0)
        self._close(event.value_date)

    def _write_off(self, event: LoanEvent) -> None:
        if self.written_off_on is not None or self.left_fen == 0:
            return
        fee = self.agreed.fee_fen - self.waived_fen - self.fee_of(self.cash_fen)
        self.written_off = (self.left_fen - fee, fee)
        self.written_off_on = event.value_date
        self._note(event, sum(self.written_off), fee, self.written_off[0], 0)

    def _close(self, day: date) -> None:
        if self.left_fen == 0 and self.closed_on is None and self.written_off_on is None:
            self.closed_on = day

    def _note(
        self,
        event: LoanEvent,
        amount_fen: int,
        fee_fen: int,
        principal_fen: int,
        over_fen: int,
        recovered_fen: int = 0,
    ) -> None:
        self.allocations.append(
            Allocation(
                event_id=event.event_id,
                value_date=event.value_date,
                amount_fen=amount_fen,
                penalty_fen=0,
                interest_fen=0,
                principal_fen=principal_fen,
                overpaid_fen=over_fen,
                fee_fen=fee_fen,
                kind=event.kind,
                recovered_fen=recovered_fen,
            )
        )

    def minimums(self, as_of: date) -> list[Instalment]:
        """Return the minimums that have fallen due, each with what the cash has paid of it."""
        return self._rows(self._agreed_minimums(), as_of)

    def _rows(self, agreed: Sequence[tuple[date, int]], as_of: date) -> list[Instalment]:
        rows, before = [], 0
        for number, (day, until) in enumerate(agreed, 1):
            if day > as_of:
                break
            paid_until = min(max(self.cash_fen, before), until)
            fee = self.fee_of(until) - self.fee_of(before)
            fee_paid = self.fee_of(paid_until) - self.fee_of(before)
            unpaid = until - paid_until
            rows.append(
                Instalment(
                    number=number,
                    due_on=day,
                    principal_fen=until - before - fee,
                    interest_fen=0,
                    principal_paid_fen=paid_until - before - fee_paid,
                    interest_paid_fen=0,
                    fee_fen=fee,
                    fee_paid_fen=fee_paid,
                    written_off_fen=unpaid if self.written_off_on is not None else 0,
                )
            )
            before = until
        return rows

    def oldest_due_on(self, as_of: date) -> date | None:
        """Return the oldest minimum that has fallen due and is not paid."""
        return _oldest_unpaid(self.minimums(as_of))

    def state(self, as_of: date) -> LoanState:
        """Return the state at the start of a day."""
        agreed = self._agreed_minimums()
        rows = self._rows(agreed, as_of)
        unpaid = (day for day, until in agreed if day > as_of and until > self.cash_fen)
        coming = None if self.done else next(unpaid, None)
        oldest = _oldest_unpaid(rows)
        due_until = sum(row.due_fen for row in rows)
        return LoanState(
            as_of=as_of,
            status=self._status(oldest, as_of),
            disbursed_fen=self.first.amount_fen + self.disbursed_more_fen,
            principal_paid_fen=self.principal_paid_fen,
            interest_paid_fen=0,
            penalty_paid_fen=0,
            overpaid_fen=self.overpaid_fen,
            interest_ticks=0,
            penalty_ticks=0,
            interest_accrued_fen=0,
            penalty_accrued_fen=0,
            principal_due_fen=sum(
                row.principal_fen - row.principal_paid_fen for row in rows if row.unpaid_fen
            ),
            interest_due_fen=0,
            advance_fen=max(self.cash_fen - due_until, 0),
            oldest_due_on=oldest,
            next_due_on=coming,
            matures_on=agreed[-1][0],
            closed_on=self.closed_on,
            instalments=tuple(rows),
            allocations=tuple(self.allocations),
            line=self._line(agreed, as_of),
            fee_charged_fen=self.agreed.fee_fen,
            fee_paid_fen=self.fee_paid_fen,
            fee_waived_fen=self.waived_fen,
            principal_raised_fen=self.principal_raised_fen,
            fee_raised_fen=self.fee_raised_fen,
            principal_written_off_fen=self.written_off[0],
            fee_written_off_fen=self.written_off[1],
            goodwill_fen=self.goodwill_fen,
            recovered_fen=self.recovered_fen,
            fee_due_fen=sum(row.fee_fen - row.fee_paid_fen for row in rows if row.unpaid_fen),
            charged_off_on=self.charged_off_on,
            written_off_on=self.written_off_on,
            charges=(self._charge(),),
            minimum_near_fen=0 if coming is None else self._near_fen(agreed, coming, as_of),
        )

    def _near_fen(self, agreed: Sequence[tuple[date, int]], coming: date, as_of: date) -> int:
        """Return what is missing of the coming minimum, where its end is near and it in doubt."""
        row = next(row for row in self._rows(agreed, coming) if row.due_on == coming)
        near = self.agreed.near_breach(coming, row.due_fen, row.paid_fen, as_of)
        return row.unpaid_fen if near else 0

    def _agreed_minimums(self) -> list[tuple[date, int]]:
        agreed = self.first.amount_fen + self.agreed.fee_fen
        start = self.first.value_date
        return self.agreed.minimums(agreed, self.total_fen, start, self.terms.tenor)

    def _line(self, agreed: Sequence[tuple[date, int]], as_of: date) -> AccrualLine:
        """Return the line on which nothing accrues, up to the next day that is to be looked at.

        That is a minimum's day, the day after it, and the day on which one that is far off is told.
        """
        days: list[date] = []
        if not self.done:
            near = timedelta(days=self.agreed.near_breach_days)
            for day, _ in agreed:
                days += (day - near, day, day + timedelta(days=1))
        until = min((day for day in days if day > as_of), default=None)
        return AccrualLine(as_of, until, 0, 0, 1, 0, 0, 1)

    def _charge(self) -> Charge:
        return Charge(
            event_id=self.first.event_id,
            kind=EventKind.FEE_CHARGED,
            name=FEE_NAME,
            due_on=self.first.value_date,
            amount_fen=self.agreed.fee_fen,
            paid_fen=self.fee_of(self.cash_fen),
            waived_fen=self.waived_fen,
            written_off_fen=self.written_off[1],
        )

    def _status(self, oldest: date | None, as_of: date) -> LoanStatus:
        if self.written_off_on is not None:
            return LoanStatus.WRITTEN_OFF
        if self.closed_on is not None:
            return LoanStatus.CLOSED
        if oldest is not None and oldest < as_of:
            return LoanStatus.OVERDUE
        return LoanStatus.LIVE
