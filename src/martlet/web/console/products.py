"""What the bank sells: every convention in plain words, and what a loan of it would cost."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.money import parse_fen
from martlet.kernel.principal import Scope
from martlet.kernel.rates import parse_percent
from martlet.lending import Product, product_named, products
from martlet.lending.reports import example
from martlet.web.console.days import open_day
from martlet.web.convention_words import shown_conventions
from martlet.web.limits import NUMBER_DIGITS_MAX
from martlet.web.visitors import Staff, Visitor, shown

router = APIRouter(prefix="/console")
HERE = "/console/products"
_USUAL_AMOUNT = "10000"
_USUAL_RATE = "0.03"
"""What the form holds at first: a small loan at three ten-thousandths a day."""


@router.get("/products")
def list_products(visitor: Staff) -> Response:
    """Show what the bank sells."""
    visitor.principal.require(Scope.LENDING_READ)
    return visitor.page(
        "console/products.html",
        here=HERE,
        note="",
        products=[_card(visitor, product) for product in products().values()],
    )


@router.get("/products/{name}")
def show_product(
    visitor: Staff, name: str, amount: str = _USUAL_AMOUNT, tenor: str = "", rate: str = _USUAL_RATE
) -> Response:
    """Show a product's conventions, and a loan of it with its schedule and rates."""
    visitor.principal.require(Scope.LENDING_READ)
    product = product_named(name)
    refusals: list[str] = []
    made: dict[str, Any] | None = None
    with shown(refusals, visitor):
        chosen = product.tenor_default if tenor == "" else _whole(tenor)
        start = open_day(visitor)
        caps = visitor.bank.lending.rate_caps
        made = example(product, start, parse_fen(amount), chosen, parse_percent(rate), caps)
    return visitor.page(
        "console/product.html",
        422 if refusals else 200,
        here=HERE,
        note="",
        product=_card(visitor, product),
        conventions=shown_conventions(product.conventions.as_json(), visitor.locale),
        example=made,
        given={"amount": amount, "tenor": tenor or str(product.tenor_default), "rate": rate},
        refusals=refusals,
    )


def _whole(written: str) -> int:
    plain = written.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= NUMBER_DIGITS_MAX):
        raise Invalid("web.number_unreadable", text=plain[:20])
    return int(plain)


def _card(visitor: Visitor, product: Product) -> dict[str, Any]:
    return {
        "name": product.name,
        "label": product.label(visitor.locale),
        "version": product.version,
        "revolving": product.revolving,
        "tenor_unit": product.tenor_unit.value,
        "tenors": product.tenor_options,
        "tenor_default": product.tenor_default,
        "draw_min_fen": product.draw_min_fen,
        "facility_days": product.facility_days,
        "currency": product.currency,
        "schedule": shown_conventions(
            {"schedule": product.conventions.as_json()["schedule"]}, visitor.locale
        )[0]["value"],
    }
