"""Law 3: the state of a loan is a pure function of its terms, its events and a day.

`project` is the one way from events to a state. What was undone never happened; the rest counts by
value date, and on one day in the order in which it became known, however late that was. Interest
follows the balance of every day or a plan, as the product says; the state is the same kind of
value either way.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from uuid import UUID

from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.lending.advances.fold import (
    takings_oldest_unpaid,
    takings_schedule,
    takings_state,
)
from martlet.lending.daily import Fold, happen
from martlet.lending.daily.bookmark import Bookmark, fold_at
from martlet.lending.daily.state import figures_of, state_of
from martlet.lending.events import EventKind, LoanEvent, standing
from martlet.lending.limits import EVENTS_MAX
from martlet.lending.loan import (
    Allocation,
    Instalment,
    LoanFigures,
    LoanState,
    LoanStatus,
    LoanTerms,
)
from martlet.lending.plan.state import plan_oldest_unpaid, plan_schedule, plan_state
from martlet.lending.product import InterestMethod

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from martlet.lending.loan import Allocation

_THOUGHT_OF = UUID(int=1)
"""The payment of which is only asked what it would pay."""


def project(terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> LoanState:
    """Return the loan's state at the start of a day, the day's own events included."""
    known = list(events)
    ordered = in_order(known, as_of)
    if not ordered:
        return _unborn(as_of)
    if terms.takings is not None:
        return takings_state(terms, ordered, as_of)
    if terms.conventions.interest_method is InterestMethod.BY_PLAN:
        return plan_state(terms, ordered, as_of)
    return state_of(_replay(terms, ordered, as_of), as_of, _seen(known, as_of))


def project_figures(terms: LoanTerms, events: Iterable[LoanEvent], as_of: date) -> LoanFigures:
    """Return the figures of the whole replay, without a value for each thing that is over."""
    known = list(events)
    ordered = in_order(known, as_of)
    seen = _seen(known, as_of) if ordered and _by_day(terms) else None
    if seen is None:
        return project(terms, known, as_of)
    return figures_of(_replay(terms, ordered, as_of), as_of, seen)


def project_onward(
    terms: LoanTerms, known: Sequence[LoanEvent], new: Sequence[LoanEvent], as_of: date
) -> Onward:
    """Return what new events and time do to a loan, by the whole replay."""
    events, named = [*known, *new], {event.event_id for event in new}
    seen = _seen(events, as_of) if _by_day(terms) else None
    if seen is None:
        state = project(terms, events, as_of)
        fallen = [one for one in state.instalments[-1:] if one.due_on == as_of]
        due_fen, told = sum(one.unpaid_fen for one in fallen), state.allocations
        return Onward(state, due_fen, tuple(part for part in told if part.event_id in named))
    fold = _replay(terms, in_order(events, as_of), as_of)
    figures, told = figures_of(fold, as_of, seen), tuple(fold.account.allocations)
    mine = tuple(part for part in told if part.event_id in named)
    return Onward(figures, fold.fell_due_fen(as_of), mine)


def _by_day(terms: LoanTerms) -> bool:
    by_plan = terms.conventions.interest_method is InterestMethod.BY_PLAN
    return terms.takings is None and not by_plan


def project_on(
    terms: LoanTerms, mark: Bookmark, events: Sequence[LoanEvent], as_of: date
) -> Onward | None:
    """Return what follows on a bookmark; None where only the whole replay can tell.

    The events are those after the bookmark's; they may do no more than pay, and not before it.
    """
    if any(
        event.kind is not EventKind.REPAID or not mark.day <= event.value_date.toordinal()
        or event.value_date > as_of
        for event in events
    ):  # fmt: skip
        return None
    fold = fold_at(terms, mark)
    for event in sorted(events, key=lambda event: (event.value_date, event.sequence)):
        happen(fold, event)
    fold.advance_to(as_of)
    seen = max((event.sequence for event in events), default=mark.events)
    figures = figures_of(fold, as_of, seen)
    return Onward(figures, fold.fell_due_fen(as_of), tuple(fold.account.allocations))


@dataclass(frozen=True, slots=True)
class Onward:
    """What has become of a loan since some day: its figures, and what its new events did."""

    figures: LoanFigures
    due_today_fen: int
    """Of what fell due on the day itself, what is not paid ahead."""
    allocations: tuple[Allocation, ...]


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


def agreed_schedule(terms: LoanTerms, drawn: LoanEvent) -> tuple[Instalment, ...]:
    """Return all instalments of a loan as they are agreed when it is paid out.

    What falls due at once, a down payment, is the first of them.
    """
    day = drawn.value_date
    return (*project(terms, [drawn], day).instalments, *schedule(terms, [drawn], day))


def pay_off(terms: LoanTerms, events: Sequence[LoanEvent], on: date) -> Allocation | None:
    """Return what a payment would pay that pays a loan with a plan off on a day; else None.

    The plan may ask for more than has been earned, or give back what was paid ahead, so it is
    laid out as a payment and what is left of it is taken off. None: the state says all.
    """
    state = project(terms, events, on)
    if terms.conventions.plan is None or state.status not in {LoanStatus.LIVE, LoanStatus.OVERDUE}:
        return None
    sequence = max(event.sequence for event in events) + 1
    paid = LoanEvent(_THOUGHT_OF, sequence, EventKind.REPAID, on, AMOUNT_FEN_MAX)
    (found,) = (
        part
        for part in project(terms, [*events, paid], on).allocations
        if part.event_id == _THOUGHT_OF
    )
    return replace(found, amount_fen=AMOUNT_FEN_MAX - found.overpaid_fen, overpaid_fen=0)


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
    found, fold = [], Fold.begin(terms, ordered[0].value_date)
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


def _seen(known: Sequence[LoanEvent], as_of: date) -> int | None:
    """Return the last event's sequence; None where one of them counts only after the day."""
    if any(event.value_date > as_of for event in known):
        return None
    return max(event.sequence for event in known)


def _replay(terms: LoanTerms, ordered: Sequence[LoanEvent], as_of: date) -> Fold:
    fold = Fold.begin(terms, ordered[0].value_date)
    for event in ordered:
        happen(fold, event)
    fold.advance_to(as_of)
    return fold
