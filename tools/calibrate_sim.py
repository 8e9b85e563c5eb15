"""Work out the constants of the simulated world from real data and write `sim/calibration.toml`.

    python tools/calibrate_sim.py DATA_FOLDER [TARGET]

Reads `credit/koubei`, `credit/cumcm2020c` and `credit/sba-california` under the folder; only the
statistics go into the repository, never a row. What no data tells is an assumption and says so.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

TARGET = Path(__file__).resolve().parent.parent / "src" / "martlet" / "sim" / "calibration.toml"
PPM = 1_000_000
FESTIVAL_2016 = date(2016, 2, 8)
MONTHS = 12
BEFORE, AFTER = 2018, 2019
"""The two years between which growth is measured."""
TRADES = {
    "快餐": "fast_food",
    "超市": "supermarket",
    "便利店": "convenience_store",
    "休闲茶饮": "tea_shop",
    "休闲食品": "snack_shop",
    "小吃": "street_food",
    "烘焙糕点": "bakery",
    "中餐": "restaurant",
}
FIRST_OFFSET, LAST_OFFSET = -14, 20
BUSY_DAY_PAYMENTS = 5
"""Shops with fewer payments a day tell nothing about a shape."""

HEADER = """\
# The constants of the simulated world. Written by tools/calibrate_sim.py; do not edit by hand.
# Sources: KOUBEI, daily payments of 1,500 QR-code shops 2015-06..2016-10 (IJCAI-17); CUMCM, sales
# invoices of 425 small firms 2016-10..2020-02 (CUMCM 2020 problem C); SBA, 1,158 loans of small
# Californian firms approved to fiscal 2005. Shares and factors are parts per million.
"""

ASSUMED = """
[assumed]
# No data tells these. They are the simulation's own and move nothing but the simulation.
wholesale_share_ppm = 200_000          # merchants that are firms with invoices and not shops
new_share_ppm = 150_000                # merchants that open during the year before they apply
apply_share_ppm = 800_000              # merchants that ask for credit during the year
instalment_share_ppm = 250_000         # of those, how many want equal instalments
draw_days_mean = 30                    # from having room on a line to drawing on it
draw_share_min_ppm = 150_000           # least and most of what is free that one drawdown takes
draw_share_max_ppm = 900_000
early_share_ppm = 350_000              # daily-interest loans that are paid off before they are due
late_share_ppm = 60_000                # instalments that a sound merchant pays late
late_days_max = 12                     # and how late at most
one_yuan_share_ppm = 30_000            # drawdowns of exactly one yuan, only to try it out
sent_twice_share_ppm = 20_000          # commands whose sender, unsure, sends them once more
decline_days = 75                      # how long the takings of a failing merchant sink
tickets_fen_min = 500                  # what one customer spends, at least and at most
tickets_fen_max = 6_000
wholesale_tickets_fen = 500_000        # and one buyer of a wholesale firm

[rail]
# The weather of the simulated payment rail: assumptions, worse than any rail in use.
instant_ppm = 700_000                  # orders answered at once
delay_hours_max = 60                   # the others, at most so much later
repeat_ppm = 100_000                   # reports that come twice
fail_ppm = 20_000                      # orders that fail and are undone

