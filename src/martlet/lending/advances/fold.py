"""The state of an advance on takings: a pure function of its terms, its events and a day.

Cash is all that moves it. The net cash that has come in says how much of the fee and of the
principal is paid (`curve`); the agreed minimums say what is due. The invariant: paid principal and
paid fee are what the curve says of the net cash, so the same cash in whatever portions leaves the
same state.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from martlet.lending.advances.curve import IncomeCurve, income_curve
from martlet.lending.events import CREDITS, EventKind, LoanEvent, ShareChanged, standing
from martlet.lending.loan import (
    AccrualLine,
    Allocation,
    Charge,
    Instalment,
    LoanState,
    LoanStatus,
    LoanTerms,
)

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
    written_off: tuple[int, int] = (0, 0)
    """Principal and fee."""
    charged_off_on: date | None = None
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
        """All that is to be paid: what is waived comes off the end."""
        return self.first.amount_fen + self.agreed.fee_fen - self.waived_fen

    @property
    def left_fen(self) -> int:
        """What is still to be paid."""
        return self.total_fen - self.cash_fen - sum(self.written_off)

    @property
    def done(self) -> bool:
        """Nothing is to be paid any more."""
        return self.closed_on is not None or self.written_off_on is not None

    def fee_of(self, cash_fen: int) -> int:
        """Return the fee paid when so much net cash has come in."""
        return min(self.curve.earned_at(cash_fen), self.agreed.fee_fen - self.waived_fen)

    def apply(self, event: LoanEvent) -> None:
        """Let an event change the account."""
        kind = event.kind
        if kind in CREDITS:
            self._credit(event)
        elif kind in {EventKind.CHARGED_BACK, EventKind.REFUNDED_IN_CASH}:
            self._take_back(event)
        elif kind is EventKind.OVERPAYMENT_REFUNDED:
            given = min(event.amount_fen, self.overpaid_fen)
            self.overpaid_fen -= given
            self._note(event, given, 0, 0, given)
        elif kind is EventKind.WAIVED:
            self._waive(event)
        elif kind is EventKind.CHARGED_OFF:
            self.charged_off_on = self.charged_off_on or event.value_date
        elif kind is EventKind.WRITTEN_OFF:
            self._write_off(event)
        elif kind is EventKind.RECOVERED:
            self.recovered_fen += event.amount_fen
        else:
            assert kind is EventKind.SHARE_CHANGED, f"{kind} has no meaning for an advance"

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

    def _take_back(self, event: LoanEvent) -> None:
        """Owe again what was taken back: what had been paid too much goes first."""
        from_overpaid = min(event.amount_fen, self.overpaid_fen)
        again = min(event.amount_fen - from_overpaid, self.cash_fen)
        fee, principal = self._moved(-again)
        self.fee_raised_fen -= fee
        self.principal_raised_fen -= principal
        self.overpaid_fen -= from_overpaid
        self._note(event, from_overpaid + again, -fee, -principal, from_overpaid)
        if self.left_fen > 0:
            self.closed_on = None

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
        self, event: LoanEvent, amount_fen: int, fee_fen: int, principal_fen: int, over_fen: int
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
            )
        )

    def minimums(self, as_of: date) -> list[Instalment]:
        """Return the minimums that have fallen due, each with what the cash has paid of it."""
        start, rows, before = self.first.value_date, [], 0
        for number, (day, until) in enumerate(
            self.agreed.minimums(self.total_fen, start, self.terms.tenor), 1
        ):
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
        rows = self.minimums(as_of)
        agreed = self.agreed.minimums(self.total_fen, self.first.value_date, self.terms.tenor)
        coming = None if self.done else next((day for day, _ in agreed if day > as_of), None)
        oldest = _oldest_unpaid(rows)
        due_until = sum(row.due_fen for row in rows)
        return LoanState(
            as_of=as_of,
            status=self._status(oldest, as_of),
            disbursed_fen=self.first.amount_fen,
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
            line=AccrualLine(as_of, coming, 0, 0, 1, 0, 0, 1),
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
        )

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
