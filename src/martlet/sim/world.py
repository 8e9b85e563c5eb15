"""Who lives in the world: made-up merchants, each from its own stream of the seed.

A merchant's nature depends on the seed and its number only, so a larger world contains the
smaller one. Nothing of a merchant is a real person's: the names say that they are synthetic, the
phones come from one block of numbers, the registration numbers name a region that there is not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.parties import Registration
from martlet.parties.identifiers import credit_code_check_sign
from martlet.sim.limits import HISTORY_DAYS, TAKINGS_FEN_PER_DAY_MAX, TAKINGS_FEN_PER_DAY_MIN

if TYPE_CHECKING:
    from datetime import date

    from martlet.sim.calibration import Calibration

PPM = 1_000_000
_DAYS_PER_YEAR = 365
_NATURE, _TAKINGS, _WILL = range(3)
"""The streams of a merchant: what it is, what it takes, what it chooses."""

REVOLVING, INSTALMENTS = "revolving_daily", "equal_instalments"


@dataclass(frozen=True, slots=True)
class Merchant:
    """A made-up merchant: what it is and what will become of it."""

    number: int
    trade: str
    wholesale: bool
    level_fen_per_day: int
    growth_log: float
    """Growth a year, as a logarithm."""
    refund_ppm: int
    ticket_fen: int
    opened_on: date
    fails_on: date | None
    applies_on: date | None
    product: str

    @property
    def firm(self) -> str:
        """The name by which the world's files call it."""
        return f"SYN-{self.number:04d}"

    def registration(self) -> Registration:
        """Return it as it tells itself to the bank."""
        body = f"91000000SYN{self.number:06d}".replace("S", "X")
        return Registration(
            name=f"合成商户 {self.number:04d}（synthetic merchant）",
            owner_phone=f"1990000{self.number:04d}",
            owner_name=f"合成业主 {self.number:04d}",
            trade=self.trade,
            region="合成市",
            registration_no=body + credit_code_check_sign(body),
            opened_on=self.opened_on,
        )


def stream(seed: int, number: int, which: int) -> np.random.Generator:
    """Return one of a merchant's streams of chance."""
    return np.random.default_rng([seed, number, which])


def takings_stream(seed: int, number: int) -> np.random.Generator:
    """Return the chance in a merchant's takings."""
    return stream(seed, number, _TAKINGS)


def will_stream(seed: int, number: int) -> np.random.Generator:
    """Return the chance in a merchant's choices."""
    return stream(seed, number, _WILL)


def merchant(
    seed: int, number: int, start: date, days: int, shape: Calibration, *, stress: bool
) -> Merchant:
    """Return a merchant of the world that begins on a day."""
    chance, assumed = stream(seed, number, _NATURE), shape.assumed
    # Every draw is made for every merchant, so that none shifts the ones after it.
    draws = chance.random(8)
    level, growth = chance.standard_normal(2)
    wholesale = bool(draws[0] * PPM < assumed.wholesale_share_ppm)
    sized = shape.wholesale if wholesale else shape.shop
    spread = sized.takings_log_spread_ppm / PPM
    level_ppm = round(float(np.exp(spread * level)) * PPM)
    tickets_span_fen = assumed.tickets_fen_max - assumed.tickets_fen_min
    applies = draws[4] * PPM < assumed.apply_share_ppm
    return Merchant(
        number=number,
        trade="wholesale" if wholesale else _trade(draws[1], shape),
        wholesale=wholesale,
        level_fen_per_day=_within_bounds(sized.takings_median_fen_per_day * level_ppm // PPM),
        growth_log=(
            shape.merchant.growth_log_median_ppm + shape.merchant.growth_log_spread_ppm * growth
        )
        / PPM,
        refund_ppm=round(shape.merchant.refund_ppm * -np.log1p(-draws[2])),
        ticket_fen=assumed.wholesale_tickets_fen
        if wholesale
        else assumed.tickets_fen_min + tickets_span_fen * int(draws[3] * PPM) // PPM,
        opened_on=start - timedelta(days=_age_days(draws[5], assumed.new_share_ppm)),
        fails_on=_fails_on(draws[6], start, days, shape, stress=stress),
        applies_on=start + timedelta(days=int(draws[7] * days)) if applies else None,
        product=INSTALMENTS if chance.random() * PPM < assumed.instalment_share_ppm else REVOLVING,
    )


def merchants(
    seed: int, count: int, start: date, days: int, shape: Calibration, *, stress: bool = False
) -> tuple[Merchant, ...]:
    """Return the world's merchants, numbered from 1."""
    return tuple(
        merchant(seed, number, start, days, shape, stress=stress) for number in range(1, count + 1)
    )


def _within_bounds(fen_per_day: int) -> int:
    return min(max(fen_per_day, TAKINGS_FEN_PER_DAY_MIN), TAKINGS_FEN_PER_DAY_MAX)


def _trade(draw: float, shape: Calibration) -> str:
    whole = sum(shape.shop.trades.values())
    left = draw * whole
    for trade, weight in shape.shop.trades.items():
        left -= weight
        if left < 0:
            return trade
    return list(shape.shop.trades)[-1]


def _age_days(draw: float, new_share_ppm: int) -> int:
    """Return how old a business is when the world begins: a few are new, the rest are old."""
    new = new_share_ppm / PPM
    if draw < new:
        return int(draw / new * HISTORY_DAYS)
    return HISTORY_DAYS + int((draw - new) / (1 - new) * 10 * _DAYS_PER_YEAR)


def _fails_on(
    draw: float, start: date, days: int, shape: Calibration, *, stress: bool
) -> date | None:
    """Return the day on which a merchant fails, if that day is in the world."""
    in_a_year = shape.merchant.fail_stress_ppm if stress else shape.merchant.fail_ppm_per_year
    hazard_per_day = -np.log1p(-in_a_year / PPM) / _DAYS_PER_YEAR
    after_days = -np.log1p(-draw) / hazard_per_day
    return start + timedelta(days=int(after_days)) if after_days < days else None
