"""A firm's place in a chain: verified trade, position indicators, each with its documented formula.

The one invariant: nothing but a trade's own trace becomes revenue, and related firms' never does.
"""

from martlet.supplychain.position.indicators import INDICATORS
from martlet.supplychain.position.measure import (
    NOWHERE,
    Position,
    Surroundings,
    Tie,
    alternatives,
    measure,
    working_capital_fen,
)
from martlet.supplychain.position.trade import Books, Trade, books_of, related_firms

__all__ = [
    "INDICATORS",
    "NOWHERE",
    "Books",
    "Position",
    "Surroundings",
    "Tie",
    "Trade",
    "alternatives",
    "books_of",
    "measure",
    "related_firms",
    "working_capital_fen",
]
