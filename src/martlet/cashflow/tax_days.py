"""Tax days: when the month's or the quarter's taxes are due, moved by holidays, and how much.

A return is due by the 15th of the next month. Each day off of a run of three or more between the
1st and the 15th moves it by a working day, and a due day that is not worked moves to the next that
is. The invariant: what the records show of taxes paid is taken out of the history and comes back on
these days alone; without such rows the amount follows from the invoices' own tax.
"""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from martlet.cashflow.fen import fen_of
from martlet.cashflow.known_flows import ItemKind, ItemSource, KnownItem
from martlet.cashflow.recurring import SURE_PPM_MOST, TAX_WORDS, Found
from martlet.kernel.calendar import add_months
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.model import BoolArray

FILED_BY_DAY = 15
RUN_DAYS = 3
"""Days off in a row, inside the term, that move it."""

GENERAL_SALES_FEN = 500_000_000
"""Five million yuan of sales a year: above, tax is declared by the month; below, by the quarter."""

MONTHLY_SHARE = 0.6
"""Of the past year's months with a payment: from here on taxes are paid monthly."""

WEEKENDS_NAMED_FROM = 2025
"""Until then a single weekday off "with the weekend" was one day; since, decrees name all three."""

LOOK_DAYS = 45
_SATURDAY = 5
_PERIODS = 6


def due_day(year: int, month: int, calendar: Calendar, known_on: date) -> date:
    """Return the last day on which a month's return may be filed, as known on a day."""
    first = date(year, month, 1)
    features = calendar.features(first - timedelta(days=LOOK_DAYS), 3 * LOOK_DAYS, known_on)
    off = features.holiday
    at_work = ~off & (features.weekday < _SATURDAY)
    weekdays = [(features.first_day + timedelta(days=n)).weekday() for n in range(len(features))]
    term = range(LOOK_DAYS, LOOK_DAYS + FILED_BY_DAY)
    moved = sum(1 for day in term if off[day] and _moves(off, weekdays, day, year))
    place = LOOK_DAYS + FILED_BY_DAY - 1
    while moved or not at_work[place]:
        place += 1
        moved -= int(bool(at_work[place]) and moved > 0)
    return features.first_day + timedelta(days=place)


def taxes(
    outflow: pl.DataFrame,
    taxed: pl.DataFrame,
    span: tuple[date, date],
    calendar: Calendar,
    *,
    from_invoices: bool,
) -> Found:
    """Return the taxes due after a day and until another, and the rows that they repeat."""
    words = pl.concat_str("purpose", pl.lit(" "), "counterparty").str.to_lowercase()
    paid = outflow.filter(words.str.contains(TAX_WORDS)).select("day", "amount_fen")
    if paid.is_empty():
        items = _declared(taxed, span, calendar) if from_invoices else ()
        return Found(tuple(items), paid)
    return Found(tuple(_as_paid(paid, span, calendar)), paid)


def _as_paid(
    paid: pl.DataFrame, span: tuple[date, date], calendar: Calendar
) -> Iterator[KnownItem]:
    """Yield what was paid by the month or the quarter, on the days ahead."""
    after, _ = span
    year = paid.filter(pl.col("day") > after - timedelta(days=366))
    months = year.group_by(pl.col("day").dt.truncate("1mo").alias("month")).agg(
        pl.col("amount_fen").sum()
    )
    if months.is_empty():
        return
    monthly = months.sort("month")
    first = monthly["month"][0]
    watched = max((after.year - first.year) * 12 + after.month - first.month, 1)
    by_month = monthly.height >= MONTHLY_SHARE * watched
    quarters = monthly.filter(pl.col("month").dt.month().is_in([1, 4, 7, 10]))
    told = monthly if by_month else quarters
    if told.is_empty():
        return
    due = watched if by_month else max(watched // 3, told.height)
    sure = min(told.height * PPM // max(due, told.height), SURE_PPM_MOST)
    amount = fen_of(median(told["amount_fen"].to_list()[-_PERIODS:]))
    last: date = paid["day"].sort().to_list()[-1]
    for day in _due_days(span, calendar, monthly=by_month):
        if (day.year, day.month) != (last.year, last.month):
            yield KnownItem(ItemKind.TAX, day, -amount, ItemSource.TAX_CALENDAR, "", sure)


def _declared(
    taxed: pl.DataFrame, span: tuple[date, date], calendar: Calendar
) -> Iterator[KnownItem]:
    """Yield the value-added tax that the invoices of each period leave to be paid."""
    after, _ = span
    year = taxed.filter(pl.col("day") > after - timedelta(days=366))
    sales = year.filter(pl.col("side") == "sales")
    if sales.is_empty() or not int(sales["tax_fen"].sum()):
        return
    # Of a tax of a few per cent of sales, three hundredths is the mildest rate that there is.
    monthly = int(sales["tax_fen"].sum()) * 100 > GENERAL_SALES_FEN * 3
    months = 1 if monthly else 3
    for due in _due_days(span, calendar, monthly=monthly):
        end = date(due.year, due.month, 1)
        if end > after + timedelta(days=1):  # the period is still running: as the last full one
            whole = date(after.year, after.month, 1)
            end = whole if monthly else add_months(whole, -((whole.month - 1) % 3))
        begin = add_months(end, -months)
        of_period = year.filter(pl.col("day") >= begin, pl.col("day") < end)
        out = int(of_period.filter(pl.col("side") == "sales")["tax_fen"].sum())
        back = int(of_period.filter(pl.col("side") == "purchases")["tax_fen"].sum())
        owed = max(out - back, 0) if monthly else max(out, 0)
        if owed:
            yield KnownItem(ItemKind.TAX, due, -owed, ItemSource.TAX_CALENDAR, "增值税")


def _due_days(span: tuple[date, date], calendar: Calendar, *, monthly: bool) -> Iterator[date]:
    after, until = span
    month = date(after.year, after.month, 1)
    while month <= until:
        if monthly or month.month % 3 == 1:
            due = due_day(month.year, month.month, calendar, after)
            if after < due <= until:
                yield due
        month = add_months(month, 1)


def _moves(off: BoolArray, weekdays: Sequence[int], day: int, year: int) -> bool:
    """Tell whether the days off in a row that hold a day move the term."""
    first = last = day
    while off[first - 1]:
        first -= 1
    while off[last + 1]:
        last += 1
    at_work_else = sum(weekdays[place] < _SATURDAY for place in range(first, last + 1))
    named = at_work_else > 1 or year >= WEEKENDS_NAMED_FROM
    return named and last - first + 1 >= RUN_DAYS
