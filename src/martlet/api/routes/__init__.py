"""The endpoints, one module for each noun."""

from martlet.api.routes import (
    businesses,
    credit,
    end_of_day,
    health,
    ledger,
    lending,
    records,
)

routers = (
    health.router,
    businesses.router,
    records.router,
    lending.router,
    credit.router,
    ledger.router,
    end_of_day.router,
)
