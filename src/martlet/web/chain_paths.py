"""The paths that a decision keeps: how a business hangs on a core firm, hop by hop.

Read from the decision's own signal, so that the page shows what was known when it was made. The
invariant: a text that is no list of paths shows nothing and breaks nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.web.chain_drawing import chance_text
from martlet.web.limits import CHAIN_HOPS_SHOWN, CHAIN_PATHS_SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from martlet.signals import Signal

KIND = "chain_paths"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step, as its edge runs: who stands to whom how, and how that is known."""

    from_name: str
    relation: str
    to_name: str
    source: str
    reference: str
    known_on: date
    certainty: str
    inferred: bool
    weakest: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One path from the business to the core firm."""

    names: tuple[str, ...]
    """Whom it passes, in order, both ends included."""
    hops: tuple[Hop, ...]
    verifying: bool
    """Whether a trade left its own trace on the way."""


def ways_of(signals: Iterable[Signal]) -> tuple[Way, ...]:
    """Return the paths that a decision rested on, best first; none where it has none."""
    for signal in signals:
        if signal.kind == KIND and isinstance(signal.value, str):
            try:
                return tuple(_way(one) for one in json.loads(signal.value)[:CHAIN_PATHS_SHOWN])
            except (ValueError, KeyError, TypeError):
                return ()
    return ()


def _way(told: dict[str, Any]) -> Way:
    hops = told["hops"][:CHAIN_HOPS_SHOWN]
    names = (hops[0]["start_name"], *(hop["end_name"] for hop in hops)) if hops else ()
    return Way(
        names,
        tuple(_hop(hop, place == told["weakest_hop"]) for place, hop in enumerate(hops)),
        bool(told["verifying"]),
    )


def _hop(told: dict[str, Any], weakest: bool) -> Hop:  # noqa: FBT001 - a private call
    along = told["start"] == told["from"]
    ends = (
        (told["start_name"], told["end_name"]) if along else (told["end_name"], told["start_name"])
    )
    sure, inferred = int(told["confidence_ppm"]), bool(told["inferred"])
    return Hop(
        ends[0],
        str(told["relation"]),
        ends[1],
        str(told["source"]),
        str(told["reference"]),
        business_date_of(datetime.fromisoformat(told["known_at"])),
        chance_text(sure) if inferred else f"{sure / 10_000:.0f}%",
        inferred,
        weakest,
    )
