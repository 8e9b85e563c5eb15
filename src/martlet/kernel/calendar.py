"""Dates as a bank counts them: business dates in Shanghai, months that end, years of 360 days."""

from __future__ import annotations

import calendar as _calendar
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


@lru_cache(maxsize=1024)
def business_date_of(moment: datetime) -> date:
    """Return the calendar day in Shanghai on which an aware moment falls.

    Asked of one moment again and again in a batch: the last ones are remembered.
    """
    assert moment.tzinfo is not None, "a naive moment has no business date"
    return moment.astimezone(SHANGHAI).date()


@lru_cache(maxsize=65_536)
def add_months(start: date, months: int, anchor_day: int | None = None) -> date:
    """Return the date `months` later, clamped to the month's end.

    `anchor_day` keeps a loan of the 31st on the 31st after it was clamped in February. Loans begin
    on few different days, so a night asks for the same months again and again.
    """
    total = start.year * 12 + start.month - 1 + months
    year, month = divmod(total, 12)
    last = _calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor_day or start.day, last))


def months_passed(start: date, end: date) -> int:
    """Return the whole months from one day to another; the 31st is reached at a month's end."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if add_months(start, months) > end else months


def days_between(start: date, end: date) -> int:
    """Return the days from `start` up to but not including `end`."""
    return (end - start).days


def days_30_360(start: date, end: date) -> int:
    """Return the days between two dates in months of 30 days (the 31st counts as the 30th)."""
    first, last = min(start.day, 30), min(end.day, 30)
    return (end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first


def next_day(day: date) -> date:
    """Return the day after."""
    return day + timedelta(days=1)
