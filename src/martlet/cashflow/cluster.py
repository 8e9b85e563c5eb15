"""Shards worked on by Ray: a cluster's machines, or this one where no address is given.

The one door to ray (extra `ray`). The invariant: it runs the same function on the same shard as a
process of the pool does, so what is written is the same; a Ray that was started here is shut down
here, and one that was running before goes on.
"""

from __future__ import annotations

import os
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from martlet.cashflow.limits import RAY_STORE_BYTES
from martlet.cashflow.shards import ONE_THREAD, Outcome, attempt, broken
from martlet.kernel.errors import Unavailable, missing_extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from martlet.cashflow.shards import Shard


def on_ray(shards: Sequence[Shard], at_once: int, address: str = "") -> Iterator[Outcome]:
    """Yield how each shard ended, as they end; at most `at_once` are asked for at a time."""
    ray = _library()
    waiting = deque(shards)
    running: dict[Any, Shard] = {}
    with _connected(ray, at_once, address):
        # A machine that goes down takes its shard to another once; then the shard is given up.
        work = ray.remote(num_cpus=1, max_retries=1)(attempt)
        while waiting or running:
            while waiting and len(running) < at_once:
                shard = waiting.popleft()
                running[work.remote(shard)] = shard
            done, _ = ray.wait(list(running), num_returns=1)
            for reference in done:
                shard = running.pop(reference)
                try:
                    yield ray.get(reference)
                except ray.exceptions.RayError as error:
                    yield broken(shard, f"{type(error).__name__}: {error}")


def _library() -> Any:  # noqa: ANN401 - a module without types
    # Read by ray while it is imported: nothing of a bank is reported to anybody.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415 - an extra, heavy to load
    except ImportError as error:
        raise missing_extra("ray", "ray") from error
    return ray


@contextmanager
def _connected(ray: Any, at_once: int, address: str) -> Iterator[None]:  # noqa: ANN401 - no types
    if ray.is_initialized():
        yield
        return
    where: dict[str, Any] = {"address": address}
    if not address:
        where = {
            "address": "local",
            "num_cpus": at_once,
            "include_dashboard": False,
            "object_store_memory": RAY_STORE_BYTES,
        }
    try:
        ray.init(
            **where,
            runtime_env={"env_vars": ONE_THREAD},
            log_to_driver=False,
            logging_level="ERROR",
        )
    except (ConnectionError, ray.exceptions.RayError, ValueError, RuntimeError) as error:
        detail = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Unavailable("cashflow.ray_unreachable", address=address, detail=detail) from error
    try:
        yield
    finally:
        ray.shutdown()
