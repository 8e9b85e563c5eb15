"""Kill a bank at work with SIGKILL, again and again, and see what it had promised.

A round starts a process of its own that opens the database and lets sixteen threads send commands;
each key goes into a file the moment its answer is there. The parent kills the process at a moment
that nobody chose, and hands back the keys that were acknowledged. What the threads do is a `Work`,
named as `module:function`, so that every room brings its own.

    python -m tests.crash.crash_rounds URL FILE tests.crash.crash_works:ring_bells 1
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from hashlib import sha256
from importlib import import_module
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Protocol

from martlet.store import Database, open_database

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
THREADS = 16
ROUNDS = 5
START_SECONDS_MAX = 60
BUSY_MS_MAX = 400


class Work(Protocol):
    """Sends one command and returns once it is answered."""

    def __call__(self, database: Database, key: str) -> None:
        """Send the command of `key`; the same key always sends the same command."""


def keys_of(number: int, thread: int) -> Iterator[str]:
    """The keys that one thread sends in one round, in their order."""
    return (f"r{number}-t{thread}-{n}" for n in count())


def run_and_kill(url: str, log: Path, work: str, number: int) -> list[str]:
    """Run one round and return the keys that were acknowledged before the kill."""
    arguments = [sys.executable, "-m", "tests.crash.crash_rounds", url, str(log), work, str(number)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    child = subprocess.Popen(arguments, cwd=ROOT, env=environment)
    try:
        deadline = monotonic() + START_SECONDS_MAX
        while not log.exists() or log.stat().st_size == 0:
            assert child.poll() is None, f"the bank ended by itself with {child.returncode}"
            assert monotonic() < deadline, "no command was acknowledged in time"
            sleep(0.005)
        sleep(_any_moment_ms(url, work, number) / 1000)
        assert child.poll() is None, f"the bank ended by itself with {child.returncode}"
    finally:
        child.send_signal(signal.SIGKILL)
        child.wait()
    return log.read_text().splitlines()


def in_flight(number: int, acknowledged: list[str]) -> list[str]:
    """Return the keys whose answers nobody has seen: the next of each thread."""
    seen = set(acknowledged)
    threads = (keys_of(number, thread) for thread in range(THREADS))
    return [next(key for key in keys if key not in seen) for keys in threads]


def _any_moment_ms(url: str, work: str, number: int) -> int:
    """A moment that differs from round to round and repeats from run to run."""
    kind = url.partition(":")[0]
    digest = sha256(f"{kind} {work} {number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % BUSY_MS_MAX


def _be_killed(url: str, log: Path, work: str, number: int) -> None:
    """Send commands from every thread until the end, which comes from outside."""
    module, _, name = work.partition(":")
    send: Work = getattr(import_module(module), name)
    database = open_database(url)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def send_for_ever(thread: int) -> None:
        for key in keys_of(number, thread):
            send(database, key)
            os.write(handle, f"{key}\n".encode())

    for thread in range(THREADS):
        threading.Thread(target=send_for_ever, args=(thread,), daemon=True).start()
    sleep(START_SECONDS_MAX)


if __name__ == "__main__":
    _be_killed(sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
