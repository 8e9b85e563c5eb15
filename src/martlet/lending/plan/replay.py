"""Law 3 for a loan with a plan: its account is a pure function of terms, events and a day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.lending.events import EventKind
from martlet.lending.plan.account import Account
from martlet.lending.plan.cumulative import cumulative_rows
from martlet.lending.plan.progressive import ProgressiveAccount
from martlet.lending.plan.rules import Engine
from martlet.lending.plan.story import tell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from martlet.lending.events import LoanEvent
    from martlet.lending.plan.story import PlanTerms, Story


def replay(
    terms: PlanTerms,
    events: Iterable[LoanEvent],
    as_of: date,
    touched_on: Iterable[date] = (),
) -> Account:
    """Return a loan's account at a day, its own events included; before money moved it is empty."""
    story = tell(events, as_of, touched_on)
    if not story.drawdowns:
        return Account(terms)
    account = begin(terms, story)
    for event in story.events:
        account.apply(event)
    account.fall_late(as_of)
    if isinstance(account, ProgressiveAccount):
        account.finish(story.touched_on[-1])
    return account


def begin(terms: PlanTerms, story: Story) -> Account:
    """Return the account of a loan to which nothing has happened yet."""
    if terms.rules.engine is Engine.CUMULATIVE:
        return Account(terms, cumulative_rows(terms, story))
    return ProgressiveAccount(terms)


def automatic_down_payment(terms: PlanTerms, before: Account, drawdown: LoanEvent) -> int:
    """Return what is collected at once with a drawdown: what is overpaid already pays for it."""
    assert drawdown.kind is EventKind.DISBURSED, drawdown
    if not terms.rules.down_payment_automatic:
        return 0
    covered = min(before.overpaid_fen, drawdown.amount_fen)
    return max(0, terms.down_payment(drawdown.amount_fen) - covered)
