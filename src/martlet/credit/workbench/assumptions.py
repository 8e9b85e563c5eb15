"""What a back-test assumes of money that nobody has lent yet, each assumption named and settable.

The arithmetic is whole numbers throughout. A simple sum of one term, not a cash-flow model: what
is drawn, for how long, what it costs, what is lost when it goes bad.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from martlet.credit.model import Application, Decision

PPM = 1_000_000
DAYS_PER_MONTH = 30
LGD_PPM = 600_000
"""The share of a bad loan that is lost: the trade's usual assumption for unsecured small loans."""
DRAWN_PPM = 1_000_000
"""The share of a limit that is drawn: all of it, so that loss is not made to look small."""
FUNDING_PPM_PER_DAY = 80
"""What the lender's own money costs: about 2.9 % a year."""
COST_FEN = 230
"""What making and keeping a loan costs: 2.3 yuan, as published by an internet bank for one loan."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """The figures that turn a decision into money."""

    lgd_ppm: int = LGD_PPM
    drawn_ppm: int = DRAWN_PPM
    funding_ppm_per_day: int = FUNDING_PPM_PER_DAY
    cost_fen: int = COST_FEN

    def __post_init__(self) -> None:
        assert 0 <= self.lgd_ppm <= PPM, self.lgd_ppm
        assert 0 <= self.drawn_ppm <= PPM, self.drawn_ppm
        assert 0 <= self.funding_ppm_per_day <= PPM, self.funding_ppm_per_day
        assert self.cost_fen >= 0, self.cost_fen

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Money:
    """What a decision is expected to come to over one term; nothing where it was refused."""

    limit_fen: int = 0
    interest_fen: int = 0
    loss_fen: int = 0
    funding_fen: int = 0
    cost_fen: int = 0

    @property
    def profit_fen(self) -> int:
        """What is left."""
        return self.interest_fen - self.loss_fen - self.funding_fen - self.cost_fen


NOTHING = Money()


def expected(
    application: Application, decision: Decision, assumed: Assumptions, pd_ppm: int | None = None
) -> Money:
    """Return what a decision is expected to come to over one term, by its own pd or by another.

    Interest is earned by those who do not go bad; the loss is pd x lgd x what is drawn; funding is
    paid for everybody. The term is the one asked for, else the longest one offered.
    """
    if not decision.approved:
        return NOTHING
    pd_ppm = decision.pd_ppm if pd_ppm is None else pd_ppm
    drawn_fen = divide(decision.limit_fen * assumed.drawn_ppm, PPM, RoundingMode.HALF_EVEN)
    run = drawn_fen * _weighted_days(application, decision)
    good_ppm = PPM - pd_ppm
    return Money(
        limit_fen=decision.limit_fen,
        interest_fen=divide(run * decision.rate_ppm_per_day * good_ppm, 2 * PPM * PPM),
        loss_fen=divide(drawn_fen * pd_ppm * assumed.lgd_ppm, PPM * PPM),
        funding_fen=divide(run * assumed.funding_ppm_per_day, 2 * PPM),
        cost_fen=assumed.cost_fen,
    )


def _weighted_days(application: Application, decision: Decision) -> int:
    """Return twice the days for which the whole sum is out: instalments bring it back evenly.

    Of n monthly instalments the average balance is (n + 1) / 2n of the sum; twice the days keeps
    that a whole number.
    """
    if decision.tenor_unit == "months":
        months = application.tenor_months or max(decision.tenors)
        return (months + 1) * DAYS_PER_MONTH
    return 2 * (application.tenor_days or max(decision.tenors))
