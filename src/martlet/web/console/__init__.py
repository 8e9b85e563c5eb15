"""The bank's console: a laptop on a desk."""

from martlet.web.console import book, credit, monitoring, overview, policies, records

routers = (
    overview.router,
    credit.router,
    policies.router,
    monitoring.router,
    records.router,
    book.router,
)
"""In the order of the navigation."""
