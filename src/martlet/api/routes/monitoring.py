"""How the decisions have gone since, and what others would have been: for the bank's own staff.

Reads only, over the newest decisions and bounded. A back-test names a policy that has been
published (it may count from a day still to come) or a model that has been registered.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from martlet.api.access import Ask
from martlet.api.limits import PORTFOLIO_DECISIONS_DEFAULT, PORTFOLIO_DECISIONS_MAX
from martlet.credit import Period
from martlet.credit.monitoring import (
    Baseline,
    Portfolio,
    calibration,
    drift,
    fairness,
    rejects,
    vintages,
)

router = APIRouter(prefix="/v1/credit", tags=["credit"])

Newest = Annotated[int, Query(ge=1, le=PORTFOLIO_DECISIONS_MAX)]
Month = Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}$")]
NEWEST = PORTFOLIO_DECISIONS_DEFAULT


def _portfolio(ask: Ask, newest: int) -> Portfolio:
    return ask.bank.credit.portfolio(ask.principal, Period(newest=newest))


@router.get("/monitoring", summary="Drift, calibration and vintages")
def get_monitoring(
    ask: Ask,
    newest: Newest = NEWEST,
    baseline_from: Month = None,
    baseline_to: Month = None,
    *,
    everybody: bool = False,
) -> Response:
    """Return drift by month and bin, approvals, calibration and vintages, with intervals."""
    portfolio = _portfolio(ask, newest)
    baseline = Baseline(baseline_from, baseline_to)
    return ask.answer(
        {
            "about": portfolio.about(),
            "drift": drift(portfolio, baseline, approved_only=not everybody).as_json(),
            "calibration": calibration(portfolio).as_json(),
            "vintages": [one.as_json() for one in vintages(portfolio)],
        }
    )


@router.get("/fairness", summary="How regions, trades and sizes fare")
def get_fairness(ask: Ask, newest: Newest = NEWEST) -> Response:
    """Return approvals, limits, risk and outcomes by region, trade and size, with intervals."""
    portfolio = _portfolio(ask, newest)
    return ask.answer({"about": portfolio.about(), **fairness(portfolio).as_json()})


@router.get("/rejects", summary="What the refused might have done")
def get_rejects(ask: Ask, newest: Newest = NEWEST) -> Response:
    """Return bounds and assumed estimates of the bad rate through the door."""
    portfolio = _portfolio(ask, newest)
    return ask.answer({"about": portfolio.about(), **rejects(portfolio).as_json()})


@router.get("/backtest", summary="Decide stored applications again")
def get_backtest(
    ask: Ask,
    policy_version: Annotated[str | None, Query(max_length=80)] = None,
    model_id: UUID | None = None,
    newest: Newest = NEWEST,
) -> Response:
    """Return what a published policy or a registered model would have decided, and who moves."""
    changed = ask.bank.credit.changed(ask.principal, policy_version, model_id)
    found = ask.bank.credit.backtest(ask.principal, changed, Period(newest=newest))
    return ask.answer(found.as_json())
