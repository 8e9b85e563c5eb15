"""Pairs that did not come to trade, drawn beside pairs that did: at random and matched.

The invariant: none of them was ever seen, up to the end of the period for which they stand; the
same seed draws the same. Matched pairs keep one end and take for the other a firm of the same
degree, so that being big explains nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from martlet.supplychain.links.firms.past import Numbers, Past

_TRIES = 20
_POOL_LEAST = 20
"""Firms to draw from; where fewer have just the same degree, the nearest ones join them."""


class Draw(StrEnum):
    """How a pair that did not come to trade is drawn beside one that did."""

    CUSTOMER_MATCHED = "customer_matched"
    """The same supplier, another customer with as many suppliers."""
    SUPPLIER_MATCHED = "supplier_matched"
    """The same customer, another supplier with as many customers."""
    SAME_CUSTOMER = "same_customer"
    """The same customer, any other supplier."""
    RANDOM = "random"
    """Any supplier, any customer."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of firms by number."""

    suppliers: Numbers
    customers: Numbers

    def __len__(self) -> int:
        return len(self.suppliers)

    def chosen(self, which: Numbers) -> Pairs:
        """Return some of them, by place."""
        return Pairs(self.suppliers[which], self.customers[which])


def new_pairs(past: Past, later: Numbers) -> tuple[Pairs, int]:
    """Return later pairs of known firms that were never seen, and how many have an unknown end."""
    fresh = np.setdiff1d(later, past.pairs)
    ends = Pairs(fresh // past.firms, fresh % past.firms)
    known = np.isin(ends.suppliers, past.known) & np.isin(ends.customers, past.known)
    return ends.chosen(np.flatnonzero(known)), int((~known).sum())


def draw(past: Past, later: Numbers, pairs: Pairs, how: Draw, rng: np.random.Generator) -> Pairs:
    """Return one pair that did not come to trade beside each that did, where one is found."""
    forbidden = np.union1d(past.pairs, later)
    suppliers, customers = pairs.suppliers.copy(), pairs.customers.copy()
    sells, buys = (np.bincount(ends, minlength=past.firms) for ends in past.ends)
    selling, buying = np.flatnonzero(sells), np.flatnonzero(buys)
    left = np.arange(len(pairs))
    for _ in range(_TRIES):
        if not len(left):
            break
        if how is Draw.CUSTOMER_MATCHED:
            customers[left] = _alike(pairs.customers[left], buys, past.known, rng)
        elif how is Draw.SUPPLIER_MATCHED:
            suppliers[left] = _alike(pairs.suppliers[left], sells, past.known, rng)
        else:
            suppliers[left] = rng.choice(selling, len(left))
            if how is Draw.RANDOM:
                customers[left] = rng.choice(buying, len(left))
        codes = suppliers[left] * past.firms + customers[left]
        left = left[np.isin(codes, forbidden) | (suppliers[left] == customers[left])]
    return Pairs(suppliers, customers).chosen(np.setdiff1d(np.arange(len(pairs)), left))


def _alike(firms: Numbers, degree: Numbers, known: Numbers, rng: np.random.Generator) -> Numbers:
    """Return for each firm another of the same degree, or of the nearest ones."""
    pool = known[np.argsort(degree[known], kind="stable")]
    sizes = degree[pool]
    low = np.searchsorted(sizes, degree[firms], "left")
    high = np.searchsorted(sizes, degree[firms], "right")
    few = high - low < _POOL_LEAST
    low = np.where(few, np.maximum(low - _POOL_LEAST // 2, 0), low)
    high = np.where(few, np.minimum(high + _POOL_LEAST // 2, len(pool)), high)
    return pool[low + (rng.random(len(firms)) * (high - low)).astype(np.int64)]