[spring_festival]
# New Year's Day of the lunar calendar: a fact, needed for every year that is simulated.
days = [
    2018-02-16, 2019-02-05, 2020-01-25, 2021-02-12, 2022-02-01, 2023-01-22, 2024-02-10,
    2025-01-29, 2026-02-17, 2027-02-06, 2028-01-26, 2029-02-13, 2030-02-03, 2031-01-23,
]
"""


def ppm(value: float) -> int:
    """Return a ratio in parts per million, to four digits: no data here knows more."""
    return round(float(value) * 10_000) * 100


def listed(values: np.ndarray) -> str:
    """Write factors as a TOML list, seven a line."""
    texts = [f"{ppm(value):_}" for value in values]
    lines = [", ".join(texts[start : start + 7]) for start in range(0, len(texts), 7)]
    return "[\n    " + ",\n    ".join(lines) + ",\n]"


def koubei(folder: Path) -> str:
    """Return the shape of a shop's days."""
    paid = pl.read_parquet(folder / "shop_daily_payments.parquet")
    spend = pl.read_csv(folder / "shop_info.csv").select("shop_id", "per_pay")
    first, last = paid["date"].min(), paid["date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    shops = {shop: place for place, shop in enumerate(paid["shop_id"].unique().sort())}
    grid = np.full((len(shops), (last - first).days + 1), np.nan)
    for shop, day, payments in paid.iter_rows():
        grid[shops[shop], (day - first).days] = payments
    for row in grid:
        known = np.flatnonzero(~np.isnan(row))
        span = row[known[0] : known[-1] + 1]
        span[np.isnan(span)] = 0
    weekday = np.array([(first.weekday() + place) % 7 for place in range(grid.shape[1])])
    calm = slice((date(2016, 4, 4) - first).days, (date(2016, 9, 12) - first).days)
    week, noise = _week_and_noise(grid[:, calm], weekday[calm])
    festival, closed = _festival(grid, (FESTIVAL_2016 - first).days)
    means = paid.group_by("shop_id").agg(pl.col("payments").mean()).join(spend, on="shop_id")
    takings = np.log((means["payments"] * means["per_pay"]).to_numpy())
    kinds = pl.read_csv(folder / "shop_info.csv").filter(pl.col("shop_id").is_in(list(shops)))
    counted = dict(kinds.group_by("cate_2_name").len().iter_rows())
    trades = "\n".join(f"{slug} = {counted[name]}" for name, slug in TRADES.items())
    zero = float(np.nansum(grid == 0) / np.count_nonzero(~np.isnan(grid)))
    return f"""
[shop]
# KOUBEI. Payments of a weekday over the mean day, Monday first: mean over the shops with payments
# on every day that counts, 2016-04-04..2016-09-11 (no public holiday of a week inside).
weekday_ppm = {listed(week)}
# KOUBEI. Spread (standard deviation) of a day around the 29 days about it, weekday taken out:
# median over the same shops.
noise_ppm = {ppm(noise):_}
# KOUBEI. Days without one payment between a shop's first and last.
closed_ppm = {ppm(zero):_}
# KOUBEI. Payments around Spring Festival 2016 over the weeks before and after it, day by day from
# {-FIRST_OFFSET} days before New Year's Day to {LAST_OFFSET} after: median over the shops with all
# days. Of these shops {closed:.0%} took nothing on New Year's Day.
festival_first_offset = {FIRST_OFFSET}
festival_ppm = {listed(festival)}
# KOUBEI. Median takings of a day in fen (payments times `per_pay` read as yuan, as its SOURCE.md
# does) and the spread of their logarithm over the shops.
takings_median_fen_per_day = {round(float(np.exp(np.median(takings)))) * 100:_}
takings_log_spread_ppm = {ppm(takings.std()):_}
# KOUBEI. Shops of its {len(TRADES)} commonest trades.
[shop.trades]
{trades}
"""


def _week_and_noise(grid: np.ndarray, weekday: np.ndarray) -> tuple[np.ndarray, float]:
    busy = grid[~np.isnan(grid).any(axis=1)]
    busy = busy[busy.mean(axis=1) >= BUSY_DAY_PAYMENTS]
    week = np.array(
        [(busy[:, weekday == day].mean(axis=1) / busy.mean(axis=1)).mean() for day in range(7)]
    )
    level = busy / week[weekday]
    around = np.array([np.convolve(row, np.ones(29) / 29, "valid") for row in level])
    alive = (around > 1).all(axis=1)
    spread = (level[alive, 14:-14] / around[alive]).std(axis=1)
    return week, float(np.median(spread))


def _festival(grid: np.ndarray, new_year: int) -> tuple[np.ndarray, float]:
    calm = np.r_[new_year - 45 : new_year - 24, new_year + 25 : new_year + 46]
    window = grid[:, new_year + FIRST_OFFSET : new_year + LAST_OFFSET + 1]
    known = ~np.isnan(grid[:, calm]).any(axis=1) & ~np.isnan(window).any(axis=1)
    level = grid[known][:, calm].mean(axis=1)
    shape = window[known] / np.where(level >= BUSY_DAY_PAYMENTS, level, np.nan)[:, None]
    closed = float((window[known][:, -FIRST_OFFSET] == 0).mean())
    return np.nanmedian(shape, axis=0), closed


def cumcm(folder: Path) -> str:
    """Return the shape of a firm's invoices, what it takes back, how it grows, who defaults."""
    sides = [pl.read_parquet(folder / f"{part}_sales.parquet") for part in _PARTS]
    valid = pl.concat(sides).filter(pl.col("valid"))
    total, day = pl.col("total"), pl.col("date").dt
    monthly = valid.group_by("firm_id", day.year().alias("y"), day.month().alias("m")).agg(
        total.sum()
    )
    full = monthly.filter(pl.col("y").is_between(2017, 2019), total > 0)
    year = full.group_by("firm_id", "y").agg(total.sum().alias("t"), pl.len().alias("n"))
    whole = year.filter(pl.col("n") == MONTHS)
    shares = full.join(whole, on=["firm_id", "y"])
    season = shares.group_by("m").agg((total / pl.col("t") * MONTHS).mean()).sort("m")
    sold = valid.filter(total > 0)
    week = sold.group_by(day.weekday().alias("w")).agg(total.sum()).sort("w")["total"].to_numpy()
    back = -valid.filter(total < 0)["total"].sum() / sold["total"].sum()
    yearly = monthly.group_by("firm_id", "y").agg(total.sum()).filter(total > 0)
    last = yearly.filter(pl.col("y") == AFTER)
    pair = yearly.filter(pl.col("y") == BEFORE).join(last, on="firm_id", suffix="_next")
    growth = np.log((pair["total_next"] / pair["total"]).to_numpy())
    low, middle, high = np.quantile(growth, [0.25, 0.5, 0.75])
    daily = np.log((last["total"] / 365).to_numpy())
    firms = pl.read_csv(folder / "123_firms.csv")
    bad = int(firms["defaulted"].sum())
    return f"""
[wholesale]
# CUMCM. Sales of a month over the mean month, January first: mean over {whole.height} firm-years
# with sales in every month, 2017..2019. Spring Festival is in it.
month_ppm = {listed(season["total"].to_numpy())}
# CUMCM. Sales of a weekday over the mean day, Monday first.
weekday_ppm = {listed(week / week.mean())}
# CUMCM. Median sales of a day of 2019 in fen, and the spread of their logarithm.
takings_median_fen_per_day = {round(float(np.exp(np.median(daily)))) * 100:_}
takings_log_spread_ppm = {ppm(daily.std()):_}

[merchant]
# CUMCM. What was taken back (red-letter invoices) of what was sold.
refund_ppm = {ppm(back):_}
# CUMCM. Growth from 2018 to 2019 of the firms that sold in both: median, and the spread that the
# middle half of them would have if it were normal (the tails are starts and ends, told apart).
growth_log_median_ppm = {ppm(middle):_}
growth_log_spread_ppm = {ppm((high - low) / 1.349):_}
# CUMCM. Firms with the default flag, {bad} of {firms.height}: the share that fails in a year of
# stress.
fail_stress_ppm = {ppm(firms["defaulted"].mean()):_}
"""


_PARTS = ("123_labelled", "302_unlabelled")


def sba(folder: Path) -> str:
    """Return how many loans fail in a year of their life."""
    path = folder / "SBAcase_to_fy2005.csv"
    loans = pl.read_csv(path, columns=["Term", "Default"]).filter(pl.col("Term") > 0)
    failed = int(loans["Default"].sum())
    years = float(loans["Term"].sum()) / 12
    return f"""# SBA. {failed} of {loans.height} loans charged off in {years:,.0f} loan-years
# (`Term` is how long a loan really ran, which is why it may not be a feature): the share that
# fails in a year.
fail_ppm_per_year = {ppm(failed / years):_}
"""


def main() -> None:
    """Write the file."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    folder, target = (*map(Path, sys.argv[1:3]), TARGET)[:2]
    credit = folder / "credit"
    parts = (
        HEADER,
        koubei(credit / "koubei"),
        cumcm(credit / "cumcm2020c"),
        sba(credit / "sba-california"),
        ASSUMED,
    )
    target.write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
