"""What each kind of event does to a loan replayed by the day.

Total on purpose: an event slipped in earlier may leave a later one more or less to do than when it
was recorded, and every replay must still end; whether an event may be recorded is asked before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.lending.daily.account import FEE, INTEREST, PENALTY, PRINCIPAL, Paid
from martlet.lending.daily.claims import How
from martlet.lending.events import (
    CREDITS,
    Charged,
    ChargedBack,
    EventKind,
    Extended,
    InterestPaused,
    RateChanged,
    ReAged,
    Rescheduled,
    Waived,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.lending.daily.fold import Fold
    from martlet.lending.events import LoanEvent
    from martlet.lending.product import Component


def happen(fold: Fold, event: LoanEvent) -> None:
    """Let time run to an event and carry it out; after a write-off little is left to change."""
    fold.advance_to(event.value_date)
    fold.settle_until(event.value_date)
    lost = fold.account.written_off_on is not None
    carry_out = (_AFTER_WRITE_OFF if lost else _HAPPENINGS).get(event.kind)
    if carry_out is not None:
        carry_out(fold, event)
    fold.mark()


# Money out, money in.


def _disburse(fold: Fold, event: LoanEvent) -> None:
    fold.account.disbursed_fen += event.amount_fen
    _owe_more(fold, event.amount_fen)


def _owe_more(fold: Fold, principal_fen: int) -> None:
    """More principal runs along with the schedule; with no date left it is due at once."""
    fold.mark()
    if fold.days.matured:
        fold.ask({PRINCIPAL: principal_fen})
    else:
        fold.relevel()


def _credit(fold: Fold, event: LoanEvent) -> None:
    account, before = fold.account, dict(fold.account.settled[How.PAID])
    left = fold.pay(event.amount_fen)
    account.overpaid_fen += left
    if event.kind is EventKind.GOODWILL_CREDIT:
        account.goodwill_fen += event.amount_fen
    after = account.settled[How.PAID]
    parts = {part: after[part] - before[part] for part in after}
    account.note(event, parts, overpaid_fen=left)


def _recover(fold: Fold, event: LoanEvent) -> None:
    account = fold.account
    if event.kind is EventKind.GOODWILL_CREDIT:
        return
    account.recovered_fen += event.amount_fen
    account.note(event, {}, recovered_fen=event.amount_fen)


def _give_back(fold: Fold, event: LoanEvent) -> None:
    """What was paid too much goes back first; what goes back beyond it is owed again."""
    account = fold.account
    overpaid = min(event.amount_fen, account.overpaid_fen)
    account.overpaid_fen -= overpaid
    owed_again = {PRINCIPAL: event.amount_fen - overpaid}
    account.raised[PRINCIPAL] += owed_again[PRINCIPAL]
    account.note(event, owed_again, overpaid_fen=overpaid)
    if owed_again[PRINCIPAL] > 0:
        _owe_more(fold, owed_again[PRINCIPAL])


def _charge_back(fold: Fold, event: LoanEvent) -> None:
    """The last thing that a payment paid is the first to be owed again, and at once.

    What it had paid too much goes back first; what no payment is known for, likewise.
    """
    assert isinstance(event.details, ChargedBack)
    account, left = fold.account, event.amount_fen
    paid = account.paid_by.get(event.details.event_id or event.event_id, Paid())
    overpaid = min(left, paid.overpaid_fen, account.overpaid_fen)
    paid.overpaid_fen -= overpaid
    left -= overpaid
    parts: dict[Component, int] = {}
    for part in (PRINCIPAL, INTEREST, FEE, PENALTY):
        parts[part] = min(left, paid.parts.get(part, 0))
        paid.parts[part] = paid.parts.get(part, 0) - parts[part]
        left -= parts[part]
    unknown = min(left, account.overpaid_fen - overpaid)
    overpaid += unknown
    account.overpaid_fen -= overpaid
    parts[PRINCIPAL] += left - unknown
    _raise(fold, event, parts)
    account.note(event, parts, overpaid_fen=overpaid)


def _raise(fold: Fold, event: LoanEvent, parts: dict[Component, int]) -> None:
    account = fold.account
    for part in (PRINCIPAL, INTEREST):
        account.raised[part] += parts[part]
    for part in (FEE, PENALTY):
        account.raise_charge(part, event.event_id, parts[part], fold.day)
    fold.mark()
    fold.ask(parts)


def _lose_more(fold: Fold, event: LoanEvent) -> None:
    """Money that goes out after the write-off is lost with the rest."""
    account = fold.account
    overpaid = 0
    if event.kind is EventKind.DISBURSED:
        account.disbursed_fen += event.amount_fen
    else:
        overpaid = min(event.amount_fen, account.overpaid_fen)
        account.overpaid_fen -= overpaid
        account.raised[PRINCIPAL] += event.amount_fen - overpaid
    lost = event.amount_fen - overpaid
    account.settled[How.WRITTEN_OFF][PRINCIPAL] += lost
    account.note(event, {PRINCIPAL: lost}, overpaid_fen=overpaid)


# Charges and waivers.


def _charge(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, Charged)
    component = FEE if event.kind is EventKind.FEE_CHARGED else PENALTY
    due_on = event.details.due_on or event.value_date
    charge = (event.event_id, event.details.name, due_on)
    fold.account.charge(component, charge, event.amount_fen, fold.day)


def _waive(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, Waived)
    component = event.details.component
    owed = fold.account.owed()[component]
    given_up = min(event.amount_fen or owed, owed)
    fold.account.settle(component, given_up, How.WAIVED)
    fold.account.note(event, {component: given_up})


# The rate and the days.


def _change_rate(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, RateChanged)
    fold.foretell(event.details.effective_on, rate=event.details.rate)


def _pause(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, InterestPaused)
    pause = event.details
    if pause.until_on >= fold.day:
        fold.foretell(pause.from_on, paused=1)
        fold.foretell(pause.until_on + timedelta(days=1), paused=-1)


def _reschedule(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, Rescheduled)
    anew = event.details
    if anew.moved_to is not None and anew.moved_to > fold.day:
        fold.days.move(anew.from_due_on, anew.moved_to)
    if anew.extra_terms:
        _lengthen(fold, anew.extra_terms)
    fold.principal_grace += anew.principal_grace
    fold.interest_grace += anew.interest_grace
    if anew.rate is not None:
        fold.foretell(anew.from_due_on, rate=anew.rate)
    if not fold.days.matured:
        fold.relevel()


def _extend(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, Extended)
    _lengthen(fold, event.details.extra_terms)
    if not fold.days.matured:
        fold.relevel()


def _lengthen(fold: Fold, extra_terms: int) -> None:
    """Add terms; past maturity, what was asked for falls due anew."""
    had_matured = fold.days.matured
    fold.days.extend(extra_terms, fold.day)
    if had_matured and not fold.days.matured:
        fold.account.billed.take_back()


def _re_age(fold: Fold, event: LoanEvent) -> None:
    assert isinstance(event.details, ReAged)
    if fold.days.restart(event.details, fold.day):
        fold.account.billed.take_back()
        fold.relevel()


def _re_amortise(fold: Fold, _event: LoanEvent) -> None:
    if not fold.days.matured:
        fold.account.billed.take_back()
        fold.relevel()


# Loss.


def _charge_off(fold: Fold, event: LoanEvent) -> None:
    fold.account.charged_off_on = fold.account.charged_off_on or event.value_date


def _write_off(fold: Fold, event: LoanEvent) -> None:
    account = fold.account
    if account.outstanding_fen > 0:
        account.written_off_on = event.value_date
        account.note(event, account.write_off())


_HAPPENINGS: dict[EventKind, Callable[[Fold, LoanEvent], None]] = {
    EventKind.DISBURSED: _disburse,
    **dict.fromkeys(CREDITS, _credit),
    EventKind.RECOVERED: _credit,
    EventKind.REFUNDED_IN_CASH: _give_back,
    EventKind.OVERPAYMENT_REFUNDED: _give_back,
    EventKind.CHARGED_BACK: _charge_back,
    EventKind.FEE_CHARGED: _charge,
    EventKind.PENALTY_CHARGED: _charge,
    EventKind.WAIVED: _waive,
    EventKind.RATE_CHANGED: _change_rate,
    EventKind.INTEREST_PAUSED: _pause,
    EventKind.RESCHEDULED: _reschedule,
    EventKind.RE_AGED: _re_age,
    EventKind.RE_AMORTISED: _re_amortise,
    EventKind.EXTENDED: _extend,
    EventKind.CHARGED_OFF: _charge_off,
    EventKind.WRITTEN_OFF: _write_off,
}

_AFTER_WRITE_OFF: dict[EventKind, Callable[[Fold, LoanEvent], None]] = {
    **dict.fromkeys(CREDITS, _recover),
    EventKind.RECOVERED: _recover,
    EventKind.DISBURSED: _lose_more,
    EventKind.REFUNDED_IN_CASH: _lose_more,
    EventKind.OVERPAYMENT_REFUNDED: _lose_more,
    EventKind.CHARGED_BACK: _lose_more,
}
