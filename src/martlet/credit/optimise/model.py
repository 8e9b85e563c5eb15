"""The values of a plan: who asks, on what terms, under which constraints, and what is planned.

The invariant: every amount is whole fen, every profit is the sum of its four components, and a
grant is either nothing at all or at least the smallest line. Nothing here knows a solver.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from martlet.credit.optimise.limits import CAPS_MAX, RATES_MAX, TENOR_DAYS_MAX
from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.limits import AMOUNT_FEN_MAX, RATE_PPM_PER_DAY_MAX
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.credit.optimise.market import Market


class Counts(StrEnum):
    """What counts against the budget and the caps."""

    OFFERED = "offered"
    """Every limit in full: the bank can keep its word even if nobody declines."""
    EXPECTED = "expected"
    """What is expected to be drawn, after those who leave and those who draw less."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks: how likely to fail, with what verified cash flow, for how much."""

    application_id: str
    pd_ppm: int
    rating: str
    """The row of the market table by which this customer stays or leaves."""
    cash_flow_monthly_fen: int
    requested_fen: int
    cap_fen: int
    group: str = ""

    def __post_init__(self) -> None:
        assert 0 <= self.pd_ppm <= PPM, self.pd_ppm
        for amount_fen in (self.cash_flow_monthly_fen, self.requested_fen, self.cap_fen):
            assert 0 <= amount_fen <= AMOUNT_FEN_MAX, amount_fen


@dataclass(frozen=True, slots=True)
class Terms:
    """What a loan costs the bank and what it may ask: the assumptions, every one by name."""

    rate_min_ppm: int
    """Lowest and highest yearly rate, law and market included (`days_per_year` times a day's)."""
    rate_max_ppm: int
    limit_max_fen: int
    limit_min_fen: int = 100
    limit_unit_fen: int = 100
    cash_flow_share_ppm: int = 2_500_000
    """How much of a month's verified cash flow a limit may reach: two and a half months."""
    funds_cost_ppm: int = 25_000
    loss_given_default_ppm: int = 600_000
    operating_cost_fen: int = 0
    """What each accepted line costs, whatever its size."""
    utilisation_ppm: int = PPM
    """How much of an accepted limit is drawn, on average over the tenor."""
    tenor_days: int = 365
    days_per_year: int = 365
    rate_step_ppm_per_day: int = 1

    def __post_init__(self) -> None:
        assert self.rate_min_ppm >= 0, self.rate_min_ppm
        assert 0 < self.limit_unit_fen <= self.limit_min_fen <= self.limit_max_fen
        assert self.limit_min_fen % self.limit_unit_fen == 0, self.limit_min_fen
        for share in (self.funds_cost_ppm, self.loss_given_default_ppm, self.utilisation_ppm):
            assert 0 <= share <= PPM, share
        assert 0 < self.tenor_days <= TENOR_DAYS_MAX, self.tenor_days
        assert self.rate_step_ppm_per_day > 0, self.rate_step_ppm_per_day
        assert self.operating_cost_fen >= 0, self.operating_cost_fen

    @property
    def rates(self) -> tuple[int, ...]:
        """The menu: whole daily rates whose year stays between the bounds. Refused if empty."""
        low = divide(self.rate_min_ppm, self.days_per_year, RoundingMode.CEILING)
        high = divide(self.rate_max_ppm, self.days_per_year, RoundingMode.FLOOR)
        high = min(high, RATE_PPM_PER_DAY_MAX)
        if low > high:
            raise Refused(
                "credit.plan_no_rate", low_ppm=self.rate_min_ppm, high_ppm=self.rate_max_ppm
            )
        menu = tuple(dict.fromkeys([*range(low, high, self.rate_step_ppm_per_day), high]))
        if len(menu) > RATES_MAX:
            raise Invalid("credit.plan_rates_too_many", max_count=RATES_MAX)
        return menu

    def ceiling_fen(self, applicant: Applicant) -> int:
        """Return the highest limit that an applicant may have; 0 where not even the smallest."""
        earned_fen = divide(
            applicant.cash_flow_monthly_fen * self.cash_flow_share_ppm, PPM, RoundingMode.DOWN
        )
        most_fen = min(earned_fen, applicant.requested_fen, applicant.cap_fen, self.limit_max_fen)
        whole_fen = most_fen - most_fen % self.limit_unit_fen
        return whole_fen if whole_fen >= self.limit_min_fen else 0

    def default_ppm(self, pd_ppm: int) -> int:
        """Return the chance of failing within the tenor: the year's, evenly over its days."""
        return min(PPM, divide(pd_ppm * self.tenor_days, self.days_per_year))


