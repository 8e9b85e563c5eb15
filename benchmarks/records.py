"""How fast records come in and are read: all 425 firms of CUMCM 2020 C through the real service.

    python -m benchmarks.records [--data ../shared/data/credit/cumcm2020c] [--database-url URL]

Prints the seconds for importing 1,099,441 invoices of both sides, for storing every firm's signals,
for features in batch, and for one firm's signals read stored and computed anew.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
from datetime import timedelta
from pathlib import Path
from time import perf_counter

import polars as pl

from martlet.kernel.clock import SystemClock
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SystemIds
from martlet.kernel.principal import system_principal
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.records import Kind, RecordsService
from martlet.signals import SignalRequest
from martlet.store import open_database

DATA = Path("../shared/data/credit/cumcm2020c")


def main() -> None:
    """Run every measurement once and print it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=DATA)
    arguments.add_argument("--database-url", default="")
    given = arguments.parse_args()
    if not given.data.is_dir():
        arguments.error(f"no data at {given.data}: this benchmark needs the real invoices")
    with tempfile.TemporaryDirectory() as home:
        _run(given.data, Path(home), given.database_url or f"sqlite:///{home}/bank.db")


def _run(data: Path, home: Path, url: str) -> None:
    clock, ids = SystemClock(), SystemIds()
    database = open_database(url, clock=clock, ids=ids)
    database.migrate()
    bank = system_principal(ids.new())
    parties = PartiesService(database, new_keyring(ids), clock, HeldCodeSender())
    parties.create_tenant("benchmark", bank.tenant_id)
    files = sorted(data.glob("*_sales.parquet")) + sorted(data.glob("*_purchases.parquet"))
    firms = sorted({firm for f in files for firm in pl.read_parquet(f)["firm_id"].unique()})
    party_of = _register(parties, bank, firms)
    until = clock.now().date() + timedelta(days=300)
    parties.give_consents(
        bank, "consents", list(party_of.values()), records=tuple(map(str, Kind)), until=until
    )
    records = RecordsService(database, home / "records")
    print(f"{os.cpu_count()} cores, {database.dialect}, {len(firms)} firms")

    begun = perf_counter()
    reports = [records.import_file(bank, file.name, file, party_of=party_of) for file in files]
    import_s = perf_counter() - begun
    kept = sum(report.rows_kept for report in reports)
    read = sum(report.rows_read for report in reports)
    bad = sum(report.rows_quarantined for report in reports)
    print(f"import: {read:,} invoices read, {kept:,} kept, {bad} bad in {import_s:.1f} s")

    begun = perf_counter()
    again = [records.import_file(bank, f"again {f.name}", f, party_of=party_of) for f in files]
    print(f"same files again: {sum(r.replayed for r in again)} of {len(files)} known, "
          f"{perf_counter() - begun:.2f} s")  # fmt: skip

    begun = perf_counter()
    stored = records.refresh_signals(bank)
    print(f"signals of {stored} firms stored in {perf_counter() - begun:.1f} s")

    begun = perf_counter()
    frame = records.features(bank, None, clock.now())
    print(f"features of {frame.height} firms in batch: {perf_counter() - begun:.1f} s")

    requests = [SignalRequest(bank, party_id) for party_id in party_of.values()]
    print("one firm's signals, stored:", _each(records, requests, clock.now()))
    print("one firm's signals, anew:  ", _each(records, requests[:100], clock.now(), days=5))
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak_mb:,} MB")
    database.close()


def _register(parties: PartiesService, bank, firms: list[str]) -> dict:  # noqa: ANN001
    rows = [
        Registration(f"CUMCM {firm}", f"199{number:08d}", "owner", "restaurant", "test", None)
        for number, firm in enumerate(firms)
    ]
    return dict(zip(firms, parties.register_businesses(bank, "register", rows), strict=True))


def _each(records: RecordsService, requests: list[SignalRequest], now, days: int = 0) -> str:  # noqa: ANN001
    times_ms = []
    for request in requests:
        begun = perf_counter()
        records.signals.collect(request, now + timedelta(days=days))
        times_ms.append((perf_counter() - begun) * 1000)
    times_ms.sort()
    p99 = times_ms[int(len(times_ms) * 0.99) - 1]
    return f"median {statistics.median(times_ms):.1f} ms, p99 {p99:.1f} ms"


if __name__ == "__main__":
    main()
