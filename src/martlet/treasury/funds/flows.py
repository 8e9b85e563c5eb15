"""Which series are subscriptions and which redemptions, and what sums they belong to.

Read from a group column, else from the parts of the series' name (`p2/redeem/card3`). The
invariant: sums never mix the two directions nor two currencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.cashflow.coherent import BETWEEN, DIRECTION, TOTAL, Tree, tree_of
from martlet.kernel.errors import Invalid, TooLarge
from martlet.treasury.funds.limits import FUND_SERIES_MAX

if TYPE_CHECKING:
    from martlet.cashflow import History
    from martlet.cashflow.directions import Direction
    from martlet.cashflow.reconcile import Hierarchy

__all__ = ["BETWEEN", "DIRECTION", "TOTAL", "Flows", "flows_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """A desk's series, their directions (none where the file does not tell) and their sums."""

    history: History
    whole: Tree

    @property
    def directions(self) -> tuple[Direction, ...]:
        """Return each series' direction."""
        return self.whole.directions

    @property
    def tree(self) -> Hierarchy:
        """Return what adds up to what."""
        return self.whole.sums

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the group columns that the file has, without the one that tells directions."""
        return self.whole.columns

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
    return Flows(history, tree_of(history))
