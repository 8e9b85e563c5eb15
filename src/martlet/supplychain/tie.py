"""One step of a path: an edge as it is walked, what phase it leads to, and whether it may count.

The invariant: an edge that was known later, that is past its validity, or that the grammar of
chains does not allow is no step: no path climbs to a wider product except right after its maker,
none comes down from a wider product to a narrower one, none runs through an industry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from martlet.kernel.calendar import business_date_of
from martlet.supplychain.limits import TRACE_DAYS
from martlet.supplychain.model import VERIFYING, Edge, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

TRACED = frozenset({SourceKind.INVOICE, SourceKind.TRANSFER, SourceKind.TENDER})
"""Sources whose period is over by nature and that show a tie for a while after."""

FIRM_LEVEL = frozenset(
    {
        Relation.SUPPLIES,
        Relation.DISTRIBUTES_FOR,
        Relation.PAYS,
        Relation.WON_TENDER,
        Relation.HOLDS_PATENT,
    }
)
"""Relations that say something of this very firm: a trade, a contract, a tender won, a patent."""

PRODUCT_RELATIONS = frozenset({Relation.MATERIAL_OF, Relation.KIND_OF})


_TIERS = frozenset(
    {
        Relation.SUPPLIES,
        Relation.DISTRIBUTES_FOR,
        Relation.PAYS,
        Relation.TENDERED_BY,
        Relation.MATERIAL_OF,
    }
)


class Phase(StrEnum):
    """Where a walk stands, and so what it may do next."""

    FIRM = "firm"
    PATENT = "patent"
    TENDER = "tender"
    MADE = "made"
    """At a product right after its maker or its patent: it may climb once."""
    CLIMBED = "climbed"
    """At the wider product: it has to go downstream from here."""
    BOUGHT = "bought"
    """At a firm that goods came from: a distributor's way up to the brand."""
    DOWNSTREAM = "downstream"
    """At a product that is made with what the firm makes; whoever makes it may be the core."""


_F, _P, _T = Phase.FIRM, Phase.PATENT, Phase.TENDER
_M, _C, _D = Phase.MADE, Phase.CLIMBED, Phase.DOWNSTREAM
_B = Phase.BOUGHT
_STEPS: dict[tuple[Phase, Relation, bool], Phase] = {
    (_F, Relation.SUPPLIES, False): _F,
    (_F, Relation.DISTRIBUTES_FOR, False): _F,
    (_F, Relation.PAYS, True): _F,
    (_F, Relation.SUPPLIES, True): _B,
    (_F, Relation.PAYS, False): _B,
    (_B, Relation.SUPPLIES, True): _B,
    (_B, Relation.PAYS, False): _B,
    (_B, Relation.DISTRIBUTES_FOR, False): _B,
    (_B, Relation.ALIAS_OF, False): _B,
    (_B, Relation.ALIAS_OF, True): _B,
    (_F, Relation.PARENT_OF, True): _F,
    (_F, Relation.ALIAS_OF, False): _F,
    (_F, Relation.ALIAS_OF, True): _F,
    (_F, Relation.WON_TENDER, False): _T,
    (_T, Relation.TENDERED_BY, False): _F,
    (_F, Relation.HOLDS_PATENT, False): _P,
    (_P, Relation.PATENT_COVERS, False): _M,
    (_F, Relation.MAKES, False): _M,
    (_M, Relation.KIND_OF, False): _C,
    (_M, Relation.MATERIAL_OF, False): _D,
    (_C, Relation.MATERIAL_OF, False): _D,
    (_D, Relation.MATERIAL_OF, False): _D,
    (_D, Relation.MAKES, True): _F,
}
"""(phase, relation, walked against its direction) → phase. What is not here is no step of a chain:
money runs from the customer, so a payment is walked from payee to payer; whoever has bought goods
is walked back to where they came from and not on to anybody else; a firm is followed to its
parent, never from a parent to all that it owns; that two firms work together moves no goods."""


def next_phase(phase: Phase, edge: Edge, *, against: bool) -> Phase | None:
    """Return where a step leads, or None where chains do not run that way."""
    return _STEPS.get((phase, edge.relation, against))


def in_force(edge: Edge, as_of: datetime) -> bool:
    """Tell whether an edge was known at a moment and spoke of that day.

    An invoice, a transfer or a tender speaks of days gone by; it shows its tie for a year after
    them. A contract that has ended shows nothing.
    """
    told = edge.provenance
    if told.known_at > as_of:
        return False
    today = business_date_of(as_of)
    if told.valid_from is not None and told.valid_from > today:
        return False
    if told.valid_until is None:
        return True
    grace = timedelta(days=TRACE_DAYS if told.source in TRACED else 0)
    return told.valid_until + grace >= today


@dataclass(frozen=True, slots=True)
class Hop:
    """An edge in the order in which it is walked."""

    edge: Edge
    against: bool
    """Whether it is walked from its head to its tail."""

    @property
    def start_key(self) -> str:
        """The node that it leaves."""
        return self.edge.to_key if self.against else self.edge.from_key

    @property
    def end_key(self) -> str:
        """The node that it reaches."""
        return self.edge.from_key if self.against else self.edge.to_key

    @property
    def traced(self) -> bool:
        """Whether it says something of this very firm, and somebody wrote it."""
        return self.edge.relation in FIRM_LEVEL and not self.edge.provenance.inferred

    @property
    def verifying(self) -> bool:
        """Whether a trade left its own trace in it."""
        return self.edge.provenance.source in VERIFYING

    @property
    def tiers(self) -> int:
        """How many tiers it crosses: one for a trade, a tender's award, a step from material on."""
        return self.edge.relation in _TIERS

    @property
    def strength(self) -> tuple[bool, int, bool, bool]:
        """How well it is known, for ordering; the least is the weakest."""
        told = self.edge.provenance
        return not told.inferred, told.confidence_ppm, self.verifying, self.traced

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value: relation, source, reference, dates, confidence."""
        told = self.edge.provenance
        return {
            "start": self.start_key,
            "end": self.end_key,
            "from": self.edge.from_key,
            "relation": self.edge.relation.value,
            "to": self.edge.to_key,
            "source": told.source.value,
            "reference": told.reference,
            "known_at": told.known_at.isoformat(),
            "valid_from": None if told.valid_from is None else told.valid_from.isoformat(),
            "valid_until": None if told.valid_until is None else told.valid_until.isoformat(),
            "confidence_ppm": told.confidence_ppm,
            "inferred": told.inferred,
        }


def best_hops(key: str, edges: Iterable[Edge], as_of: datetime) -> list[Hop]:
    """Return one hop a neighbour, relation and direction: the best known that is in force."""
    best: dict[tuple[str, Relation, bool], Hop] = {}
    for edge in edges:
        if edge.from_key == edge.to_key or key not in (edge.from_key, edge.to_key):
            continue
        if not in_force(edge, as_of):
            continue
        hop = Hop(edge, against=edge.to_key == key)
        place = (hop.end_key, edge.relation, hop.against)
        if place not in best or _order(hop) > _order(best[place]):
            best[place] = hop
    return [best[place] for place in sorted(best)]


def _order(hop: Hop) -> tuple[bool, bool, int, str, str]:
    told = hop.edge.provenance
    return (
        not told.inferred,
        hop.verifying,
        told.confidence_ppm,
        told.known_at.isoformat(),
        told.reference,
    )
