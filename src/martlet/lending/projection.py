"""Law 3: the state of a loan is a pure function of its terms, its events and a day.

`project` is the one way from events to a state. What was undone never happened; the rest counts by
value date, and on one day in the order in which it became known, however late that was. Interest
follows the balance of every day or a plan, as the product says; the state is the same kind of
value either way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.lending.advances.fold import (
    takings_oldest_unpaid,
    takings_schedule,
    takings_state,
)
from martlet.lending.daily import Fold, happen
from martlet.lending.daily.state import state_of
from martlet.lending.events import EventKind, LoanEvent, standing
from martlet.lending.limits import EVENTS_MAX
from martlet.lending.loan import Instalment, LoanState, LoanStatus, LoanTerms
from martlet.lending.plan.state import plan_oldest_unpaid, plan_schedule, plan_state
from martlet.lending.product import InterestMethod

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


def project(terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> LoanState:
    """Return the loan's state at the start of a day, the day's own events included."""
    ordered = in_order(events, as_of)
    if not ordered:
        return _unborn(as_of)
    if terms.takings is not None:
        return takings_state(terms, ordered, as_of)
    if terms.conventions.interest_method is InterestMethod.BY_PLAN:
        return plan_state(terms, ordered, as_of)
    return state_of(_replay(terms, ordered, as_of), as_of)


def schedule(terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> tuple[Instalment, ...]:
    """Return the instalments still to come if everything is paid on its day from now on."""
    ordered = in_order(events, as_of)
    if not ordered:
        return ()
    if terms.takings is not None:
        return takings_schedule(terms, ordered, as_of)
    if terms.conventions.interest_method is InterestMethod.BY_PLAN:
        return plan_schedule(terms, ordered, as_of)
    fold = _replay(terms, ordered, as_of)
    fold.settle_until(as_of)
    fold.pay_claims(sum(fold.due().values()))
    rows = fold.account.billed.rows
    known = len(rows)
    while fold.account.principal_fen > 0 and (coming := fold.days.coming) is not None:
        fold.advance_to(coming)
        fold.pay_claims(sum(fold.due().values()))
    return tuple(row.frozen() for row in rows[known:])


def oldest_unpaid(
    terms: LoanTerms, events: Iterable[LoanEvent], as_of: date
) -> list[tuple[date, date | None]]:
    """Return the oldest day fallen due and unpaid, before each event and on a day.

    Between events lateness only grows, so these are the moments at which it was greatest; and all
    of them come out of one replay.
    """
    ordered = in_order(events, as_of)
    if not ordered:
        return []
    if terms.takings is not None:
        return takings_oldest_unpaid(terms, ordered, as_of)
    if terms.conventions.interest_method is InterestMethod.BY_PLAN:
        return plan_oldest_unpaid(terms, ordered, as_of)
    found, fold = [], Fold(terms, ordered[0].value_date)
    for event in ordered:
        fold.advance_to(event.value_date)
        found.append((event.value_date, fold.oldest_due_on()))
        happen(fold, event)
    fold.advance_to(as_of)
    return [*found[1:], (as_of, fold.oldest_due_on())]


def in_order(events: Iterable[LoanEvent], as_of: date) -> list[LoanEvent]:
    """Return the events that stand and count by a day, by value date and then by sequence."""
    ordered = sorted(
        (event for event in standing(list(events)) if event.value_date <= as_of),
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


class Replay:
    """One loan's replay, taken up again where it stopped while nothing new happens to the loan.

    It may stop only at breaks of the loan's line, where a replay from the start settles as well:
    so both give the same state to the tick.
    """

    def __init__(self, fold: Fold) -> None:
        self._fold = fold

    @classmethod
    def of(cls, terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> Replay | None:
        """Return a loan's replay up to a break, or None where only whole replays are made."""
        by_day = terms.takings is None and (
            terms.conventions.interest_method is not InterestMethod.BY_PLAN
        )
        ordered = in_order(events, as_of) if by_day else []
        return cls(_replay(terms, ordered, as_of)) if ordered else None

    @property
    def day(self) -> date:
        """Up to which day time has run."""
        return self._fold.day

    def state_on(self, as_of: date) -> LoanState:
        """Let time run on to a break and return the state on it."""
        self._fold.advance_to(as_of)
        return state_of(self._fold, as_of)


def _replay(terms: LoanTerms, ordered: Sequence[LoanEvent], as_of: date) -> Fold:
    fold = Fold(terms, ordered[0].value_date)
    for event in ordered:
        happen(fold, event)
    fold.advance_to(as_of)
    return fold
