"""What a loan really costs, told honestly: nominal, by the day, and by its actual cash flows.

Rates are shown and compared with the law's caps; no amount is ever computed from them.
"""

from martlet.lending.disclosure.caps import (
    CapInForce,
    Lender,
    RateCaps,
    read_rate_caps,
    shipped_rate_caps,
)
from martlet.lending.disclosure.rates import Fee, RatesShown, disclose, internal_rate_ppm
from martlet.lending.disclosure.regulation_z import regulation_z_apr, regulation_z_apr_ppm
from martlet.lending.disclosure.unit_periods import UnitPeriod, unit_period_of

__all__ = [
    "CapInForce",
    "Fee",
    "Lender",
    "RateCaps",
    "RatesShown",
    "UnitPeriod",
    "disclose",
    "internal_rate_ppm",
    "read_rate_caps",
    "regulation_z_apr",
    "regulation_z_apr_ppm",
    "shipped_rate_caps",
    "unit_period_of",
]
