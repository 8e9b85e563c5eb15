"""Loans played through their lives: events in order, and what the bank shows after them.

The conventions of a case become fields of a product (`lifecycle_terms`); the events become events
of a loan, and what is shown is compared row by row. Nothing here computes an amount of a loan.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.lending.events import (
    CREDITS,
    Charged,
    ChargedBack,
    EventKind,
    LoanEvent,
    ReAged,
    Reasoned,
    Rescheduled,
    Reversed,
    standing,
)
from martlet.lending.events import Rate as AgreedRate
from martlet.lending.parts import Frequency
from martlet.lending.plan.delinquency import late_fees
from martlet.lending.plan.pay_off import pay_off_fen
from martlet.lending.plan.recognition import Recognised, recognise, recognise_rest
from martlet.lending.plan.replay import automatic_down_payment, replay
from martlet.lending.plan.rules import ChargeAccrual, Engine
from martlet.lending.vectors.lifecycle_shown import compare
from martlet.lending.vectors.lifecycle_terms import FUTURE, TRANSACTIONS, UNITS, fen, terms_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.lending.plan.account import Account, Entry
    from martlet.lending.plan.story import PlanTerms

KINDS = {
    "repayment": EventKind.REPAID,
    "goodwill_credit": EventKind.GOODWILL_CREDIT,
    "merchant_issued_refund": EventKind.MERCHANT_REFUND,
    "payout_refund": EventKind.PAYOUT_REFUND,
    "refund_by_cash": EventKind.REFUNDED_IN_CASH,
    "credit_balance_refund": EventKind.OVERPAYMENT_REFUNDED,
}
LABELS = {
    EventKind.DISBURSED: "Disbursement",
    EventKind.REPAID: "Repayment",
    EventKind.GOODWILL_CREDIT: "Goodwill Credit",
    EventKind.MERCHANT_REFUND: "Merchant Issued Refund",
    EventKind.PAYOUT_REFUND: "Payout Refund",
    EventKind.REFUNDED_IN_CASH: "Refund",
    EventKind.OVERPAYMENT_REFUNDED: "Credit Balance Refund",
    EventKind.CHARGED_BACK: "Chargeback",
    EventKind.CHARGED_OFF: "Charge-off",
    EventKind.RE_AGED: "Re-age",
    EventKind.RE_AMORTISED: "Re-amortize",
}


def play(case: Mapping[str, Any]) -> list[str]:
    """Play one case and return every difference; none means passed."""
    played = _Played(terms_of(case))
    found: list[str] = []
    for number, step in enumerate(case["steps"], start=1):
        match step["step"]:
            case "business_date":
                played.today = date.fromisoformat(step["date"])
            case "event":
                if not played.happen(step):
                    return [*found, f"step {number}: nobody plays {step['type']}"]
            case "setting":
                played.set(step["text"])
            case "expect":
                shown = played.shown(case["loan"])
                found += [f"step {number}: {text}" for text in compare(step, shown)]
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """A loan as it is shown at a point of a case."""

    account: Account
    status: str
    today: date
    drawdowns: tuple[tuple[date, int], ...]
    transactions: tuple[tuple[str, Entry, bool], ...]
    accruals: tuple[Recognised, ...]
    on_due_date: bool
    """A drawdown on a due date belongs to the row of that day."""


@dataclass(slots=True)
class _Played:
    """A loan in the middle of a case."""

    terms: PlanTerms
    today: date = date.min
    events: list[LoanEvent] = field(default_factory=list)
    touched_on: set[date] = field(default_factory=set)
    looked_on: date = date.min
    accruals: list[Recognised] = field(default_factory=list)
    down_payments: set[UUID] = field(default_factory=set)
    undone: list[tuple[str, Entry, bool]] = field(default_factory=list)
    approved_fen: int | None = None
    approved_on: date | None = None

    def account(self) -> Account:
        """Return the account as the loan was looked at last."""
        return replay(self.terms, self.events, date.max, self.touched_on)

    def happen(self, step: Mapping[str, Any]) -> bool:
        """Let an event happen, and whatever follows from it at once; False: an unknown kind."""
        on = date.fromisoformat(step.get("date") or step.get("business_date") or "0001-01-01")
        name = step["type"]
        if name in KINDS:
            self._record(KINDS[name], on, fen(step["amount"]))
        elif (happens := getattr(self, f"_{name}", None)) is None:
            return False
        else:
            happens(step, on)
        if name not in {"approve", "set_future_installment_rule"}:
            self._after(on)
        return True

    def set(self, text: str) -> None:
        """Take up a setting of the bank."""
        if "charge-accrual-date" in text:
            when = ChargeAccrual.WHEN_MADE if "submitted" in text else ChargeAccrual.WHEN_DUE
            self.terms = replace(self.terms, rules=replace(self.terms.rules, charge_accrual=when))

    def _record(
        self,
        kind: EventKind,
        on: date,
        amount_fen: int = 0,
        details: Any = None,  # noqa: ANN401 - whatever the kind says
    ) -> LoanEvent:
        sequence = len(self.events) + 1
        event = LoanEvent(UUID(int=sequence), sequence, kind, on, amount_fen, details)
        self.events.append(event)
        return event

    # What can happen.

    def _approve(self, step: Mapping[str, Any], on: date) -> None:
        self.approved_fen, self.approved_on = fen(step["amount"]), on

    def _disburse(self, step: Mapping[str, Any], on: date) -> None:
        before = self.account()
        drawn = self._record(EventKind.DISBURSED, on, fen(step["amount"]))
        down_fen = automatic_down_payment(self.terms, before, drawn)
        if down_fen:
            self.down_payments.add(self._record(EventKind.REPAID, on, down_fen).event_id)

    def _charge(self, step: Mapping[str, Any], on: date) -> None:
        fee = step["kind"] == "fee"
        kind = EventKind.FEE_CHARGED if fee else EventKind.PENALTY_CHARGED
        due_on = date.fromisoformat(step["due_date"])
        self._record(kind, on, fen(step["amount"]), Charged(step["charge"], due_on))

    def _chargeback(self, step: Mapping[str, Any], on: date) -> None:
        what, number = step["of"].split(" #")
        paid = [
            event.event_id
            for event in standing(list(self.events))
            if event.kind in CREDITS
            and (event.event_id in self.down_payments) is (what == "downpayment")
        ]
        which = ChargedBack(paid[int(number) - 1])
        self._record(EventKind.CHARGED_BACK, on, fen(step["amount"]), which)

    def _charge_off(self, _step: Mapping[str, Any], on: date) -> None:
        self._record(EventKind.CHARGED_OFF, on, 0, Reasoned())

    def _pay_off(self, _step: Mapping[str, Any], on: date) -> None:
        owed = pay_off_fen(self.terms, self.events, on, self.touched_on)
        self._record(EventKind.REPAID, on, owed)

    def _reschedule(self, step: Mapping[str, Any], on: date) -> None:
        moved, rate = step.get("adjustedDueDate"), step.get("newInterestRate")
        agreed = Rescheduled(
            from_due_on=date.fromisoformat(step["rescheduleFromDate"]),
            moved_to=date.fromisoformat(moved) if moved else None,
            extra_terms=int(step.get("extraTerms", 0)),
            rate=AgreedRate(fen(rate) * 100, 365) if rate else None,
            principal_grace=int(step.get("graceOnPrincipal", 0)),
            interest_grace=int(step.get("graceOnInterest", 0)),
        )
        self._record(EventKind.RESCHEDULED, on, 0, agreed)

    def _re_age(self, step: Mapping[str, Any], on: date) -> None:
        agreed = ReAged(
            date.fromisoformat(step["startDate"]),
            int(step["numberOfInstallments"]),
            Frequency(int(step["frequencyNumber"]), UNITS[step["frequencyType"]]),
        )
        self._record(EventKind.RE_AGED, on, 0, agreed)

    def _re_amortize(self, _step: Mapping[str, Any], on: date) -> None:
        self._record(EventKind.RE_AMORTISED, on, 0, Reasoned())

    def _undo_re_age(self, _step: Mapping[str, Any], on: date) -> None:
        self._undo_last(EventKind.RE_AGED, on)

    def _undo_re_amortize(self, _step: Mapping[str, Any], on: date) -> None:
        self._undo_last(EventKind.RE_AMORTISED, on)

    def _undo_charge_off(self, _step: Mapping[str, Any], on: date) -> None:
        self._undo_last(EventKind.CHARGED_OFF, on)

    def _undo_transaction(self, step: Mapping[str, Any], on: date) -> None:
        """Undo a payment: the nth of its kind, or of its day."""
        told = str(step.get("of", step.get("number", "1")))
        name, _, number = told.rpartition("#")
        kind = KINDS.get(name.strip())
        days = {step["of_date"]} if "of_date" in step else set()
        if not name and "date" in step:
            days.add(step["date"])
        paid = [
            event
            for event in standing(list(self.events))
            if event.kind in CREDITS
            and (kind is None or event.kind is kind)
            and (not days or event.value_date.isoformat() in days)
        ]
        undone = paid[int(number) - 1]
        entry = next(one for one in self.account().entries if one.event_id == undone.event_id)
        self.undone.append((self._label(entry), entry, True))
        today = date.fromisoformat(step.get("business_date") or on.isoformat())
        self._record(EventKind.REVERSED, today, 0, Reversed(undone.event_id))

    _undo_repayment = _undo_transaction

    def _undo_last(self, kind: EventKind, on: date) -> None:
        last = [event for event in standing(list(self.events)) if event.kind is kind][-1]
        entry = next(one for one in self.account().entries if one.event_id == last.event_id)
        self.undone.append((LABELS[kind], entry, True))
        self._record(EventKind.REVERSED, on, 0, Reversed(last.event_id))

    def _undo_disbursal(self, _step: Mapping[str, Any], on: date) -> None:
        self._reverse_from(0, date.min, on)
        self.accruals, self.undone = [], []

    def _undo_last_disbursal(self, _step: Mapping[str, Any], on: date) -> None:
        drawn = [
            event for event in standing(list(self.events)) if event.kind is EventKind.DISBURSED
        ]
        self._reverse_from(drawn[-1].sequence, drawn[-1].value_date, on)

    def _reverse_from(self, sequence: int, since: date, on: date) -> None:
        """Undo what moved money from an event on; charges stay."""
        for event in standing(list(self.events)):
            charged = event.kind in {EventKind.FEE_CHARGED, EventKind.PENALTY_CHARGED}
            if event.sequence >= sequence and event.value_date >= since and not charged:
                self._record(EventKind.REVERSED, on, 0, Reversed(event.event_id))

    def _set_future_installment_rule(self, step: Mapping[str, Any], _on: date) -> None:
        rules = self.terms.rules.advanced
        if rules is None:
            return
        rule, kind = FUTURE[step["rule"]], TRANSACTIONS.get(step["transaction_type"])
        if kind is None:
            changed = replace(rules, default=rule)
        else:
            others = tuple((known, to) for known, to in rules.by_kind if known != kind)
            changed = replace(rules, by_kind=(*others, (kind, rule)))
        if not any(event.kind is EventKind.DISBURSED for event in self.events):
            self.terms = replace(self.terms, rules=replace(self.terms.rules, advanced=changed))

    def _close_of_business(self, _step: Mapping[str, Any], _on: date) -> None:
        self.touched_on.add(self.today)
        account = self.account()
        fee = self.terms.rules.late_fee
        if fee is not None:
            known = {
                event.details.due_on
                for event in self.events
                if isinstance(event.details, Charged) and event.details.name == "late fee"
            }
            for due_on, amount_fen in late_fees(account, fee, self.today):
                if due_on not in known:
                    details = Charged("late fee", due_on)
                    self._record(EventKind.PENALTY_CHARGED, self.today, amount_fen, details)
            account = self.account()
        if account.charged_off_on is None and account.rows:
            till = self.today - timedelta(days=1)
            self.accruals += recognise(account, till, self.accruals)

    # What follows, and what is shown.

    def _after(self, on: date) -> None:
        """Recognise all income of a loan that is paid off; look at it on the business day."""
        self.touched_on.add(max(on, self.today))
        account = self.account()
        settled = account.closed_on is not None and account.charged_off_on is None
        if settled and self.terms.rules.recalculation is None:
            self.accruals += recognise_rest(account, on, self.accruals)

    def shown(self, loan: Mapping[str, Any]) -> Shown:
        """Return the loan as it is shown now; before it is drawn, as it is planned."""
        account = self.account()
        entries = [(self._label(one), one, False) for one in account.entries]
        drawn = [
            (event.value_date, event.amount_fen)
            for event in standing(list(self.events))
            if event.kind is EventKind.DISBURSED
        ]
        status = self._status(account, drawn=bool(drawn))
        if not drawn:
            on = self.approved_on or date.fromisoformat(loan["submitted"])
            amount_fen = self.approved_fen or fen(loan["principal_applied"])
            drawn = [(on, amount_fen)]
            event = LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, on, amount_fen)
            charges = [one for one in standing(list(self.events)) if one.amount_fen]
            account = replay(
                self.terms,
                [event, *(replace(one, sequence=one.sequence + 1) for one in charges)],
                date.max,
            )
            for row in account.rows:
                row.met_on = None  # nothing is met of a loan that is only planned
        return Shown(
            account,
            status,
            self.today,
            tuple(sorted(drawn, key=lambda draw: draw[0])),
            (*entries, *self.undone),
            tuple(self.accruals),
            self.terms.rules.engine is Engine.CUMULATIVE,
        )

    def _label(self, entry: Entry) -> str:
        return "Down Payment" if entry.event_id in self.down_payments else LABELS[entry.kind]

    def _status(self, account: Account, *, drawn: bool) -> str:
        if not drawn:
            return "SUBMITTED" if self.approved_fen is None else "APPROVED"
        if account.closed_on is None:
            return "ACTIVE"
        return "OVERPAID" if account.overpaid_fen else "CLOSED"
