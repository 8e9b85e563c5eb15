"""When the database fails: never a wrong acknowledgement, nothing done twice on asking again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, text

from martlet.kernel.errors import Conflict, Corrupt, Invalid, Unavailable
from martlet.store import Command, Database, open_database, read_chain, verify_chain
from martlet.store.tables import chain_entry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def _ring(tx: Transaction) -> dict[str, Any]:
    tx.emit("bell.rung", "bell:1", {})
    return {"rung": True}


def _bell(principal: Principal, key: str = "k-1") -> Command:
    return Command("bell.ring", principal, key, {})


def _rung(database: Database) -> int:
    with database.read() as connection:
        verify_chain(connection)
        return len(read_chain(connection, category="event"))


def _lose_the_answer_of_one_commit(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit reaches the database, the news of it does not reach the bank."""
    dialect = database.engine.dialect
    commit, trouble = dialect.do_commit, dialect.loaded_dbapi.OperationalError
    lost: list[bool] = []

    def commit_and_lose_the_answer(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append(True)
            raise trouble("the connection was lost")

    monkeypatch.setattr(dialect, "do_commit", commit_and_lose_the_answer)


def test_a_commit_of_unknown_outcome_is_settled_from_the_record(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lose_the_answer_of_one_commit(database, monkeypatch)
    try:
        answer = database.command(_bell(principal), _ring)
    except Unavailable:
        answer = database.command(_bell(principal), _ring)
    assert answer.value == {"rung": True}
    assert answer.replayed, "it was found on the record"
    assert _rung(database) == 1


def test_a_failing_commit_acknowledges_nothing(
    database: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialect = database.engine.dialect
    failure = dialect.loaded_dbapi.InternalError("no commit today")

    def fail(_connection: Any) -> None:
        raise failure

    with monkeypatch.context() as patch:
        patch.setattr(dialect, "do_commit", fail)
        with pytest.raises(Unavailable, match="store.database_trouble"):
            database.command(_bell(principal), _ring)
    assert _rung(database) == 0
    assert not database.command(_bell(principal), _ring).replayed
    assert _rung(database) == 1


@pytest.fixture
def postgres(fresh_url: Callable[[str], str]) -> Database:
    database = open_database(fresh_url("postgresql"))
    database.create_schema()
    return database


def test_a_connection_that_breaks_in_a_handler_is_made_again(
    postgres: Database, principal: Principal
) -> None:
    tries: list[int] = []

    def break_once(tx: Transaction) -> dict[str, Any]:
        tries.append(1)
        if len(tries) == 1:
            tx.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return _ring(tx)

    assert not postgres.command(_bell(principal), break_once).replayed
    assert len(tries) == 2
    assert _rung(postgres) == 1
    postgres.close()


def test_a_lost_race_is_run_again(postgres: Database, principal: Principal) -> None:
    tries: list[int] = []

    def lose_once(tx: Transaction) -> dict[str, Any]:
        tries.append(1)
        if len(tries) == 1:
            tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'race' USING ERRCODE = '40001'; END $$"))
        return _ring(tx)

    postgres.command(_bell(principal), lose_once)
    assert len(tries) == 2
    assert _rung(postgres) == 1
    postgres.close()


def test_a_race_that_is_always_lost_ends(
    postgres: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("martlet.store.group.RETRY_PAUSE_MS", 0)

    def lose(tx: Transaction) -> dict[str, Any]:
        tx.execute(text("DO $$ BEGIN RAISE EXCEPTION 'race' USING ERRCODE = '40P01'; END $$"))
        return {}

    with pytest.raises(Unavailable, match="store.database_trouble"):
        postgres.command(_bell(principal), lose)
    assert _rung(postgres) == 0
    postgres.close()


def test_two_processes_on_one_postgres_take_turns(postgres: Database, principal: Principal) -> None:
    url = postgres.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    second = open_database(url)
    for number in range(5):
        for bank in (postgres, second):
            bank.command(_bell(principal, f"{number}-{id(bank)}"), _ring)
    assert second.command(_bell(principal, f"0-{id(postgres)}"), _ring).replayed
    assert _rung(postgres) == 10
    second.close()
    postgres.close()


@pytest.fixture
def sqlite(fresh_url: Callable[[str], str]) -> Database:
    database = open_database(fresh_url("sqlite"))
    database.create_schema()
    return database


def test_a_full_disk_is_told_and_the_command_may_be_sent_again(
    sqlite: Database, principal: Principal
) -> None:
    def write_much(tx: Transaction) -> dict[str, Any]:
        tx.execute(text("CREATE TABLE IF NOT EXISTS heap (what TEXT)"))
        tx.execute(text("INSERT INTO heap VALUES (zeroblob(1000000))"))
        return _ring(tx)

    with sqlite.engine.connect() as connection:
        pages = connection.scalar(text("PRAGMA page_count"))
        connection.execute(text(f"PRAGMA max_page_count = {pages + 20}"))
    with pytest.raises(Unavailable, match="store.database_trouble"):
        sqlite.command(_bell(principal), write_much)
    assert not sqlite.command(_bell(principal, "small"), _ring).replayed
    with sqlite.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert not sqlite.command(_bell(principal), write_much).replayed
    assert _rung(sqlite) == 2
    sqlite.close()


def test_a_second_writer_is_refused_and_the_first_is_not_disturbed(
    sqlite: Database, principal: Principal
) -> None:
    url = str(sqlite.engine.url)
    with pytest.raises(Conflict, match="store.second_writer"):
        open_database(url)
    sqlite.command(_bell(principal), _ring)
    sqlite.close()
    open_database(url).close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://root@localhost/bank"])
def test_a_database_that_martlet_does_not_know_is_refused(url: str) -> None:
    with pytest.raises(Invalid, match="store.url_unsupported"):
        open_database(url)


def test_readers_cannot_write(database: Database, principal: Principal) -> None:
    database.command(_bell(principal), _ring)
    for statement in ("UPDATE chain_head SET seq = 0", "DELETE FROM job", "DROP TABLE job"):
        with database.read() as connection, pytest.raises(Exception, match=r"read.?only"):
            connection.execute(text(statement))
    assert _rung(database) == 1


def test_a_read_is_one_moment(database: Database, principal: Principal) -> None:
    count = select(func.count()).select_from(chain_entry)
    with database.read() as connection:
        before = connection.scalar(count)
        database.command(_bell(principal), _ring)
        assert connection.scalar(count) == before
    with database.read() as connection:
        assert connection.scalar(count) == before + 2


@pytest.mark.parametrize("table", ["chain_entry", "answered_command"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET action = 'x'", "DELETE FROM {}"])
def test_the_database_itself_keeps_the_record(
    database: Database, principal: Principal, table: str, verb: str
) -> None:
    database.command(_bell(principal), _ring)
    statement = verb.format(table).replace("action", "kind" if table == "chain_entry" else "action")
    with (
        pytest.raises(Exception, match=f"{table} is append-only"),
        database.engine.begin() as connection,
    ):
        connection.execute(text(statement))
    assert _rung(database) == 1


FORGERIES = {
    "store.chain_broken": [
        "UPDATE chain_entry SET payload = '[]' WHERE seq = 1",
        "UPDATE chain_entry SET actor = 'staff:nobody' WHERE seq = 2",
        "UPDATE chain_entry SET occurred_at = '2020-01-01T00:00:00.000000+00:00' WHERE seq = 3",
        "UPDATE chain_entry SET business_date = '2020-01-01' WHERE seq = 3",
        "UPDATE chain_entry SET version = 2 WHERE seq = 4",
        "UPDATE chain_entry SET hash = prev_hash WHERE seq = 4",
    ],
    "store.chain_gap": ["DELETE FROM chain_entry WHERE seq = 3"],
    "store.chain_head_differs": [
        "DELETE FROM chain_entry WHERE seq = 6",
        "UPDATE chain_head SET seq = 5",
        "UPDATE chain_head SET hash = 'abc'",
    ],
    "store.chain_head_missing": ["DELETE FROM chain_head"],
}


@pytest.mark.parametrize(
    ("code", "forgery"), [(code, each) for code, all_ in FORGERIES.items() for each in all_]
)
def test_a_record_that_was_tampered_with_is_found_out(
    database: Database, principal: Principal, code: str, forgery: str
) -> None:
    """Somebody with the database's own rights takes the triggers away and changes the record."""
    for number in range(3):
        database.command(_bell(principal, f"k-{number}"), _ring)
    assert _rung(database) == 3
    with database.engine.begin() as connection:
        if database.dialect == "sqlite":
            connection.execute(text("DROP TRIGGER chain_entry_no_update"))
            connection.execute(text("DROP TRIGGER chain_entry_no_delete"))
        else:
            connection.execute(text("ALTER TABLE chain_entry DISABLE TRIGGER ALL"))
        assert connection.execute(text(forgery)).rowcount == 1
    with database.read() as connection, pytest.raises(Corrupt, match=code):
        verify_chain(connection)


def test_a_bank_without_its_chains_head_does_not_write(
    database: Database, principal: Principal
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM chain_head"))
    with pytest.raises(Corrupt, match="store.chain_head_missing"):
        database.command(_bell(principal), _ring)


def test_a_schema_is_there_or_not(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url)
    assert not database.has_schema()
    database.migrate()
    assert database.has_schema()
    database.close()
