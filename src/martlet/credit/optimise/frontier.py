"""What each applicant can be offered: exact figures for one offer, and the frontier of all rates.

At a given rate the expected profit is a straight line in the limit, so an applicant's frontier is
spanned by its ceiling at each rate, and nothing. Which rate is best at given prices depends on one
number alone, so that the rates of a rating are kept as an upper hull and found by bisection.
Floats here only choose; every figure that leaves is computed by `grant_of` in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.optimise.model import Counts, Grant
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from martlet.credit.optimise.constraints import Rows
    from martlet.credit.optimise.market import Market
    from martlet.credit.optimise.model import Applicant, Terms

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


def grant_of(
    applicant: Applicant, limit_fen: int, rate_ppm_per_day: int, terms: Terms, market: Market
) -> Grant:
    """Return an offer with all that is expected of it, each component rounded once."""
    if limit_fen == 0:
        return Grant(applicant.application_id)
    annual_ppm = rate_ppm_per_day * terms.days_per_year
    accepting_ppm = market.accepting_ppm(applicant.rating, annual_ppm)
    default_ppm = terms.default_ppm(applicant.pd_ppm)
    drawn = limit_fen * accepting_ppm * terms.utilisation_ppm
    rate = rate_ppm_per_day * terms.tenor_days
    funds = terms.funds_cost_ppm * terms.tenor_days
    return Grant(
        application_id=applicant.application_id,
        limit_fen=limit_fen,
        rate_ppm_per_day=rate_ppm_per_day,
        annual_ppm=annual_ppm,
        acceptance_ppm=accepting_ppm,
        volume_fen=divide(drawn, PPM**2),
        interest_fen=divide(drawn * (PPM - default_ppm) * rate, PPM**4),
        loss_fen=divide(drawn * default_ppm * terms.loss_given_default_ppm, PPM**4),
        funds_fen=divide(drawn * funds, PPM**3 * terms.days_per_year),
        operating_fen=divide(accepting_ppm * terms.operating_cost_fen, PPM),
    )


@dataclass(frozen=True, slots=True)
class _Hull:
    """The rates of one rating that are best at some price: who stays, and the interest of it."""

    rates: Integers
    staying: Floats
    earning: Floats
    turns: Floats
    """Between which prices each is best; rising."""

    @classmethod
    def of(cls, rating: str, rates: Sequence[int], terms: Terms, market: Market) -> _Hull:
        per_day = np.array(rates, dtype=np.int64)
        annual = [rate * terms.days_per_year for rate in rates]
        staying = np.array([market.accepting_ppm(rating, ppm) for ppm in annual]) / PPM
        earning = staying * per_day * terms.tenor_days / PPM
        kept: list[int] = []
        for place in sorted(range(len(rates)), key=lambda i: (-staying[i], -earning[i])):
            if kept and staying[kept[-1]] == staying[place]:
                continue
            while len(kept) > 1 and _slope(staying, earning, kept[-2], kept[-1]) <= _slope(
                staying, earning, kept[-2], place
            ):
                kept.pop()
            kept.append(place)
        chosen = np.array(kept)
        turns = np.array([-_slope(staying, earning, a, b) for a, b in pairwise(kept)])
        return cls(per_day[chosen], staying[chosen], earning[chosen], turns)


def _slope(staying: Floats, earning: Floats, first: int, second: int) -> float:
    """Return how much is earned for each customer who leaves, from one rate to the next."""
    return float((earning[second] - earning[first]) / (staying[first] - staying[second]))


@dataclass(frozen=True, slots=True)
class Prices:
    """What a plan is charged while it is sought: by block for what counts, and for loss."""

    by_block: Floats
    loss: float = 0.0
    aim_volume: bool = False
    """Seek the most that can be lent instead of the most that can be earned."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The best rate of every applicant at some prices, and what the offers worth making use."""

    place: Integers
    """On the hull of the applicant's rating, also where the offer is not worth making."""
    worth: Floats
    """Below zero where no offer is the better answer."""
    profit: Floats
    counted: Floats
    excess: Floats


