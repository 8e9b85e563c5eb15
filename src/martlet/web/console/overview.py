"""The portfolio at a glance."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.i18n import yuan
from martlet.kernel.principal import Scope
from martlet.kernel.rates import PPM, percent_text
from martlet.kernel.rounding import divide
from martlet.web.console.days import balances_before, flows, open_day
from martlet.web.limits import CHART_DAYS
from martlet.web.visitors import Staff, Visitor

router = APIRouter(prefix="/console")


@router.get("")
def overview(visitor: Staff) -> Response:
    """Show the book in figures and in a chart by day."""
    today = open_day(visitor)
    balances = (
        balances_before(visitor, today, CHART_DAYS + 1)
        if Scope.LEDGER_READ in visitor.principal.scopes
        else []
    )
    return visitor.page(
        "console/overview.html",
        here="/console",
        note="",
        business_date=today,
        figures=_figures(visitor),
        days=flows(balances),
    )


def _figures(visitor: Visitor) -> list[dict[str, Any]]:
    book = visitor.bank.lending.portfolio(visitor.principal)
    running = [row for row in book["rows"] if row["status"] in {"live", "overdue"}]
    principal_fen = sum(row["principal_fen"] for row in running)
    late_fen = sum(row["principal_fen"] for row in running if row["status"] == "overdue")
    late_ppm = divide(late_fen * PPM, principal_fen) if principal_fen else 0
    loans = sum(row["loans_count"] for row in running)
    return [
        {
            "label": visitor.say("Outstanding principal"),
            "shown": yuan(principal_fen),
            "beside": visitor.say("{loans_count} loans running", loans_count=loans),
        },
        {
            "label": visitor.say("Overdue"),
            "shown": yuan(late_fen),
            "beside": visitor.say("{share} of the principal", share=f"{percent_text(late_ppm)}%"),
        },
        {
            "label": visitor.say("Lines granted"),
            "shown": yuan(book["facilities"]["limit_fen"]),
            "beside": visitor.say(
                "{used_fen} of it drawn", used_fen=book["facilities"]["used_fen"]
            ),
        },
        {
            "label": visitor.say("Interest earned"),
            "shown": yuan(book["totals"].get("earned_fen", 0)),
            "beside": visitor.say(
                "{loans_count} loans ever made", loans_count=book["totals"].get("loans_count", 0)
            ),
        },
    ]
