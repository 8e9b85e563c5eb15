"""One payment, several claims: the waterfall that decides what a repayment pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.lending.product import Component


def waterfall(
    amount_fen: int, claims: Mapping[Component, int], order: Sequence[Component]
) -> tuple[dict[Component, int], int]:
    """Return what each claim gets, in order, and what is left over; nothing is lost or made."""
    assert amount_fen >= 0, amount_fen
    left, paid = amount_fen, {}
    for component in order:
        claim = claims.get(component, 0)
        assert claim >= 0, (component, claim)
        paid[component] = min(left, claim)
        left -= paid[component]
    assert sum(paid.values()) + left == amount_fen
    return paid, left
