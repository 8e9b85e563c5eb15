"""The review queue of the chain: what a machine found, on what words, and what a person decides."""

from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.kernel.calendar import business_date_of
from martlet.kernel.principal import Scope
from martlet.supplychain import SourceKind
from martlet.supplychain.review import STATES, WHATS, Evidence, Reviewed
from martlet.web.chain_drawing import chance_text
from martlet.web.limits import CHAIN_REVIEWS_SHOWN
from martlet.web.quotation import parts_of
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console/chain/review")
HERE = "/console/chain/review"
PROOFS = tuple(kind for kind in SourceKind if kind is not SourceKind.INFERRED)
_DONE = ("accepted", "rejected", "undone")
_QUOTED = ("span", "text", "quote")
"""Under which name an explanation carries the words of the document."""
_TOLD = frozenset({"amount_fen"})
"""What the edge itself tells."""
_NAMES = ("subject", "object", "name", "other_name")


@router.get("")
def list_reviews(
    visitor: Staff,
    what: Annotated[str, Query(max_length=20)] = "",
    state: Annotated[str, Query(max_length=20)] = STATES[0],
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Show what waits for a person, or what was decided, the surest first."""
    return _page(visitor, what, state, [], done)


@router.post("/{review_id}")
def decide(visitor: Staff, review_id: UUID) -> Response:
    """Accept or reject a proposal, or take an acceptance back, with the reason."""
    what, state = visitor.field("what"), visitor.field("state", STATES[0])
    graph, who, key = visitor.bank.supplychain, visitor.principal, visitor.key
    answer, reason = visitor.field("do"), visitor.field("reason")
    refusals: list[str] = []
    with shown(refusals, visitor):
        if answer == "undo":
            done = graph.undo(who, key, review_id, reason=reason)
        else:
            reference = visitor.field("reference")
            proof = Evidence(_source(visitor.field("source")), reference) if reference else None
            done = graph.decide(
                who, key, review_id, accept=answer == "accept", reason=reason, evidence=proof
            )
        query = {"what": what, "state": state, "done": done["state"]}
        return visitor.go(f"{HERE}?{urlencode({k: v for k, v in query.items() if v})}")
    return _page(visitor, what, state, refusals, "")


def _source(written: str) -> SourceKind:
    return SourceKind(written) if written in PROOFS else SourceKind.CONTRACT


def _page(visitor: Visitor, what: str, state: str, refusals: list[str], done: str) -> Response:
    what, state = what if what in WHATS else "", state if state in STATES else STATES[0]
    found = visitor.bank.supplychain.waiting(
        visitor.principal, what=what, state=state, limit=CHAIN_REVIEWS_SHOWN + 1
    )
    return visitor.page(
        "console/chain_review.html",
        422 if refusals else 200,
        here="/console/chain",
        note="",
        refusals=refusals,
        what=what,
        state=state,
        choices={"what": ("", *WHATS), "state": STATES, "proof": PROOFS},
        done=done if done in _DONE else "",
        proposals=[_told(visitor, one) for one in found[:CHAIN_REVIEWS_SHOWN]],
        more=len(found) > CHAIN_REVIEWS_SHOWN,
        may_decide=Scope.POLICY_WRITE in visitor.principal.scopes,
    )


def _told(visitor: Visitor, one: Reviewed) -> dict[str, Any]:
    """Return a proposal as its card tells it."""
    told = dict(one.explanation)
    names = {node.key: node.name for node in one.nodes}
    marked = [*names.values(), *(told[name] for name in _NAMES if name in told)]
    quoted = next((told.pop(name) for name in _QUOTED if told.get(name)), "")
    return {
        "review": one,
        "facts": [
            {
                "from": names.get(edge.from_key, edge.from_key.partition(":")[2]),
                "from_key": edge.from_key,
                "relation": edge.relation.value,
                "to": names.get(edge.to_key, edge.to_key.partition(":")[2]),
                "to_key": edge.to_key,
                "amount_fen": edge.amount_fen,
                "first": edge.provenance.valid_from,
                "last": edge.provenance.valid_until,
            }
            for edge in one.edges
        ],
        "quoted": parts_of(quoted, marked),
        "notes": [(name, text) for name, text in told.items() if text and name not in _TOLD],
        "certainty": chance_text(one.confidence_ppm)
        if one.what == "link"
        else f"{one.confidence_ppm / 10_000:.0f}%",
        "proposed_on": business_date_of(one.proposed_at),
        "decided_on": business_date_of(one.decided_at) if one.decided_at else None,
        "changes": _changes(visitor, one),
    }


def _changes(visitor: Visitor, one: Reviewed) -> dict[str, Any] | None:
    """Return what a merge joins, or what taking it back parts: facts of the one entry."""
    if one.what != "merge" or one.state not in {"waiting", "accepted"}:
        return None
    edge = one.edges[0]
    names = {node.key: node.name for node in one.nodes}
    facts = [
        found
        for found in visitor.bank.supplychain.edges_of(visitor.principal, edge.from_key)
        if {found.from_key, found.to_key} != {edge.from_key, edge.to_key}
    ]
    return {
        "entry": names.get(edge.from_key, edge.from_key),
        "firm": names.get(edge.to_key, edge.to_key),
        "facts_count": len(facts),
        "trades_count": sum(found.amount_fen is not None for found in facts),
    }
