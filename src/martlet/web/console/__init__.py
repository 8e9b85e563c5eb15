"""The bank's console: a laptop on a desk."""

from martlet.web.console import book, credit, overview, records

routers = (overview.router, credit.router, records.router, book.router)
"""In the order of the navigation."""
