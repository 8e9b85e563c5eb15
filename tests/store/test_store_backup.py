"""A backup holds one moment, proves itself, and comes back on either database."""

from __future__ import annotations

import threading
import zipfile
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from martlet.kernel.errors import Conflict, Corrupt, Invalid, NotFound
from martlet.ledger import LedgerService, Transfer, balance, verify_ledger
from martlet.schema_catalogue import load_all_tables
from martlet.store import Command, Database, open_database, verify_chain
from martlet.store.backup import back_up, read_manifest, restore
from martlet.store.tables import chain_entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Transaction

load_all_tables()


@pytest.fixture
def bank(database_url: str, clock: ManualClock, principal: Principal) -> Iterator[Database]:
    """Three bells rung, and one entry of 1,234.56 yuan in the book."""
    database = open_database(database_url, clock=clock)
    database.migrate()
    for number in range(3):
        _ring(database, principal, f"k-{number}")
    ledger = LedgerService(database)
    ledger.open_day(principal, "day", date(2026, 3, 2))
    one = database.ids.new()
    funding = Transfer(one, one, "assets/settlement/simulated", "equity/capital", 123456, "funding")
    ledger.post(principal, "fund", [funding])
    yield database
    database.close()


def _ring(database: Database, principal: Principal, key: str) -> None:
    def ring(tx: Transaction) -> dict[str, object]:
        tx.emit("bell.rung", f"bell:{key}", {"铃": "响", "day": date(2026, 3, 2)})
        return {"rung": None, "名": "钟"}

    database.command(Command("bell.ring", principal, key, {}), ring)


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_a_restored_bank_is_the_same_and_goes_on(
    bank: Database, principal: Principal, into: str, fresh_url: Callable[[str], str], tmp_path: Path
) -> None:
    """The restore drill: back up, restore elsewhere, prove it, and carry on working."""
    records = tmp_path / "records"
    (records / "2026").mkdir(parents=True)
    (records / "2026" / "invoices.parquet").write_bytes(b"PAR1")
    keys = tmp_path / "keys.toml"
    keys.write_text("current = 'k1'\n")
    seen: list[str] = []
    written = back_up(
        bank,
        tmp_path / "bank.martlet",
        {"records": records, "keys": keys},
        on_progress=lambda part, _count: seen.append(part),
    )
    assert read_manifest(tmp_path / "bank.martlet") == written
    assert {"chain_entry", "records/2026/invoices.parquet", "keys"} <= set(seen)

    url, new_home = fresh_url(into), tmp_path / "new"
    restore(
        tmp_path / "bank.martlet",
        url,
        {"records": new_home / "records", "keys": new_home / "keys.toml"},
    )
    assert (new_home / "records" / "2026" / "invoices.parquet").read_bytes() == b"PAR1"
    assert (new_home / "keys.toml").read_text() == "current = 'k1'\n"
    restored = open_database(url)
    with restored.read() as connection:
        assert verify_chain(connection) == (written.chain_seq, written.chain_hash)
        assert verify_ledger(connection).transfers == 1
        assert balance(connection, principal, "equity/capital").balance_fen == 123456
    again = restored.command(Command("bell.ring", principal, "k-1", {}), lambda _: {})
    assert again.replayed
    assert again.value == {"rung": None, "名": "钟"}
    _ring(restored, principal, "k-99")
    with restored.read() as connection:
        assert verify_chain(connection)[0] == written.chain_seq + 2
    second = back_up(restored, tmp_path / "second.martlet")
    unchanged = {part.name: part.sha256 for part in second.tables if part.name.startswith("ledger")}
    assert unchanged.items() <= {part.name: part.sha256 for part in written.tables}.items()
    restored.close()


def test_a_backup_under_load_is_one_moment(
    bank: Database, principal: Principal, fresh_url: Callable[[str], str], tmp_path: Path
) -> None:
    stop = threading.Event()

    def ring_on(thread: int) -> None:
        number = 0
        while not stop.is_set():
            _ring(bank, principal, f"t{thread}-{number}")
            number += 1

    threads = [threading.Thread(target=ring_on, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    try:
        manifests = [back_up(bank, tmp_path / f"{n}.martlet") for n in range(2)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert manifests[0].chain_seq < manifests[1].chain_seq
    for number, manifest in enumerate(manifests):
        url = fresh_url("sqlite")
        restore(tmp_path / f"{number}.martlet", url)
        restored = open_database(url)
        with restored.read() as connection:
            assert verify_chain(connection)[0] == manifest.chain_seq
            rows = connection.scalar(select(func.count()).select_from(chain_entry))
            assert rows == manifest.chain_seq
        restored.close()


def test_a_backup_never_overwrites(bank: Database, tmp_path: Path) -> None:
    target = tmp_path / "bank.martlet"
    target.write_bytes(b"precious")
    with pytest.raises(Conflict, match="store.backup_exists"):
        back_up(bank, target)
    assert target.read_bytes() == b"precious"
    assert list(tmp_path.glob("*.part")) == []


def test_a_full_place_is_never_restored_into(
    bank: Database, fresh_url: Callable[[str], str], tmp_path: Path
) -> None:
    source = tmp_path / "bank.martlet"
    back_up(bank, source, {"records": tmp_path / "none"})
    used = fresh_url(bank.dialect)
    other = open_database(used)
    other.migrate()
    other.close()
    with pytest.raises(Conflict, match="store.restore_not_empty"):
        restore(source, used)
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine").touch()
    with pytest.raises(Conflict, match="store.restore_not_empty"):
        restore(source, fresh_url("sqlite"), {"records": full})


def test_a_damaged_backup_is_refused_before_anything_is_written(
    bank: Database, fresh_url: Callable[[str], str], tmp_path: Path
) -> None:
    whole, damaged = tmp_path / "bank.martlet", tmp_path / "damaged.martlet"
    back_up(bank, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(damaged, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, data.replace(b"bell:k-1", b"bell:k-7"))
    url = fresh_url("sqlite")
    with pytest.raises(Corrupt, match="store.backup_corrupt"):
        restore(damaged, url)
    restore(whole, url)


def test_what_is_no_backup_is_refused_with_a_reason(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    with pytest.raises(NotFound, match="store.backup_missing"):
        restore(tmp_path / "nowhere", url)
    torn = tmp_path / "torn.martlet"
    torn.write_bytes(b"PK\x03\x04 half a file")
    with pytest.raises(Invalid, match="store.backup_unreadable"):
        restore(torn, url)
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme", "another zip")
    with pytest.raises(Invalid, match="store.backup_unreadable"):
        restore(tmp_path / "other.zip", url)
