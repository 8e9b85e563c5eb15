"""Nodes, edges and neighbourhoods as JSON, and back: for answers, stored proposals, the console."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.errors import Invalid
from martlet.supplychain.model import PPM, Edge, Node, NodeKind, Provenance, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.supplychain.model import Neighbourhood


PRIVATE = "private_"
"""What an attribute's name begins with that is for the bank's own checks and never shown."""


def node_json(node: Node) -> dict[str, Any]:
    """Return a node as JSON, without what is private to the bank's checks."""
    return {
        "key": node.key,
        "kind": node.kind.value,
        "name": node.name,
        "attributes": {
            name: text for name, text in node.attributes.items() if not name.startswith(PRIVATE)
        },
    }


def edge_json(edge: Edge) -> dict[str, Any]:
    """Return an edge as JSON, its provenance beside it; `inferred` says that a model made it."""
    told = edge.provenance
    return {
        "from_key": edge.from_key,
        "relation": edge.relation.value,
        "to_key": edge.to_key,
        "source": told.source.value,
        "reference": told.reference,
        "known_at": told.known_at.isoformat(),
        "valid_from": _day(told.valid_from),
        "valid_until": _day(told.valid_until),
        "confidence_ppm": told.confidence_ppm,
        "consent_party_id": None if told.consent_party_id is None else str(told.consent_party_id),
        "inferred": told.inferred,
        "reviewed": told.reviewed,
        "amount_fen": edge.amount_fen,
        "share_ppm": edge.share_ppm,
    }


def neighbourhood_json(found: Neighbourhood) -> dict[str, Any]:
    """Return a neighbourhood as JSON: nodes with their tiers, edges, and what was left out."""
    return {
        "center": node_json(found.center),
        "as_of": found.as_of.isoformat(),
        "nodes": [{**node_json(one.node), "tier": one.tier} for one in found.placed],
        "edges": [edge_json(edge) for edge in found.edges],
        "left_out": found.left_out,
        "not_walked": list(found.not_walked),
    }


def node_from_json(told: Mapping[str, Any]) -> Node:
    """Read a node; what is missing or of another shape is refused by name."""
    try:
        attributes = {_text(name): _text(text) for name, text in told.get("attributes", {}).items()}
        return Node(_text(told["key"]), NodeKind(told["kind"]), _text(told["name"]), attributes)
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise Invalid("supplychain.node_unreadable", detail=str(error)[:80]) from error


def edge_from_json(told: Mapping[str, Any], known_at: datetime) -> Edge:
    """Read an edge; one that says no `known_at` is known from the moment that is given."""
    try:
        since = told.get("known_at")
        party = told.get("consent_party_id")
        provenance = Provenance(
            SourceKind(told["source"]),
            _text(told["reference"]),
            known_at if since is None else datetime.fromisoformat(since),
            _as_day(told.get("valid_from")),
            _as_day(told.get("valid_until")),
            int(told.get("confidence_ppm", PPM)),
            None if party is None else UUID(str(party)),
        )
        _require_usable(provenance.known_at)
        return Edge(
            _text(told["from_key"]),
            Relation(told["relation"]),
            _text(told["to_key"]),
            provenance,
            _whole(told.get("amount_fen")),
            _whole(told.get("share_ppm")),
        )
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise Invalid("supplychain.edge_unreadable", detail=str(error)[:80]) from error


def _require_usable(moment: datetime) -> None:
    """Refuse a moment without a zone, or at the ends of the calendar, where zones overflow."""
    if moment.tzinfo is None or not date.min.year < moment.year < date.max.year:
        message = "known_at needs a zone"
        raise ValueError(message)


def _text(value: object) -> str:
    """Return a value as a text that can be written; half a surrogate pair cannot."""
    text = str(value)
    text.encode()
    return text


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _as_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _whole(number: int | None) -> int | None:
    return None if number is None else int(number)
