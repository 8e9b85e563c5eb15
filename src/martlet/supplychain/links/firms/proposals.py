"""Hand inferred links to the review queue: as proposals, each with its probability and grounds.

The invariant: the edge that a proposal would write is `inferred`, carries the probability as its
confidence, and says which day it was learnt up to; it stands nowhere until a person accepts it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.i18n import Locale
from martlet.supplychain.links.firms.reasons import in_words
from martlet.supplychain.model import (
    PPM,
    Edge,
    Node,
    NodeKind,
    Provenance,
    Relation,
    SourceKind,
    node_key,
)
from martlet.supplychain.review import Proposal

if TYPE_CHECKING:
    from datetime import date, datetime

    from martlet.supplychain.links.firms.ranked import FirmLink

VERSION = "firm-links/1"


def proposal_of(link: FirmLink, learnt_to: date, known_at: datetime) -> Proposal:
    """Return what a reviewer is asked about one inferred link."""
    assert link.probability is not None, "a firm that no snapshot knows is not proposed"
    chance_ppm = round(link.probability * PPM)
    firms = tuple(
        Node(node_key(NodeKind.FIRM, name), NodeKind.FIRM, name, {})
        for name in (link.supplier, link.customer)
    )
    reference = f"{VERSION} learnt to {learnt_to.isoformat()}"
    told = Provenance(SourceKind.INFERRED, reference, known_at, confidence_ppm=chance_ppm)
    edge = Edge(firms[0].key, Relation.SUPPLIES, firms[1].key, told)
    explanation = {locale.value: in_words(link.whys, locale) for locale in Locale}
    return Proposal("link", firms, (edge,), reference, chance_ppm, explanation)
