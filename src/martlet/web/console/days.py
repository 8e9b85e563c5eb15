"""The last business dates as the book has them: what was paid out and repaid, whether it balanced.

Read from the trial balances of consecutive days, so the figures are the book's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.ledger import TrialBalance, current_business_date, trial_balance
from martlet.web.limits import CHART_DAYS

if TYPE_CHECKING:
    from martlet.web.visitors import Visitor

_PRINCIPAL = "assets/loans/principal/"


@dataclass(frozen=True, slots=True)
class DayFlow:
    """What one business date moved."""

    day: date
    drawn_fen: int
    repaid_fen: int


def open_day(visitor: Visitor) -> date:
    """Return the open business date."""
    with visitor.bank.database.read() as connection:
        return current_business_date(connection, visitor.principal.tenant_id)


def balances_before(visitor: Visitor, last: date, days: int) -> list[TrialBalance]:
    """Return the trial balances of the days up to `last`, oldest first, none before the first."""
    found: list[TrialBalance] = []
    with visitor.bank.database.read() as connection:
        for back in range(days):
            balance = trial_balance(connection, visitor.principal, last - timedelta(days=back))
            if not balance.rows:
                break
            found.append(balance)
    return found[::-1]


def flows(balances: list[TrialBalance]) -> list[DayFlow]:
    """Return what each day moved in loans' principal: this day's totals less the day's before."""
    levels = [(balance.business_date, *_principal(balance)) for balance in balances]
    if levels:
        first = levels[0][0] - timedelta(days=1)
        levels = [(first, 0, 0), *levels] if len(levels) < _WHOLE else levels
    return [
        DayFlow(day, debits - debits_before, credits_ - credits_before)
        for (_, debits_before, credits_before), (day, debits, credits_) in pairwise(levels)
    ]


_WHOLE = CHART_DAYS + 1
"""With fewer days than this the book began within them, so the first day's totals are its own."""


def _principal(balance: TrialBalance) -> tuple[int, int]:
    rows = [row for row in balance.rows if row.path.startswith(_PRINCIPAL)]
    return sum(row.debits_fen for row in rows), sum(row.credits_fen for row in rows)
