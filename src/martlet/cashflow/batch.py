"""A million series a night: cut into shards by series once, each shard forecast in a process.

Memory holds a few shards at a time, whatever the size of the file. The invariant: killed at any
moment and run again, it goes on where it stopped, and a folder never mixes two orders. A shard's
figures are written last, so what has figures is whole.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.exceptions import PolarsError

from martlet.cashflow import writing
from martlet.cashflow.calendar import Calendar, chinese_calendar
from martlet.cashflow.forecast import Tier, forecast
from martlet.cashflow.history import ReadingRules, newest_day, read_history, scan
from martlet.cashflow.limits import BATCH_CUT_ROWS, BATCH_SHARDS_MAX
from martlet.cashflow.model import CUMULATIVE_DAYS, LEVELS, Ask, Standing
from martlet.kernel.canonical import canonical_json, parse_json
from martlet.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    OnProgress = Callable[[int, int | None], None]

_ORDER, _PARTS = "order.json", "parts"
_THREADS = ("POLARS_MAX_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What to forecast, how far, by what, and how the work is divided."""

    history: Path
    """A file, or a folder of files of one form."""
    out: Path
    horizon: int
    levels: tuple[float, ...] = LEVELS
    rules: ReadingRules = field(default_factory=ReadingRules)
    calendar: Calendar = field(default_factory=chinese_calendar)
    tier: Tier = Tier.QUICK
    shards: int = 64
    processes: int = 2


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What came out, of all shards together."""

    shards_count: int
    shards_done_before_count: int
    series_count: int
    thin_count: int
    refused_count: int
    answers: str


@dataclass(frozen=True, slots=True)
class _Shard:
    """One shard's work: everything that a process needs to know."""

    number: int
    order: BatchOrder

    def place(self, what: str, suffix: str = ".parquet") -> Path:
        """Return where something of this shard lies."""
        return self.order.out / f"{what}-{self.number:04d}{suffix}"


def run_batch(order: BatchOrder, on_progress: OnProgress | None = None) -> BatchReport:
    """Forecast all series of a file, from wherever an earlier run of the same order stopped."""
    Ask(order.horizon, order.levels)
    if not 1 <= order.shards <= BATCH_SHARDS_MAX:
        raise Invalid("cashflow.shards_outside", shards=order.shards, most=BATCH_SHARDS_MAX)
    files = files_of(order.history)
    order = replace(order, rules=_with_last_day(order, files))
    order.out.mkdir(parents=True, exist_ok=True)
    _pin(order, files)
    _cut_once(order, files)
    shards = [_Shard(number, order) for number in range(order.shards)]
    left = [shard for shard in shards if not shard.place("figures", ".json").exists()]
    done = order.shards - len(left)
    if on_progress is not None:
        on_progress(done, order.shards)
    for count, _ in enumerate(_worked(left, order.processes), done + 1):
        if on_progress is not None:
            on_progress(count, order.shards)
    figures = [parse_json(s.place("figures", ".json").read_bytes()) for s in shards]
    return BatchReport(
        shards_count=order.shards,
        shards_done_before_count=done,
        series_count=sum(one["series"] for one in figures),
        thin_count=sum(one["thin"] for one in figures),
        refused_count=sum(one["refused"] for one in figures),
        answers=str(order.out / "answers-*.parquet"),
    )


def files_of(path: Path) -> list[Path]:
    """Return the files that a path means: itself, or all of a folder, by name."""
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix in writing.FORMATS)
    if not found or len({file.suffix for file in found}) > 1:
        raise Invalid("cashflow.file_unreadable", file=path.name, detail="csv, parquet")
    return found


def forecast_shard(shard: _Shard) -> int:
    """Forecast one shard and put its files in place; what comes is the same on every machine."""
    order = shard.order
    part = order.out / _PARTS / f"shard={shard.number}"
    files = sorted(part.glob("*.parquet")) if part.exists() else []
    figures = {"series": 0, "thin": 0, "refused": 0}
    if files:
        history = read_history(files, order.rules)
        said = forecast(
            history,
            order.horizon,
            order.levels,
            cumulative_days=CUMULATIVE_DAYS,
            calendar=order.calendar,
            tier=order.tier,
        )
        writing.write(writing.answers(said), shard.place("answers"))
        writing.write(writing.totals(said), shard.place("totals"))
        writing.write(writing.marks(said.findings), shard.place("marks"))
        refused = {f.series_id for f in said.findings if f.standing is Standing.REFUSED}
        figures = {
            "series": len(said.series_ids),
            "thin": len(history.thin_ids),
            "refused": len(refused),
        }
    writing.put(shard.place("figures", ".json"), canonical_json(figures))
    return shard.number


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
            "calendar": repr(order.calendar),
            "tier": order.tier,
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
    parts = order.out / _PARTS
    if parts.exists():
        return
    draft = order.out / f"{_PARTS}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    try:
        text = pl.col("series_id").cast(pl.String).str.strip_chars()
        keyed = scan(files).with_columns((text.hash(0) % order.shards).fill_null(0).alias("shard"))
        keyed.sink_parquet(
            pl.PartitionBy(draft, key="shard", include_key=False),
            mkdir=True,
            maintain_order=False,
            statistics=False,
            row_group_size=BATCH_CUT_ROWS,
            compression="lz4",
        )
    except (PolarsError, OSError) as error:
        detail = str(error)[:200]
        raise Invalid("cashflow.file_unreadable", file=files[0].name, detail=detail) from error
    draft.replace(parts)


def _worked(shards: list[_Shard], processes: int) -> Iterator[Any]:
    """Yield as shards are done; in this process where one is enough."""
    if processes == 1 or len(shards) < 2:  # noqa: PLR2004 - one shard needs no pool
        yield from map(forecast_shard, shards)
        return
    with _pool(processes) as pool:
        asked = [pool.submit(forecast_shard, shard) for shard in shards]
        try:
            for future in as_completed(asked):
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose processes each compute with one thread: they are as many as the cores.

    Libraries read how many threads they may use when they are loaded, so it is said before.
    """
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
