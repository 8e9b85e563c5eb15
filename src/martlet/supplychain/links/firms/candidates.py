"""Which customers are looked at for a supplier: those that short walks, closeness or size suggest.

The invariant: none of them ever bought from it as far as its past knows, none is itself, and the
list is bounded and the same for the same past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.links.firms.features import firm_columns
from martlet.supplychain.links.firms.negatives import Pairs

if TYPE_CHECKING:
    from martlet.supplychain.links.firms.past import Floats, Numbers, Past

BY_WALKS, BY_CLOSENESS, BY_SIZE = 200, 50, 50
"""Customers by each: on the last period before 2021-06 more of them found hardly more links."""


def candidates(past: Past, suppliers: Numbers, per_kind: int = 1) -> Pairs:
    """Return the customers to rank for each supplier; `per_kind` times as many where asked."""
    fresh = firm_columns(past)["buys_new_2"] + firm_columns(past)["buys_ever"] / past.firms
    biggest = np.argsort(-fresh, kind="stable")[: BY_SIZE * per_kind]
    biggest = biggest[fresh[biggest] > 0]
    places, left, right = past.places, [], []
    # Only who ever bought or sold can be met; the points of all others are zero.
    points = places[past.known]
    for supplier in suppliers.tolist():
        row = past.walks2[supplier] @ past.walks1
        walked = row.indices[_top(row.data, BY_WALKS * per_kind)]
        near = past.known[_top(points @ places[supplier], BY_CLOSENESS * per_kind)]
        begun, end = np.searchsorted(
            past.pairs, [supplier * past.firms, (supplier + 1) * past.firms]
        )
        known = past.pairs[begun:end] % past.firms
        found = np.setdiff1d(np.concatenate([walked, near, biggest]), np.append(known, supplier))
        left.append(np.full(len(found), supplier, np.int64))
        right.append(found.astype(np.int64))
    if not left:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64))
    return Pairs(np.concatenate(left), np.concatenate(right))


def _top(values: Floats, count: int) -> Numbers:
    """Return the places of the largest values above zero."""
    if len(values) > count:
        places = np.argpartition(-values, count)[:count]
    else:
        places = np.arange(len(values))
    return places[values[places] > 0]
