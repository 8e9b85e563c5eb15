"""Commands that arrive together share a commit and nothing else."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Column, MetaData, Table, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from martlet.kernel.errors import Conflict, Invalid, Refused, Unavailable
from martlet.store import Command, Database, open_database, read_chain, verify_chain, writer
from martlet.store.schema import STRICT, Amount, String
from martlet.store.tables import answered_command

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.store import Transaction

SHELF = Table(
    "shelf",
    MetaData(),
    Column("name", String, primary_key=True),
    Column("pieces", Amount, nullable=False),
    **STRICT,
)


@pytest.fixture
def shop(database: Database) -> Database:
    """A bank beside a shelf with ten pieces on it."""
    SHELF.create(database.engine)
    with database.engine.begin() as connection:
        connection.execute(insert(SHELF).values(name="rice", pieces=10))
    return database


def _pieces(database: Database) -> int:
    with database.read() as connection:
        return int(connection.scalar(select(SHELF.c.pieces).where(SHELF.c.name == "rice")))


def _take(pieces: int) -> Callable[[Transaction], dict[str, Any]]:
    """Take pieces first and look afterwards, so that a refusal has something to undo."""

    def handler(tx: Transaction) -> dict[str, Any]:
        left = SHELF.c.pieces - pieces
        tx.execute(update(SHELF).where(SHELF.c.name == "rice").values(pieces=left))
        tx.emit("shelf.taken", "shelf:rice", {"pieces": pieces})
        now = tx.execute(select(SHELF.c.pieces)).scalar_one()
        if now < 0:
            raise Refused("shelf.empty", pieces=now)
        return {"left": now}

    return handler


def _together(
    database: Database, principal: Principal, asks: list[tuple[str, Callable[..., Any]]]
) -> list[Any]:
    """Send commands so that they stand in line together: the first holds the writer meanwhile."""
    busy, go_on = threading.Event(), threading.Event()

    def hold_the_writer(_tx: Transaction) -> dict[str, Any]:
        busy.set()
        assert go_on.wait(10)
        return {}

    def send(key: str, handler: Callable[..., Any]) -> Any:
        try:
            return database.command(Command("shelf.take", principal, key, {}), handler)
        except BaseException as error:  # noqa: BLE001 - the test looks at every outcome
            return error

    with ThreadPoolExecutor(len(asks) + 1) as pool:
        first = pool.submit(send, "first", hold_the_writer)
        assert busy.wait(10)
        sent = [pool.submit(send, key, handler) for key, handler in asks]
        time.sleep(0.1)
        go_on.set()
        first.result()
        return [each.result() for each in sent]


def test_a_refused_command_amid_others_undoes_itself_alone(
    shop: Database, principal: Principal
) -> None:
    asks = [("a", _take(4)), ("b", _take(7)), ("c", _take(5)), ("d", _take(2)), ("e", _take(1))]
    outcomes = _together(shop, principal, asks)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Refused)]
    taken = sum(
        pieces
        for outcome, pieces in zip(outcomes, (4, 7, 5, 2, 1), strict=True)
        if not isinstance(outcome, Refused)
    )
    assert refused
    assert _pieces(shop) == 10 - taken >= 0
    with shop.read() as connection:
        events = read_chain(connection, category="event")
        assert sum(_payload(event)["pieces"] for event in events) == taken
        verify_chain(connection)


def _payload(event: Any) -> dict[str, int]:
    from martlet.store.chain import parse_payload

    return parse_payload(event.payload)


def test_a_mistake_of_one_handler_is_told_to_its_caller_alone(
    shop: Database, principal: Principal
) -> None:
    def break_a_constraint(tx: Transaction) -> dict[str, Any]:
        tx.execute(insert(SHELF).values(name="rice", pieces=1))
        return {}

    def fail(_tx: Transaction) -> dict[str, Any]:
        raise ZeroDivisionError

    def answer_a_float(tx: Transaction) -> dict[str, Any]:
        tx.emit("shelf.seen", "shelf:rice", {})
        return {"share": 0.5}

    asks = [("a", break_a_constraint), ("b", _take(1)), ("c", fail), ("d", answer_a_float)]
    outcomes = _together(shop, principal, [*asks, ("e", _take(2))])
    assert [type(outcome).__name__ for outcome in outcomes] == [
        *("IntegrityError", "Answer", "ZeroDivisionError", "TypeError", "Answer")
    ]
    assert _pieces(shop) == 7
    with pytest.raises(IntegrityError):
        shop.command(Command("shelf.take", principal, "a", {}), break_a_constraint)
    with shop.read() as connection:
        assert {event.kind for event in read_chain(connection, category="event")} == {"shelf.taken"}


def test_trouble_of_the_database_spares_the_others(shop: Database, principal: Principal) -> None:
    """A statement that the database cannot run is told; what came with it is carried out."""

    def misspell(tx: Transaction) -> dict[str, Any]:
        tx.driver.run("UPDATE shelv SET pieces = 0")
        return {}

    outcomes = _together(shop, principal, [("a", _take(1)), ("b", misspell), ("c", _take(1))])
    assert isinstance(outcomes[1], Exception)
    assert _pieces(shop) == 8
    with shop.read() as connection:
        assert verify_chain(connection)[0] == 5


def test_the_same_key_from_eight_callers_is_done_once(shop: Database, principal: Principal) -> None:
    outcomes = _together(shop, principal, [("same", _take(3))] * 8)
    assert [outcome.value for outcome in outcomes] == [{"left": 7}] * 8
    assert Counter(outcome.replayed for outcome in outcomes) == {True: 7, False: 1}
    assert _pieces(shop) == 7


def test_the_same_key_with_another_body_in_one_group_is_refused(
    shop: Database, principal: Principal
) -> None:
    with ThreadPoolExecutor(8) as pool:
        commands = [Command("shelf.take", principal, "same", {"n": n}) for n in range(8)]
        sent = [pool.submit(shop.command, command, _take(1)) for command in commands]
        errors = [each.exception() for each in sent]
    assert [type(error) for error in errors].count(Conflict) == 7
    assert _pieces(shop) == 9


def test_many_callers_never_take_more_than_there_is(shop: Database, principal: Principal) -> None:
    def take_one_guarded(tx: Transaction) -> dict[str, Any]:
        guarded = update(SHELF).where(SHELF.c.name == "rice", SHELF.c.pieces >= 1)
        tx.change_one(guarded.values(pieces=SHELF.c.pieces - 1), Refused("shelf.empty"))
        return {}

    def send(number: int) -> bool:
        try:
            shop.command(Command("shelf.take", principal, f"k-{number}", {}), take_one_guarded)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(32) as pool:
        assert sum(pool.map(send, range(64))) == 10
    assert _pieces(shop) == 0


def test_a_handler_may_not_send_commands(shop: Database, principal: Principal) -> None:
    def nest(_tx: Transaction) -> dict[str, Any]:
        return shop.command(Command("shelf.take", principal, "inner", {}), _take(1)).value

    with pytest.raises(AssertionError, match="may not send commands"):
        shop.command(Command("shelf.take", principal, "outer", {}), nest)
    assert _pieces(shop) == 10


@pytest.mark.parametrize("key", ["", "k" * 201, "line\nbreak", "nul\0"])
def test_a_key_is_short_and_printable(principal: Principal, key: str) -> None:
    with pytest.raises(Invalid, match="store.key_malformed"):
        Command("shelf.take", principal, key, {})


def test_two_tenants_may_use_the_same_key(shop: Database, principal: Principal) -> None:
    from martlet.kernel.principal import system_principal

    other = system_principal(shop.ids.new())
    for who in (principal, other):
        assert not shop.command(Command("shelf.take", who, "k", {}), _take(1)).replayed
    assert _pieces(shop) == 8


def test_a_full_line_turns_callers_away(
    shop: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "QUEUE_COMMANDS_MAX", 2)
    outcomes = _together(shop, principal, [(f"k-{n}", _take(1)) for n in range(6)])
    turned_away = [outcome for outcome in outcomes if isinstance(outcome, Unavailable)]
    assert {error.code for error in turned_away} == {"store.overloaded"}
    assert len(turned_away) == 4
    assert _pieces(shop) == 8


def test_who_waits_too_long_is_told_and_may_ask_again(
    shop: Database, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "COMMAND_WAIT_SECONDS_MAX", 0.05)
    busy, go_on = threading.Event(), threading.Event()

    def dawdle(_tx: Transaction) -> dict[str, Any]:
        busy.set()
        assert go_on.wait(10)
        return {"done": True}

    slow = Command("shelf.take", principal, "slow", {})
    with pytest.raises(Unavailable, match="store.answer_late"):
        shop.command(slow, dawdle)
    assert busy.is_set()
    with pytest.raises(Unavailable, match="store.answer_late"):
        shop.command(Command("shelf.take", principal, "left", {}), _take(1))
    go_on.set()
    monkeypatch.setattr(writer, "COMMAND_WAIT_SECONDS_MAX", 10)
    assert shop.command(slow, dawdle).replayed, "it was carried out all the same"
    assert not shop.command(Command("shelf.take", principal, "left", {}), _take(1)).replayed
    assert _pieces(shop) == 9, "what had not begun when its caller left was not begun"


def test_closing_finishes_what_waits_and_takes_nothing_new(
    shop: Database, principal: Principal
) -> None:
    busy, go_on = threading.Event(), threading.Event()

    def dawdle(_tx: Transaction) -> dict[str, Any]:
        busy.set()
        assert go_on.wait(10)
        return {}

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(shop.command, Command("shelf.take", principal, "a", {}), dawdle)
        assert busy.wait(10)
        more = [
            pool.submit(shop.command, Command("shelf.take", principal, f"b{n}", {}), _take(1))
            for n in range(3)
        ]
        time.sleep(0.1)
        closing = pool.submit(shop.close)
        time.sleep(0.05)
        with pytest.raises(Unavailable, match="store.closed"):
            shop.command(Command("shelf.take", principal, "late", {}), _take(1))
        go_on.set()
        assert not first.result().replayed
        assert sorted(each.result().value["left"] for each in more) == [7, 8, 9]
        closing.result()
    shop.close()


@pytest.fixture
def calm(database_url: str, clock: ManualClock) -> Iterator[Database]:
    """A bank that carries out each command in its caller's thread, as the simulated world does."""
    database = open_database(database_url, clock=clock, threaded=False)
    database.create_schema()
    yield database
    database.close()


