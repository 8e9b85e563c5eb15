"""A business's cash in the days ahead, from paths: bands, the lowest point, what may be moved.

Pure: a `Basis` (what is known as of a day) and its paths in, an `Outlook` in whole fen out. The
invariant: every figure of one outlook is read off the same paths, so that bands, the lowest point,
the chance of a shortfall and the amount that is safe agree with each other; and amounts leave
through `fen` alone.

For who reads it from another room: `need_fen(days, risk_ppm)` is what must stay at hand so that the
days ahead overdraw it with no more than that chance; `safe_fen` is what is left above it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow.fen import fen_of, fens_of
from martlet.cashflow.model import CUMULATIVE_DAYS
from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from martlet.cashflow.explaining import Driver
    from martlet.cashflow.known_flows import KnownItem
    from martlet.cashflow.model import FloatArray
    from martlet.kernel.errors import Detail

OUTLOOK_LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
"""Quantiles that an outlook shows."""

RISK_PPM = 50_000
"""The chance of a shortfall that is accepted where nobody says another: one in twenty."""

PEAK_DAYS = 3
"""A payout peak is one of the next so many days."""

PEAK_CHANCE_PPM = 100_000
"""From one in ten on, days on which money may not reach are told."""


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """Ways the days ahead may go, in fen as floats: each row is one way and all are equals."""

    inflow: FloatArray
    """P x H, what comes in without the known items."""
    outflow: FloatArray
    """P x H, what goes out without them, above zero."""
    known: FloatArray
    """P x H of known items, in above zero and out below."""
    start: FloatArray
    """P: the money at hand at the end of the day as of which is asked; 0 where it is unknown."""

    @property
    def net(self) -> FloatArray:
        """Return P x H: all that comes in less all that goes out."""
        return np.asarray(self.inflow - self.outflow + self.known)

    @property
    def running(self) -> FloatArray:
        """Return P x H: the net flow from the first day through each."""
        return np.asarray(np.cumsum(self.net, axis=1))

    @property
    def balance(self) -> FloatArray:
        """Return P x H: the money at hand at the end of each day."""
        return np.asarray(self.start[:, None] + self.running)


@dataclass(frozen=True, slots=True)
class Opening:
    """The money at hand, and whence it is known."""

    account_fen: int | None
    """The newest balance on the business's own statements."""
    account_on: date | None
    held_fen: int | None
    """What lies with this bank and may be spent today."""
    at_hand_fen: int
    """Both together, carried on to the day as of which is asked."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One flow day by day, in fen."""

    mean_fen: tuple[int, ...]
    quantiles_fen: tuple[tuple[int, ...], ...]
    """Day by day, at `OUTLOOK_LEVELS`."""

    @classmethod
    def of(cls, values: FloatArray) -> Flow:
        """Return the figures of P x H values."""
        quantiles = np.quantile(values, OUTLOOK_LEVELS, axis=0).T
        return cls(fens_of(values.mean(axis=0)), tuple(fens_of(day) for day in quantiles))

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value, quantiles by level."""
        by_level = zip(*self.quantiles_fen, strict=True)
        named = zip(OUTLOOK_LEVELS, by_level, strict=True)
        return {
            "mean_fen": list(self.mean_fen),
            "quantiles_fen": {f"{level:g}": list(days) for level, days in named},
        }


@dataclass(frozen=True, slots=True)
class LowestPoint:
    """Where the days ahead are lowest."""

    on: date
    """The day on which the expected money at hand is lowest."""
    expected_fen: int
    """Money at hand then; where the opening is unknown, the net flow until then."""
    quantiles_fen: tuple[int, ...]
    """Of the lowest that any day of a path brings, at `OUTLOOK_LEVELS`."""


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Whether money may run out."""

    probability_ppm: int
    """That it does, on any of the days."""
    likely_on: date | None
    """The middle of the first short days of the paths that fall short."""
    possible_from: date | None
    """The first day by which the chance of having been short has reached the accepted one."""
    by_day_ppm: tuple[int, ...]
    """The chance of having been short by the end of each day."""


