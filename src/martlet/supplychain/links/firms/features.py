"""What is told of a pair of firms that never traded: by degrees, paths, closeness, time.

The invariant: every value comes from one `Past`, so a pair is described by what was known at its
cut and by nothing later; the same pair and past give the same values in any company.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.supplychain.links.firms.limits import CHUNK_ROWS
from martlet.supplychain.links.firms.past import normal

if TYPE_CHECKING:
    from martlet.supplychain.links.firms.past import Floats, Numbers, Past

NEVER = 99.0
"""How many snapshots ago what never was."""
AGO = (0, 1, 2, 4)
"""Snapshots whose degrees are told: the last two, and the same halves of the years before."""


def describe(past: Past, suppliers: Numbers, customers: Numbers) -> dict[str, Floats]:
    """Return the columns that describe each pair."""
    found = {}
    by_firm = firm_columns(past)
    for name, column in by_firm.items():
        found[f"s_{name}"] = column[suppliers]
        found[f"c_{name}"] = column[customers]
    found |= _relative(found)
    found |= paths(past, suppliers, customers)
    places = past.places
    found["near"] = np.einsum("ij,ij->i", places[suppliers], places[customers])
    found["near_cosine"] = _cosine(places[suppliers], places[customers])
    left, right = past.factors
    found["svd"] = np.einsum("ij,ij->i", left[suppliers], right[customers])
    size = np.linalg.norm(left[suppliers], axis=1) * np.linalg.norm(right[customers], axis=1)
    found["svd_cosine"] = _ratio(found["svd"], size)
    found["svd_both_sell"] = _cosine(left[suppliers], left[customers])
    found["svd_both_buy"] = _cosine(right[suppliers], right[customers])
    back = customers * past.firms + suppliers
    found["back_ever"] = np.isin(back, past.pairs).astype(np.float64)
    found["back_last"] = np.isin(back, past.snapshots[-1]).astype(np.float64)
    return found


def firm_columns(past: Past) -> dict[str, Floats]:
    """Return what is told of every firm alone; computed once a past."""
    if past.columns:
        return past.columns
    size, found = past.firms, past.columns
    of = (past.pairs // size, past.pairs % size)
    age = past.first_seen
    for side, ends in zip(("sells", "buys"), of, strict=True):
        found[f"{side}_ever"] = np.bincount(ends, minlength=size).astype(np.float64)
        for ago in (1, 2):
            fresh = ends[age < ago]
            found[f"{side}_new_{ago}"] = np.bincount(fresh, minlength=size).astype(np.float64)
        found[f"{side}_newest"] = _least(ends, age, size)
        found[f"{side}_oldest"] = -_least(ends, -age, size, worst=-NEVER)
    for side in ("sells", "buys"):
        last, times = np.full(size, NEVER), np.zeros(size)
        counts = {ago: np.zeros(size) for ago in AGO}
        for ago, snapshot in reversed(list(enumerate(reversed(past.snapshots)))):
            ends = snapshot // size if side == "sells" else snapshot % size
            met = np.bincount(ends, minlength=size).astype(np.float64)
            last[met > 0] = ago
            times += met > 0
            if ago in counts:
                counts[ago] = met
        found[f"{side}_last"], found[f"{side}_times"] = last, times
        found |= {f"{side}_ago_{ago}": met for ago, met in counts.items()}
        # The same half of the year before: half-years differ in what they cover.
        found[f"{side}_growth"] = counts[0] - counts[2]
    found["customers_size"] = _mean(past.ever, found["buys_ever"])
    found["suppliers_size"] = _mean(past.ever.T.tocsr(), found["sells_ever"])
    found["customers_new"] = _mean(past.ever, found["buys_new_2"])
    found["suppliers_new"] = _mean(past.ever.T.tocsr(), found["sells_new_2"])
    return found


def paths(past: Past, suppliers: Numbers, customers: Numbers) -> dict[str, Floats]:
    """Count the ways from each supplier to each customer, plain and weighed by who is on them."""
    if not past.ways:
        past.ways.update(_ways(past))
    return {
        name: between(left, right, suppliers, customers)
        for name, (left, right) in past.ways.items()
    }


def _ways(past: Past) -> dict[str, tuple[Any, Any]]:
    """Return each kind of way as two matrices: from suppliers to firms, and from customers."""
    ever, up, lately = past.ever, past.bought, normal(past.lately)
    either = ever + up
    either.data[:] = 1
    rare = _diagonal(
        1 / np.log(2 + np.asarray(ever.sum(0)).ravel() + np.asarray(up.sum(0)).ravel())
    )
    walk, faded = normal(ever), normal(past.faded)
    recent = normal(past.faded + past.faded.T)
    recent_two = recent @ recent
    one, two = past.walks1, past.walks2
    ways = {
        "paths3": (ever @ up, ever),
        "walk3": (walk @ walk.T, walk),
        "walk3_lately": (lately @ lately.T, lately),
        "walk3_faded": (faded @ faded.T, faded),
        "chain": (ever, rare @ ever),
        "same_customers": (ever, rare @ up),
        "same_suppliers": (up, rare @ ever),
        "chain_back": (up, rare @ up),
        "walk2_either": (one, one),
        "walk3_either": (two, one),
        "walk4_either": (two, two),
        "walk3_either_faded": (recent_two, recent),
        "walk4_either_faded": (recent_two, recent_two),
        "paths3_either": (either @ either, either),
        "neighbours": (either, rare @ either),
    }
    return {name: (left.tocsr(), right.T.tocsr()) for name, (left, right) in ways.items()}


def between(left: Any, right: Any, suppliers: Numbers, customers: Numbers) -> Floats:  # noqa: ANN401
    """Return the product of each supplier's row of `left` with its customer's of `right`."""
    found = np.zeros(len(suppliers))
    order = np.argsort(suppliers, kind="stable")
    for begun in range(0, len(order), CHUNK_ROWS):
        chosen = order[begun : begun + CHUNK_ROWS]
        product = left[suppliers[chosen]].multiply(right[customers[chosen]])
        found[chosen] = np.asarray(product.sum(1)).ravel()
    return found


def _relative(found: dict[str, Floats]) -> dict[str, Floats]:
    """Return how a pair's sizes stand to one another and to whom each trades with."""
    return {
        "preferential": found["s_sells_ever"] * found["c_buys_ever"],
        "size_as_usual": np.log1p(found["c_buys_ever"]) - np.log1p(found["s_customers_size"]),
        "seller_as_usual": np.log1p(found["s_sells_ever"]) - np.log1p(found["c_suppliers_size"]),
    }


def _mean(matrix: Any, column: Floats) -> Floats:  # noqa: ANN401
    total, count = matrix @ column, np.asarray(matrix.sum(1)).ravel()
    return _ratio(total, count)


def _least(ends: Numbers, values: Numbers, size: int, worst: float = NEVER) -> Floats:
    found = np.full(size, worst if worst > 0 else -worst)
    np.minimum.at(found, ends, values)
    return found


def _cosine(one: Floats, other: Floats) -> Floats:
    product = np.einsum("ij,ij->i", one, other)
    size = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return _ratio(product, size)


def _diagonal(values: Floats) -> Any:  # noqa: ANN401
    from scipy.sparse import diags  # noqa: PLC0415 - an extra

    return diags(values)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return part by whole; 0 where there is no whole."""
    found: Floats = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return found
