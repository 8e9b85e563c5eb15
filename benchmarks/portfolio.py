"""Synthetic applications and signals in Parquet files, for batches of millions. Nobody is real.

Every business has one application and the signals of one to three sources; amounts are lognormal,
everything else is spread over the bins of the expert scorecard and a little beyond.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.credit import expert_scorecard
from martlet.signals import KINDS, Unit

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from martlet.credit.scorecard import Characteristic

ROWS_A_FILE = 250_000
SEED = 20_260_302
AS_OF = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
SOURCES = {"takings": 0.45, "payment": 0.35, "order": 0.25, "invoice": 0.25, "bank": 0.2}
"""How many businesses in a hundred have records of a sort: made up."""
PRODUCTS = ("revolving_daily", "revolving_daily", "revolving_daily", "equal_instalments")


def write_portfolio(folder: Path, count: int) -> tuple[Path, Path]:
    """Write `count` applications and as many businesses' signals; return the two folders."""
    applications, signals = folder / "applications", folder / "signals"
    applications.mkdir(parents=True)
    signals.mkdir()
    for number, first in enumerate(range(0, count, ROWS_A_FILE)):
        chance = np.random.default_rng((SEED, number))
        rows = min(ROWS_A_FILE, count - first)
        parties = _ids(chance, rows)
        name = f"{number:04d}.parquet"
        _applications(chance, parties).write_parquet(applications / name, compression="lz4")
        _signals(chance, parties).write_parquet(signals / name, compression="lz4")
    return applications, signals


def _ids(chance: np.random.Generator, rows: int) -> pl.Series:
    data = chance.bytes(16 * rows).hex()
    return pl.Series([data[at : at + 32] for at in range(0, 32 * rows, 32)])


def _applications(chance: np.random.Generator, parties: pl.Series) -> pl.DataFrame:
    rows = len(parties)
    days = np.array([0, 30, 90, 180, 360])[chance.integers(0, 5, rows)]
    product = np.array(PRODUCTS)[chance.integers(0, len(PRODUCTS), rows)]
    revolving = product == "revolving_daily"
    return pl.DataFrame(
        {
            "application_id": _ids(chance, rows),
            "party_id": parties,
            "product": product,
            "requested_fen": np.exp(chance.normal(14.5, 1.2, rows)).astype(np.int64),
            "tenor_days": np.where(revolving, days, 0),
            "committed_fen": np.where(
                chance.random(rows) < 0.1, np.exp(chance.normal(13.0, 1.0, rows)), 0
            ).astype(np.int64),
        }
    ).with_columns(tenor_days=pl.when(pl.col("tenor_days") > 0).then("tenor_days"))


def _signals(chance: np.random.Generator, parties: pl.Series) -> pl.DataFrame:
    rows = len(parties)
    has = {source: chance.random(rows) < share for source, share in SOURCES.items()}
    columns: dict[str, NDArray[np.int64] | pl.Series] = {"party_id": parties}
    empty = {}
    for part in expert_scorecard().characteristics:
        columns[part.kind] = _values(chance, part, rows)
        columns[f"{part.kind}#n"] = chance.geometric(1 / 60, rows)
        empty[part.kind] = ~has.get(part.kind.partition("_")[0], np.ones(rows, dtype=bool))
    frame = pl.DataFrame(columns).with_columns(
        pl.when(~pl.Series(missing)).then(pl.col(kind)).alias(kind)
        for kind, missing in empty.items()
    )
    late = pl.Series(chance.random(rows) < 0.02)
    gone, held = pl.lit(AS_OF - timedelta(days=1)), pl.lit(AS_OF + timedelta(days=9))
    return frame.with_columns(
        known_at=pl.lit(AS_OF - timedelta(days=2)),
        expires_at=pl.when(late).then(gone).otherwise(held),
    )


def _values(chance: np.random.Generator, part: Characteristic, rows: int) -> NDArray[np.int64]:
    kind = KINDS[part.kind]
    if kind.unit is Unit.FEN:
        return np.exp(chance.normal(14.0, 1.5, rows)).astype(np.int64)
    edges = np.array([0, *part.edges, part.edges[-1] * 5 // 4 + 1])
    place = chance.integers(0, len(edges) - 1, rows)
    values = edges[place] + (chance.random(rows) * (edges[place + 1] - edges[place]))
    most = kind.maximum if kind.maximum is not None else edges[-1]
    return np.clip(values, kind.minimum or 0, most).astype(np.int64)
