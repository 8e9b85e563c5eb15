"""What pays a loan with a plan off on a day: all that is owed, and of interest its days only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.lending.plan.progressive import ProgressiveAccount
from martlet.lending.plan.replay import replay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from martlet.lending.events import LoanEvent
    from martlet.lending.plan.story import PlanTerms


def pay_off_fen(
    terms: PlanTerms, events: Sequence[LoanEvent], on: date, touched_on: Iterable[date] = ()
) -> int:
    """Return what would pay the loan off on a day."""
    account = replay(terms, events, on, (*touched_on, on))
    if isinstance(account, ProgressiveAccount):
        return account.pay_off_fen(on)
    return account.outstanding_fen
