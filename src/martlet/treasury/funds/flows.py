"""Which series are subscriptions and which redemptions, and what sums they belong to.

Read from a group column, else from the parts of the series' name (`p2/redeem/card3`). The
invariant: sums never mix the two directions nor two currencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.directions import Direction, directions_of
from martlet.cashflow.reconcile import Hierarchy, hierarchy
from martlet.kernel.errors import Invalid, TooLarge
from martlet.treasury.funds.limits import FUND_SERIES_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow import History
    from martlet.cashflow.model import BoolArray


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

    def paid_out(self) -> BoolArray:
        """Return which nodes (sums first, then series) are redemptions and nothing else."""
        out = np.array([each is Direction.REDEMPTION for each in self.directions])
        if not len(out):
            return np.zeros(len(self.tree.groups) + len(self.history.series_ids), dtype=np.bool_)
        nodes: BoolArray = self.tree.nodes(~out * 1.0) == 0.0
        return nodes

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
    directions, telling = directions_of(history)
    groups = {name: tuple(each) for name, each in history.groups.items() if name not in telling}
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


def _groups_of_names(names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return groups by the leading parts of names like `fund/partner/account`, if all have some."""
    parts = [name.split("/") for name in names]
    depth = min(len(each) for each in parts)
    return {
        f"part_{level}": tuple("/".join(each[:level]) for each in parts)
        for level in range(1, depth)
    }
