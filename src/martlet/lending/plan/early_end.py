"""Who pays a whole loan off before its end: what of the plan is not asked for any more.

Interest of days to come and fees of instalments to come are left out, and what was paid of them
ahead pays for the rest: so two payments of one day are one, in whatever order they come.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.rates import TICKS_PER_FEN, ticks_to_fen
from martlet.kernel.rounding import divide
from martlet.lending.plan.rules import FEE, INTEREST, PRINCIPAL, EarlyEnd

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.parts import Component
    from martlet.lending.plan.account import Account
    from martlet.lending.plan.rows import Row
    from martlet.lending.plan.story import PlanTerms


@dataclass(frozen=True, slots=True)
class Spared:
    """What is not asked for of who pays a loan off: still unpaid, and paid ahead already."""

    unpaid_fen: int = 0
    ahead_fen: int = 0


def planned(row: Row) -> int:
    """Return the interest that a row brings by the plan; what is raised again was earned before."""
    return row.due[INTEREST] - row.raised[INTEREST]


def earned_by_days(terms: PlanTerms, row: Row, day: date) -> int:
    """Return what a row's days have cost by a day, as the line of accrual has it."""
    if row.due_on <= day or row.ended_early:
        return planned(row)
    days, whole = (day - row.from_on).days, (row.due_on - row.from_on).days
    if days <= 0:
        return 0
    ticks = divide(planned(row) * TICKS_PER_FEN * days, whole, terms.mode)
    return ticks_to_fen(ticks, terms.mode)


def spared(account: Account, day: date) -> Spared:
    """Return what is not asked for of who pays the loan off on a day."""
    if account.terms.rules.early_end is EarlyEnd.WHOLE_PLAN:
        return Spared()
    unpaid = ahead = 0
    for row in account.rows:
        if row.due_on > day:
            fees, fees_unpaid = row.coming(day), row.uncharged(day)
            over = planned(row) - account.earned(row, day)
            over_unpaid = min(over, row.unpaid(INTEREST))
            unpaid += fees_unpaid + over_unpaid
            ahead += min(fees - fees_unpaid, row.paid[FEE])
            ahead += min(over - over_unpaid, row.paid[INTEREST])
    return Spared(unpaid, ahead)


def may_end(account: Account, day: date, amount_fen: int) -> bool:
    """Tell whether an amount can pay a loan off at all: a bound that needs no row to be asked.

    Principal is never spared; at most all that was paid ahead beyond it comes back.
    """
    ahead_fen = sum(row.paid[FEE] + row.paid[INTEREST] for row in account.rows if row.due_on > day)
    return amount_fen + ahead_fen >= account.balance_fen - account.lost[PRINCIPAL]


def end_early(account: Account, day: date, amount_fen: int, parts: dict[Component, int]) -> int:
    """Ask no more for what is to come where an amount pays the rest; return what was paid ahead."""
    found = spared(account, day)
    if not (found.unpaid_fen or found.ahead_fen):
        return 0
    if amount_fen < account.outstanding_fen - found.unpaid_fen - found.ahead_fen:
        return 0
    back = {FEE: 0, INTEREST: 0}
    for row in account.rows:
        if row.due_on > day:
            back[FEE] += row.drop_coming(day, give_back=True)
            back[INTEREST] += row.lower_interest(row.raised[INTEREST] + account.earned(row, day))
            row.ended_early = True
            row.settle_at(day)
    for part, amount in back.items():
        parts[part] -= amount
    return sum(back.values())
