"""布谷鸟 Cuckoo's eye: what comes in and goes out of a business in the days ahead, with bands.

A forecast is a float and never touches the book. Nothing here knows an account, a product or a
loan; whoever needs an amount rounds it by the one rounding function.
"""

from martlet.cashflow.calendar import Calendar, chinese_calendar, weekday_calendar
from martlet.cashflow.forecast import Tier, forecast
from martlet.cashflow.history import Duplicates, Gaps, Negatives, ReadingRules, read_history
from martlet.cashflow.model import (
    CUMULATIVE_DAYS,
    LEVELS,
    SEASON_DAYS,
    Ask,
    DayFeatures,
    Finding,
    FloatArray,
    Forecast,
    History,
    Method,
    Standing,
    level_name,
)

__all__ = [
    "CUMULATIVE_DAYS",
    "LEVELS",
    "SEASON_DAYS",
    "Ask",
    "Calendar",
    "DayFeatures",
    "Duplicates",
    "Finding",
    "FloatArray",
    "Forecast",
    "Gaps",
    "History",
    "Method",
    "Negatives",
    "ReadingRules",
    "Standing",
    "Tier",
    "chinese_calendar",
    "forecast",
    "level_name",
    "read_history",
    "weekday_calendar",
]
