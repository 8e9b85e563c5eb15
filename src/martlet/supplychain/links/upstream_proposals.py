"""Inferred materials as proposals for the review queue.

Guards that a proposal is inferred, says how likely it is and why, and is never evidence: a
person decides, and what is accepted stays inferred. What is so general that it explains nothing
is not proposed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.facts import named_key
from martlet.supplychain.links.limits import PROPOSALS_MAX
from martlet.supplychain.links.model import Ground
from martlet.supplychain.model import PPM, Edge, Node, NodeKind, Provenance, Relation, SourceKind
from martlet.supplychain.review import Proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from martlet.supplychain.links.model import Suggestion

REFERENCE = "links.upstream/1"
"""The model that proposes, and its version."""

_DOUBTFUL = frozenset({Ground.GENERIC, Ground.COMMON})


def proposals_of(
    suggestions: Iterable[Suggestion],
    known_at: datetime,
    least: float,
    sentence: Callable[[Suggestion], str],
) -> list[Proposal]:
    """Return the proposals worth a person's time: at least so likely, none too general.

    The likeliest come first, and no more than the queue takes at once.
    """
    worth = [
        each
        for each in suggestions
        if each.probability >= least and not any(why.ground in _DOUBTFUL for why in each.whys)
    ]
    worth.sort(key=lambda each: (-each.probability, each.product, each.material))
    return [_proposal(each, known_at, sentence(each)) for each in worth[:PROPOSALS_MAX]]


def _proposal(each: Suggestion, known_at: datetime, reason: str) -> Proposal:
    product, material = (
        Node(named_key(NodeKind.PRODUCT, name), NodeKind.PRODUCT, name, {})
        for name in (each.product, each.material)
    )
    sure_ppm = round(each.probability * PPM)
    told = Provenance(SourceKind.INFERRED, REFERENCE, known_at, confidence_ppm=sure_ppm)
    edge = Edge(material.key, Relation.MATERIAL_OF, product.key, told)
    return Proposal("link", (material, product), (edge,), REFERENCE, sure_ppm, {"reason": reason})
