"""What a business may need in the days ahead, from its own movements at this bank.

The invariant: nothing is said of a time that is not a third of what was seen, and where the
accepted chance is finer than the windows that were seen, more than the most of them is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from martlet.kernel.rates import PPM
from martlet.treasury.limits import CAP_LOOK_DAYS, HISTORY_PER_HORIZON, UNSEEN_EXTRA_PPM

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date


class Needs(Struct, frozen=True):
    """What may be needed, by days ahead, and what says so."""

    need_fen: dict[int, int]
    basis: str
    days_seen: int

    def at_least(self, other: Needs) -> Needs:
        """Return the larger of both where both speak; where one alone does, its own."""
        both = {
            days: max(self.need_fen.get(days, 0), other.need_fen.get(days, 0))
            for days in self.need_fen.keys() | other.need_fen.keys()
        }
        return Needs(dict(sorted(both.items())), self.basis, max(self.days_seen, other.days_seen))


def needs_from_flows(
    flows: Sequence[tuple[date, int, int]],
    day: date,
    horizons: Iterable[int],
    short_ppm: int,
) -> Needs:
    """Return needs from days with money in and out: empty where too little was seen."""
    if not flows:
        return Needs({}, "nothing", 0)
    first = flows[0][0]
    count = (day - first).days
    net = [0] * count
    for when, in_fen, out_fen in flows:
        if first <= when < day:
            net[(when - first).days] += in_fen - out_fen
    found = {
        days: _need(net, days, short_ppm)
        for days in sorted(set(horizons))
        if days * HISTORY_PER_HORIZON <= count
    }
    return Needs(found, "movements" if found else "nothing", count)


def _need(net: Sequence[int], days: int, short_ppm: int) -> int:
    """Return the quantile of what windows of so many days took at their deepest."""
    deepest = sorted(_deepest(net[at : at + days]) for at in range(len(net) - days + 1))
    windows = len(deepest)
    place = -(-(windows + 1) * (PPM - short_ppm) // PPM)
    if place <= windows:
        return deepest[place - 1]
    return -(-deepest[-1] * (PPM + UNSEEN_EXTRA_PPM) // PPM)


def _deepest(net: Sequence[int]) -> int:
    gone = most = 0
    for fen in net:
        gone -= fen
        most = max(most, gone)
    return most


def account_need_fen(needs: Iterable[tuple[int, int]], cap_fen: int) -> int:
    """Return what must lie in the balance itself, where the surplus pays only a cap a day.

    Today's cap may be used for a payment of tomorrow, so from the second day on one cap less
    stands between what is needed and the balance.
    """
    if cap_fen <= 0:
        return 0
    short = (fen - cap_fen * max(days - 1, 1) for days, fen in needs if days <= CAP_LOOK_DAYS)
    return max(*short, 0, 0)
