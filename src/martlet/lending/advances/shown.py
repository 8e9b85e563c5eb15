"""What is shown of an advance on takings: what was agreed, its share, its minimum, what is missed.

The invariant: it is told from the same terms, events and state as everything else of the loan, so
the owner's page, the console and the night speak of one and the same minimum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import to_builtins

from martlet.lending.advances.fold import share_on, takings_minimum
from martlet.lending.projection import in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanState, LoanTerms


def agreed_json(terms: LoanTerms) -> dict[str, Any]:
    """Return what was agreed beyond the principal, and in how many days it is expected back."""
    assert terms.takings is not None, terms
    days_count = len(terms.takings.expected_payments(terms.principal_fen))
    told: dict[str, Any] = to_builtins(terms.takings)
    return {**told, "expected_days": days_count}


def standing_json(
    terms: LoanTerms, events: Sequence[LoanEvent], state: LoanState
) -> dict[str, Any]:
    """Return an advance's share of the day and the minimum that runs, with what is missed."""
    on = state.as_of
    ordered = in_order(events, on)
    minimum = takings_minimum(terms, ordered, on) if ordered else None
    missed = [row for row in state.instalments if row.due_on < on and row.unpaid_fen]
    return {
        **agreed_json(terms),
        "share_ppm": share_on(terms, events, on),
        "minimum": None
        if minimum is None
        else {
            "due_on": minimum.due_on.isoformat(),
            "minimum_fen": minimum.minimum_fen,
            "paid_fen": minimum.paid_fen,
            "missing_fen": minimum.missing_fen,
            "near": minimum.near,
        },
        "missed_fen": sum(row.unpaid_fen for row in missed),
        "missed_since": missed[0].due_on.isoformat() if missed else None,
    }
