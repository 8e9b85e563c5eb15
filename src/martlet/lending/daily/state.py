"""From the running account to the state: the one place where a replay becomes a value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.lending.daily.account import FEE, INTEREST, PENALTY, PRINCIPAL
from martlet.lending.daily.bookmark import bookmark_of
from martlet.lending.daily.claims import How
from martlet.lending.loan import LoanFigures, LoanState, LoanStatus

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.daily.fold import Fold


def state_of(fold: Fold, as_of: date, events: int | None) -> LoanState:
    """Return the state at the start of a day that time has been advanced to.

    The sequence of the last event tells that the fold has seen them all and may be taken up again.
    """
    account = fold.account
    return LoanState(
        **_figures(fold, as_of, events),
        instalments=tuple(row.frozen() for row in account.billed.rows),
        allocations=tuple(account.allocations),
        charges=(*account.fees.frozen(), *account.penalties.frozen()),
    )


def figures_of(fold: Fold, as_of: date, events: int) -> LoanFigures:
    """Return the figures of the state alone: all that a fold knows which began at a bookmark."""
    return LoanFigures(**_figures(fold, as_of, events))


def _figures(fold: Fold, as_of: date, events: int | None) -> dict[str, Any]:
    line, account = fold.line(), fold.account
    mark = None if events is None else bookmark_of(fold, events)
    fold.settle_until(as_of)
    due, oldest = fold.due(), fold.oldest_due_on()
    paid, waived, lost = (account.settled[how] for how in How)
    return {
        "as_of": as_of,
        "status": _status(fold, oldest, as_of),
        "disbursed_fen": account.disbursed_fen,
        "principal_paid_fen": paid[PRINCIPAL],
        "interest_paid_fen": paid[INTEREST],
        "penalty_paid_fen": paid[PENALTY],
        "overpaid_fen": account.overpaid_fen,
        "interest_ticks": account.interest_ticks,
        "penalty_ticks": account.penalty_ticks,
        "interest_accrued_fen": account.interest_accrued_fen,
        "penalty_accrued_fen": account.penalty_accrued_fen,
        "principal_due_fen": due[PRINCIPAL],
        "interest_due_fen": due[INTEREST],
        "advance_fen": sum(fold.advance.values()),
        "oldest_due_on": oldest,
        "next_due_on": None if account.closed_on is not None else fold.days.coming,
        "matures_on": fold.days.last,
        "closed_on": account.closed_on,
        "line": line,
        "bookmark": mark,
        "fee_charged_fen": account.charged[FEE],
        "fee_paid_fen": paid[FEE],
        "penalty_charged_fen": account.charged[PENALTY],
        "interest_waived_fen": waived[INTEREST],
        "fee_waived_fen": waived[FEE],
        "penalty_waived_fen": waived[PENALTY],
        "principal_raised_fen": account.raised[PRINCIPAL],
        "interest_raised_fen": account.raised[INTEREST],
        "fee_raised_fen": account.raised[FEE],
        "penalty_raised_fen": account.raised[PENALTY],
        "principal_written_off_fen": lost[PRINCIPAL],
        "interest_written_off_fen": lost[INTEREST],
        "fee_written_off_fen": lost[FEE],
        "penalty_written_off_fen": lost[PENALTY],
        "goodwill_fen": account.goodwill_fen,
        "recovered_fen": account.recovered_fen,
        "fee_due_fen": due[FEE],
        "penalty_not_due_fen": account.penalties.coming_fen,
        "charged_off_on": account.charged_off_on,
        "written_off_on": account.written_off_on,
    }


def _status(fold: Fold, oldest: date | None, as_of: date) -> LoanStatus:
    if fold.account.written_off_on is not None:
        return LoanStatus.WRITTEN_OFF
    if fold.account.closed_on is not None:
        return LoanStatus.CLOSED
    if oldest is not None and oldest < as_of:
        return LoanStatus.OVERDUE
    return LoanStatus.LIVE
