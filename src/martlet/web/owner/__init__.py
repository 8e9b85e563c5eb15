"""The owner's pages: a phone in a shop."""

from martlet.web.owner import cash_flow, credit, home, lines, loans, records

routers = (home.router, records.router, cash_flow.router, credit.router, lines.router, loans.router)
"""In the order of the owner's way."""
