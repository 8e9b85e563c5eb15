"""Limits and rates for a whole book: the plan of greatest expected profit under its constraints.

`optimise` is a function of applicants, terms, constraints and a market table, and of nothing else.
It proposes and never decides: a plan becomes a policy's text by `policy_from_plan`, and a policy
by a back-test and a person who publishes it.
"""

from martlet.credit.optimise.grid import FittedPolicy, GridBand, policy_from_plan
from martlet.credit.optimise.market import (
    Market,
    RatingBand,
    rating_of,
    read_market,
    share_ppm,
)
from martlet.credit.optimise.model import (
    Applicant,
    Bound,
    Cap,
    Counts,
    Grant,
    Plan,
    PlanInputs,
    Portfolio,
    ShadowPrice,
    Terms,
)
from martlet.credit.optimise.policy_text import policy_text
from martlet.credit.optimise.reading import plan_csv, read_applicants
from martlet.credit.optimise.solve import check_plan, optimise
from martlet.credit.optimise.words import price_text, price_texts

__all__ = [
    "Applicant",
    "Bound",
    "Cap",
    "Counts",
    "FittedPolicy",
    "Grant",
    "GridBand",
    "Market",
    "Plan",
    "PlanInputs",
    "Portfolio",
    "RatingBand",
    "ShadowPrice",
    "Terms",
    "check_plan",
    "optimise",
    "plan_csv",
    "policy_from_plan",
    "policy_text",
    "price_text",
    "price_texts",
    "rating_of",
    "read_applicants",
    "read_market",
    "share_ppm",
]
