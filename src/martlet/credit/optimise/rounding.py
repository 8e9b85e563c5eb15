"""From shares of options to offers in whole yuan that keep every constraint.

Split offers become one, and what room is left is filled; then peers (same ceiling, same caps) are
put in order, so that a lower pd never gets a smaller limit; then whatever is exceeded is lowered,
the worst peer first, which keeps the order. Every step counts exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.optimise.constraints import Tally
from martlet.credit.optimise.frontier import grant_of
from martlet.credit.optimise.limits import CANDIDATES_MAX
from martlet.credit.optimise.model import Bound, Grant
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from martlet.credit.optimise.constraints import Rows
    from martlet.credit.optimise.frontier import Choice, Frontier

_WHOLE = 1.0 - 1e-6
"""A share of an option from which on it is taken whole."""
_PARTS = 10**9
"""A share becomes a whole number of these before it touches an amount."""


class Draft:
    """A plan while it is being rounded: a grant for each applicant, and its exact tally."""

    def __init__(self, frontier: Frontier, rows: Rows, choice: Choice) -> None:
        self._frontier, self._rows, self._choice = frontier, rows, choice
        self._applicants = frontier.applicants
        self._grants = [Grant(applicant.application_id) for applicant in self._applicants]
        self._tally = Tally(rows, frontier.applicants, frontier.terms)
        self._classes = self._peers()
        self._split: dict[int, list[tuple[int, int]]] = {}
        self._menu = frontier.terms.rates
        self.reordered_count = 0
        self.order_cost_fen = 0

    def take(self, applicant: int, place: int, share: float) -> None:
        """Grant a share of an applicant's ceiling at a rate; a split one waits for `finish`."""
        rate = self._frontier.rate_at(applicant, place)
        if share >= _WHOLE:
            ceiling_fen = self._frontier.ceilings_fen[applicant]
            self._set(applicant, self._at(applicant, rate, ceiling_fen))
        elif share > 1.0 - _WHOLE:
            self._split.setdefault(applicant, []).append((int(share * _PARTS), rate))

    def finish(self) -> tuple[Grant, ...]:
        """Return the grants, rounded, in order and within every constraint."""
        for applicant, parts in self._split.items():
            self._join(applicant, parts)
        self._repair()
        self._fill([*self._split, *self._next_in_line()])
        self._put_in_order()
        self._repair()
        if self._tally.promise_left:
            self._fill(self._next_in_line())
            self._put_in_order()
            self._repair()
        self._prune()
        return tuple(self._grants)

    def _join(self, applicant: int, parts: list[tuple[int, int]]) -> None:
        """Offer the sum of an applicant's parts at the average of their rates."""
        terms, ceiling_fen = self._frontier.terms, self._frontier.ceilings_fen[applicant]
        taken = sum(part for part, _ in parts)
        wanted = divide(sum(part * rate for part, rate in parts), taken)
        rate = min(self._menu, key=lambda known: abs(known - wanted))
        limit_fen = ceiling_fen * taken // _PARTS
        if taken >= int(_WHOLE * _PARTS):
            limit_fen = ceiling_fen
        limit_fen -= limit_fen % terms.limit_unit_fen
        if limit_fen >= terms.limit_min_fen:
            self._set(applicant, self._at(applicant, rate, limit_fen))

    def _peers(self) -> list[list[int]]:
        """Return the applicants by class of peers, the lowest pd first."""
        classes: dict[tuple[int, int], list[int]] = {}
        ceilings, blocks = self._frontier.ceilings_fen, self._frontier.blocks.tolist()
        for applicant, ceiling_fen in enumerate(ceilings):
            if ceiling_fen:
                classes.setdefault((ceiling_fen, blocks[applicant]), []).append(applicant)
        for members in classes.values():
            members.sort(key=lambda member: self._applicants[member].pd_ppm)
        return list(classes.values())

    def _set(self, applicant: int, grant: Grant) -> None:
        self._tally.put(applicant, grant, self._grants[applicant])
        self._grants[applicant] = grant

    def _at(self, applicant: int, rate: int, limit_fen: int) -> Grant:
        frontier = self._frontier
        return grant_of(
            self._applicants[applicant], limit_fen, rate, frontier.terms, frontier.market
        )

    def _best_rate(self, applicant: int) -> int:
        return self._frontier.rate_at(applicant, int(self._choice.place[applicant]))

    def _next_in_line(self) -> list[int]:
        """Give those without an offer, the one closest to being worth it first."""
        worth = self._choice.worth / np.maximum(self._frontier.ceilings, 1.0)
        without = [
            applicant
            for applicant in np.argsort(-worth, kind="stable").tolist()
            if not self._grants[applicant].limit_fen and self._frontier.ceilings_fen[applicant]
        ]
        return without[:CANDIDATES_MAX]

    def _fill(self, candidates: Iterable[int]) -> None:
        """Give what room is left to whom it is worth most, as far as a promise or profit asks."""
        for applicant in candidates:
            held = self._grants[applicant]
            if held.limit_fen == self._frontier.ceilings_fen[applicant]:
                continue
            self._set(applicant, Grant(held.application_id))
            offers = [held] if held.limit_fen else []
            wanted = self._tally.promise_left
            sizes = (None, wanted) if wanted else (None,)
            fitting = (
                self._fitting(applicant, rate, size)
                for rate in self._rates(applicant)
                for size in sizes
            )
            offers += [offer for offer in fitting if offer is not None]
            best = max(offers, key=lambda offer: self._appeal(offer, wanted), default=held)
            if best.profit_fen > 0 or wanted:
                self._set(applicant, best)

    def _appeal(self, offer: Grant, wanted: int) -> tuple[int, int]:
        """Return how an offer ranks: by how much of a promise it keeps, then by what it earns."""
        return min(self._tally.counted(offer), wanted), offer.profit_fen

    def _rates(self, applicant: int) -> Sequence[int]:
        """Return the rate that is best at the prices and its neighbours; all where it is split."""
        if applicant in self._split:
            return self._menu
        at = int(self._choice.place[applicant])
        last = len(self._frontier.hulls[self._frontier.rating[applicant]].rates) - 1
        near = [place for place in (at, at - 1, at + 1) if 0 <= place <= last]
        return [self._frontier.rate_at(applicant, place) for place in near]

    def _fitting(self, applicant: int, rate: int, wanted: int | None) -> Grant | None:
        """Return the largest offer at a rate that breaks nothing; None where there is none.

        Where only so much is wanted, the smallest offer that counts for it.
        """
        terms, tally = self._frontier.terms, self._tally
        room, loss_room = tally.room(applicant), tally.loss_room
        if room <= 0:
            return None
        ceiling_fen = self._frontier.ceilings_fen[applicant]
        whole = self._at(applicant, rate, ceiling_fen)
        counted = max(tally.counted(whole), 1)
        limit_fen = min(ceiling_fen, ceiling_fen * room // counted)
        if wanted is not None:
            enough_fen = max(-(-ceiling_fen * wanted // counted), terms.limit_min_fen)
            limit_fen = min(limit_fen, enough_fen + -enough_fen % terms.limit_unit_fen)
        loss = tally.loss_of(applicant, whole)
        if loss_room is not None and loss > max(loss_room, 0):
            limit_fen = min(limit_fen, ceiling_fen * max(loss_room, 0) // loss)
        limit_fen -= limit_fen % terms.limit_unit_fen
        if limit_fen < terms.limit_min_fen:
            return None
        return self._at(applicant, rate, limit_fen)

    def _put_in_order(self) -> None:
        """Exchange limits among peers until none with a lower pd has less."""
        for members in self._classes:
            members.sort(
                key=lambda one: (self._applicants[one].pd_ppm, -self._grants[one].limit_fen)
            )
            wanted = sorted((self._grants[one].limit_fen for one in members), reverse=True)
            for applicant, limit_fen in zip(members, wanted, strict=True):
                if self._grants[applicant].limit_fen != limit_fen:
                    before_fen = self._grants[applicant].profit_fen
                    rate = self._best_rate(applicant)
                    self._set(applicant, self._at(applicant, rate, limit_fen))
                    self.reordered_count += 1
                    self.order_cost_fen += before_fen - self._grants[applicant].profit_fen

    def _repair(self) -> None:
        """Lower what exceeds a constraint, the least worth first, the worst of peers first."""
        while (row := self._tally.broken()) is not None:
            easing = {
                one: relief for one in self._last_served() if (relief := self._relief(one, row)) > 0
            }
            self._lower(
                min(easing, key=lambda one: self._grants[one].profit_fen * PPM / easing[one]), row
            )

    def _prune(self) -> None:
        """Take back offers that only cost, where nothing else rests on them."""
        costing = [one for one in self._last_served() if self._grants[one].profit_fen < 0]
        for applicant in costing:
            held = self._grants[applicant]
            self._set(applicant, Grant(held.application_id))
            if self._tally.promise_left or self._tally.broken() is not None:
                self._set(applicant, held)
        promised = any(row.bound is Bound.LEND_LEAST for row in self._rows.rows)
        if not promised and sum(grant.profit_fen for grant in self._grants) < 0:
            for applicant, grant in enumerate(self._grants):
                self._set(applicant, Grant(grant.application_id))

    def _last_served(self) -> Iterator[int]:
        """Give the worst of each class of peers that still has an offer."""
        for members in self._classes:
            for applicant in reversed(members):
                if self._grants[applicant].limit_fen:
                    yield applicant
                    break

    def _relief(self, applicant: int, row: int) -> int:
        """Return by how much a row is eased when an applicant's offer goes."""
        grant = self._grants[applicant]
        if self._rows.rows[row].bound is Bound.LOSS:
            return self._tally.loss_of(applicant, grant)
        return self._tally.counted(grant) if self._tally.counts_against(applicant, row) else 0

    def _lower(self, applicant: int, row: int) -> None:
        """Lower an offer by what is exceeded, or take it back where too little would remain."""
        terms, grant = self._frontier.terms, self._grants[applicant]
        relief, over = self._relief(applicant, row), self._tally.over(row)
        limit_fen = grant.limit_fen * max(relief - over, 0) // relief
        limit_fen -= limit_fen % terms.limit_unit_fen
        if limit_fen < terms.limit_min_fen:
            limit_fen = 0
        self._set(applicant, self._at(applicant, grant.rate_ppm_per_day, limit_fen))
