"""A file larger than memory comes in: the peak does not grow with the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

IMPORTER = """
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from martlet.kernel.clock import ManualClock
from martlet.kernel.crypto import new_keyring
from martlet.kernel.ids import SeededIds
from martlet.kernel.principal import system_principal
from martlet.parties import HeldCodeSender, PartiesService, Registration
from martlet.records import RecordsService, lines, staging
from martlet.store import open_database

lines.CHUNK_ROWS = 10_000
staging.BUFFER_ROWS = 20_000
staging.BUCKET_BYTES = 2 * 1024 * 1024


def peak_kb():
    # The peak of this program alone: getrusage also tells of the process that started it.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")

home, rows = Path(sys.argv[1]), int(sys.argv[2])
source = home / "sales.csv"
with source.open("w") as file:
    file.write("发票号码,开票日期,购方名称,金额,税额,价税合计,发票状态\\n")
    for n in range(rows):
        day = date(2024, 1, 1) + timedelta(days=n * 700 // rows)
        file.write(f"{n:08d},{day},合成客户{n % 997},100.00,3.00,103.00,正常\\n")
clock = ManualClock(datetime(2026, 3, 2, 1, tzinfo=UTC))
ids = SeededIds(1, clock)
database = open_database(f"sqlite:///{home / 'bank.db'}", clock=clock, ids=ids)
database.create_schema()
bank = system_principal(UUID(int=1))
parties = PartiesService(database, new_keyring(ids), clock, HeldCodeSender())
parties.create_tenant("memory", bank.tenant_id)
shop = parties.register_businesses(
    bank, "r", [Registration("a", "19900000001", "o", "restaurant", "x", None)]
)[0]
before = peak_kb()
report = RecordsService(database, home / "records").import_file(bank, "k", source, party_id=shop)
assert report.rows_kept == rows, report
assert report.total_fen == rows * 10_300
print(peak_kb() - before)
"""


def _peak_kb(folder: Path, rows: int) -> int:
    """Return by how much a process's memory grew at most while it imported so many rows."""
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER, str(folder), str(rows)],
        env={"PYTHONPATH": str(ROOT / "src"), "POLARS_MAX_THREADS": "2"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.slow
def test_the_peak_of_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Six times the rows, and less than twice the memory (on an idle machine: a fifth more)."""
    small = _peak_kb(tmp_path / "small", 60_000)
    large = _peak_kb(tmp_path / "large", 360_000)
    assert large < small * 2, (small, large)
