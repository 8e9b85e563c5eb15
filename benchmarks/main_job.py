"""The main job over HTTP: apply → decide → accept → draw, each loan durable before it is answered.

`python -m benchmarks.main_job [--seconds 60] [--rate 50] [--callers 16] [--url postgresql://…]`
starts a real server on 127.0.0.1 over a fresh bank of synthetic businesses and drives it from
this process: first as fast as the callers go, then at a steady rate. A latency is one loan's:
its three requests from the first byte sent to the last byte read. Afterwards the bank is verified
and every acknowledged loan is looked for.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

from benchmarks.businesses import many_businesses
from benchmarks.machine import machine_lines
from martlet.bootstrap import Bank, open_bank
from martlet.kernel.config import Settings
from martlet.kernel.principal import Scope, system_principal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUSINESSES = 1_000
WARM_UP_SECONDS = 3
FUNDING_FEN = 100_000_000_000
DRAW_FEN = 10_000


@dataclass(slots=True)
class Taken:
    """What one run measured."""

    seconds: float = 0.0
    latencies_ms: list[float] = field(default_factory=list)
    steps_ms: dict[str, list[float]] = field(default_factory=dict)
    loans: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    late: int = 0

    def lines(self, title: str) -> list[str]:
        """Return the run's figures as text."""
        made = len(self.latencies_ms)
        p50, p99 = np.percentile(self.latencies_ms, [50, 99]) if made else (0.0, 0.0)
        worst = max(self.latencies_ms, default=0.0)
        rows = [
            title,
            f"  loans      {made:,} in {self.seconds:.1f} s = {made / self.seconds:,.1f} loans/s",
            f"  one loan   p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {worst:.1f} ms",
        ]
        for step, times in self.steps_ms.items():
            low, high = np.percentile(times, [50, 99])
            rows.append(f"  {step:<10} p50 {low:.1f} ms, p99 {high:.1f} ms")
        if self.late:
            rows.append(f"  started more than 100 ms behind schedule: {self.late:,}")
        if self.errors:
            rows.append(f"  ERRORS     {len(self.errors):,}, first: {self.errors[0][:300]}")
        return rows


class Caller:
    """One keep-alive connection that makes loans."""

    def __init__(self, port: int, api_key: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}

    def post(self, path: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send one command and return its answer."""
        headers = {**self._headers, "Idempotency-Key": key}
        self._connection.request("POST", path, json.dumps(body), headers)
        response = self._connection.getresponse()
        data = response.read()
        if response.status >= 300:
            message = f"{path}: {response.status} {data.decode()[:300]}"
            raise RuntimeError(message)
        answer: dict[str, Any] = json.loads(data)
        return answer

    def loan(self, key: str, party_id: UUID, taken: Taken, lock: threading.Lock) -> None:
        """Make one loan from the application to the money."""
        marks = [perf_counter()]
        application = {"party_id": str(party_id), "product": "revolving_daily"}
        answer = self.post(
            "/v1/applications", f"{key}-a", {**application, "requested_fen": 5_000_000}
        )
        marks.append(perf_counter())
        offer = answer["offer"]["offer_id"]
        line = self.post(f"/v1/offers/{offer}/accept", f"{key}-o", {})
        marks.append(perf_counter())
        drawn = self.post(
            f"/v1/facilities/{line['facility_id']}/drawdowns",
            f"{key}-d",
            {"amount_fen": DRAW_FEN},
        )
        marks.append(perf_counter())
        with lock:
            taken.latencies_ms.append((marks[3] - marks[0]) * 1000)
            for step, start, end in zip(
                ("apply", "accept", "draw"), marks, marks[1:], strict=False
            ):
                taken.steps_ms.setdefault(step, []).append((end - start) * 1000)
            if drawn["state"] != "posted":
                taken.errors.append(f"draw is {drawn['state']}")
            taken.loans.append(drawn["loan_id"])


def saturate(port: int, api_key: str, parties: list[UUID], callers: int, seconds: float) -> Taken:
    """Make loans as fast as `callers` connections go."""
    taken, lock = Taken(), threading.Lock()
    deadline = monotonic() + seconds

    def call(number: int) -> None:
        caller, made = Caller(port, api_key), 0
        while monotonic() < deadline:
            party = parties[(number + made * callers) % len(parties)]
            try:
                caller.loan(f"s{callers}-{number}-{made}", party, taken, lock)
            except (RuntimeError, OSError, KeyError, TypeError) as error:
                taken.errors.append(repr(error))
            made += 1

    _run(taken, call, callers)
    return taken


def steady(port: int, api_key: str, parties: list[UUID], rate: int, seconds: int) -> Taken:
    """Start `rate` loans a second, whatever the server does; latency counts from the schedule."""
    taken, lock = Taken(), threading.Lock()
    due: queue.Queue[tuple[int, float] | None] = queue.Queue()

    def call(_number: int) -> None:
        caller = Caller(port, api_key)
        while (item := due.get()) is not None:
            number, start = item
            waited = perf_counter() - start
            try:
                caller.loan(f"r{number}", parties[number % len(parties)], taken, lock)
            except (RuntimeError, OSError, KeyError, TypeError) as error:
                taken.errors.append(repr(error))
                continue
            with lock:
                taken.latencies_ms[-1] += waited * 1000
                taken.late += waited > 0.1

    def pace() -> None:
        start = perf_counter()
        for number in range(rate * seconds):
            moment = start + number / rate
            sleep(max(0.0, moment - perf_counter()))
            due.put((number, moment))
        for _ in range(64):
            due.put(None)

    pacer = threading.Thread(target=pace)
    pacer.start()
    _run(taken, call, 64)
    pacer.join()
    return taken


def _run(taken: Taken, call: Callable[[int], None], callers: int) -> None:
    threads = [threading.Thread(target=call, args=(number,)) for number in range(callers)]
    start = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    taken.seconds = perf_counter() - start


@contextmanager
def served(settings: Settings) -> Iterator[int]:
    """Run the bank's own server in a process of its own; give its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "MARTLET_HOME": str(settings.home),
        "MARTLET_DATABASE_URL": settings.database_url,
        "MARTLET_LOG_LEVEL": "warning",
    }
    command = [sys.executable, "-m", "martlet", "serve", "--port", str(port)]
    server = subprocess.Popen(command, env=environment)
    try:
        _wait_until_ready(port, server)
        yield port
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=30)


