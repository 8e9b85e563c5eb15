"""The constraints of a portfolio as rows, and a plan's exact use of each.

Applicants that count against the same rows are a block: within one, all are charged alike. `Tally`
keeps the uses in whole numbers while a plan is rounded, and is the only judge of whether it holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.optimise.model import Bound, Counts
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from martlet.credit.optimise.model import Applicant, Grant, Portfolio, Terms


@dataclass(frozen=True, slots=True)
class Row:
    """One constraint: what counts may not exceed it, or must reach it (`LEND_LEAST`)."""

    bound: Bound
    name: str
    bound_fen: int


@dataclass(frozen=True)
class Rows:
    """The rows of a plan, and which block of applicants counts against which."""

    rows: tuple[Row, ...]
    counts: Counts
    loss_share_ppm: int
    blocks: NDArray[np.int64]
    """The block of each applicant."""
    counting: NDArray[np.float64]
    """By block and row: 1 where it counts, -1 where it counts towards a promise."""

    @property
    def loss(self) -> int | None:
        """The place of the row for losses."""
        return next((i for i, row in enumerate(self.rows) if row.bound is Bound.LOSS), None)

    @property
    def right_sides(self) -> NDArray[np.float64]:
        """What each row allows, as the solver reads it."""
        signs = {Bound.LOSS: 0, Bound.LEND_LEAST: -1}
        return np.array([signs.get(row.bound, 1) * row.bound_fen for row in self.rows], np.float64)

    def without_promise(self) -> Rows:
        """Return the rows but for the promise to lend."""
        kept = [i for i, row in enumerate(self.rows) if row.bound is not Bound.LEND_LEAST]
        rows = tuple(self.rows[i] for i in kept)
        return Rows(rows, self.counts, self.loss_share_ppm, self.blocks, self.counting[:, kept])


def rows_of(portfolio: Portfolio, applicants: Sequence[Applicant]) -> Rows:
    """Return a portfolio's constraints as rows over these applicants."""
    of_group = {cap.name: cap for cap in portfolio.caps if not cap.of_rating}
    of_rating = {cap.name: cap for cap in portfolio.caps if cap.of_rating}
    rows = [Row(Bound.BUDGET, "", portfolio.budget_fen)]
    rows += [Row(Bound.GROUP, cap.name, cap.bound_fen) for cap in of_group.values()]
    rows += [Row(Bound.RATING, cap.name, cap.bound_fen) for cap in of_rating.values()]
    if portfolio.loss_share_max_ppm is not None:
        rows.append(Row(Bound.LOSS, "", 0))
    if portfolio.lend_least_fen:
        rows.append(Row(Bound.LEND_LEAST, "", portfolio.lend_least_fen))
    keys = [
        (a.group if a.group in of_group else None, a.rating if a.rating in of_rating else None)
        for a in applicants
    ]
    number = {key: place for place, key in enumerate(dict.fromkeys(keys))}
    counting = np.zeros((len(number), len(rows)))
    for (group, rating), block in number.items():
        mine = {(Bound.BUDGET, ""), (Bound.GROUP, group), (Bound.RATING, rating)}
        for place, row in enumerate(rows):
            if row.bound is Bound.LEND_LEAST:
                counting[block, place] = -1
            elif (row.bound, row.name) in mine:
                counting[block, place] = 1
    blocks = np.array([number[key] for key in keys], dtype=np.int64)
    share_ppm = portfolio.loss_share_max_ppm or 0
    return Rows(tuple(rows), portfolio.counts, share_ppm, blocks, counting)


class Tally:
    """What the offers of a plan use of every row, exactly: nothing is rounded before it is summed.

    What is drawn is kept in fen times `PPM` squared, losses above their share in that times `PPM`
    squared again.
    """

    def __init__(self, rows: Rows, applicants: Sequence[Applicant], terms: Terms) -> None:
        self._rows = rows
        self._terms = terms
        self._of_block = [tuple(np.flatnonzero(block).tolist()) for block in rows.counting]
        self._blocks: list[int] = rows.blocks.tolist()
        self._losing = [
            terms.default_ppm(applicant.pd_ppm) * terms.loss_given_default_ppm
            for applicant in applicants
        ]
        self._used = [0] * len(rows.rows)
        self._drawn = 0
        self._lost = 0

    @property
    def unit(self) -> int:
        """How many of what is counted make a fen."""
        return 1 if self._rows.counts is Counts.OFFERED else PPM**2

    def counted(self, grant: Grant) -> int:
        """Return what a grant counts against the budget and the caps, in `unit` parts of a fen."""
        return grant.limit_fen if self._rows.counts is Counts.OFFERED else self._drawn_of(grant)

    def loss_of(self, applicant: int, grant: Grant) -> int:
        """Return what a grant takes of the room for losses; below zero where it adds to it."""
        over = self._losing[applicant] - self._rows.loss_share_ppm * PPM
        return self._drawn_of(grant) * over

    def put(self, applicant: int, grant: Grant, before: Grant | None = None) -> None:
        """Count a grant of an applicant, in the place of an earlier one."""
        counted, drawn = self.counted(grant), self._drawn_of(grant)
        if before is not None:
            counted -= self.counted(before)
            drawn -= self._drawn_of(before)
        self._drawn += drawn
        self._lost += drawn * self._losing[applicant]
        for row in self._of_block[self._blocks[applicant]]:
            self._used[row] += counted

    def counts_against(self, applicant: int, row: int) -> bool:
        """Tell whether an applicant counts against a row."""
        return row in self._of_block[self._blocks[applicant]]

    def room(self, applicant: int) -> int:
        """Return how much more may count of an applicant, in `unit` parts of a fen."""
        return min(
            self._rows.rows[row].bound_fen * self.unit - self._used[row]
            for row in self._of_block[self._blocks[applicant]]
            if self._rows.rows[row].bound is not Bound.LEND_LEAST
        )

    @property
    def loss_room(self) -> int | None:
        """How much loss may still come; None where losses are not bounded."""
        if self._rows.loss is None:
            return None
        return self._rows.loss_share_ppm * PPM * self._drawn - self._lost

    def over(self, row: int) -> int:
        """Return by how much a row is exceeded; the promise to lend never is."""
        kind = self._rows.rows[row].bound
        if kind is Bound.LOSS:
            return -(self.loss_room or 0)
        if kind is Bound.LEND_LEAST:
            return 0
        return self._used[row] - self._rows.rows[row].bound_fen * self.unit

    def broken(self) -> int | None:
        """Return the first row that is exceeded."""
        return next((row for row in range(len(self._used)) if self.over(row) > 0), None)

    @property
    def promise_left(self) -> int:
        """How much is still to be lent to keep the promise, in `unit` parts of a fen."""
        for row, used in zip(self._rows.rows, self._used, strict=True):
            if row.bound is Bound.LEND_LEAST:
                return max(0, row.bound_fen * self.unit - used)
        return 0

    def use_of(self, row: int) -> tuple[int, int]:
        """Return what is used of a row, and its bound, in fen."""
        down = RoundingMode.DOWN
        if self._rows.rows[row].bound is Bound.LOSS:
            allowed_fen = divide(self._rows.loss_share_ppm * self._drawn, PPM**3, down)
            return divide(self._lost, PPM**4, down), allowed_fen
        return divide(self._used[row], self.unit, down), self._rows.rows[row].bound_fen

    def _drawn_of(self, grant: Grant) -> int:
        return grant.limit_fen * grant.acceptance_ppm * self._terms.utilisation_ppm
