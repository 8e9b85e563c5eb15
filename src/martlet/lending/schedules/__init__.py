"""Schedules: what falls due on which day, under every convention a lender may use.

Pure: terms and conventions in, rows of whole minor units out. No convention is code: each is a
field with its values documented in `docs/loan-schedules.md`.
"""

from martlet.lending.schedules.conventions import (
    Absorbs,
    Balloon,
    Carry,
    Closing,
    Drawdown,
    InterestBy,
    LevelBy,
    PlanConventions,
    PlanKind,
    PlanRow,
    PlanTerms,
    RateStep,
    Rounding,
)
from martlet.lending.schedules.day_count import DayCount, year_fraction
from martlet.lending.schedules.due_dates import (
    DueRule,
    Frequency,
    MonthEnd,
    PeriodUnit,
    Shift,
    due_dates,
)
from martlet.lending.schedules.factors import Compounding, period_rate, rate_of_ppm
from martlet.lending.schedules.past_due import PastDueBand, band_of, days_past_due
from martlet.lending.schedules.plan import down_payment_of, plan_rows, regular_payment
from martlet.lending.schedules.progressive import (
    BalanceCorrected,
    Drawn,
    Happening,
    InterestPaid,
    InterestPaused,
    MonthLength,
    PaidOff,
    PartRounding,
    Payable,
    PrincipalPaid,
    ProgressiveConventions,
    ProgressiveRow,
    ProgressiveTerms,
    RateChanged,
    Repaid,
    YearLength,
)
from martlet.lending.schedules.progressive_fold import progressive_payable, progressive_rows

__all__ = [
    "Absorbs",
    "BalanceCorrected",
    "Balloon",
    "Carry",
    "Closing",
    "Compounding",
    "DayCount",
    "Drawdown",
    "Drawn",
    "DueRule",
    "Frequency",
    "Happening",
    "InterestBy",
    "InterestPaid",
    "InterestPaused",
    "LevelBy",
    "MonthEnd",
    "MonthLength",
    "PaidOff",
    "PartRounding",
    "PastDueBand",
    "Payable",
    "PeriodUnit",
    "PlanConventions",
    "PlanKind",
    "PlanRow",
    "PlanTerms",
    "PrincipalPaid",
    "ProgressiveConventions",
    "ProgressiveRow",
    "ProgressiveTerms",
    "RateChanged",
    "RateStep",
    "Repaid",
    "Rounding",
    "Shift",
    "YearLength",
    "band_of",
    "days_past_due",
    "down_payment_of",
    "due_dates",
    "period_rate",
    "plan_rows",
    "progressive_payable",
    "progressive_rows",
    "rate_of_ppm",
    "regular_payment",
    "year_fraction",
]