class Frontier:
    """All applicants in columns, ready to be asked what is best for each at given prices."""

    def __init__(
        self,
        applicants: Sequence[Applicant],
        terms: Terms,
        market: Market,
        rows: Rows,
    ) -> None:
        self.terms, self.market, self.applicants = terms, market, applicants
        self.counts, self.blocks = rows.counts, rows.blocks
        self.ceilings_fen = [terms.ceiling_fen(applicant) for applicant in applicants]
        self.ceilings = np.array(self.ceilings_fen, dtype=np.float64)
        names = sorted({applicant.rating for applicant in applicants})
        rates = terms.rates
        self.hulls = [_Hull.of(name, rates, terms, market) for name in names]
        number = {name: place for place, name in enumerate(names)}
        self.rating = np.array([number[a.rating] for a in applicants], dtype=np.int64)
        default = np.array([terms.default_ppm(a.pd_ppm) for a in applicants]) / PPM
        self._drawn = self.ceilings * terms.utilisation_ppm / PPM
        self._paying = 1.0 - default
        self._losing = default * terms.loss_given_default_ppm / PPM
        self._funds = terms.funds_cost_ppm * terms.tenor_days / PPM / terms.days_per_year
        self._over = self._losing - rows.loss_share_ppm / PPM

    def best(self, prices: Prices) -> Choice:
        """Return the best option of every applicant: what it is worth and what it uses."""
        income, cost, fixed = self._line(prices)
        place = np.zeros(len(self.ceilings), dtype=np.int64)
        staying, earning = np.zeros(len(place)), np.zeros(len(place))
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            turn = np.nan_to_num(cost / np.maximum(income, 1e-300))
        for number, hull in enumerate(self.hulls):
            members = np.flatnonzero((self.rating == number) & (self.ceilings > 0))
            found = np.searchsorted(hull.turns, turn[members])
            place[members] = found
            staying[members], earning[members] = hull.staying[found], hull.earning[found]
        worth = income * earning - cost * staying - fixed
        worth[self.ceilings == 0] = -1.0
        idle = worth <= 0
        staying[idle] = earning[idle] = 0.0
        return Choice(place, worth, *self.uses(staying, earning))

    @property
    def loss_gauge(self) -> float:
        """How far from its allowed share a loss can be: the measure of the row for losses."""
        return float(np.abs(self._over).max()) or 1.0

    def value_at(self, index: Integers, place: Integers, prices: Prices) -> Floats:
        """Return what given places of given applicants' hulls are worth at these prices."""
        income, cost, fixed = self._line(prices)
        staying, earning = self.figures(index, place)
        return income[index] * earning - cost[index] * staying - fixed[index]

    def figures(self, index: Integers, place: Integers) -> tuple[Floats, Floats]:
        """Return who stays and what is earned of a yuan at places of applicants' hulls."""
        staying, earning = np.zeros(len(index)), np.zeros(len(index))
        for number, hull in enumerate(self.hulls):
            mine = self.rating[index] == number
            staying[mine], earning[mine] = hull.staying[place[mine]], hull.earning[place[mine]]
        return staying, earning

    def uses(
        self, staying: Floats, earning: Floats, index: Integers | slice = slice(None)
    ) -> tuple[Floats, Floats, Floats]:
        """Return profit, what counts and the loss above its share, at full ceilings."""
        drawn = self._drawn[index]
        offered = staying > 0
        interest = drawn * self._paying[index] * earning
        costs = drawn * (self._losing[index] + self._funds) + self.terms.operating_cost_fen
        expected = drawn * staying
        counted = expected if self.counts is Counts.EXPECTED else self.ceilings[index] * offered
        return interest - costs * staying, counted, expected * self._over[index]

    def _line(self, prices: Prices) -> tuple[Floats, Floats, Floats]:
        """Return income and cost for each customer who stays, and what is charged in any case."""
        charge = prices.by_block[self.blocks]
        if prices.aim_volume:
            charge = charge - 1.0
            income = np.zeros(len(self.ceilings))
            cost = self._drawn * prices.loss * self._over
        else:
            income = self._drawn * self._paying
            unit = self._losing + self._funds + prices.loss * self._over
            cost = self._drawn * unit + self.terms.operating_cost_fen
        if self.counts is Counts.EXPECTED:
            return income, cost + self._drawn * charge, np.zeros(len(self.ceilings))
        return income, cost, self.ceilings * charge

    def rate_at(self, applicant: int, place: int) -> int:
        """Return the daily rate at a place of an applicant's hull."""
        return int(self.hulls[self.rating[applicant]].rates[place])
