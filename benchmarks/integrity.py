"""What the checks for fraud find: on real firms, on the same with fraud planted, and how fast.

    python -m benchmarks.integrity [--data ../shared/data/credit/cumcm2020c]

Real: which of 425 firms trip which check on three days, by the outcome of those where one is known
(told, never tuned on). Planted (synthetic): each scheme put into copies of every firm with a year
of sales, at several sizes; how many are stopped. Placebo: every firm's largest supplier renamed to
its largest buyer, which honest trade could be; how many are stopped. Books: firms whose sales
invoices stand among another firm's sales, by marks and by comparing every invoice.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import tempfile
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from tools.plant_fraud import SCHEMES, planted

from benchmarks.machine import machine_lines
from martlet.records import Kind, read_records
from martlet.records.integrity import findings_of
from martlet.records.integrity.limits import MARK_DAYS
from martlet.records.integrity.marks import marks_of
from martlet.records.integrity.standing import standing_invoices
from martlet.signals import kind_of

DATA = Path("../shared/data/credit/cumcm2020c")
SHANGHAI = ZoneInfo("Asia/Shanghai")
DAYS = (date(2018, 12, 31), date(2019, 6, 30), date(2020, 2, 21))
SHARES_PERCENT = (10, 30, 50)
PLANTED_SALES_MIN = 50
ONE_FIRM_ROWS = 5_000
TIMES = 20


def main() -> None:
    """Run every measurement once and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    given = arguments.parse_args()
    if not given.data.is_dir():
        arguments.error(f"no data at {given.data}: this benchmark needs the real invoices")
    with tempfile.TemporaryDirectory() as folder:
        for line in machine_lines(Path(folder)):
            print(line)
    book = read_records(sorted(given.data.glob("*_*.parquet")), date(2026, 1, 1))[Kind.INVOICES]
    outcomes = {
        row["firm_id"]: "defaulted" if row["defaulted"] == "1" else "paid"
        for row in csv.DictReader((given.data / "123_firms.csv").open(encoding="utf-8"))
    }
    for day in DAYS:
        _real(book, day, outcomes)
    _planted(book, DAYS[-1])
    _placebo(book)
    _books(book, DAYS[-1])
    _speed(book, DAYS[-1])


def _noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)


def _stopped(book: pl.DataFrame, day: date) -> set[str]:
    found = findings_of({Kind.INVOICES: book}, _noon(day))
    return {
        party
        for party, findings in found.items()
        if any(kind_of(one.kind).role == "exclusion" for one in findings)
    }


def _real(book: pl.DataFrame, day: date, outcomes: dict[str, str]) -> None:
    begun = perf_counter()
    found = findings_of({Kind.INVOICES: book}, _noon(day))
    spent = perf_counter() - begun
    seen = book.filter(pl.col("day") <= day)
    print(f"\n{day}: {seen['party_id'].n_unique()} firms, {seen.height:,} invoices, {spent:.2f} s")
    tripped = Counter(
        (one.kind, outcomes.get(party, "unknown"))
        for party, findings in found.items()
        for one in findings
    )
    for (kind, outcome), firms in sorted(tripped.items()):
        print(f"  {kind_of(kind).role:9} {kind:34} {outcome:9} {firms:3}")
    print(f"  stopped: {sorted(_stopped(book, day)) or 'none'}")


def _planted(book: pl.DataFrame, day: date) -> None:
    rng = np.random.default_rng(310)
    year = book.filter(
        pl.col("valid"), pl.col("side") == "sales", pl.col("day") > day - timedelta(days=365)
    )
    counts = year.group_by("party_id").len().filter(pl.col("len") >= PLANTED_SALES_MIN)
    firms = [
        group
        for group in book.partition_by("party_id", maintain_order=True)
        if group["party_id"][0] in set(counts["party_id"])
    ]
    print(f"\nplanted (synthetic) in {len(firms)} firms with {PLANTED_SALES_MIN}+ sales a year")
    for scheme in SCHEMES:
        told = []
        for share in SHARES_PERCENT:
            copies = pl.concat([planted(firm, scheme, day, share, rng) for firm in firms])
            told.append(f"{share} % of sales: {len(_stopped(copies, day)) / len(firms):6.1%}")
        print(f"  {scheme:15} stopped at {', '.join(told)}")


def _placebo(book: pl.DataFrame) -> None:
    """Print how many are stopped if the n-th largest supplier were the n-th largest buyer."""
    sums = book.filter(pl.col("valid")).group_by("party_id", "side", "counterparty")
    ranked = sums.agg(pl.col("total_fen").sum()).with_columns(
        pl.col("total_fen").rank("ordinal", descending=True).over("party_id", "side").alias("rank")
    )
    renamed = (
        book.join(ranked.drop("total_fen"), on=["party_id", "side", "counterparty"], how="left")
        .with_columns(
            pl.when(pl.col("rank") <= 3)
            .then(pl.format("partner {}", "rank"))
            .otherwise("counterparty")
            .alias("counterparty")
        )
        .select(book.columns)
    )
    print("\nplacebo: the three largest suppliers of each firm renamed to its three largest buyers")
    for day in DAYS:
        firms = book.filter(pl.col("day") <= day)["party_id"].n_unique()
        stopped = _stopped(renamed, day)
        print(f"  {day}: {len(stopped)} of {firms} stopped ({len(stopped) / firms:.1%})")


def _books(book: pl.DataFrame, day: date) -> None:
    """Print the pairs of firms with equal sales invoices, found by marks and one by one."""
    standing = standing_invoices(book, _noon(day))
    holders: dict[int, list[str]] = {}
    marks = marks_of(standing)
    for party, own in marks.items():
        for mark in own:
            holders.setdefault(mark.mark, []).append(party)
    by_marks = Counter(
        pair for parties in holders.values() for pair in combinations(sorted(parties), 2)
    )
    sales = standing.rows.filter(pl.col("side") == "sales", pl.col("age_days") < MARK_DAYS)
    key = ("number", "day", "amount_fen")
    exact = (
        sales.join(sales, on=key, suffix="_other")
        .filter(pl.col("party_id") < pl.col("party_id_other"))
        .group_by("party_id", "party_id_other")
        .len()
        .sort("len", descending=True)
    )
    print("\nbooks with equal sales invoices, two years back, among all pairs of firms")
    for one, other, count in exact.iter_rows():
        print(
            f"  {one} and {other}: {count:,} equal invoices, {by_marks[one, other]} equal marks"
            f" of {len(marks[one])} and {len(marks[other])}"
        )
    print(f"  pairs with equal marks: {len(by_marks)}")


def _speed(book: pl.DataFrame, day: date) -> None:
    sizes = book.group_by("party_id").len().with_columns(
        (pl.col("len").cast(pl.Int64) - ONE_FIRM_ROWS).abs().alias("apart")
    )  # fmt: skip
    chosen = sizes.sort("apart", "party_id").row(0, named=True)
    one = book.filter(pl.col("party_id") == chosen["party_id"])
    spent = []
    for _ in range(TIMES):
        begun = perf_counter()
        findings_of({Kind.INVOICES: one}, _noon(day))
        spent.append((perf_counter() - begun) * 1000)
    print(f"\none firm of {one.height:,} invoices: {statistics.median(spent):.1f} ms (median)")


if __name__ == "__main__":
    main()
