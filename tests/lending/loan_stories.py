"""Small builders that the lending tests share: a loan told as a few dated lines."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from martlet.lending import EventKind, LoanEvent, LoanTerms, product_named
from martlet.lending.columns import accrue, as_columns

if TYPE_CHECKING:
    from martlet.kernel.rounding import RoundingMode
    from martlet.lending.loan import AccrualLine

START = date(2026, 1, 15)


def terms_of(
    product: str, principal_fen: int, tenor: int | None = None, rate_ppm_per_day: int = 300
) -> LoanTerms:
    sold = product_named(product)
    return LoanTerms(principal_fen, rate_ppm_per_day, sold.check_tenor(tenor), sold.conventions)


def story(terms: LoanTerms, *payments: tuple[int, int]) -> list[LoanEvent]:
    """A disbursement on START and then payments of (day number, amount_fen)."""
    events = [LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, START, terms.principal_fen)]
    for sequence, (after_days, amount_fen) in enumerate(payments, start=2):
        paid_on = START + timedelta(days=after_days)
        events.append(
            LoanEvent(UUID(int=sequence), sequence, EventKind.REPAID, paid_on, amount_fen)
        )
    return events


def day(number: int) -> date:
    return START + timedelta(days=number)


def by_columns(line: AccrualLine | None, on: date, mode: RoundingMode) -> tuple[int, int] | None:
    """Interest and penalty that the columns find on a day; None where the line does not hold."""
    if line is None or not line.covers(on):
        return None
    found = accrue(np.array([as_columns(line)], np.int64), np.array([on.toordinal()]), mode)
    return int(found.interest_fen[0]), int(found.penalty_fen[0])
