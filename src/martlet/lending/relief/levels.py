"""Equal monthly instalments in columns: many loans walked through their due dates together.

The same steps as the fold by the day: interest of a segment rounded to ticks, what falls due
rounded to fen, a changed rate that spreads the principal anew. A loan is plain here when all that
it has paid so far equals the plan it was made with; every other one is left to the scalar fold.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.rates import MONTHS_PER_YEAR, PPM, TICKS_PER_FEN
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.columns import divide_columns
from martlet.lending.product import DayCount

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.columns import Column
    from martlet.lending.product import Conventions
    from martlet.lending.relief.selection import Mask

EPOCH = 719_163
"""The ordinal of the first of January 1970, from which numpy counts."""


@dataclass(slots=True)
class Walk:
    """Loans of one set of conventions on their way through their instalments."""

    agreed: Conventions
    rate_ppm: Column
    rate_days: Column
    tenor: Column
    dues: Column
    """Due dates as ordinals, one row a loan; the first column is the start."""
    principal: Column
    ticks: Column
    paid: Column
    """Interest that has been paid."""
    level: Column
    period: Column
    """How many instalments have fallen due."""
    day: Column
    """Interest is settled up to the start of this day."""

    def step(self, turns: Sequence[tuple[int, Column]]) -> None:
        """Let the coming instalment of each loan fall due and be paid."""
        going = self.period < self.tenor
        due = np.where(going, self.due(1), self.day)
        for on, rate in turns:
            turned = going & (self.day < on) & (on < due)
            if turned.any():
                self.settle(np.where(turned, on, self.day))
                self.turn(turned, rate, self.tenor - self.period)
        self.settle(due)
        mode = self.agreed.rounding_mode
        interest = divide_columns(self.ticks, np.int64(TICKS_PER_FEN), mode) - self.paid
        last = self.tenor - self.period == 1
        interest = np.where(last, interest, np.minimum(interest, self.level))
        principal = np.where(
            last, self.principal, np.minimum(self.principal, self.level - interest)
        )
        self.paid = self.paid + np.where(going, interest, 0)
        self.principal = self.principal - np.where(going, principal, 0)
        self.period = self.period + going
        for on, rate in turns:
            turned = going & (due == on)
            if turned.any():
                self.turn(turned, rate, self.tenor - self.period)

    def turn(self, turned: Mask, rate_ppm: Column, left: Column) -> None:
        """Change the rate of some loans and spread what they owe over what is left."""
        self.rate_ppm = np.where(turned, rate_ppm, self.rate_ppm)
        places = np.flatnonzero(turned & (left > 0))
        self.level[places] = levels(
            self.principal[places],
            self.rate_ppm[places],
            self.rate_days[places],
            left[places],
            self.agreed,
        )

    def night(self) -> tuple[Column, Column]:
        """Return the ticks of a night as quotients in lowest terms."""
        numerator, denominator = self.rate_ppm * TICKS_PER_FEN, PPM * self.rate_days
        if self.agreed.day_count is DayCount.MONTH_OF_YEAR:
            going = self.period < self.tenor
            month = np.where(going, self.due(1) - self.due(0), 1)
            numerator = numerator * self.agreed.days_per_year
            denominator = denominator * MONTHS_PER_YEAR * month
        common = np.gcd(numerator, denominator)
        return self.principal * (numerator // common), denominator // common

    def settle(self, days: Column) -> None:
        """Add the interest of the nights up to a day of each loan."""
        numerator, denominator = self.night()
        run = numerator * (days - self.day)
        self.ticks = self.ticks + divide_columns(run, denominator, self.agreed.rounding_mode)
        self.day = days

    def due(self, ahead: int) -> Column:
        """Return the last due date (0) or the coming one (1)."""
        places = np.minimum(self.period + ahead, self.dues.shape[1] - 1)
        found: Column = np.take_along_axis(self.dues, places[:, None], axis=1)[:, 0]
        return found


def month_dues(starts: Column, tenor: Column) -> Column:
    """Return the starts and the days so many months later, clamped to the end of each month."""
    days = (starts - EPOCH).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    place = (days - months.astype("datetime64[D]")).astype(np.int64)
    ahead = np.arange(int(tenor.max(initial=0)) + 2)
    wanted = months[:, None] + ahead[None, :]
    first = wanted.astype("datetime64[D]").astype(np.int64)
    length = (wanted + 1).astype("datetime64[D]").astype(np.int64) - first
    found: Column = first[:, :-1] + np.minimum(place[:, None], length[:, :-1] - 1) + EPOCH
    return found


def levels(
    principal: Column,
    rate_ppm: Column,
    rate_days: Column,
    periods: Column,
    agreed: Conventions,
) -> Column:
    """Return level instalments, exact: the factor of each rate and length is made once."""
    unit, mode = agreed.instalment_unit_fen, agreed.rounding_mode
    found = [
        _divided(owed * above, below * unit, mode) * unit
        for owed, (above, below) in (
            (int(owed), _factor(int(ppm), int(days), int(count), agreed.days_per_year))
            for owed, ppm, days, count in zip(
                principal.tolist(),
                rate_ppm.tolist(),
                rate_days.tolist(),
                periods.tolist(),
                strict=True,
            )
        )
    ]
    return np.array(found, dtype=np.int64)


def _divided(above: int, below: int, mode: RoundingMode) -> int:
    """Return what `divide` does; the commonest mode in one step, as millions are asked for."""
    if mode is RoundingMode.HALF_UP:
        return (2 * above + below) // (2 * below)
    return divide(above, below, mode)


@lru_cache(maxsize=100_000)
def _factor(rate_ppm: int, rate_days: int, periods: int, days_per_year: int) -> tuple[int, int]:
    """Return the quotient that turns a principal into its level instalment."""
    risen, whole = rate_ppm * days_per_year, PPM * rate_days * MONTHS_PER_YEAR
    if risen == 0:
        return 1, periods
    grown = (whole + risen) ** periods
    above, below = risen * grown, whole * (grown - whole**periods)
    return above, below


def begun(agreed: Conventions, columns: dict[str, Column], starts: Column) -> Walk:
    """Return loans on the day they were paid out."""
    count = len(starts)
    dues = month_dues(starts, columns["tenor"])
    principal = columns["principal"].copy()
    level = levels(principal, columns["rate_ppm"], columns["rate_days"], columns["tenor"], agreed)
    zero = np.zeros(count, dtype=np.int64)
    return Walk(
        agreed,
        columns["rate_ppm"].copy(),
        columns["rate_days"],
        columns["tenor"],
        dues,
        principal,
        zero.copy(),
        zero.copy(),
        level,
        zero.copy(),
        starts.copy(),
    )


def walk_until(walk: Walk, on: date) -> None:
    """Let every instalment before a day fall due and be paid, as it was planned."""
    day = on.toordinal()
    while True:
        ahead = (walk.period < walk.tenor) & (walk.due(1) <= day)
        if not ahead.any():
            return
        part = taken(walk, ahead)
        part.step(())
        put_back(walk, part, ahead)


_MOVING = ("rate_ppm", "principal", "ticks", "paid", "level", "period", "day")


def taken(walk: Walk, mask: Any) -> Walk:  # noqa: ANN401 - places or a mask
    """Return some of the loans of a walk."""
    return Walk(
        walk.agreed,
        walk.rate_ppm[mask],
        walk.rate_days[mask],
        walk.tenor[mask],
        walk.dues[mask],
        walk.principal[mask],
        walk.ticks[mask],
        walk.paid[mask],
        walk.level[mask],
        walk.period[mask],
        walk.day[mask],
    )


def put_back(walk: Walk, part: Walk, mask: Mask) -> None:
    """Take over how far some of the loans have come."""
    for name in _MOVING:
        getattr(walk, name)[mask] = getattr(part, name)
