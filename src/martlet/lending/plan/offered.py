"""What can happen to a loan with a plan: a plan made anew and one that runs forward differ.

Whoever records an event asks here first; a replay takes what it is given, and what has no meaning
for its plan changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.lending.events import EventKind, RateChanged, Rescheduled
from martlet.lending.plan.rules import Engine

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.events import Details
    from martlet.lending.plan.rules import PlanRules

_NEVER = frozenset({EventKind.INTEREST_PAUSED, EventKind.SHARE_CHANGED})
_NOT_ANEW = _NEVER | {EventKind.RE_AGED, EventKind.RE_AMORTISED}


def offers(rules: PlanRules, kind: EventKind, details: Details | None, on: date) -> bool:
    """Tell whether an event that counts from a day has a meaning for loans with these rules.

    A plan that runs forward takes up another rate on the day itself, none that is foretold.
    """
    if rules.engine is Engine.CUMULATIVE:
        return kind not in _NOT_ANEW
    if isinstance(details, Rescheduled) and (details.principal_grace or details.interest_grace):
        return False
    foretold = isinstance(details, RateChanged) and details.effective_on > on
    return kind not in _NEVER and not foretold
