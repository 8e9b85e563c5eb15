"""Rates shown honestly: the daily rate, the simple annual one, and what the cash flows really cost.

The last is the internal rate of return of the actual flows, a year of 365 days. It is computed
with binary fractions in the library and leaves this module as whole parts per million: it is
shown, never used to compute an amount.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM, annual_ppm

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.loan import Instalment, LoanTerms


@dataclass(frozen=True, slots=True)
class DisclosedRates:
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


def disclose(terms: LoanTerms, start: date, rows: Sequence[Instalment]) -> DisclosedRates:
    """Return the rates of a loan whose instalments are paid on their days."""
    flows = [(start, -terms.principal_fen)]
    flows += [(row.due_on, row.due_fen) for row in rows if row.due_fen > 0]
    return DisclosedRates(
        rate_ppm_per_day=terms.rate_ppm_per_day,
        simple_annual_ppm=annual_ppm(terms.rate_ppm_per_day, terms.conventions.days_per_year),
        internal_annual_ppm=internal_rate_ppm(flows),
    )


def internal_rate_ppm(flows: Sequence[tuple[date, int]]) -> int | None:
    """Return the effective annual rate at which dated flows are worth nothing, in ppm."""
    import pyxirr  # noqa: PLC0415 - a compiled library, only where a rate is shown

    days = [day for day, _ in flows]
    rate = pyxirr.xirr(days, [amount for _, amount in flows], silent=True)
    return None if rate is None else round(rate * PPM)
