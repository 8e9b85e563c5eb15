"""Shards worked on by processes of this machine, each with one thread.

The invariant: a process that dies costs at most its own shard. Those that were at work when one
died are tried again each by itself, so that only the one that kills its process is given up; and
no process outlives the one that started it, however that ended.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING

from martlet.cashflow.shards import ONE_THREAD, Outcome, Shard, attempt, broken

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    Work = Callable[[Shard], Outcome]


def in_processes(
    shards: Sequence[Shard], processes: int, work: Work = attempt
) -> Generator[Outcome, None, None]:
    """Yield how each shard ended, as they end; in this process where one is enough."""
    if processes == 1 or len(shards) < 2:  # noqa: PLR2004 - one shard needs no pool
        yield from map(work, shards)
        return
    waiting = deque(shards)
    while waiting:
        suspects = yield from _until_one_dies(waiting, processes, work)
        for shard in suspects:
            if (yield from _until_one_dies(deque([shard]), 1, work)):
                yield broken(shard, "process died")


def _until_one_dies(
    waiting: deque[Shard], processes: int, work: Work
) -> Generator[Outcome, None, list[Shard]]:
    """Yield outcomes until all have ended or a process died; return those then at work."""
    running: dict[Future[Outcome], Shard] = {}
    with _pool(min(processes, len(waiting))) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < processes:
                    running[pool.submit(work, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    outcome = future.result()
                    del running[future]
                    yield outcome
        except BrokenProcessPool:
            return list(running.values()) or [waiting.popleft()]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return []


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool whose processes each compute with one thread: they are as many as the cores.

    Libraries read how many threads they may use when they are loaded, so it is said before.
    """
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)
    try:
        with ProcessPoolExecutor(processes, get_context("spawn"), _end_with_parent) as pool:
            yield pool
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end_with_parent() -> None:
    """End this process when the one that started it ends, even by a signal none can catch."""
    parent = parent_process()
    assert parent is not None, "only a started process has this to do"

    def watch() -> None:
        parent.join()
        os._exit(1)

    Thread(target=watch, name="ends with its parent", daemon=True).start()
