"""An acknowledged command survives kill -9: none lost, none doubled, the record unbroken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from tests.crash.crash_rounds import ROUNDS, in_flight, run_and_kill
from tests.crash.crash_works import BANK, FIRST_DAY, post_transfers, ring_bells

from martlet.ledger import LedgerService, balance, verify_ledger
from martlet.ledger.tables import transfer
from martlet.store import Database, open_database, verify_chain
from martlet.store.tables import answered_command, chain_entry

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crash.crash_rounds import Work

pytestmark = pytest.mark.slow


def _times_done(database: Database, category: str) -> dict[str, int]:
    query = select(chain_entry.c.causation, func.count()).group_by(chain_entry.c.causation)
    with database.read() as connection:
        rows = connection.execute(query.where(chain_entry.c.category == category)).all()
    return {key: times for key, times in rows if key.startswith("r")}


def _send_again(database: Database, work: Work, number: int, acknowledged: list[str]) -> None:
    """The callers that got no answer ask again with the same key, as they are told to."""
    for key in [*in_flight(number, acknowledged), *acknowledged[:3]]:
        work(database, key)


def _check_promises(database: Database, promised: set[str]) -> None:
    done = _times_done(database, "audit")
    assert promised <= done.keys(), f"lost: {sorted(promised - done.keys())[:5]}"
    assert set(done.values()) == {1}, "done more than once"
    with database.read() as connection:
        verify_chain(connection)
        answered = set(connection.scalars(select(answered_command.c.key)))
    assert {key for key in answered if key.startswith("r")} == done.keys()


def _rounds(database_url: str, folder: Path, name: str, work: Work) -> int:
    """Kill the bank at work in every round; check it after each; return how many were promised."""
    promised: set[str] = set()
    for number in range(ROUNDS):
        log = folder / f"{name}-{number}.log"
        acknowledged = run_and_kill(database_url, log, f"tests.crash.crash_works:{name}", number)
        promised |= set(acknowledged)
        database = open_database(database_url)
        _check_promises(database, promised)
        _send_again(database, work, number, acknowledged)
        promised |= set(in_flight(number, acknowledged))
        _check_promises(database, promised)
        database.close()
    return len(promised)


def test_no_acknowledged_command_is_lost_or_doubled(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url)
    database.migrate()
    database.close()
    promised = _rounds(database_url, tmp_path, "ring_bells", ring_bells)
    database = open_database(database_url)
    events = _times_done(database, "event")
    assert len(events) >= promised
    assert set(events.values()) == {1}
    database.close()


def test_the_book_stands_after_each_kill(database_url: str, tmp_path: Path) -> None:
    database = open_database(database_url)
    database.migrate()
    LedgerService(database).open_day(BANK, "day", FIRST_DAY)
    database.close()
    promised = _rounds(database_url, tmp_path, "post_transfers", post_transfers)
    database = open_database(database_url)
    with database.read() as connection:
        report = verify_ledger(connection)
        entries = select(transfer.c.subject, func.count()).group_by(transfer.c.subject)
        per_entry: dict[str, int] = dict(map(tuple, connection.execute(entries)))
        capital_fen = balance(connection, BANK, "equity/capital").balance_fen
    assert len(per_entry) >= promised
    assert set(per_entry.values()) == {2}, "half an entry was posted"
    assert report.debits_fen == capital_fen
    database.close()
