"""Statements of idle cash by month, and everything that was paid out or moved by a plan."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from martlet.treasury.holdings import month_of
from martlet.treasury.standing import told
from martlet.web.owner.idle_cash import labelled, shop_of
from martlet.web.visitors import Owner, Visitor

router = APIRouter(prefix="/businesses/{party_id}/idle-cash")


@router.get("/months/{month}")
def show_month(visitor: Owner, party_id: UUID, month: str) -> Response:
    """Show what a month did to each position, and what each of its days has earned."""
    room, principal = visitor.bank.treasury, visitor.principal
    first, after = month_of(month)
    account = room.month(principal, party_id, month)
    earned = room.earnings(principal, party_id, first, after - timedelta(days=1))
    this = room.overview(principal, party_id)["business_date"][:7]
    return visitor.page(
        "owner/cash_month.html",
        shop=shop_of(visitor, party_id),
        account=account,
        rows=[labelled(visitor, one) for one in account["rows"]],
        days=earned["days"],
        first=first,
        earlier=(first - timedelta(days=1)).isoformat()[:7],
        later=after.isoformat()[:7] if month < this else None,
    )


@router.get("/history")
def show_history(visitor: Owner, party_id: UUID) -> Response:
    """Show payments out and plans that were carried out, the latest first."""
    orders = visitor.bank.treasury.orders(visitor.principal, party_id)
    plans = visitor.bank.standing.plans(visitor.principal, party_id)
    return visitor.page(
        "owner/cash_history.html",
        shop=shop_of(visitor, party_id),
        orders=[labelled(visitor, one) for one in orders],
        plans=[_plan(visitor, one) for one in plans],
        consents=visitor.bank.standing.consents(visitor.principal, party_id),
    )


def _plan(visitor: Visitor, one: dict[str, Any]) -> dict[str, Any]:
    words = told(one["morning"], one["orders"], visitor.locale)
    return {**one, "sentences": [sentence for said in words["orders"] for sentence in said]}
