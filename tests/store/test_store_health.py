"""The doctor tells what would break the vault's promises, and in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from martlet.kernel.i18n import Locale, explain
from martlet.store import Command, Database, health, open_database
from martlet.store.health import Finding, Level, examine, has_wal_race

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlet.kernel.principal import Principal


@pytest.fixture
def working(database_url: str, principal: Principal) -> Iterator[Database]:
    database = open_database(database_url)
    database.migrate()
    database.command(Command("bell.ring", principal, "k-1", {}), lambda _: {})
    yield database
    database.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "keys.toml").touch(mode=0o600)
    return tmp_path


def _codes(findings: list[Finding], level: Level | None = None) -> set[str]:
    return {finding.code for finding in findings if level in {None, finding.level}}


def test_a_bank_at_work_is_examined_without_disturbing_it(
    working: Database, database_url: str, home: Path
) -> None:
    findings = examine(database_url, home, home / "keys.toml", deep=True)
    expected = {"store.schema_at_head", "store.chain_verified", "store.keys_private"}
    expected |= {"store.writer_at_work"} if working.dialect == "sqlite" else set()
    assert expected <= _codes(findings, Level.OK)
    # The tests' PostgreSQL does not wait for the disk, and the doctor sees it.
    not_durable = set() if working.dialect == "sqlite" else {"store.commits_not_durable"}
    assert _codes(findings, Level.FAILURE) == not_durable
    assert "store.chain_head" in _codes(examine(database_url, home, home / "keys.toml"))


@pytest.mark.parametrize("locale", Locale)
def test_every_finding_is_a_sentence(
    working: Database, database_url: str, home: Path, locale: Locale
) -> None:
    for finding in examine(database_url, home, home / "keys.toml", deep=True):
        sentence = explain(finding.code, finding.details, locale)
        assert sentence != finding.code
        assert "{" not in sentence


def test_a_bank_that_is_not_there_yet_is_no_failure(tmp_path: Path) -> None:
    home = tmp_path / "not" / "yet"
    findings = examine(f"sqlite:///{home / 'bank.db'}", home, home / "keys.toml")
    assert {"store.database_missing", "store.keys_missing"} <= _codes(findings, Level.WARNING)
    assert not home.exists(), "the doctor changes nothing"


def test_a_closed_bank_has_no_writer(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    database = open_database(url)
    database.create_schema()
    database.close()
    findings = examine(url, tmp_path, tmp_path / "keys.toml")
    assert "store.writer_absent" in _codes(findings)
    assert "store.schema_unversioned" in _codes(findings, Level.FAILURE)


def test_keys_that_others_can_read_are_a_failure(
    working: Database, database_url: str, home: Path
) -> None:
    (home / "keys.toml").chmod(0o644)
    found = examine(database_url, home, home / "keys.toml")
    assert "store.keys_open" in _codes(found, Level.FAILURE)


def test_a_head_that_was_moved_is_a_failure(
    working: Database, database_url: str, home: Path
) -> None:
    with working.engine.begin() as connection:
        connection.execute(text("UPDATE chain_head SET seq = 7"))
    found = examine(database_url, home, home / "keys.toml")
    assert "store.chain_head_differs" in _codes(found, Level.FAILURE)


def test_a_server_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    url = f"postgresql://nobody@/bank?host={tmp_path}"
    found = examine(url, tmp_path, tmp_path / "keys.toml")
    assert "store.database_unreachable" in _codes(found, Level.FAILURE)


def test_a_full_or_slow_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'bank.db'}"
    monkeypatch.setattr(health, "FSYNC_US_SLOW", -1)
    monkeypatch.setattr(health, "DISK_FREE_MB_LOW", 10**9)
    found = examine(url, tmp_path, tmp_path / "keys.toml")
    assert {"store.disk_low", "store.fsync_slow"} <= _codes(found, Level.WARNING)
    monkeypatch.setattr(health, "DISK_FREE_MB_MIN", 10**9)
    found = examine(url, tmp_path, tmp_path / "keys.toml")
    assert "store.disk_full" in _codes(found, Level.FAILURE)


@pytest.mark.parametrize(
    ("version", "affected"),
    [
        ((3, 6, 23), False),
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 4), False),
    ],
)
def test_the_wal_reset_race_is_known_by_version(
    version: tuple[int, int, int], affected: bool
) -> None:
    assert has_wal_race(version) is affected
