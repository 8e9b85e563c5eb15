"""Rates shown honestly: the daily rate, the nominal annual one, and that of the cash flows.

The last is the internal rate of return of the actual dated flows with every fee, a year of 365
days. It is computed with binary fractions in the library and leaves this module as whole parts
per million: it is shown and held against the law's caps, never used to compute an amount.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM, annual_ppm
from martlet.lending.limits import CASH_FLOWS_MAX, RATE_SHOWN_PPM_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.loan import Instalment, LoanTerms

_GUESSES = (0.1, 1.0, 10.0)
"""Where the search for a rate begins: most loans are found from the first."""


@dataclass(frozen=True, slots=True)
class Fee:
    """What a loan costs beside its interest, on the day it is taken."""

    on: date
    amount_fen: int

    def __post_init__(self) -> None:
        assert 0 < self.amount_fen <= AMOUNT_FEN_MAX, self.amount_fen


@dataclass(frozen=True, slots=True)
class RatesShown:
    """The three figures that stand beside every offer and every drawdown."""

    rate_ppm_per_day: int
    simple_annual_ppm: int
    internal_annual_ppm: int | None
    """None where the flows have no rate: a loan so small that its interest rounds to nothing."""

    @property
    def highest_ppm(self) -> int:
        """The annual figure against which a legal cap is checked."""
        return max(self.simple_annual_ppm, self.internal_annual_ppm or 0)

    def as_json(self) -> dict[str, int | None]:
        """Return the figures as a JSON value."""
        return {**asdict(self), "highest_ppm": self.highest_ppm}


def disclose(
    terms: LoanTerms, start: date, rows: Sequence[Instalment], fees: Sequence[Fee] = ()
) -> RatesShown:
    """Return the rates of a loan whose instalments and fees are paid on their days.

    Of an advance on takings the payments that are expected count, not the minimums.
    """
    flows = [(start, -terms.principal_fen)]
    if terms.takings is not None:
        expected = terms.takings.expected_payments(terms.principal_fen)
        flows += [(start + timedelta(number), fen) for number, fen in enumerate(expected, 1)]
    else:
        flows += [(row.due_on, row.due_fen) for row in rows if row.due_fen > 0]
    flows += [(fee.on, fee.amount_fen) for fee in fees]
    return RatesShown(
        rate_ppm_per_day=terms.rate_ppm_per_day,
        simple_annual_ppm=annual_ppm(terms.rate_ppm_per_day, terms.conventions.days_per_year),
        internal_annual_ppm=internal_rate_ppm(flows),
    )


def internal_rate_ppm(flows: Sequence[tuple[date, int]]) -> int | None:
    """Return the effective annual rate at which dated flows are worth nothing, in ppm.

    Money lent is negative, money paid back positive. Where more comes back than any rate could
    explain within `RATE_SHOWN_PPM_MAX`, that is returned: such a loan is above every cap.
    """
    import pyxirr  # noqa: PLC0415 - a compiled library, only where a rate is shown

    assert len(flows) <= CASH_FLOWS_MAX, len(flows)
    if all(amount >= 0 for _, amount in flows) or all(amount <= 0 for _, amount in flows):
        return None
    days = [day for day, _ in flows]
    amounts = [amount for _, amount in flows]
    most = RATE_SHOWN_PPM_MAX
    for guess in _GUESSES:
        rate = pyxirr.xirr(days, amounts, guess=guess, silent=True)
        if rate is not None:
            return most if rate * PPM >= most else round(rate * PPM)
    return most if sum(amounts) > 0 else None
