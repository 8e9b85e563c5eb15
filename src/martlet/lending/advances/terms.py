"""What is agreed for an advance on takings, beyond its principal: fee, share, and the minimum.

The invariant: the fee is fixed when the money is paid out. Taking longer costs nothing more, and
paying sooner saves nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.advances.curve import payments_of
from martlet.lending.limits import EXPECTED_PAYMENTS_MAX, TENOR_DAYS_MAX


@dataclass(frozen=True, slots=True)
class TakingsTerms:
    """The fee, the share of each day's takings, and how much must have been paid by when."""

    fee_fen: int
    share_ppm: int
    """Of each day's takings, kept for the advance."""
    expected_daily_fen: int
    """What that share was expected to bring on a day; the fee is earned at its effective rate."""
    minimum_every_days: int
    minimum_ppm: int
    """At the end of each of these periods, so much more of all that is owed must be paid."""
    near_breach_ppm: int = 800_000
    """A period that has brought less than this part of its minimum, near its end, is told of."""
    near_breach_days: int = 7
    """How many days before its end that is."""

    def __post_init__(self) -> None:
        assert 0 <= self.fee_fen <= AMOUNT_FEN_MAX, self.fee_fen
        assert 0 < self.share_ppm <= PPM, self.share_ppm
        assert 0 < self.expected_daily_fen <= AMOUNT_FEN_MAX, self.expected_daily_fen
        assert 0 < self.minimum_every_days <= TENOR_DAYS_MAX, self.minimum_every_days
        assert 0 < self.minimum_ppm <= PPM, self.minimum_ppm
        assert 0 <= self.near_breach_ppm <= PPM, self.near_breach_ppm
        assert 0 <= self.near_breach_days <= TENOR_DAYS_MAX, self.near_breach_days

    def check(self, principal_fen: int) -> None:
        """Assert that the expected payments can be reckoned with, and the fee be meant."""
        assert self.fee_fen <= principal_fen, (self.fee_fen, principal_fen)
        count = divide(principal_fen + self.fee_fen, self.expected_daily_fen, RoundingMode.UP)
        assert count <= EXPECTED_PAYMENTS_MAX, count

    def expected_payments(self, principal_fen: int) -> list[int]:
        """Return what each day is expected to bring, from the day after the payout on."""
        return payments_of(principal_fen + self.fee_fen, self.expected_daily_fen)

    def kept_of(self, takings_fen: int, left_fen: int, share_ppm: int | None = None) -> int:
        """Return what a day's takings pay: the share, never rounded up, never more than is left."""
        share = self.share_ppm if share_ppm is None else share_ppm
        return min(divide(takings_fen * share, PPM, RoundingMode.DOWN), left_fen)

    def near_breach(self, due_on: date, minimum_fen: int, paid_fen: int, on: date) -> bool:
        """Tell whether on a day near a period's end too little of its minimum has come."""
        near = due_on - timedelta(days=self.near_breach_days) <= on <= due_on
        return near and paid_fen * PPM < minimum_fen * self.near_breach_ppm

    def minimums(
        self, agreed_fen: int, total_fen: int, start: date, tenor_days: int
    ) -> list[tuple[date, int]]:
        """Return by which day how much must have been paid in all; the last is all of it.

        The steps are a part of what was agreed at first; what was waived or lent more since then
        comes off the end or goes there.
        """
        last = start + timedelta(days=tenor_days)
        step = divide(agreed_fen * self.minimum_ppm, PPM, RoundingMode.UP)
        found: list[tuple[date, int]] = []
        day = start + timedelta(days=self.minimum_every_days)
        while day < last and (len(found) + 1) * step < total_fen:
            found.append((day, (len(found) + 1) * step))
            day += timedelta(days=self.minimum_every_days)
        found.append((last, total_fen))
        return found
