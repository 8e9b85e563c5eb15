"""How good the forecasts of the bank's own firms were, by class and horizon, and over time."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from starlette.responses import Response

from martlet.cashflow import chinese_calendar
from martlet.cashflow.evaluation.quality import ALL, HORIZONS, MEAN, NAIVE, OURS, Figures
from martlet.cashflow.quality import SIDES, FirmQuality, quality_of_firms
from martlet.credit import staff_only
from martlet.kernel.principal import Scope
from martlet.ledger import current_business_date
from martlet.web.limits import QUALITY_FIRMS_LISTED_MAX, QUALITY_PAGE
from martlet.web.visitors import Staff, Visitor

if TYPE_CHECKING:
    from uuid import UUID

router = APIRouter(prefix="/console/forecast-quality")
HERE = "/console/forecast-quality"
_COVER_LOW, _COVER_HIGH = 0.7, 0.9
"""An 80 % band that covers less or more is looked at."""
_BIAS = 0.1
_PLAYS_MIN = 30
"""Of fewer, a share says nothing."""


@router.get("")
def show_quality(visitor: Staff, side: str = ALL, days: int = HORIZONS[-1]) -> Response:
    """Show what playing the bank's forecasts again has found, as of the last closed day."""
    seen = _seen(visitor)
    chosen = side if side in SIDES else ALL
    horizon = days if days in HORIZONS else HORIZONS[-1]
    context: dict[str, Any] = {
        "here": HERE,
        "note": "",
        "seen": seen,
        "side": chosen,
        "days": horizon,
        "sides": (ALL, *SIDES),
        "horizons": HORIZONS,
        "longest": HORIZONS[-1],
    }
    if seen is not None:
        found = seen.by_side[chosen]
        more = "+" if seen.firms_all_count >= QUALITY_FIRMS_LISTED_MAX else ""
        context |= {
            "firms_all": f"{seen.firms_all_count:,}{more}",
            "rows": [
                {"name": one.name, **_shown(one.figures)}
                for one in found.segments
                if one.days == horizon
            ],
            "course": [{"day": one.last_known, **_shown(one.figures)} for one in found.course],
            "left_out": sorted(seen.left_out.items()),
        }
    return visitor.page("console/forecast_quality.html", **context)


def _seen(visitor: Visitor) -> FirmQuality | None:
    """Return what was found, None while it is being made; once a business date."""
    bank, principal = visitor.bank, visitor.principal
    staff_only(principal)
    principal.require(Scope.RECORDS_READ)
    with bank.database.read() as connection:
        as_of = current_business_date(connection, principal.tenant_id) - timedelta(days=1)

    def make() -> FirmQuality:
        parties = _parties(visitor)
        return quality_of_firms(bank.records, principal, parties, as_of, chinese_calendar())

    key = (principal.tenant_id, "forecast-quality", as_of)
    found: FirmQuality | None = visitor.request.app.state.reckonings.of(key, make)
    return found


def _parties(visitor: Visitor) -> "list[UUID]":
    """Return the bank's businesses, page after page, up to a bound."""
    found: list[UUID] = []
    while len(found) < QUALITY_FIRMS_LISTED_MAX:
        after = found[-1] if found else None
        page = visitor.bank.parties.businesses(visitor.principal, after, QUALITY_PAGE)
        found += [one.party_id for one in page]
        if len(page) < QUALITY_PAGE:
            break
    return found


def _shown(figures: Figures) -> dict[str, Any]:
    enough = figures.plays_count >= _PLAYS_MIN
    return {
        "series_count": figures.series_count,
        "plays_count": figures.plays_count,
        "day_cover": _percent(figures.day_coverage),
        "day_cover_odd": enough and not _COVER_LOW <= figures.day_coverage <= _COVER_HIGH,
        "total_cover": _percent(figures.total_coverage),
        "total_cover_odd": enough and not _COVER_LOW <= figures.total_coverage <= _COVER_HIGH,
        "wape": _percent(figures.wape),
        "bias": f"{100 * figures.bias:+.1f}%",
        "bias_odd": enough and abs(figures.bias) > _BIAS,
        "errors": [
            (round(1_000_000 * figures.errors[name]), f"{figures.errors[name]:.2f}")
            for name in (OURS, NAIVE, MEAN)
        ],
        "best": figures.errors[OURS] <= min(figures.errors[NAIVE], figures.errors[MEAN]),
    }


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%"
