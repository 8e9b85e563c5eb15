"""What the ledger refuses, whom it keeps apart, and what its database will not let anyone do."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from martlet.kernel.errors import Conflict, Corrupt, Forbidden, Invalid, NotFound, Refused, TooLarge
from martlet.kernel.principal import ActorKind, Principal, system_principal
from martlet.ledger import (
    Phase,
    balances,
    close_day,
    journal,
    open_account,
    post,
    trial_balance,
    verify_ledger,
)
from martlet.ledger.draft import content_hash
from martlet.ledger.limits import TOTAL_FEN_MAX, TRANSFER_FEN_MAX, TRANSFERS_PER_BATCH_MAX
from martlet.store import Command, read_chain, verify_chain
from martlet.store.chain import parse_payload

if TYPE_CHECKING:
    from tests.ledger.conftest import Book

CASH = "assets/settlement/alipay"
CAPITAL = "equity/capital"
LOANS = "assets/loans/principal/revolving"


def test_only_the_open_day_is_posted_to(book: Book) -> None:
    first = book.today
    book.close()
    late = book.transfer(CASH, CAPITAL, 100)
    command = Command("test.late", book.principal, "late", {})
    with pytest.raises(Refused, match=r"ledger\.day_closed"):
        book.database.command(command, lambda tx: {"done": post(tx, [late], first)})
    with pytest.raises(Refused, match=r"ledger\.day_closed"):
        book.ledger.close_day(book.principal, book.key(), first)
    with pytest.raises(Conflict, match=r"ledger\.another_day_open"):
        book.ledger.open_day(book.principal, book.key(), first)


def test_a_backdated_transfer_keeps_its_value_date(book: Book) -> None:
    earlier = book.today - timedelta(days=30)
    book.post(book.transfer(CASH, CAPITAL, 100, value_date=earlier))
    with book.database.read() as connection:
        (line,) = journal(connection, book.principal, path=CASH)
    assert (line.business_date, line.value_date) == (book.today, earlier)


def test_the_same_identifier_is_posted_once_and_never_for_another_body(book: Book) -> None:
    paid = book.transfer(CASH, CAPITAL, 100, subject="loan:1")
    book.post(paid, paid)
    book.post(paid)
    book.close()
    book.post(paid, book.transfer(CASH, CAPITAL, 1))
    assert book.balance(CASH).balance_fen == 101
    for other in (
        replace(paid, amount_fen=101),
        replace(paid, credit="equity/retained"),
        replace(paid, subject=""),
        replace(paid, value_date=book.today),
    ):
        with pytest.raises(Conflict, match=r"ledger\.transfer_differs"):
            book.post(other)
    with pytest.raises(Conflict, match=r"ledger\.transfer_differs"):
        book.hold(paid)
    with pytest.raises(Conflict, match=r"ledger\.transfer_differs"):
        book.post(book.transfer(CASH, CAPITAL, 1), paid, replace(paid, kind="test.other"))
    book.prove()


def test_a_batch_is_posted_whole_or_not_at_all(book: Book) -> None:
    good = book.transfer(CASH, CAPITAL, 100)
    with pytest.raises(Invalid, match=r"ledger\.path_outside_chart"):
        book.post(good, book.transfer("assets/settlement", CAPITAL, 1))
    with book.database.read() as connection:
        assert balances(connection, book.principal) == []
    with pytest.raises(Invalid, match=r"ledger\.batch_empty"):
        book.post()
    with pytest.raises(TooLarge, match=r"ledger\.batch_too_large"):
        book.post(*[good] * (TRANSFERS_PER_BATCH_MAX + 1))


@pytest.mark.parametrize("amount_fen", [0, -1, True, TRANSFER_FEN_MAX + 1, 2**63, 1.0])
def test_an_amount_is_a_positive_whole_number_in_bounds(book: Book, amount_fen: int) -> None:
    with pytest.raises(Invalid, match=r"ledger\.amount_out_of_range"):
        book.transfer(CASH, CAPITAL, amount_fen)


def test_totals_stay_inside_64_bits(book: Book) -> None:
    many = TOTAL_FEN_MAX // TRANSFER_FEN_MAX
    book.post(*[book.transfer(CASH, CAPITAL, TRANSFER_FEN_MAX) for _ in range(many)])
    with pytest.raises(Refused, match=r"ledger\.total_too_large"):
        book.post(book.transfer(CASH, CAPITAL, 1))
    book.prove()


def test_two_currencies_never_mix(book: Book) -> None:
    def handler(tx):
        open_account(tx, "assets/settlement/dollars", book.today, currency="USD")
        return {}

    book.database.command(Command("test.open", book.principal, "usd", {}), handler)
    with pytest.raises(Refused, match=r"ledger\.currency_differs"):
        book.post(book.transfer("assets/settlement/dollars", CAPITAL, 100))


def test_an_expired_hold_is_released_and_can_no_longer_be_settled(book: Book) -> None:
    book.post(book.transfer(CASH, CAPITAL, 100))
    short, long = book.transfer(LOANS, CASH, 60), book.transfer(LOANS, CASH, 10)
    with pytest.raises(Invalid, match=r"ledger\.expires_before_it_begins"):
        book.hold(short, expires_on=book.today - timedelta(days=1))
    book.hold(short, expires_on=book.today)
    book.hold(long)
    assert book.release_expired() == 0
    book.close()
    with pytest.raises(Refused, match=r"ledger\.hold_expired"):
        book.settle(short.id)
    assert book.release_expired() == 1
    assert book.release_expired() == 0
    assert book.balance(CASH).available_fen == 90
    book.prove()
    with book.database.read() as connection:
        lines = journal(connection, book.principal, entry_id=short.entry_id)
    assert [line.phase for line in lines] == [Phase.PENDING, Phase.RELEASED]
    assert lines[1].origin_id == short.id


def test_the_trial_balance_of_a_past_day_stays_as_it_was(book: Book) -> None:
    book.post(book.transfer(CASH, CAPITAL, 100))
    monday, before = book.today, _trial(book, book.today)
    book.close()
    book.post(book.transfer(LOANS, CASH, 30))
    tuesday = book.today
    book.close()
    book.post(book.transfer(CASH, LOANS, 10))
    assert _trial(book, monday) == before
    assert dict(_trial(book, tuesday)) == {CASH: 70, CAPITAL: 100, LOANS: 30}
    assert dict(_trial(book, book.today)) == {CASH: 80, CAPITAL: 100, LOANS: 20}
    with book.database.read() as connection:
        with pytest.raises(Invalid, match=r"ledger\.day_not_yet_open"):
            trial_balance(connection, book.principal, book.today + timedelta(days=1))
        found = trial_balance(connection, book.principal, tuesday).as_json()
    assert found["difference_fen"] == 0
    assert {row["path"]: row["balance_fen"] for row in found["classes"]} == {
        "asset": 100,
        "equity": 100,
    }


def _trial(book: Book, day: date) -> list[tuple[str, int]]:
    with book.database.read() as connection:
        found = trial_balance(connection, book.principal, day)
    assert found.difference_fen == 0
    return [(row.path, row.balance_fen) for row in found.rows]


def test_a_statement_is_read_by_days_and_by_pages(book: Book) -> None:
    for amount_fen in (1, 2, 3):
        book.post(*[book.transfer(CASH, CAPITAL, amount_fen) for _ in range(3)])
        book.post(book.transfer(LOANS, "equity/retained", 5))
        book.close()
    second = book.today - timedelta(days=2)

    def amounts(**narrowed):
        with book.database.read() as connection:
            lines = journal(connection, book.principal, path=CASH, **narrowed)
        return [line.amount_fen for line in lines], lines[0].number if lines else None

    assert amounts()[0] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert amounts(first_day=second)[0] == [2, 2, 2, 3, 3, 3]
    assert amounts(last_day=second)[0] == [1, 1, 1, 2, 2, 2]
    assert amounts(first_day=second, last_day=second)[0] == [2, 2, 2]
    assert amounts(last_day=second - timedelta(days=9))[0] == []
    newest, first = amounts(limit=4)
    assert newest == [2, 3, 3, 3]
    assert amounts(limit=4, before=first)[0] == [1, 1, 2, 2]


def test_nobody_sees_or_moves_another_tenants_money(book: Book) -> None:
    book.post(book.transfer(CASH, CAPITAL, 100))
    other = system_principal(UUID(int=7))
    with book.database.read() as connection:
        assert balances(connection, other) == []
        assert journal(connection, other) == []
        with pytest.raises(NotFound):
            journal(connection, other, path=CASH)
    book.ledger.open_day(other, "open", book.today)
    held = book.transfer(LOANS, CASH, 1)
    book.hold(held)
    with pytest.raises(NotFound, match=r"ledger\.hold_not_found"):
        book.ledger.settle(other, "steal", [held.id])
    with pytest.raises(Refused, match=r"ledger\.insufficient_funds"):
        book.ledger.post(other, "spend", [held])
    with pytest.raises(NotFound, match=r"ledger\.entry_not_found"):
        book.ledger.reverse(other, "undo", held.entry_id)
    twin = replace(held, debit=CASH, credit=CAPITAL)
    book.ledger.post(other, "same identifier, other tenant", [twin])
    book.prove()


def test_the_book_is_closed_to_those_without_the_scope(book: Book) -> None:
    owner = Principal(book.principal.tenant_id, UUID(int=9), ActorKind.OWNER, party_ids=frozenset())
    everything = replace(owner, scopes=book.principal.scopes)
    with book.database.read() as connection:
        for one in (owner, everything):
            with pytest.raises(Forbidden):
                balances(connection, one)
    with pytest.raises(Forbidden):
        book.ledger.post(owner, "k", [book.transfer(CASH, CAPITAL, 1)])


def test_the_chain_carries_the_hash_of_what_was_posted(book: Book) -> None:
    paid = [book.transfer(CASH, CAPITAL, 100), book.transfer(CASH, CAPITAL, 11)]
    book.post(*paid)
    with book.database.read() as connection:
        events = [row for row in read_chain(connection) if row.kind == "ledger.posted"]
        verify_chain(connection)
    (event,) = [parse_payload(row.payload) for row in events]
    assert (event["transfers"], event["total_fen"]) == (2, 111)
    assert event["content_hash"] == content_hash(paid)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_transfer SET amount_fen = 1",
        "DELETE FROM ledger_transfer",
        "DELETE FROM ledger_batch",
        "UPDATE ledger_account SET credits_posted = debits_posted + 1 WHERE guard <> 'none'",
        "UPDATE ledger_account SET debits_posted = -1",
    ],
)
def test_the_database_itself_keeps_the_journal_and_the_guards(book: Book, statement: str) -> None:
    book.post(book.transfer(CASH, CAPITAL, 100))
    with pytest.raises(DBAPIError), book.database.engine.begin() as connection:
        connection.execute(text(statement))
    book.prove()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE ledger_account SET debits_posted = debits_posted + 1", "ledger.total_differs"),
        ("UPDATE ledger_account SET debits_pending = 7", "ledger.pending_total_differs"),
        ("DELETE FROM ledger_hold", "ledger.open_holds_differ"),
        ("UPDATE ledger_account SET last_transfer = 1", "ledger.statement_broken"),
        ("UPDATE ledger_day SET business_date = '2020-01-01'", "ledger.posted_outside_a_day"),
    ],
)
def test_whatever_was_changed_behind_the_ledger_is_found(
    book: Book, statement: str, code: str
) -> None:
    book.post(book.transfer(CASH, CAPITAL, 100))
    book.hold(book.transfer(LOANS, CASH, 40))
    book.prove()
    with book.database.engine.begin() as connection:
        connection.execute(text(statement))
    expected = r"ledger\.(total_differs|posted_outside_a_day)" if "day" in statement else code
    with book.database.read() as connection, pytest.raises(Corrupt, match=expected):
        verify_ledger(connection)


@pytest.mark.parametrize(
    ("table", "statements", "code"),
    [
        (
            "ledger_transfer",
            [
                "UPDATE ledger_transfer SET amount_fen = amount_fen + 1",
                "UPDATE ledger_batch SET total_fen = total_fen + transfers",
                "UPDATE ledger_account SET debits_posted=debits_posted + 2 WHERE path LIKE 'a%'",
                "UPDATE ledger_account SET credits_posted=credits_posted + 2 WHERE path LIKE 'e%'",
            ],
            "ledger.seal_broken",
        ),
        (
            "ledger_transfer",
            ["UPDATE ledger_transfer SET kind = 'harmless'"],
            "ledger.seal_broken",
        ),
        (
            "chain_entry",
            ["DELETE FROM chain_entry WHERE kind = 'ledger.posted'"],
            "ledger.chain_says_otherwise",
        ),
    ],
)
def test_a_forger_who_makes_every_total_agree_is_found_by_the_seal(
    book: Book, table: str, statements: list[str], code: str
) -> None:
    """
    Two postings of 100 and 11 become 101 and 12, and every total is made to fit.
    """
    book.post(book.transfer(CASH, CAPITAL, 100), book.transfer(CASH, CAPITAL, 11))
    book.prove()
    with book.database.engine.begin() as connection:
        for kind in (table, "ledger_batch"):
            for statement in _unguarded(connection.dialect.name, kind):
                connection.execute(text(statement))
        for statement in statements:
            connection.execute(text(statement))
    with book.database.read() as connection, pytest.raises(Corrupt, match=re.escape(code)):
        verify_ledger(connection)


def _unguarded(dialect: str, table: str) -> list[str]:
    """Return what a forger with the database's own password does first."""
    if dialect == "postgresql":
        return [f"DROP TRIGGER {table}_append_only ON {table}"]
    return [f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete")]


def test_closing_a_day_returns_the_next(book: Book) -> None:
    command = Command("test.close", book.principal, "close", {})
    answer = book.database.command(
        command, lambda tx: {"next": close_day(tx, book.today).isoformat()}
    )
    assert answer.value == {"next": (book.today + timedelta(days=1)).isoformat()}