@dataclass(frozen=True, slots=True)
class PayoutPeak:
    """Days on which more may go out than is there and is sure to come."""

    first: date
    last: date
    probability_ppm: int
    out_fen: int
    """What goes out in those days with the accepted chance or more."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know before leaning on an outlook; its sentence is the code's."""

    code: str
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """Which records a side was read from, and why these."""

    kinds: tuple[str, ...]
    reason: str
    """The code of the reason."""
    passed_over: tuple[str, ...] = ()
    """Kinds that tell the same flow again and were not added."""


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """What an outlook stands on, the same for every what-if of it."""

    party_id: UUID
    as_of: date
    known_at: datetime
    read_through: date
    days: tuple[date, ...]
    opening: Opening | None
    risk_ppm: int
    inflow_source: Source
    outflow_source: Source
    provisional: tuple[date, ...]
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """The cash-flow outlook of one business as of a day."""

    basis: Basis
    paths: Paths
    inflow: Flow
    """Known items included, here and in `outflow`."""
    outflow: Flow
    net: Flow
    balance: Flow | None
    """Money at hand at the end of each day; None where the opening is unknown."""
    cumulative_fen: Mapping[int, tuple[int, ...]]
    """Days to quantiles, at `OUTLOOK_LEVELS`, of the net flow over so many first days."""
    lowest: LowestPoint
    shortfall: Shortfall | None
    """None where the opening is unknown."""
    safe_to_move_fen: int | None
    """At the basis's risk, over all days; None where the opening is unknown."""
    payout_peaks: tuple[PayoutPeak, ...]
    known_items: tuple[KnownItem, ...]
    drivers: tuple[Driver, ...]
    """What takes the expected money from its opening to the lowest point; they add up to it."""

    @property
    def days(self) -> tuple[date, ...]:
        """Return the days ahead, the first of them the day after the one as of which is asked."""
        return self.basis.days

    @property
    def known_at(self) -> datetime:
        """Return the moment at which all of it was known."""
        return self.basis.known_at

    @property
    def thin(self) -> bool:
        """Tell whether there is a reason not to lean on it."""
        return bool(self.basis.notes)

    def need_fen(self, days: int, risk_ppm: int = RISK_PPM) -> int:
        """Return what must be at hand tonight to pay all of the next days but with that chance.

        It is a quantile of the maximum of the running net outflow over the days, never below 0.
        """
        if not 1 <= days <= len(self.days):
            raise Invalid("cashflow.days_outside", days=days, most=len(self.days))
        if not 0 < risk_ppm < PPM:
            raise Invalid("cashflow.risk_outside", risk_ppm=risk_ppm)
        deepest = np.maximum(-self.paths.running[:, :days].min(axis=1), 0.0)
        count = len(deepest)
        # Of n equals and the one to come: the place that no more than the risk lie above.
        place = min(-(-(count + 1) * (PPM - risk_ppm) // PPM), count)
        return fen_of(float(np.sort(deepest)[place - 1]), RoundingMode.CEILING)

    def safe_fen(self, days: int, risk_ppm: int = RISK_PPM) -> int | None:
        """Return what may leave tonight and not come back within the days, at an accepted risk.

        Never below 0; None where the money at hand is unknown.
        """
        opening = self.basis.opening
        if opening is None:
            return None
        return max(opening.at_hand_fen - self.need_fen(days, risk_ppm), 0)


def summed_up(
    basis: Basis, paths: Paths, items: Sequence[KnownItem], drivers: tuple[Driver, ...]
) -> Outlook:
    """Return the outlook that a set of paths gives."""
    came = paths.inflow + np.maximum(paths.known, 0.0)
    went = paths.outflow + np.maximum(-paths.known, 0.0)
    known = basis.opening is not None
    running = paths.running
    outlook = Outlook(
        basis=basis,
        paths=paths,
        inflow=Flow.of(came),
        outflow=Flow.of(went),
        net=Flow.of(paths.net),
        balance=Flow.of(paths.balance) if known else None,
        cumulative_fen={
            days: fens_of(np.quantile(running[:, days - 1], OUTLOOK_LEVELS))
            for days in _spans(len(basis.days))
        },
        lowest=lowest_of(basis, paths),
        shortfall=_shortfall(basis, paths) if known else None,
        safe_to_move_fen=None,
        payout_peaks=_peaks(basis, paths) if known else (),
        known_items=tuple(items),
        drivers=drivers,
    )
    return replace(outlook, safe_to_move_fen=outlook.safe_fen(len(outlook.days), basis.risk_ppm))


def lowest_of(basis: Basis, paths: Paths) -> LowestPoint:
    """Return the lowest point of the days ahead."""
    balance = paths.balance
    expected = balance.mean(axis=0)
    place = int(np.argmin(expected))
    lowest = balance.min(axis=1)
    return LowestPoint(
        on=basis.days[place],
        expected_fen=fen_of(expected[place]),
        quantiles_fen=fens_of(np.quantile(lowest, OUTLOOK_LEVELS), RoundingMode.FLOOR),
    )


def _spans(horizon: int) -> tuple[int, ...]:
    return tuple(days for days in CUMULATIVE_DAYS if days <= horizon)


def _shortfall(basis: Basis, paths: Paths) -> Shortfall:
    short = np.maximum.accumulate(paths.balance < 0.0, axis=1)
    by_day = [int(count) * PPM // len(short) for count in short.sum(axis=0)]
    first = np.sort(np.argmax(short, axis=1)[short[:, -1]])
    chances = zip(basis.days, by_day, strict=True)
    possible = next((day for day, chance in chances if chance >= basis.risk_ppm), None)
    return Shortfall(
        probability_ppm=by_day[-1],
        likely_on=basis.days[int(first[len(first) // 2])] if len(first) else None,
        possible_from=possible,
        by_day_ppm=tuple(by_day),
    )


def _peaks(basis: Basis, paths: Paths) -> tuple[PayoutPeak, ...]:
    """Return the days on which outflow may exceed what is there and what is sure to come."""
    went = paths.outflow + np.maximum(-paths.known, 0.0)
    committed = np.maximum(paths.known, 0.0)
    before = np.concatenate([paths.start[:, None], paths.balance[:, :-1]], axis=1)
    found: list[PayoutPeak] = []
    day, horizon = 0, len(basis.days)
    while day < horizon:
        span = slice(day, min(day + PEAK_DAYS, horizon))
        out = went[:, span].sum(axis=1)
        short = out > before[:, day] + committed[:, span].sum(axis=1)
        chance = int(short.sum()) * PPM // len(short)
        if chance >= PEAK_CHANCE_PPM:
            level = 1.0 - basis.risk_ppm / PPM
            peak = fen_of(float(np.quantile(out, level)), RoundingMode.CEILING)
            found.append(PayoutPeak(basis.days[day], basis.days[span.stop - 1], chance, peak))
            day = span.stop
        else:
            day += 1
    return tuple(found)
