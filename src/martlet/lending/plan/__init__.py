"""Loans whose interest follows a plan: schedules, charges, allocation, and what changes them.

Pure: whole fen in and out, no clock, no database. `replay` is the whole of it: the account of a
loan is a function of its terms, the events that stand, and a day.
"""

from __future__ import annotations

from martlet.lending.plan.account import Account, Entry
from martlet.lending.plan.replay import automatic_down_payment, replay
from martlet.lending.plan.rows import Row, RowKind
from martlet.lending.plan.rules import PlanRules
from martlet.lending.plan.story import PlanTerms

__all__ = [
    "Account",
    "Entry",
    "PlanRules",
    "PlanTerms",
    "Row",
    "RowKind",
    "automatic_down_payment",
    "replay",
]
