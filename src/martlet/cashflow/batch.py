"""A million series a night: cut into shards by series once, each shard forecast in a process.

Memory holds a few shards at a time, whatever the size of the file. The invariant: killed at any
moment and run again, it goes on where it stopped, and a folder never mixes two orders. A shard's
figures are written last, so what has figures is whole.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.exceptions import PolarsError

from martlet.cashflow import writing
from martlet.cashflow.cluster import on_ray
from martlet.cashflow.forecast import Tier
from martlet.cashflow.history import ReadingRules, newest_day
from martlet.cashflow.limits import ACCURATE_SERIES_MAX, BATCH_CUT_ROWS, BATCH_SHARDS_MAX
from martlet.cashflow.model import Ask
from martlet.cashflow.plugins import plugged
from martlet.cashflow.pool import in_processes
from martlet.cashflow.reading import SERIES, scan, unreadable
from martlet.cashflow.shards import PARTS, BatchOrder, On, Outcome, Shard
from martlet.kernel.canonical import canonical_json, parse_json
from martlet.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from martlet.cashflow.calendar import Calendar

    OnProgress = Callable[[int, int | None], None]

__all__ = ["BatchOrder", "BatchReport", "On", "begun_as_of", "files_of", "run_batch"]

_ORDER, _LOCK = "order.json", "lock"


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What came out, of all shards together."""

    shards_count: int
    shards_done_before_count: int
    series_count: int
    thin_count: int
    refused_count: int
    tier: Tier
    broken_shards: tuple[Outcome, ...]
    """The same order again tries these and no others."""
    answers: str


def run_batch(order: BatchOrder, on_progress: OnProgress | None = None) -> BatchReport:
    """Forecast all series of a file, from wherever an earlier run of the same order stopped."""
    Ask(order.horizon, order.levels)
    if not 1 <= order.shards <= BATCH_SHARDS_MAX:
        raise Invalid("cashflow.shards_outside", shards=order.shards, most=BATCH_SHARDS_MAX)
    order.out.mkdir(parents=True, exist_ok=True)
    order = replace(order, out=order.out.resolve())
    with _alone(order.out):
        for left_over in order.out.glob(f"*{writing.DRAFT}"):
            if left_over.is_file():
                left_over.unlink()
        order = _begun(order)
        shards = [Shard(number, order) for number in range(order.shards)]
        left = [shard for shard in shards if not shard.done]
        done = order.shards - len(left)
        if on_progress is not None:
            on_progress(done, order.shards)
        broke = []
        for count, outcome in enumerate(_worked(left, order), done + 1):
            if outcome.broke_by:
                broke.append(outcome)
            if on_progress is not None:
                on_progress(count, order.shards)
        figures = [parse_json(s.place("figures", ".json").read_bytes()) for s in shards if s.done]
    return BatchReport(
        shards_count=order.shards,
        shards_done_before_count=done,
        series_count=sum(one["series"] for one in figures),
        thin_count=sum(one["thin"] for one in figures),
        refused_count=sum(one["refused"] for one in figures),
        tier=order.tier,
        broken_shards=tuple(sorted(broke, key=lambda one: one.number)),
        answers=str(order.out / "answers-*.parquet"),
    )


def begun_as_of(out: Path) -> date | None:
    """Return the day after which a folder's order knows nothing; None where none was begun.

    A night goes past midnight: what was begun yesterday goes on as of yesterday.
    """
    place = out / _ORDER
    if not place.exists():
        return None
    told = parse_json(place.read_bytes())["rules"]["as_of"]
    return None if told == "None" else date.fromisoformat(told)


