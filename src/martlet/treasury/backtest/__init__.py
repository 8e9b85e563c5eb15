"""Policies for idle cash, played day by day on movements that really happened.

The invariant: every policy meets the same flows, so wealth without interest is the same for all;
a policy decides in the morning from what was known the evening before.
"""

from martlet.treasury.backtest.engine import Morning, Orders, Outcome, Policy, play, unavoidable
from martlet.treasury.backtest.movements import Panel, read_movements
from martlet.treasury.backtest.rates import Rates, Term, parse_rates
from martlet.treasury.backtest.run import POLICIES, Report, Setting, backtest, chosen_policies

__all__ = [
    "POLICIES",
    "Morning",
    "Orders",
    "Outcome",
    "Panel",
    "Policy",
    "Rates",
    "Report",
    "Setting",
    "Term",
    "backtest",
    "chosen_policies",
    "parse_rates",
    "play",
    "read_movements",
    "unavoidable",
]