@dataclass(frozen=True, slots=True)
class Cap:
    """The most that may go to one group, or to all of one rating."""

    name: str
    bound_fen: int
    of_rating: bool = False

    def holds(self, applicant: Applicant) -> bool:
        """Tell whether an applicant counts against it."""
        return self.name == (applicant.rating if self.of_rating else applicant.group)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What the whole plan must keep to."""

    budget_fen: int
    loss_share_max_ppm: int | None = None
    """Expected loss as a share of what is expected to be drawn."""
    caps: tuple[Cap, ...] = ()
    lend_least_fen: int = 0
    """A promise to lend at least so much (counted as the budget is)."""
    counts: Counts = Counts.OFFERED

    def __post_init__(self) -> None:
        assert self.lend_least_fen >= 0, self.lend_least_fen
        assert 0 <= self.budget_fen <= AMOUNT_FEN_MAX, self.budget_fen
        if len(self.caps) > CAPS_MAX:
            raise Invalid("credit.plan_caps_too_many", max_count=CAPS_MAX)
        assert len({(cap.name, cap.of_rating) for cap in self.caps}) == len(self.caps)


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """All that a plan is made from."""

    applicants: Sequence[Applicant]
    terms: Terms
    portfolio: Portfolio
    market: Market


@dataclass(frozen=True, slots=True)
class Grant:
    """What one applicant is offered, and what is expected of it; all zero where nothing is."""

    application_id: str
    limit_fen: int = 0
    rate_ppm_per_day: int = 0
    annual_ppm: int = 0
    acceptance_ppm: int = 0
    volume_fen: int = 0
    """What is expected to be drawn."""
    interest_fen: int = 0
    loss_fen: int = 0
    funds_fen: int = 0
    operating_fen: int = 0

    @property
    def profit_fen(self) -> int:
        """What is expected to remain."""
        return self.interest_fen - self.loss_fen - self.funds_fen - self.operating_fen


class Bound(StrEnum):
    """The kinds of constraint that a plan is priced by."""

    BUDGET = "budget"
    LOSS = "loss"
    GROUP = "group"
    RATING = "rating"
    LEND_LEAST = "lend_least"


@dataclass(frozen=True, slots=True)
class ShadowPrice:
    """A constraint, how much of it is used, and what one yuan more of it would be worth.

    For the loss it is a yuan more of expected loss; for the promise to lend, a yuan less of it.
    """

    bound: Bound
    name: str
    used_fen: int
    bound_fen: int
    earns_ppm: int
    """Profit per yuan, in ppm: 70_000 is 0.07 yuan."""

    @property
    def binding(self) -> bool:
        """Tell whether the plan would earn more if this were loosened."""
        return self.earns_ppm > 0


@dataclass(frozen=True)
class Plan:
    """One grant for each applicant, in their order, with the prices of the constraints."""

    grants: tuple[Grant, ...]
    prices: tuple[ShadowPrice, ...]
    profit_bound_fen: int
    """No plan whatever under these constraints is expected to earn more."""
    reordered_count: int = 0
    """Grants exchanged so that no peer with a lower pd gets less."""
    order_cost_fen: int = 0
    """What that order costs: a better customer may also be one who leaves sooner."""

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """The sums over all grants, and the average rate of what is expected to be drawn."""
        granted = [grant for grant in self.grants if grant.limit_fen]
        names = ("limit", "volume", "interest", "loss", "funds", "operating", "profit")
        sums = {f"{n}_fen": sum(getattr(g, f"{n}_fen") for g in granted) for n in names}
        volume_fen = max(sums["volume_fen"], 1)
        weighed = sum(grant.annual_ppm * grant.volume_fen for grant in granted)
        return {
            "applicants_count": len(self.grants),
            "granted_count": len(granted),
            **sums,
            "average_annual_ppm": divide(weighed, volume_fen),
            "loss_share_ppm": divide(sums["loss_fen"] * PPM, volume_fen),
        }

    @property
    def gap_fen(self) -> int:
        """How much at most a better plan could earn more."""
        return max(0, self.profit_bound_fen - self.totals["profit_fen"])

    def as_json(self) -> dict[str, Any]:
        """Return totals and prices as a JSON value; the grants go to a file of their own."""
        return {
            **self.totals,
            "profit_bound_fen": self.profit_bound_fen,
            "gap_fen": self.gap_fen,
            "reordered_count": self.reordered_count,
            "order_cost_fen": self.order_cost_fen,
            "prices": [asdict(price) | {"binding": price.binding} for price in self.prices],
        }
