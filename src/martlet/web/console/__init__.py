"""The bank's console: a laptop on a desk."""

from martlet.web.console import (
    arrears,
    book,
    chain,
    chain_review,
    credit,
    forecast_quality,
    fund_desk,
    loan_events,
    loans,
    monitoring,
    overview,
    partners,
    policies,
    portfolio,
    products,
    records,
    relief,
    treasury,
)

routers = (
    overview.router,
    portfolio.router,
    loans.router,
    loan_events.router,
    arrears.router,
    products.router,
    partners.router,
    treasury.router,
    fund_desk.router,
    chain.router,
    chain_review.router,
    credit.router,
    policies.router,
    relief.router,
    monitoring.router,
    forecast_quality.router,
    records.router,
    book.router,
)
"""In the order of the navigation."""
