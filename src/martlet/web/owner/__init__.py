"""The owner's pages: a phone in a shop."""

from martlet.web.owner import (
    cash_flow,
    cash_months,
    cash_plan,
    credit,
    home,
    idle_cash,
    lines,
    loans,
    records,
)

routers = (
    home.router,
    records.router,
    cash_flow.router,
    credit.router,
    lines.router,
    loans.router,
    cash_plan.router,
    cash_months.router,
    idle_cash.router,
)
"""In the order of the owner's way."""
