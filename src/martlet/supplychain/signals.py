"""The room's eye: what a business's place in its chain tells a decision, computed before and read.

A decision walks no graph: standings are computed in the night and kept (`records.kept_signals`).
The invariant: what is not named here as a kind is never told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.records.kept_signals import KeptSignals, kept_in
from martlet.supplychain.position.indicators import SLUGS as POSITION
from martlet.supplychain.standing.limits import EXPIRES_DAYS, HELD_DAYS
from martlet.supplychain.standing.tables import standing
from martlet.supplychain.technology.indicators import SLUGS as TECHNOLOGY

if TYPE_CHECKING:
    from datetime import date

PROVIDER = "supplychain"
VERSION = "1"
KINDS = (*POSITION, "chain_grade_count", "chain_paths", *TECHNOLOGY)


def _computed_on(row: Any) -> date:  # noqa: ANN401 - a row of the table
    return business_date_of(row.computed_at)


class ChainSignals(KeptSignals):
    """The provider of what was found of a business's place in its chain and of its technology."""

    name = PROVIDER
    version = VERSION
    kinds: tuple[str, ...] = KINDS
    kept = kept_in(
        standing,
        held_days=HELD_DAYS,
        expires_days=EXPIRES_DAYS,
        dated=_computed_on,
        unread=("told",),
    )
