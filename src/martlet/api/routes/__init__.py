"""The endpoints, one module for each noun."""

from martlet.api.routes import (
    businesses,
    cashflow,
    collections,
    credit,
    end_of_day,
    health,
    ledger,
    lending,
    loan_events,
    monitoring,
    participation,
    receivables,
    records,
    relief,
    standing,
    takings,
    treasury,
)

routers = (
    lending.router,
    health.router,
    businesses.router,
    records.router,
    cashflow.router,
    credit.router,
    ledger.router,
    collections.router,
    loan_events.router,
    end_of_day.router,
    monitoring.router,
    receivables.router,
    takings.router,
    treasury.router,
    standing.router,
    relief.router,
    participation.router,
    participation.own,
)
"""The busiest first: a request is compared with each in turn."""
