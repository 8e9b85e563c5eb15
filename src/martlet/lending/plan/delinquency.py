"""How late a loan with a plan is: since when, for how many days, in which range.

Days of grace do not count; they move the day from which lateness counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.lending.plan.rules import FEE, INTEREST, PENALTY, PRINCIPAL

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.plan.account import Account
    from martlet.lending.plan.rules import LateFee, PlanRules

PARTS = (PRINCIPAL, INTEREST, FEE, PENALTY)


@dataclass(frozen=True, slots=True)
class Delinquency:
    """Since when something is late, for how many days, and the range that this is."""

    since: date | None
    days: int
    range_from_days: int | None
    """The first day of the range; None: not delinquent."""
    amount_fen: int = 0


def delinquency(account: Account, day: date) -> Delinquency:
    """Return how late the loan is on a day, by its oldest unpaid instalment."""
    late = [row for row in account.rows if row.open_fen > 0 and row.due_on < day]
    if not late:
        return Delinquency(None, 0, None)
    oldest = min(row.due_on for row in late)
    return _of(account.terms.rules, oldest, day, sum(row.open_fen for row in late))


def by_instalment(account: Account, day: date) -> list[tuple[int, Delinquency]]:
    """Return how late each unpaid instalment is on a day, with its number."""
    return [
        (number, _of(account.terms.rules, row.due_on, day, row.open_fen))
        for number, row in enumerate(account.rows, start=1)
        if row.open_fen > 0 and row.due_on < day
    ]


def _of(rules: PlanRules, due_on: date, day: date, amount_fen: int) -> Delinquency:
    since = due_on + timedelta(days=rules.ageing_grace_days)
    days = (day - since).days
    if days <= 0:
        return Delinquency(None, 0, None)
    reached = [first for first in rules.ageing_from_days if first <= days]
    return Delinquency(since, days, max(reached, default=None), amount_fen)


def late_fees(account: Account, fee: LateFee, day: date) -> list[tuple[date, int]]:
    """Return the late fees that a day brings: the due date and the amount of each."""
    found = []
    for row in account.rows:
        late = (day - row.due_on).days >= fee.after_days
        amount = account.terms.share_ppm(sum(row.unpaid(part) for part in fee.on), fee.ppm)
        if late and amount > 0:
            found.append((row.due_on, amount))
    return found
