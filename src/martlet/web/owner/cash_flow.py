"""What the money of a business will do: the chart, what to know of it, and what-ifs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from martlet.cashflow.changes import (
    Change,
    CustomerGone,
    LateReceipts,
    NewOrder,
    NewStore,
    OneOff,
    Promotion,
)
from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.money import parse_fen
from martlet.web.cash_ahead import (
    SURELY_NOT_PPM,
    chart,
    customers,
    drivers,
    figures,
    items,
    lowest_label,
    table,
)
from martlet.web.fan import SPARK, STRIP
from martlet.web.limits import (
    CUSTOMERS_CHOSEN_MAX,
    PROMOTION_DAYS,
    STORE_OPENS_DAYS,
    WHAT_IF_DAYS_MAX,
    WHAT_IF_PERCENT_MAX,
)
from martlet.web.owner.views import business_of
from martlet.web.visitors import Owner, Visitor, shown

if TYPE_CHECKING:
    from datetime import date

    from martlet.cashflow.outlook import Outlook

router = APIRouter(prefix="/businesses/{party_id}/cash-flow")

_PERCENT_PPM = 10_000
Share = Annotated[int, Query(ge=0, le=WHAT_IF_PERCENT_MAX)]
Days = Annotated[int, Query(ge=0, le=WHAT_IF_DAYS_MAX)]
Text = Annotated[str, Query(max_length=200)]


@dataclass(frozen=True, slots=True)
class Thought:
    """What is thought of, as the form says it."""

    store: Share = 0
    promotion: Share = 0
    late: Days = 0
    payment: Text = ""
    pay_on: Text = ""
    gone: Text = ""
    order: Text = ""
    order_on: Text = ""
    order_cost: Text = ""
    floor: Text = ""
    """Less than this in the account is too little, in yuan; nothing said: less than nought."""

    def floor_fen(self) -> int:
        """Return the least that the owner wants at hand."""
        return parse_fen(self.floor.strip()) if self.floor.strip() else 0

    def changes(self, first: "date") -> list[Change]:
        """Return it as changes of the days from the first one ahead."""
        found: list[Change] = []
        if self.store:
            opens = first + timedelta(days=STORE_OPENS_DAYS)
            found.append(NewStore(opens, self.store * _PERCENT_PPM))
        if self.gone:
            found.append(CustomerGone(self.gone, first))
        if self.promotion:
            uplift = self.promotion * _PERCENT_PPM
            found.append(Promotion(first, PROMOTION_DAYS, uplift, cost_scale_ppm=uplift))
        if self.late:
            found.append(LateReceipts(first, self.late))
        if self.payment.strip():
            found.append(OneOff(_day(self.pay_on, first), -parse_fen(self.payment.strip())))
        if self.order.strip():
            cost_fen = parse_fen(self.order_cost.strip()) if self.order_cost.strip() else 0
            due_on, amount_fen = _day(self.order_on, first), parse_fen(self.order.strip())
            found.append(NewOrder(due_on, amount_fen, cost_fen=cost_fen, cost_on=first))
        return found


def _day(text: str, first: "date") -> "date":
    """Return a day of the form, the first one ahead at the earliest."""
    try:
        return max(type(first).fromisoformat(text), first)
    except ValueError as error:
        raise Invalid("web.date_unreadable", text=text[:20]) from error


@router.get("")
def show_cash_flow(
    visitor: Owner, party_id: UUID, thought: Annotated[Thought, Depends()]
) -> Response:
    """Show the days ahead, before and after what is thought of."""
    business = business_of(visitor, party_id)
    refusals: list[str] = []
    before = after = None
    why, floor_fen = "", 0
    first = business_date_of(visitor.bank.clock.now())
    try:
        with shown(refusals, visitor):
            floor_fen = thought.floor_fen()
            before, after = _outlooks(visitor, party_id, thought, first)
        if refusals:
            after = visitor.bank.cashflow.outlook(visitor.principal, party_id)
    except NotFound as nothing:
        if not nothing.code.startswith("cashflow."):
            raise
        why = visitor.explain(nothing)
    return visitor.page(
        "owner/cash_flow.html",
        422 if refusals else 200,
        shop={"party_id": party_id, "name": business.name.reveal()},
        why=why,
        thought=thought,
        refusals=refusals,
        pay_on_default=(first + timedelta(days=STORE_OPENS_DAYS)).isoformat(),
        first_day=first,
        floor_fen=floor_fen,
        **(_shown(visitor, after, before, floor_fen) if after else {"seen": None}),
    )


def _outlooks(
    visitor: Visitor, party_id: UUID, thought: Thought, first: "date"
) -> "tuple[Outlook | None, Outlook]":
    """Return the outlook before (None where nothing is thought of) and after."""
    cashflow, principal = visitor.bank.cashflow, visitor.principal
    changes = thought.changes(first)
    if not changes:
        return None, cashflow.outlook(principal, party_id)
    both = cashflow.what_if(principal, party_id, changes)
    return both.before, both.after


def _shown(
    visitor: Visitor, outlook: "Outlook", before: "Outlook | None", floor_fen: int
) -> dict[str, Any]:
    locale = visitor.locale
    receivables = visitor.bank.cashflow.receivables(visitor.principal, outlook.basis.party_id)
    return {
        "seen": outlook,
        "drawing": chart(outlook, locale, before=before, floor_fen=floor_fen),
        "strip": chart(outlook, locale, STRIP, before, floor_fen) if before else None,
        "lowest": lowest_label(outlook, locale),
        "now": figures(outlook, floor_fen),
        "then": figures(before, floor_fen) if before else None,
        "rows": table(outlook, before),
        "drivers": drivers(outlook, locale),
        "items": items(outlook, locale),
        "surely_not_ppm": SURELY_NOT_PPM,
        "receivables": receivables,
        "customers": customers(receivables),
        "choices": [one.name for one in receivables.customers[:CUSTOMERS_CHOSEN_MAX]],
        "bottom_fen": outlook.lowest.quantiles_fen[1],
    }


@router.get("/card")
def show_card(visitor: Owner, party_id: UUID) -> Response:
    """Show the days ahead small, for the first page; nothing where nothing is known."""
    business_of(visitor, party_id)
    try:
        outlook = visitor.bank.cashflow.outlook(visitor.principal, party_id)
    except NotFound:
        outlook = None
    return visitor.page(
        "owner/cash_card.html",
        party_id=party_id,
        seen=outlook,
        drawing=chart(outlook, visitor.locale, SPARK) if outlook else None,
        now=figures(outlook) if outlook else None,
        surely_not_ppm=SURELY_NOT_PPM,
    )
