"""How long a night of forecasts takes: a million daily series, a year each, four weeks ahead.

`python -m benchmarks.cashflow [--series 100000] [--days 364] [--processes 2] [--folder DIR]` makes
synthetic series (weekday profiles, intermittent flows, growth), writes them as Parquet in long
form, and runs the batch of `martlet cashflow batch` on them: cut into shards, read, judged,
forecast (9 quantiles a day, 28 days, and totals), written. A slice is scaled to a million in
proportion, and said so: every step takes a series at a time. Making the series is not counted.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl

from benchmarks.machine import machine_lines
from martlet.cashflow.batch import BatchOrder, run_batch

MILLION = 1_000_000
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
HORIZON_DAYS = 28
FIRST_DAY = date(2025, 11, 1)
ROWS_A_FILE = 10_000


def write_series(folder: Path, count: int, days: int) -> None:
    """Write synthetic series, some thousands a file."""
    rng = np.random.default_rng(20)
    calendar = pl.Series([FIRST_DAY + timedelta(days=n) for n in range(days)], dtype=pl.Date)
    for start in range(0, count, ROWS_A_FILE):
        rows = min(ROWS_A_FILE, count - start)
        weekday = rng.gamma(4, 0.25, size=(rows, 7))[:, np.arange(days) % 7]
        busy = rng.random((rows, days)) < rng.choice([0.05, 0.3, 0.95, 1.0], size=(rows, 1))
        level = np.exp(rng.normal(6, 1.5, size=(rows, 1)))
        values = np.round(level * weekday * busy * rng.gamma(2, 0.5, size=(rows, days)), 2)
        names = pl.Series([f"shop-{start + row:07d}" for row in range(rows)])
        pl.DataFrame(
            {
                "series_id": names.gather(np.repeat(np.arange(rows), days)),
                "date": calendar.gather(np.tile(np.arange(days), rows)),
                "value": values.ravel(),
            }
        ).write_parquet(folder / f"series-{start:07d}.parquet", compression="lz4")


def main() -> None:
    """Run the batch on a slice and print what a million would take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=MILLION)
    parser.add_argument("--days", type=int, default=364)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        for line in machine_lines(folder):
            print(line)
        source = folder / "series"
        source.mkdir()
        write_series(source, asked.series, asked.days)
        shards = max(2, round(64 * asked.series / MILLION))
        order = BatchOrder(
            source, folder / "out", HORIZON_DAYS, LEVELS, shards=shards, processes=asked.processes
        )
        start = perf_counter()
        report = run_batch(order)
        seconds = perf_counter() - start
        written = sum(f.stat().st_size for f in (folder / "out").glob("*.parquet"))
    workers_gib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    own_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    scaled = seconds * MILLION / asked.series
    print(
        f"{report.series_count:,} series x {asked.days} days -> {HORIZON_DAYS} days x"
        f" {len(LEVELS)} quantiles + totals, {shards} shards, {asked.processes} processes:"
        f" {seconds:.1f} s, {written / 2**20:.0f} MiB written"
    )
    if asked.series != MILLION:
        print(f"scaled in proportion to {MILLION:,} series: {scaled / 60:.1f} min (not measured)")
    print(
        f"peak memory {own_gib:.2f} GiB here + {asked.processes} x {workers_gib:.2f} GiB at most"
        f" = {own_gib + asked.processes * workers_gib:.2f} GiB (synthetic series; making them is"
        " not in the time but is in the memory)"
    )


if __name__ == "__main__":
    main()