def _wait_until_ready(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if server.poll() is not None:
            message = f"the server ended with {server.returncode}"
            raise RuntimeError(message)
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        sleep(0.1)
    message = "the server did not become ready"
    raise RuntimeError(message)


def prepare(bank: Bank) -> tuple[str, list[UUID]]:
    """Open a funded bank with businesses that have records; return an API key and their ids."""
    tenant = system_principal(bank.set_up("Benchmark"))
    bank.lending.fund(tenant, "fund", FUNDING_FEN)
    parties = many_businesses(bank, tenant, BUSINESSES)
    api_key = bank.parties.create_api_key(
        tenant,
        "key",
        label="load driver",
        scopes=[Scope.LENDING_WRITE, Scope.LENDING_READ, Scope.CREDIT_READ, Scope.RECORDS_READ],
        expires_at=bank.clock.now() + timedelta(days=1),
    )
    return api_key, parties


def check(settings: Settings, runs: list[Taken]) -> str:
    """Recompute the whole bank and find every acknowledged loan."""
    bank = open_bank(settings)
    try:
        bank.verify()
        principal = system_principal(bank.parties.tenants()[0].tenant_id)
        known: set[str] = set()
        after: UUID | None = None
        while page := bank.lending.loans(principal, after=after, limit=1_000):
            known |= {row["loan_id"] for row in page}
            after = UUID(page[-1]["loan_id"])
    finally:
        bank.close()
    acknowledged = {loan for run in runs for loan in run.loans}
    lost = acknowledged - known
    return f"checked: {len(known):,} loans on the book, {len(lost)} acknowledged ones missing"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--saturation-seconds", type=int, default=20)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--callers", type=int, default=16)
    parser.add_argument("--url", default="", help="a database URL; default: a SQLite file")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="martlet-main-job-") as folder:
        settings = Settings(home=Path(folder), database_url=wanted.url)
        print("\n".join(machine_lines(Path(folder))), flush=True)
        bank = open_bank(settings)
        api_key, parties = prepare(bank)
        bank.close()
        print(f"synthetic {len(parties):,} businesses with a year of takings each", flush=True)
        with served(settings) as port:
            saturate(port, api_key, parties, callers=4, seconds=WARM_UP_SECONDS)
            first = saturate(port, api_key, parties, wanted.callers, wanted.saturation_seconds)
            print("\n".join(first.lines(f"{wanted.callers} callers, as fast as they go")))
            second = steady(port, api_key, parties, wanted.rate, wanted.seconds)
            print("\n".join(second.lines(f"steady {wanted.rate} loans/s for {wanted.seconds} s")))
        print(check(settings, [first, second]))
    return 1 if first.errors or second.errors else 0


if __name__ == "__main__":
    raise SystemExit(main())
