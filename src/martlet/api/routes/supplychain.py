"""The chain around a firm, and facts brought to the graph in bulk."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from martlet.api.access import Ask, Order
from martlet.api.schemas import Body, Line
from martlet.supplychain.limits import BULK_EDGES_MAX, BULK_NODES_MAX, REASON_CHARS_MAX, TIERS_MAX
from martlet.supplychain.telling import told_around
from martlet.supplychain.wire import edge_from_json, neighbourhood_json, node_from_json, node_json

router = APIRouter(prefix="/v1/supplychain", tags=["supply chain"])

Tiers = Annotated[int, Query(ge=1, le=TIERS_MAX)]
Firm = Annotated[str, Query(min_length=1, max_length=600, description="Name, key or credit code")]


class NewFacts(Body):
    """Nodes and edges, each edge with its source and reference."""

    nodes: Annotated[tuple[dict[str, Any], ...], Field(max_length=BULK_NODES_MAX)] = ()
    edges: Annotated[tuple[dict[str, Any], ...], Field(max_length=BULK_EDGES_MAX)] = ()
    correct: bool = False
    """Whether what contradicts an earlier telling is meant as its correction."""


class NewWithdrawal(Body):
    """A reference whose edges no longer count, and why."""

    reference: Line
    reason: Annotated[Line, Field(max_length=REASON_CHARS_MAX)]


@router.get("/around", summary="Who is around a firm, and how each is known")
def around(
    ask: Ask, firm: Firm, tiers: Tiers = 4, as_of: date | None = None, side: str = "both"
) -> Response:
    """Return nodes by tier (upstream below zero), edges with their sources, and what is missing.

    As of the end of a day, what was known, valid and consented then. A name that may be several
    is refused with the candidates.
    """
    room = ask.bank.supplychain
    center = room.the_one(ask.principal, firm, as_of)
    found = room.around(ask.principal, center.key, tiers, as_of, side=side)
    told = [one.as_json() for one in told_around(found)]
    return ask.answer({**neighbourhood_json(found), "around": told})


@router.get("/nodes", summary="What is called so in the graph")
def find(ask: Ask, name: Firm) -> Response:
    """Return the firms that are called so, exactly or else similarly."""
    found = ask.bank.supplychain.find(ask.principal, name)
    return ask.answer({"nodes": [node_json(node) for node in found]})


@router.post("/edges", status_code=201, summary="Bring facts to the graph")
def record(order: Order, body: NewFacts) -> Response:
    """Write a batch in one commit; what was known is counted, what contradicts is told."""
    now = order.bank.clock.now()
    nodes = [node_from_json(one) for one in body.nodes]
    edges = [edge_from_json(one, now) for one in body.edges]
    return order.carry_out(
        lambda: order.bank.supplychain.record(
            order.principal, order.key, nodes, edges, correct=body.correct
        )
    )


@router.post("/withdrawals", status_code=201, summary="End what a reference told")
def withdraw(order: Order, body: NewWithdrawal) -> Response:
    """End the standing edges of a reference: not seen from now on, seen as of before."""
    return order.carry_out(
        lambda: order.bank.supplychain.withdraw(
            order.principal, order.key, body.reference, reason=body.reason
        )
    )
