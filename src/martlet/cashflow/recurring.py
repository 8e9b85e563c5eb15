"""What comes month by month: the same side, about the same amount, about the same day.

Found in the records by (counterparty, amount, day of the month): rent, wages, an insurance. The
invariant: whatever is found is handed back with the rows that it repeats, so that a forecast is
made of the rest; what comes more often than monthly, or in amounts of its own, is left to it.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from martlet.cashflow.fen import fen_of
from martlet.cashflow.known_flows import Delay, ItemKind, ItemSource, KnownItem
from martlet.kernel.calendar import add_months
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TAX_WORDS = "税务|国库|税款|增值税|所得税|附加税|印花税|缴税|扣税|tax"
WAGE_WORDS = "工资|薪资|薪酬|代发|payroll|salary|wages"
RENT_WORDS = "房租|租金|租赁费|物业|rent|lease"

WATCHED_DAYS = 400
"""Thirteen months: each day of the month a dozen times."""

MONTHS_LEAST = 3
SIDES_MOST = 500
"""Sides looked at, those that moved most first."""

DAY_APART_MOST = 4
AMOUNT_APART_MOST = 0.2
WAGES_APART_MOST = 0.5
"""Wages follow who worked how much."""

HELD_SHARE = 0.75
"""Of its times that lie so near the middle."""

PER_MONTH_MOST = 1.3
SILENT_DAYS_MOST = 45
"""Whoever did not come for a month and a half has ended."""

SURE_PPM_MOST = 990_000


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What recurs, and the rows that it stands for."""

    items: tuple[KnownItem, ...]
    rows: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When in a month, how much, how surely."""

    day: int
    """Of the month; 31 is its last day."""
    amount_fen: int
    probability_ppm: int
    delay: Delay
    last_on: date

    def due_days(self, after: date, until: date) -> Iterator[date]:
        """Yield the days on which it is due, none of a month that is paid already."""
        first = date(after.year, after.month, 1)
        for months in range((until - after).days // 28 + 2):
            month = add_months(first, months)
            due = date(month.year, month.month, min(self.day, _last_day(month)))
            if after < due <= until and (due - self.last_on).days > 15:  # noqa: PLR2004 - half a month
                yield due


def recurring(rows: pl.DataFrame, sign: int, after: date, until: date) -> Found:
    """Return what recurs in one side's rows (sign 1 in, -1 out), due after a day and until another.

    Tax is not looked at here: its days follow the calendar.
    """
    words = pl.concat_str("purpose", pl.lit(" "), "counterparty").str.to_lowercase()
    wages, rent = words.str.contains(WAGE_WORDS), words.str.contains(RENT_WORDS)
    keyed = rows.filter(~words.str.contains(TAX_WORDS)).with_columns(
        pl.when(wages & (sign < 0)).then(pl.lit("工资")).otherwise("counterparty").alias("key"),
        pl.when(wages & (sign < 0))
        .then(pl.lit(ItemKind.WAGES.value))
        .when(rent)
        .then(pl.lit(ItemKind.RENT.value))
        .otherwise(pl.lit(ItemKind.RECURRING.value))
        .alias("kind"),
    )
    seen = keyed.filter(pl.col("key") != "", pl.col("day") > after - timedelta(days=WATCHED_DAYS))
    daily = seen.group_by("key", "kind", "day").agg(pl.col("amount_fen").sum())
    sides = (
        daily.group_by("key", "kind")
        .agg(
            pl.col("day").sort(),
            pl.col("amount_fen").sort_by("day"),
            pl.col("amount_fen").sum().alias("sum"),
        )
        .filter(pl.col("day").list.len().is_between(MONTHS_LEAST, 20))
        .sort("sum", "key", descending=[True, False])
        .head(SIDES_MOST)
    )
    items: list[KnownItem] = []
    kept: list[tuple[str, str]] = []
    for key, kind, days, amounts, _ in sides.iter_rows():
        apart = WAGES_APART_MOST if kind == ItemKind.WAGES.value else AMOUNT_APART_MOST
        rhythm = rhythm_of(days, amounts, after, apart)
        if rhythm is None:
            continue
        kept.append((key, kind))
        items += [
            KnownItem(
                ItemKind(kind), due, sign * rhythm.amount_fen, ItemSource.RECORDS,
                key if kind != ItemKind.WAGES.value else "",
                rhythm.probability_ppm, rhythm.delay,
            )
            for due in rhythm.due_days(after, until)
        ]  # fmt: skip
    names = pl.DataFrame(kept, schema={"key": pl.String, "kind": pl.String}, orient="row")
    taken = keyed.join(names, on=["key", "kind"], how="semi").select("day", "amount_fen")
    return Found(tuple(items), taken)


def rhythm_of(
    days: Sequence[date], amounts_fen: Sequence[int], after: date, apart: float
) -> Rhythm | None:
    """Return the monthly rhythm of a side's days and amounts; None where there is none."""
    months = [day.year * 12 + day.month for day in days]
    span = months[-1] - months[0] + 1
    ended = (after - days[-1]).days > SILENT_DAYS_MOST
    if len(set(months)) < MONTHS_LEAST or ended or len(days) > PER_MONTH_MOST * span:
        return None
    middle = median(amounts_fen)
    near = sum(abs(fen - middle) <= apart * middle for fen in amounts_fen)
    day, offsets = _day_of_month(days)
    held = sum(abs(off) <= DAY_APART_MOST for off in offsets)
    if min(near, held) < HELD_SHARE * len(days):
        return None
    sure = min(len(set(months)) * PPM // span, SURE_PPM_MOST)
    inside = sorted(off for off in offsets if abs(off) <= DAY_APART_MOST)
    return Rhythm(day, fen_of(median(amounts_fen[-3:])), sure, delay_of(inside), days[-1])


def delay_of(offsets: Sequence[int]) -> Delay:
    """Return how late things came, as they came."""
    if not offsets:
        return Delay()
    days = sorted(set(offsets))
    chances = [offsets.count(day) * PPM // len(offsets) for day in days]
    chances[0] += PPM - sum(chances)
    return Delay(tuple(days), tuple(chances))


def _day_of_month(days: Sequence[date]) -> tuple[int, list[int]]:
    """Return the middle day and how far each was from it; counted from the end where that fits."""
    from_start = [day.day for day in days]
    middle = int(median(from_start))
    offsets = [day - middle for day in from_start]
    from_end = [_last_day(day) - day.day for day in days]
    late = [-(back) for back in from_end]
    if sum(map(abs, late)) < sum(map(abs, offsets)):
        return 31, late
    return middle, offsets


def _last_day(day: date) -> int:
    return monthrange(day.year, day.month)[1]
