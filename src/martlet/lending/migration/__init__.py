"""Taking over a portfolio: loans of another system with their history, reconciled to the fen.

Two files come in, loans and events, in any order and of any size; what comes out is this bank's
own loans, with ledger entries against a suspense account that ends at the listed differences.
"""

from martlet.lending.migration.exporting import Exported, export_portfolio
from martlet.lending.migration.importing import Files, PortfolioImport
from martlet.lending.migration.reconciliation import Difference
from martlet.lending.migration.report import ImportReport

__all__ = [
    "Difference",
    "Exported",
    "Files",
    "ImportReport",
    "PortfolioImport",
    "export_portfolio",
]
