"""Partners of co-lending: what each has taken of its cap, and the settlement files by day."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import write
from martlet.kernel.rates import PPM, percent_text
from martlet.kernel.rounding import divide
from martlet.web.visitors import Staff, Visitor

router = APIRouter(prefix="/console")
HERE = "/console/partners"
_BAR = 1_000
"""A bar's whole width: its share in thousandths."""


@router.get("/partners")
def show_partners(visitor: Staff, on: str = "") -> Response:
    """Show every partner with its limit, the settings in force, and the files of a day."""
    bank, principal = visitor.bank.participation, visitor.principal
    day = _day(on) if on else None
    return visitor.page(
        "console/partners.html",
        here=HERE,
        note="",
        totals=bank.totals(principal),
        settings=[_setting(visitor, row) for row in bank.settings(principal)],
        partners=[_partner(one) for one in bank.partners(principal)],
        settlements=bank.settlements(principal, settled_on=day),
        on=day.isoformat() if day else "",
    )


def _partner(one: dict[str, Any]) -> dict[str, Any]:
    """Return a partner with how much of its cap is used, as a figure and as a bar."""
    cap_fen = one["cap_fen"]
    if not cap_fen:
        return {**one, "share": "—", "width": 0}
    ppm = divide(one["used_fen"] * PPM, cap_fen)
    return {**one, "share": f"{percent_text(ppm, 1)}%", "width": min(_BAR, ppm * _BAR // PPM)}


def _setting(visitor: Visitor, row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "shown": write(row["name"], row["value"], visitor.locale)}


@router.get("/partners/{slug}/{settled_on}")
def download(visitor: Staff, slug: str, settled_on: str) -> Response:
    """Return a settlement file, the same bytes as the partner gets."""
    day = _day(settled_on)
    text = visitor.bank.participation.settlement_file(visitor.principal, slug, day)
    return Response(
        text.encode(),
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{slug}-{day.isoformat()}.csv"'},
    )


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Invalid("web.date_unreadable", text=written[:20]) from error