def test_without_threads_the_promises_are_the_same(calm: Database, principal: Principal) -> None:
    SHELF.create(calm.engine)
    with calm.engine.begin() as connection:
        connection.execute(insert(SHELF).values(name="rice", pieces=10))
    runs = Counter[str]()

    def counted(key: str, pieces: int) -> Callable[[Transaction], dict[str, Any]]:
        def handler(tx: Transaction) -> dict[str, Any]:
            runs[key] += 1
            return _take(pieces)(tx)

        return handler

    calm.command(Command("shelf.take", principal, "a", {}), counted("a", 4))
    assert calm.command(Command("shelf.take", principal, "a", {}), counted("a", 4)).replayed
    with pytest.raises(Refused):
        calm.command(Command("shelf.take", principal, "b", {}), counted("b", 7))
    assert _pieces(calm) == 6
    assert runs == {"a": 1, "b": 1}, "alone, a refused command is run once"

    def nest(_tx: Transaction) -> dict[str, Any]:
        return calm.command(Command("shelf.take", principal, "inner", {}), _take(1)).value

    with pytest.raises(AssertionError, match="may not send commands"):
        calm.command(Command("shelf.take", principal, "outer", {}), nest)
    calm.close()
    with pytest.raises(Unavailable, match="store.closed"):
        calm.command(Command("shelf.take", principal, "c", {}), _take(1))


def test_a_replay_writes_nothing(shop: Database, principal: Principal) -> None:
    command = Command("shelf.take", principal, "k", {})
    shop.command(command, _take(1))
    with shop.read() as connection:
        before = verify_chain(connection)
    assert shop.command(command, _take(1)).replayed
    with shop.read() as connection:
        assert verify_chain(connection) == before
        assert connection.scalar(select(func.count()).select_from(answered_command)) == 1
