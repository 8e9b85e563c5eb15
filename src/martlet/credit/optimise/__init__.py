"""Limits and rates for a whole book: the plan of greatest expected profit under its constraints.

`optimise` is a function of applicants, terms, constraints and a market table, and of nothing else.
It proposes and never decides: a plan becomes a policy's text by `policy_from_plan`, and a policy
by a back-test and a person who publishes it.
"""

from martlet.credit.optimise.market import Market, RatingBand, rating_of, read_market
from martlet.credit.optimise.model import (
    Applicant,
    Bound,
    Cap,
    Counts,
    Grant,
    Plan,
    Portfolio,
    ShadowPrice,
    Terms,
)
from martlet.credit.optimise.solve import check_plan, optimise

__all__ = [
    "Applicant",
    "Bound",
    "Cap",
    "Counts",
    "Grant",
    "Market",
    "Plan",
    "Portfolio",
    "RatingBand",
    "ShadowPrice",
    "Terms",
    "check_plan",
    "optimise",
    "rating_of",
    "read_market",
]
