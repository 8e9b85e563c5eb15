"""How much idle cash goes where and until when, so that it earns most and is there when needed.

The invariant: a reserve is a share of total wealth; what no forecast speaks of is not locked.
"""

from martlet.treasury.allocation.model import (
    Held,
    Place,
    Placement,
    Plan,
    Situation,
    StandingOrder,
)
from martlet.treasury.allocation.need import NeedModel, fit_need
from martlet.treasury.allocation.plan import plan_for
from martlet.treasury.allocation.reserve import free_fen, horizons_for, share_fen
from martlet.treasury.allocation.words import sentences

__all__ = [
    "Held",
    "NeedModel",
    "Place",
    "Placement",
    "Plan",
    "Situation",
    "StandingOrder",
    "fit_need",
    "free_fen",
    "horizons_for",
    "plan_for",
    "sentences",
    "share_fen",
]
