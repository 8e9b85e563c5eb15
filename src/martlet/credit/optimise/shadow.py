"""The search for shadow prices: the charges at which the constraints keep themselves.

At given prices every applicant's best option is known at once, and the sum of their worth plus
what the constraints cost bounds every plan from above. The least such bound is found by cutting
planes; there the prices are the shadow prices, and the bound is that of the linear program.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.optimise.frontier import Prices
from martlet.credit.optimise.limits import CUTS_ROUNDS_MAX
from martlet.credit.optimise.program import CuttingProgram

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from martlet.credit.optimise.constraints import Rows
    from martlet.credit.optimise.frontier import Choice, Frontier

    Floats = NDArray[np.float64]

_BOXES = (10.0, 1_000.0, 1_000_000.0)
"""Prices are sought below the first of these, then below the next; far ones cost precision.

Yuan of profit for a yuan of anything: a price at the last is a constraint that cannot be met.
"""
_SCALE = 10_000.0
"""What the bound without any price is to the small program: neither lost nor drowning."""
_PRECISION = 1e-9
"""Of the bound: a fen in a hundred thousand yuan of profit."""

_PATIENCE = 10
"""Rounds in which nothing moves before the search is as precise as binary fractions are."""


@dataclass(frozen=True, slots=True)
class Found:
    """The prices of the rows, the least bound, and what is best for everybody at these prices."""

    prices: Floats
    bound: float
    choice: Choice
    rounds: int


def search(frontier: Frontier, rows: Rows, *, aim_volume: bool = False) -> Found:
    """Return the prices at which the bound on what can be earned (or lent) is least."""
    allowed, count = rows.right_sides, len(rows.rows)
    gauge = np.ones(count)
    if rows.loss is not None:
        gauge[rows.loss] = frontier.loss_gauge
    prices = np.zeros(count)
    best = _asked(frontier, rows, prices, aim_volume=aim_volume)
    scale = max(best.bound, 1.0) / _SCALE
    box = _BOXES[0]
    program = CuttingProgram(
        np.concatenate([allowed / gauge / scale, np.ones(len(rows.counting))]),
        np.concatenate([np.full(count, box), np.full(len(rows.counting), np.inf)]),
    )
    found, highest, moved = best, -np.inf, 1
    for rounds in range(2, CUTS_ROUNDS_MAX + 1):
        for block, (aim, uses) in enumerate(_cuts(frontier, rows, found, aim_volume=aim_volume)):
            weights = np.append(uses / gauge / scale, 1.0)
            program.demand(np.append(np.arange(count), count + block), weights, aim / scale)
        least, columns = program.solve()
        close = best.bound - least * scale <= _PRECISION * max(abs(best.bound), 1.0)
        if close or rounds - moved > _PATIENCE:
            if box == _BOXES[-1] or columns[:count].max() < box:
                break
            box = next(larger for larger in _BOXES if larger > box)
            program.widen(count, box)
            least, columns = program.solve()
            highest = -np.inf
        if least > highest:
            highest, moved = least, rounds
        prices = np.maximum(columns[:count], 0.0) / gauge
        found = _asked(frontier, rows, prices, aim_volume=aim_volume)
        if found.bound < best.bound:
            best, moved = found, rounds
    return replace(best, rounds=rounds)


def _asked(frontier: Frontier, rows: Rows, prices: Floats, *, aim_volume: bool) -> Found:
    """Return the bound that prices give, and everybody's best at them."""
    choice = frontier.best(prices_of(rows, prices, aim_volume=aim_volume))
    worth = float(np.maximum(choice.worth, 0.0).sum())
    return Found(prices, float(rows.right_sides @ prices) + worth, choice, 1)


def prices_of(rows: Rows, prices: Floats, *, aim_volume: bool = False) -> Prices:
    """Return the prices of the rows as the frontier is charged by them."""
    loss = 0.0 if rows.loss is None else float(prices[rows.loss])
    return Prices(rows.counting @ prices, loss, aim_volume)


def _cuts(
    frontier: Frontier, rows: Rows, found: Found, *, aim_volume: bool
) -> Iterator[tuple[float, Floats]]:
    """Give for each block what the options chosen now aim at, and what they use of each row."""
    earned, counted, excess = (
        np.bincount(frontier.blocks, values, minlength=len(rows.counting))
        for values in (found.choice.profit, found.choice.counted, found.choice.excess)
    )
    aims = counted if aim_volume else earned
    for block, counting in enumerate(rows.counting):
        uses = counting * counted[block]
        if rows.loss is not None:
            uses[rows.loss] = excess[block]
        yield float(aims[block]), uses