def _worked(shards: list[Shard], order: BatchOrder) -> Iterator[Outcome]:
    if order.on is On.RAY and shards:
        return on_ray(shards, order.processes, order.address)
    return in_processes(shards, order.processes)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder while a batch runs; a second one on it is refused, a killed one lets go."""
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise Conflict("cashflow.batch_running", folder=folder.name) from error
    finally:
        os.close(handle)


def _begun(order: BatchOrder) -> BatchOrder:
    """Return the order with all that its shards share, its file cut."""
    files = files_of(order.history)
    told = order.tier
    order = replace(order, rules=_with_last_day(order, files))
    _pin(order, files)
    _cut_once(order, files)
    # What is cut has our names already.
    order = replace(order, rules=replace(order.rules, columns=()))
    if not any((order.out / PARTS).iterdir()):
        raise Invalid("cashflow.history_empty", file=order.history.name)
    if told is Tier.AUTO:
        order = replace(order, tier=_tier_for(order))
    if order.plugins and order.tier is Tier.QUICK:
        raise Invalid("cashflow.plugins_unused", names=", ".join(order.plugins)[:80])
    plugged(order.plugins, order.calendar)
    return order


def _tier_for(order: BatchOrder) -> Tier:
    """Return which tier the whole file is worth: a shard alone would always seem small."""
    parts = sorted((order.out / PARTS).glob("*/*.parquet"))
    names = pl.scan_parquet(parts, glob=False).select(pl.col(SERIES).approx_n_unique())
    count = int(names.collect(engine="streaming").item())
    return Tier.ACCURATE if count <= ACCURATE_SERIES_MAX else Tier.QUICK


def files_of(path: Path) -> list[Path]:
    """Return the files that a path means: itself, or all of a folder, by name."""
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix in writing.FORMATS)
    if not found or len({file.suffix for file in found}) > 1:
        raise Invalid("cashflow.file_unreadable", file=path.name, detail="csv, parquet")
    return found


def _with_last_day(order: BatchOrder, files: list[Path]) -> ReadingRules:
    """Return the rules with one last day for all shards: every forecast begins on the same day."""
    return replace(order.rules, last_day=newest_day(files, order.rules))


def _pin(order: BatchOrder, files: list[Path]) -> None:
    """Write down what this folder is made from; another order's folder is refused."""
    stats = {str(file.resolve()): file.stat() for file in files}
    rules = {name: str(value) for name, value in asdict(order.rules).items()}
    told = canonical_json(
        {
            "format": 1,
            "inputs": {name: [stat.st_size, stat.st_mtime_ns] for name, stat in stats.items()},
            "horizon": order.horizon,
            "levels": [f"{level:g}" for level in order.levels],
            "rules": rules,
            "calendar": _told(order.calendar),
            "tier": order.tier,
            "plugins": order.plugins,
            "shards": order.shards,
        }
    )
    place = order.out / _ORDER
    if place.exists() and place.read_bytes() != told:
        raise Conflict("cashflow.batch_other_order", folder=order.out.name)
    writing.put(place, told)


def _cut_once(order: BatchOrder, files: list[Path]) -> None:
    """Cut the file; half-cut parts of a killed run are thrown away and cut anew.

    By the hash that polars gives a text, which holds within a version; a run is cut once.
    """
    parts = order.out / PARTS
    if parts.exists():
        return
    draft = order.out / f"{PARTS}{writing.DRAFT}"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        text = pl.col(SERIES).cast(pl.String).str.strip_chars()
        keyed = scan(files, dict(order.rules.columns)).with_columns(
            (text.hash(0) % order.shards).fill_null(0).alias("shard")
        )
        keyed.sink_parquet(
            pl.PartitionBy(draft, key="shard", include_key=False),
            mkdir=True,
            maintain_order=False,
            statistics=False,
            row_group_size=BATCH_CUT_ROWS,
            compression="lz4",
        )
    except (PolarsError, OSError) as error:
        raise unreadable(files[0].name, error) from error
    draft.replace(parts)


def _told(calendar: Calendar) -> dict[str, Any]:
    """Return a calendar in an order that every process gives it."""
    decrees = [
        {name: sorted(map(str, v)) if isinstance(v, frozenset) else str(v) for name, v in one}
        for one in (asdict(decree).items() for decree in calendar.decrees)
    ]
    return {"observed": calendar.observed, "decrees": decrees}
