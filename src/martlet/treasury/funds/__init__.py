"""The fund partners' desk: what will be bought and redeemed, and the reserve that this needs.

The invariant: what is foretold per product and partner adds up, to the last bit, to what is
foretold for their sums; a reserve is measured beside the fixed ratio that it would replace.
"""

from martlet.cashflow.directions import Direction
from martlet.treasury.funds.flows import Flows, flows_of
from martlet.treasury.funds.forecast import FundForecast, Sum, foretell_flows
from martlet.treasury.funds.reserve import ReserveReport, Rule, Trial, reserves
from martlet.treasury.funds.writing import group_frame, series_frame, write_frame

__all__ = [
    "Direction",
    "Flows",
    "FundForecast",
    "ReserveReport",
    "Rule",
    "Sum",
    "Trial",
    "flows_of",
    "foretell_flows",
    "group_frame",
    "reserves",
    "series_frame",
    "write_frame",
]
