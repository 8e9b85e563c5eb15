"""What a loan really costs, told honestly: nominal, by the day, and by its actual cash flows.

Rates are shown and compared with the law's caps; no amount is ever computed from them.
"""

from martlet.lending.disclosure.regulation_z import regulation_z_apr, regulation_z_apr_ppm
from martlet.lending.disclosure.unit_periods import UnitPeriod, unit_period_of

__all__ = ["UnitPeriod", "regulation_z_apr", "regulation_z_apr_ppm", "unit_period_of"]
