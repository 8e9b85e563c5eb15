"""What an offer's borrower can carry, by the cash that was forecast when it was decided.

Advice beside an offer: the monthly instalment that its own bad months leave room for, and the day
of the month on which one is safest. The invariant: it changes no limit, no price and no plan, and
is read from the very signals that were decided on, so that it is answered alike ever after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.signals import usable

if TYPE_CHECKING:
    from datetime import datetime

    from martlet.signals import SignalSet

_TOLD = {
    "instalment_cap_fen": "cash_instalment_cap_fen",
    "instalment_day": "cash_instalment_day_count",
    "shortfall_ppm": "cash_shortfall_56d_ppm",
}


def carried_by(signals: SignalSet, as_of: datetime) -> dict[str, int] | None:
    """Return what can be carried and when, as far as it is known; None where nothing is."""
    if not any(signals.get(kind) for kind in _TOLD.values()):
        return None
    counted = usable(signals, as_of)
    found = {name: counted.value(kind) for name, kind in _TOLD.items()}
    return {name: value for name, value in found.items() if value is not None} or None
