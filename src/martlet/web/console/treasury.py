"""The bank's book of idle cash: by product, yields published, payouts under way, and its proof."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.principal import Scope
from martlet.kernel.rates import PPM
from martlet.treasury.product import Crediting, product_named
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console/treasury")
HERE = "/console/treasury"
_PLACES_MAX = 4
"""Places of a yield in per cent: a part per million."""


def _page(
    visitor: Visitor, refusals: list[str], note: str = "", proof: dict[str, Any] | None = None
) -> Response:
    book = visitor.bank.treasury.book(visitor.principal)
    return visitor.page(
        "console/treasury.html",
        422 if refusals else 200,
        here=HERE,
        note=visitor.say("Published.") if note == "published" else "",
        book=book,
        rows=[_labelled(visitor, one) for one in book["products"]],
        payouts=[_labelled(visitor, one) for one in book["payouts"]],
        may_publish=Scope.END_OF_DAY in visitor.principal.scopes,
        proof=proof,
        refusals=refusals,
    )


def _labelled(visitor: Visitor, one: dict[str, Any]) -> dict[str, Any]:
    product = product_named(one["product"])
    daily = product.crediting is Crediting.DAILY
    return {**one, "label": product.label(visitor.locale), "daily": daily}


@router.get("")
def show_book(visitor: Staff, note: str = "") -> Response:
    """Show what stands of each product."""
    return _page(visitor, [], note)


@router.post("/yields")
def publish(visitor: Staff) -> Response:
    """Put a day's yield on the record, once and for good."""
    refusals: list[str] = []
    with shown(refusals, visitor):
        told = {visitor.day("day"): _ppm(visitor.field("yield"))}
        visitor.bank.treasury.publish_yields(
            visitor.principal, visitor.key, visitor.field("product"), told
        )
        return visitor.go(f"{HERE}?note=published")
    return _page(visitor, refusals)


def _ppm(text: str) -> int:
    """Read a yield in per cent ('1.825'), which is never a float on its way."""
    whole, _, part = text.rstrip("%").strip().partition(".")
    readable = whole.isascii() and whole.isdigit() and (not part or part.isdigit())
    if not readable or not part.isascii() or len(part) > _PLACES_MAX or len(whole) > len("100"):
        raise Invalid("web.number_unreadable", text=text[:20])
    return int(whole) * (PPM // 100) + int(part.ljust(_PLACES_MAX, "0"))


@router.post("/proof")
def prove(visitor: Staff) -> Response:
    """Make every position of this bank again and compare all sums; nothing is changed."""
    return _page(visitor, [], proof=visitor.bank.treasury.prove(visitor.principal))
