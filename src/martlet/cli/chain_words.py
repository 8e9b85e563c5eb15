"""Relations, sources and standings of the chain in the words of the terminal's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.cli.words import say
from martlet.supplychain.model import Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

_RELATIONS: Mapping[Relation, str] = {
    Relation.SUPPLIES: say("supplies"),
    Relation.DISTRIBUTES_FOR: say("distributes for"),
    Relation.PAYS: say("pays"),
    Relation.PARENT_OF: say("controls"),
    Relation.ALIAS_OF: say("is the same firm as"),
    Relation.COOPERATES: say("works together with"),
    Relation.COMPETES: say("competes with"),
    Relation.INVESTS_IN: say("invests in"),
    Relation.MAKES: say("makes"),
    Relation.IN_INDUSTRY: say("is in the trade"),
    Relation.HOLDS_PATENT: say("holds the patent"),
    Relation.PATENT_COVERS: say("covers"),
    Relation.MATERIAL_OF: say("goes into"),
    Relation.KIND_OF: say("is a kind of"),
    Relation.PART_OF: say("is part of"),
    Relation.FEEDS: say("supplies the trade"),
    Relation.WON_TENDER: say("won the tender"),
    Relation.TENDERED_BY: say("was called by"),
}
_SOURCES: Mapping[SourceKind, str] = {
    SourceKind.INVOICE: say("Invoices"),
    SourceKind.CONTRACT: say("Contract"),
    SourceKind.TRANSFER: say("Transfers"),
    SourceKind.TENDER: say("Tender notice"),
    SourceKind.PATENT: say("Patent register"),
    SourceKind.REGISTER: say("Company register"),
    SourceKind.TEXT: say("Text"),
    SourceKind.DATASET: say("Published data"),
    SourceKind.STATED: say("Owner's word"),
    SourceKind.INFERRED: say("Inferred"),
}
_STANDINGS: Mapping[str, str] = {
    "verified": say("Verified by trades"),
    "public": say("Public record"),
    "said": say("Said by others"),
    "inferred": say("Inferred"),
}


def relation_word(relation: Relation) -> str:
    """Return a relation as it is read between its two ends."""
    return _RELATIONS[relation]


def source_word(source: SourceKind) -> str:
    """Return a kind of source."""
    return _SOURCES[source]


def standing_word(standing: str) -> str:
    """Return how well a place in the chain is known."""
    return _STANDINGS[standing]
