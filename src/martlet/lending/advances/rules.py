"""What a product says of its advances on takings, and what is agreed for one of them by it.

The invariant: fee, share and minimums of an advance follow from the product's rules, the decided
price and what the business takes, once, when it is drawn; nothing is looked up again later.
"""

from __future__ import annotations

from dataclasses import dataclass

from martlet.kernel.errors import Refused
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.advances.terms import TakingsTerms
from martlet.lending.limits import TENOR_DAYS_MAX


@dataclass(frozen=True, slots=True)
class Carrying:
    """What a business takes on a day, and how much of it other advances leave."""

    daily_fen: int | None
    """None where the bank does not know what it takes."""
    share_taken_ppm: int = 0
    """Kept already for the advances that it has."""


@dataclass(frozen=True, slots=True)
class TakingsRules:
    """How a product prices its advances, and how they are repaid and watched."""

    fee_ppm: int
    """Of the principal, however long it takes."""
    fee_of_interest_ppm: int
    """Of the interest that all of it would bear at the decided rate until it is expected back.

    What is owed falls evenly, so half of it is the same price.
    """
    share_max_ppm: int
    """The most that is kept of a day's takings, for all advances of a business together."""
    expected_ppm: int
    """Of the term, in which the takings are expected to repay all."""
    minimum_every_days: int
    minimum_of_expected_ppm: int
    """At the end of each period, so much of what was expected by then must have been paid."""
    near_breach_ppm: int
    near_breach_days: int
    """So long before a period's end, one with less than that part of its minimum is told of."""
    takings_needed: bool = True
    """Lent only to a business whose takings the bank knows."""

    def __post_init__(self) -> None:
        for share in (self.fee_ppm, self.fee_of_interest_ppm, self.near_breach_ppm):
            assert 0 <= share <= PPM, self
        for share in (self.share_max_ppm, self.expected_ppm, self.minimum_of_expected_ppm):
            assert 0 < share <= PPM, self
        assert 0 < self.minimum_every_days <= TENOR_DAYS_MAX, self
        assert 0 <= self.near_breach_days < self.minimum_every_days, self

    def fee_fen(
        self, principal_fen: int, rate_ppm_per_day: int, tenor: int, mode: RoundingMode
    ) -> int:
        """Return the fixed fee of an advance at a decided rate; never more than its principal."""
        interest = principal_fen * rate_ppm_per_day * self.expected_days(tenor)
        fee = divide(principal_fen * self.fee_ppm, PPM, mode)
        fee += divide(interest * self.fee_of_interest_ppm, PPM * PPM, mode)
        return min(fee, principal_fen)

    def expected_days(self, tenor: int) -> int:
        """Return in how many days an advance of a term is expected to be repaid."""
        return divide(tenor * self.expected_ppm, PPM, RoundingMode.UP)

    def agree(
        self,
        principal_fen: int,
        rate_ppm_per_day: int,
        tenor: int,
        mode: RoundingMode,
        carrying: Carrying,
    ) -> TakingsTerms:
        """Return what is agreed for an advance, or refuse what the takings cannot carry."""
        fee_fen = self.fee_fen(principal_fen, rate_ppm_per_day, tenor, mode)
        total = principal_fen + fee_fen
        wanted = divide(total, self.expected_days(tenor), RoundingMode.UP)
        share_ppm, expected = self._share(total, wanted, tenor, carrying)
        least = divide(
            self.minimum_every_days * expected * self.minimum_of_expected_ppm,
            total,
            RoundingMode.UP,
        )
        return TakingsTerms(
            fee_fen=fee_fen,
            share_ppm=share_ppm,
            expected_daily_fen=expected,
            minimum_every_days=self.minimum_every_days,
            minimum_ppm=min(least, PPM),
            near_breach_ppm=self.near_breach_ppm,
            near_breach_days=self.near_breach_days,
        )

    def _share(self, total: int, wanted: int, tenor: int, carrying: Carrying) -> tuple[int, int]:
        """Return the share that is kept, and what it is expected to bring on a day.

        As little as repays in the time expected; what needs more than may be kept takes longer,
        within the term.
        """
        left = self.share_max_ppm - carrying.share_taken_ppm
        if left <= 0:
            raise Refused("lending.takings_share_used", share_max_ppm=self.share_max_ppm)
        if carrying.daily_fen is None:
            return left, wanted
        if carrying.daily_fen > 0:
            needed = divide(wanted * PPM, carrying.daily_fen, RoundingMode.UP)
            if needed <= left:
                return needed, wanted
        brought = divide(carrying.daily_fen * left, PPM, RoundingMode.DOWN)
        if brought * tenor < total:
            raise Refused(
                "lending.takings_carry_less", total_fen=total, carried_fen=brought * tenor
            )
        return left, brought


NOTHING_KNOWN = Carrying(None)
"""For an example: as if the takings were just what is expected of them."""
