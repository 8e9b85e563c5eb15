"""Which series are subscriptions and which redemptions, and what sums they belong to.

Read from a group column, else from the parts of the series' name (`p2/redeem/card3`). The
invariant: sums never mix the two directions nor two currencies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.cashflow.reconcile import Hierarchy, hierarchy
from martlet.kernel.errors import Invalid, TooLarge
from martlet.treasury.funds.limits import FUND_SERIES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow import History


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

DIRECTION = "direction"
TOTAL = "total"
BETWEEN = " / "


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """A desk's series, their directions (none where the file does not tell) and their sums."""

    history: History
    directions: tuple[Direction, ...]
    tree: Hierarchy
    columns: tuple[str, ...]
    """Group columns that the file has, without the one that tells directions."""

    def rows(self, direction: Direction) -> tuple[int, ...]:
        """Return the series of a direction."""
        return tuple(at for at, each in enumerate(self.directions) if each is direction)


def flows_of(history: History) -> Flows:
    """Return a history as a fund's flows; mixed currencies and too many series are refused."""
    count = len(history.series_ids)
    if not count:
        raise Invalid("funds.nothing_usable")
    if count > FUND_SERIES_MAX:
        raise TooLarge("funds.too_many_series", count=count, most=FUND_SERIES_MAX)
    if len(set(history.currencies)) > 1:
        shown = ", ".join(sorted(set(history.currencies))[:5])
        raise Invalid("funds.currencies_mixed", currencies=shown)
    groups = {name: tuple(members) for name, members in history.groups.items()}
    telling = [name for name, members in groups.items() if _all_told(members)]
    if telling:
        directions = _told(groups.pop(telling[0]))
        for name in telling[1:]:
            groups.pop(name)
    else:
        directions = _by_name(history.series_ids)
    if not groups:
        groups = _groups_of_names(history.series_ids)
    return Flows(
        history=history,
        directions=directions,
        tree=_tree(history.series_ids, directions, groups),
        columns=tuple(groups),
    )


def _tree(
    names: Sequence[str], directions: Sequence[Direction], groups: dict[str, tuple[str, ...]]
) -> Hierarchy:
    """Return the sums: all of a direction, and each group's part of it."""
    if not directions:
        return hierarchy(names, {TOTAL: (TOTAL,) * len(names), **groups})
    crossed: dict[str, Sequence[str]] = {DIRECTION: tuple(directions)}
    for name, members in groups.items():
        both = zip(directions, members, strict=True)
        crossed[name] = tuple(f"{way}{BETWEEN}{member}" for way, member in both)
    return hierarchy(names, crossed)


def _all_told(members: Sequence[str]) -> bool:
    return bool(members) and all(member.strip().lower() in _BY_WORD for member in members)


def _told(members: Sequence[str]) -> tuple[Direction, ...]:
    return tuple(_BY_WORD[member.strip().lower()] for member in members)


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


def _groups_of_names(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return groups by the leading parts of names like `fund/partner/account`, if all have some."""
    parts = [name.split("/") for name in names]
    depth = min(len(each) for each in parts)
    return {
        f"part_{level}": tuple("/".join(each[:level]) for each in parts)
        for level in range(1, depth)
    }
