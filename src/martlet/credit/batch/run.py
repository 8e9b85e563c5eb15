"""A batch from files to files: cut into shards once, each shard decided in a process of a pool.

Memory holds a few shards at a time, whatever the size of the files. The invariant: killed at any
moment and run again, it goes on where it stopped, and what comes out is the same to the byte.
"""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

from martlet.credit.batch.inputs import APPLICATIONS, SIGNALS, cut, files_of
from martlet.credit.batch.manifest import (
    Manifest,
    continued,
    hash_of_file,
    put_bytes,
    put_in_place,
    write_manifest,
)
from martlet.credit.batch.shard import ShardOrder, decide_shard
from martlet.credit.limits import BATCH_SHARDS_MAX
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard

    OnProgress = Callable[[int, int | None], None]

PARTS, POLICY, MODEL = "parts", "policy.toml", "model.json"


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """What to decide, by what, as of when, and how the work is divided."""

    applications: Path
    signals: Path
    out: Path
    policy: Policy
    model: Scorecard
    as_of: datetime
    shards: int = 64
    processes: int = 2


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What came out: figures of all shards, and what they were made by."""

    policy_version: str
    model_version: str
    as_of: datetime
    shards: int
    shards_done_before: int
    totals: dict[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "policy_version": self.policy_version,
            "model_version": self.model_version,
            "as_of": self.as_of.isoformat(),
            "shards": self.shards,
            "shards_done_before": self.shards_done_before,
            **{name: value for name, value in self.totals.items() if name != "files"},
        }


def run_batch(order: BatchOrder, on_progress: OnProgress | None = None) -> BatchReport:
    """Decide all applications of a file, from wherever an earlier run of the same stopped."""
    if not 1 <= order.shards <= BATCH_SHARDS_MAX:
        raise Invalid("credit.batch_shards_out_of_range", most_count=BATCH_SHARDS_MAX)
    order.out.mkdir(parents=True, exist_ok=True)
    manifest = continued(order.out, _new(order))
    put_bytes(order.out / POLICY, order.policy.text.encode())
    put_bytes(order.out / MODEL, order.model.artefact)
    write_manifest(order.out, manifest)
    _cut_once(order)
    done_before = {shard for shard in range(order.shards) if _stands(order.out, manifest, shard)}
    left = [shard for shard in range(order.shards) if shard not in done_before]
    if on_progress is not None:
        on_progress(len(done_before), order.shards)
    decided = _decided(order, left)
    for number, (shard, figures) in enumerate(decided, len(done_before) + 1):
        manifest = manifest.with_done(shard, figures)
        write_manifest(order.out, manifest)
        if on_progress is not None:
            on_progress(number, order.shards)
    return BatchReport(
        policy_version=order.policy.version,
        model_version=f"{order.model.name}/{order.model.version}",
        as_of=order.as_of,
        shards=order.shards,
        shards_done_before=len(done_before),
        totals=manifest.totals(),
    )


def _decided(order: BatchOrder, shards: list[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each shard as it is done; decided here where one process is enough."""
    orders = {shard: _shard_order(order, shard) for shard in shards}
    if order.processes == 1 or not shards:
        yield from ((shard, decide_shard(one)) for shard, one in orders.items())
        return
    with _pool(order.processes) as pool:
        asked = {pool.submit(decide_shard, one): shard for shard, one in orders.items()}
        try:
            for future in as_completed(asked):
                yield asked[future], future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _new(order: BatchOrder) -> Manifest:
    inputs = {
        f"{what}:{number}:{file.resolve()}": hash_of_file(file)
        for what, path in ((APPLICATIONS, order.applications), (SIGNALS, order.signals))
        for number, file in enumerate(files_of(path))
    }
    return Manifest(
        order.as_of, order.shards, order.policy.content_hash, order.model.content_hash, inputs
    )


def _cut_once(order: BatchOrder) -> None:
    """Cut both files; half-cut parts of a killed run are thrown away and cut anew."""
    parts = order.out / PARTS
    if parts.exists():
        return
    draft = order.out / f"{PARTS}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    cut(order.applications, APPLICATIONS, draft / APPLICATIONS, order.shards)
    cut(order.signals, SIGNALS, draft / SIGNALS, order.shards)
    put_in_place(draft, parts)


def _stands(out: Path, manifest: Manifest, shard: int) -> bool:
    """Tell whether a shard is done and its files are still the ones that were written."""
    figures = manifest.done.get(f"{shard:04d}")
    if figures is None:
        return False
    return all(
        (out / name).exists() and hash_of_file(out / name) == known
        for name, known in figures["files"].items()
    )


def _shard_order(order: BatchOrder, shard: int) -> ShardOrder:
    return ShardOrder(
        shard=shard,
        parts=order.out / PARTS,
        out=order.out,
        policy_text=order.policy.text,
        model_text=order.model.artefact.decode(),
        as_of=order.as_of,
    )


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose processes each compute with one thread: they are as many as the cores.

    polars reads how many threads it may use when it is first loaded, so it is said before.
    """
    name = "POLARS_MAX_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
            yield pool
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
