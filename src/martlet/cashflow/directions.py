"""Which series bring money in and which take it out, and the stock that stands between them.

Told by a group column, else by the words of the series' names (`p2/redeem/card3`). The invariant:
all series are told or none are, since half a fund's flows say nothing of what stands in it.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.ridge import Stock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.model import BoolArray, FloatArray, History


class Direction(StrEnum):
    """Money into the fund, or out of it."""

    SUBSCRIPTION = "subscription"
    REDEMPTION = "redemption"


_WORDS = {
    Direction.SUBSCRIPTION: {
        *("subscription", "subscriptions", "subscribe", "purchase", "purchases", "buy", "in"),
        *("inflow", "deposit", "申购", "认购", "买入", "转入", "流入"),
    },
    Direction.REDEMPTION: {
        *("redemption", "redemptions", "redeem", "sell", "out", "outflow", "withdrawal"),
        *("赎回", "卖出", "转出", "流出"),
    },
}
_BY_WORD = {word: direction for direction, words in _WORDS.items() for word in words}
DIRECTION_WORDS = frozenset(_BY_WORD)
"""Every word that tells a direction, in small letters."""


def directions_of(history: History) -> tuple[tuple[Direction, ...], tuple[str, ...]]:
    """Return each series' direction (none at all where any is untold), and the columns that tell.

    A group column all of whose members are such words outranks the names.
    """
    telling = tuple(name for name, members in history.groups.items() if _all_told(members))
    if telling:
        members = history.groups[telling[0]]
        return tuple(_BY_WORD[member.strip().lower()] for member in members), telling
    return _by_name(history.series_ids), ()


def is_fund(history: History) -> bool:
    """Return whether money of one currency is told to come in and to go out."""
    directions, _ = directions_of(history)
    return set(directions) == set(Direction) and len(set(history.currencies)) <= 1


def stock_of(
    values: FloatArray, directions: Sequence[Direction], paid_out: BoolArray
) -> Stock | None:
    """Return the stock between the flows (N x T); None where only one direction is told.

    `paid_out` marks the series that will be foretold of it, which may be sums of those flows.
    """
    if set(directions) != set(Direction):
        return None
    out = np.array([each is Direction.REDEMPTION for each in directions])
    flows = np.nan_to_num(values)
    return Stock(flows[~out].sum(axis=0), flows[out].sum(axis=0), paid_out)


def _all_told(members: Sequence[str]) -> bool:
    return bool(members) and all(member.strip().lower() in _BY_WORD for member in members)


def _by_name(names: Sequence[str]) -> tuple[Direction, ...]:
    """Return the one direction that each name says; none at all where any says none or both."""
    found = []
    for name in names:
        words = set(re.split(r"[\W_]+", name.lower()))
        said = {_BY_WORD[word] for word in words if word in _BY_WORD}
        if len(said) != 1:
            return ()
        found.append(said.pop())
    return tuple(found)
