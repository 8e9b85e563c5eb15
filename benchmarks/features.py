"""How fast ten million orders become figures, by the same definitions that the counter uses.

    python -m benchmarks.features [--orders 10000000] [--folder DIR] [--quick]

Writes synthetic orders (a hundred a merchant in the mean, heavy-tailed; a year; one in a hundred
said again later with another outcome) in the shelf's own shards and form, then reads each shard
and computes every order feature of every merchant, as a nightly run does. Writing is not counted.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import zlib
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter, process_time
from uuid import UUID

import numpy as np
import polars as pl

from benchmarks.machine import machine_lines
from martlet.records import COLUMNS, FEATURES, Kind, features_of
from martlet.records.limits import ROW_GROUP_ROWS, SHARDS

AS_OF = datetime(2026, 3, 2, 1, tzinfo=UTC)
TODAY = date(2026, 3, 2)
ORDERS_A_MERCHANT = 100
BAR_S = 10.0
ROUNDS = 25


def main() -> None:
    """Write the orders, compute the features, print what it took."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--orders", type=int, default=10_000_000)
    arguments.add_argument("--folder", type=Path, help="where to write (default: temporary)")
    arguments.add_argument("--quick", action="store_true", help="100,000 orders, to see it run")
    given = arguments.parse_args()
    orders = 100_000 if given.quick else given.orders
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="martlet-features-") as home:
        for line in machine_lines(Path(home)):
            print(line)
        begun = perf_counter()
        written, megabytes = _write(Path(home), orders)
        print(f"data      {written:,} synthetic orders, {megabytes:,.0f} MB of Parquet,"
              f" written in {perf_counter() - begun:.1f} s (not counted)")  # fmt: skip
        _measure(Path(home), written)
    _one_by_one()


def _measure(home: Path, written: int) -> None:
    begun, cpu = perf_counter(), process_time()
    merchants = 0
    for path in sorted(home.glob("*.parquet")):
        merchants += features_of({Kind.ORDERS: pl.read_parquet(path)}, AS_OF).height
    wall_s, cpu_s = perf_counter() - begun, process_time() - cpu
    told = sum(feature.slug.startswith("order_") for feature in FEATURES)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"features  {told} of orders, for {merchants:,} merchants")
    print(f"wall      {wall_s:.2f} s (bar {BAR_S:.0f} s for 10 million on 2 cores)")
    print(f"CPU       {cpu_s:.2f} s, {cpu_s / written * 1e6:.2f} s a million orders")
    print(f"memory    {peak_mb:,} MB at the peak, writing included")


def _write(home: Path, orders: int) -> tuple[int, float]:
    """Write shards as the shelf does; return how many rows and megabytes."""
    rng = np.random.default_rng(11)
    merchants = max(orders // ORDERS_A_MERCHANT, 1)
    weights = rng.lognormal(0.0, 1.4, merchants)
    sizes = np.maximum(1, orders * weights / weights.sum()).astype(np.int64)
    ids = [f"01900000-0000-7000-8000-{number:012x}" for number in range(merchants)]
    shard_of = np.array([zlib.crc32(UUID(one).bytes) % SHARDS for one in ids])
    written = 0
    for shard in range(SHARDS):
        here = np.flatnonzero(shard_of == shard)
        rows = _orders(rng, np.repeat(here, sizes[here]), sizes)
        names = pl.DataFrame({"merchant": np.arange(merchants), "party_id": ids})
        whole = rows.join(names, on="merchant").select(COLUMNS[Kind.ORDERS].keys())
        again = whole.sample(fraction=0.01, seed=shard).with_columns(
            pl.lit(1, pl.Int32).alias("revision"), pl.col("total_fen").alias("refunded_fen")
        )
        told = pl.concat([whole, again]).cast(dict(COLUMNS[Kind.ORDERS]))
        written += told.height
        told.sort("party_id", "day", maintain_order=True).write_parquet(
            home / f"{shard:02d}.parquet", compression="zstd", row_group_size=ROW_GROUP_ROWS
        )
    return written, sum(path.stat().st_size for path in home.glob("*.parquet")) / 1e6


def _orders(rng: np.random.Generator, merchant: np.ndarray, sizes: np.ndarray) -> pl.DataFrame:
    count = len(merchant)
    pool = np.maximum(1, sizes[merchant] * 6 // 10)
    bought = np.round(rng.lognormal(8.5, 0.8, count)).astype(np.int64) + 100
    round_price = rng.integers(1, 50, count) * 1_000
    day = (TODAY - date(1970, 1, 1)).days - rng.integers(0, 365, count)
    fate = rng.random(count)
    sent = rng.random(count) < 0.8
    frame = pl.DataFrame(
        {
            "merchant": merchant,
            "row": np.arange(count),
            "customer": (rng.random(count) ** 2 * pool).astype(np.int64) + merchant * 1_000_000,
            "total_fen": np.where(rng.random(count) < 0.1, round_price, bought),
            "back": rng.random(count) < 0.04,
            "fate": fate,
            "stars": rng.integers(1, 6, count),
            "rated": rng.random(count) < 0.4,
            "day": day.astype(np.int32),
            "promised": np.where(sent, day + 3, 0).astype(np.int32),
            "delivered": np.where(sent, day + rng.integers(1, 6, count), 0).astype(np.int32),
        }
    )
    done, cancelled = pl.col("fate") < 0.93, pl.col("fate") < 0.98
    status = pl.when(done).then(pl.lit("completed")).when(cancelled).then(pl.lit("cancelled"))
    return frame.select(
        "merchant",
        pl.format("order-{}-{}", "merchant", "row").alias("row_id"),
        pl.lit(0, pl.Int32).alias("revision"),
        pl.lit(datetime(2026, 1, 1, tzinfo=UTC)).alias("known_at"),
        pl.lit("synthetic").alias("source"),
        pl.col("day").cast(pl.Date),
        pl.format("customer-{}", "customer").alias("customer"),
        "total_fen",
        pl.when(done & pl.col("back")).then("total_fen").otherwise(0).alias("refunded_fen"),
        status.otherwise(pl.lit("open")).alias("status"),
        pl.when("rated").then(pl.col("stars") * 200_000).alias("rating_ppm"),
        *(
            pl.when(pl.col(name) > 0).then(pl.col(name).cast(pl.Date)).alias(f"{name}_on")
            for name in ("promised", "delivered")
        ),
    )


def _one_by_one() -> None:
    """Print what one merchant's features cost at the counter, where the plan is most of it."""
    rng = np.random.default_rng(12)
    rows = _orders(rng, np.zeros(2_400, np.int64), np.array([2_400]))
    one = rows.with_columns(pl.lit("01900000-0000-7000-8000-000000000000").alias("party_id"))
    records = {
        Kind.ORDERS: one.select(COLUMNS[Kind.ORDERS].keys()).cast(dict(COLUMNS[Kind.ORDERS]))
    }
    taken = []
    for _ in range(ROUNDS):
        begun = perf_counter()
        features_of(records, AS_OF)
        taken.append((perf_counter() - begun) * 1000)
    print(f"counter   {statistics.median(taken):.1f} ms median, {min(taken):.1f} ms at best for one"
          f" merchant with 2,400 orders ({os.cpu_count()} cores)")  # fmt: skip


if __name__ == "__main__":
    main()
