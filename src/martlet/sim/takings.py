"""What the world's shops take, day by day, and the files in which they tell it.

Nature is made with fractions; it becomes whole fen here, where a till would have rung it up, and
no fraction goes further.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.money import decimal_text
from martlet.sim.calibration import calibration
from martlet.sim.world import PPM, takings_stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from numpy.typing import NDArray

    from martlet.sim.calibration import Calibration
    from martlet.sim.world import Merchant

    Days = NDArray[np.int64]
    Factors = NDArray[np.float64]

_DAYS_PER_YEAR = 365
_REFUND_EVERY_DAYS = 5
"""Refunds come on about one day in five."""


@dataclass(frozen=True, slots=True)
class Till:
    """A merchant's days: what it took, what it gave back, how many paid."""

    first_day: date
    taken_fen: Days
    refunded_fen: Days
    payments: Days

    def lines(self, firm: str, since: date, until: date) -> list[str]:
        """Return the rows of a takings file from `since` up to, not including, `until`."""
        rows = []
        for offset in range((since - self.first_day).days, (until - self.first_day).days):
            if not self.payments[offset]:
                continue
            day = self.first_day + timedelta(days=offset)
            taken, refunded = int(self.taken_fen[offset]), int(self.refunded_fen[offset])
            rows.append(
                f"{firm},{day},{decimal_text(taken)},{decimal_text(refunded)},"
                f"{int(self.payments[offset])}"
            )
        return rows


def till(
    seed: int, merchant: Merchant, first_day: date, days: int, start: date, shape: Calibration
) -> Till:
    """Return a merchant's days from `first_day` on; its level is that of the world's `start`."""
    chance = takings_stream(seed, merchant.number)
    noise, closed, back = chance.standard_normal(days), chance.random(days), chance.random(days)
    spread = shape.shop.noise_ppm / PPM
    factors = np.array(_season(first_day, days, wholesale=merchant.wholesale))
    factors *= np.exp(spread * noise - spread * spread / 2)
    age = np.arange(days) - (start - first_day).days
    factors *= np.exp(merchant.growth_log * age / _DAYS_PER_YEAR)
    factors *= _life(merchant, first_day, days, shape.assumed.decline_days)
    if not merchant.wholesale:
        factors *= closed * PPM >= shape.shop.closed_ppm
    taken = np.rint(factors * merchant.level_fen_per_day).astype(np.int64)
    some = (back < 1 / _REFUND_EVERY_DAYS) * (2 * back * _REFUND_EVERY_DAYS)
    share = np.minimum(some * _REFUND_EVERY_DAYS * merchant.refund_ppm / PPM, 1.0)
    refunded = np.rint(taken * share).astype(np.int64)
    payments = np.where(taken > 0, np.maximum(taken // merchant.ticket_fen, 1), 0)
    return Till(first_day, taken, refunded, payments)


def takings_file(
    tills: Sequence[tuple[Merchant, Till]], since: date, until: date
) -> tuple[bytes, int]:
    """Return one file of many merchants' days, as their platform would send it, and its rows."""
    rows = [row for merchant, days in tills for row in days.lines(merchant.firm, since, until)]
    return ("\n".join(["商户编号,日期,流水,退款,笔数", *rows]) + "\n").encode(), len(rows)


@cache
def _season(first_day: date, days: int, *, wholesale: bool) -> tuple[float, ...]:
    """Return the factor of each day: weekday and, for a shop the festival, for a firm the month."""
    shape = calibration()
    when = [first_day + timedelta(days=offset) for offset in range(days)]
    if wholesale:
        week, month = shape.wholesale.weekday_ppm, shape.wholesale.month_ppm
        return tuple(week[day.weekday()] / PPM * month[day.month - 1] / PPM for day in when)
    week = shape.shop.weekday_ppm
    return tuple(week[day.weekday()] / PPM * festival_factor(day, shape) for day in when)


def festival_factor(day: date, shape: Calibration) -> float:
    """Return what the nearness of Spring Festival does to a shop's day."""
    for new_year in shape.spring_festival:
        place = (day - new_year).days - shape.shop.festival_first_offset
        if 0 <= place < len(shape.shop.festival_ppm):
            return shape.shop.festival_ppm[place] / PPM
    return 1.0


def _life(merchant: Merchant, first_day: date, days: int, decline_days: int) -> Factors:
    """Return 0 before a merchant opens and after it fails, and how it sinks before."""
    age = np.arange(days)
    alive = (age >= (merchant.opened_on - first_day).days).astype(np.float64)
    if merchant.fails_on is None:
        return alive
    left = (merchant.fails_on - first_day).days - age
    return alive * np.clip(left / decline_days, 0.0, 1.0)
