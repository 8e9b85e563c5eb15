"""Why a customer is proposed for a supplier, in facts that anybody can look up in the snapshots.

The invariant: a reason counts firms in the snapshots up to the cut, and never repeats the model's
own numbers; where no path joins the two, the reason says what else speaks for the pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.i18n import Locale, explain
from martlet.supplychain.links.firms.features import firm_columns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.supplychain.links.firms.past import Numbers, Past

WHYS_MAX = 2
"""Grounds told of one pair: the two that say most."""


@dataclass(frozen=True, slots=True)
class Why:
    """A ground and the counts that bear it out."""

    code: str
    details: Mapping[str, str | int]


def whys(past: Past, supplier: int, customer: int) -> tuple[Why, ...]:
    """Return the grounds of one pair, the strongest first; never none."""
    sells, buys = _row(past.ever, supplier), _row(past.bought, customer)
    also_sells, also_buys = _row(past.ever, customer), _row(past.bought, supplier)
    found = []
    if np.isin(supplier, also_sells):
        found.append(Why("firmlinks.back", {}))
    shared = _who_share(past, sells, buys)
    for code, count in (
        ("firmlinks.shared_customers", shared),
        ("firmlinks.chain", len(np.intersect1d(sells, buys))),
        ("firmlinks.same_customers", len(np.intersect1d(sells, also_sells))),
        ("firmlinks.same_suppliers", len(np.intersect1d(also_buys, buys))),
    ):
        if count:
            found.append(Why(code, {"count": count}))
    columns = firm_columns(past)
    fresh = int(columns["buys_new_2"][customer])
    if len(found) < WHYS_MAX and fresh:
        found.append(Why("firmlinks.takes_new", {"count": fresh}))
    if not found:
        found.append(Why("firmlinks.sizes", {"sells": len(sells), "buys": len(buys)}))
    return tuple(found[:WHYS_MAX])


def in_words(reasons: tuple[Why, ...], locale: Locale) -> str:
    """Return grounds as sentences of a language."""
    between = "" if locale is Locale.ZH_CN else " "
    return between.join(explain(why.code, why.details, locale) for why in reasons)


def _who_share(past: Past, sells: Numbers, buys: Numbers) -> int:
    """Return how many of a customer's suppliers sell to a customer of the supplier as well."""
    if not len(sells) or not len(buys):
        return 0
    return int((np.diff(past.ever[buys][:, sells].tocsr().indptr) > 0).sum())


def _row(matrix: object, firm: int) -> Numbers:
    begun, end = matrix.indptr[firm], matrix.indptr[firm + 1]  # type: ignore[attr-defined]
    return np.asarray(matrix.indices[begun:end])  # type: ignore[attr-defined]
