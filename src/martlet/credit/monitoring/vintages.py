"""Vintages: of the loans drawn in one month, how many have gone bad by each month on book.

The invariant: a cell is shown only when every loan of the cohort has been on book that long, so a
curve never bends because the young loans drop out of it. Bad here is the first day overdue for as
long as the definition says, whenever it came.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.credit.limits import VINTAGE_MONTHS_MAX
from martlet.credit.monitoring.intervals import Share
from martlet.credit.monitoring.yardsticks import yardsticks
from martlet.kernel.calendar import add_months, months_passed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.credit.monitoring.portfolio import Portfolio
    from martlet.credit.outcomes import LoanOutcome


@dataclass(frozen=True, slots=True)
class Vintage:
    """The loans drawn in one month, and the cumulative share gone bad after 1, 2, … months."""

    month: str
    loans: int
    amount_fen: int
    cells: tuple[Share, ...]

    @property
    def small(self) -> bool:
        """Tell whether it has too few loans to judge."""
        return self.loans < yardsticks().cell_min

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "month": self.month,
            "loans_count": self.loans,
            "amount_fen": self.amount_fen,
            "small": self.small,
            "cells": [
                {"months_on_book": place, "bad_count": cell.part, **cell.as_json("bad")}
                for place, cell in enumerate(self.cells, 1)
            ],
        }


def vintages(portfolio: Portfolio) -> tuple[Vintage, ...]:
    """Return the cohorts by month of drawdown, the earliest first."""
    cohorts: dict[str, list[LoanOutcome]] = defaultdict(list)
    for loan in portfolio.loans:
        cohorts[f"{loan.drawn_on:%Y-%m}"].append(loan)
    return tuple(_vintage(month, cohorts[month]) for month in sorted(cohorts))


def _vintage(month: str, loans: Sequence[LoanOutcome]) -> Vintage:
    seen = min(months_passed(loan.drawn_on, loan.observed_on) for loan in loans)
    went = [_month_of(loan.drawn_on, loan.bad_on) for loan in loans if loan.bad_on is not None]
    cells = tuple(
        Share(sum(1 for when in went if when <= place), len(loans))
        for place in range(1, min(seen, VINTAGE_MONTHS_MAX) + 1)
    )
    return Vintage(month, len(loans), sum(loan.amount_fen for loan in loans), cells)


def _month_of(start: date, day: date) -> int:
    """Return in which month on book a day lies: the first month is 1."""
    passed = months_passed(start, day)
    return passed if add_months(start, passed) == day else passed + 1
