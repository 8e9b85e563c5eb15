"""The group commit: commands that arrived together, carried out in one transaction.

One commit costs an fsync whatever is in it. Each command runs behind a savepoint: a refused one
leaves nothing, and the others go on. Whether a command was done before is read from the record
first, so a group may always be tried again, even where nobody can tell whether its commit arrived.
"""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, Any, NamedTuple

from martlet.kernel.canonical import content_hash
from martlet.kernel.errors import Conflict, Unavailable
from martlet.store import chain
from martlet.store.command import Answer, Command
from martlet.store.driver import Driver
from martlet.store.limits import RETRIES_MAX, RETRY_PAUSE_MS
from martlet.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Connection, Engine

    from martlet.kernel.clock import Clock
    from martlet.kernel.ids import IdSource

    Handler = Callable[[Transaction], dict[str, Any]]
    Outcome = Answer | BaseException

_PASSING_SQLSTATES = ("40001", "40P01", "08", "57P")
"""Serialisation failure, deadlock; connection trouble; the server stops or starts."""
_ANSWERED_COLUMNS = (
    "tenant_id",
    "actor",
    "key",
    "action",
    "request_hash",
    "answer",
    "answered_at",
)


class Asked(NamedTuple):
    """A command, what carries it out, and the hash that tells it from another."""

    command: Command
    handler: Handler
    request_hash: str


class GroupCommit:
    """Carries out groups of commands on the engine that writes."""

    def __init__(self, engine: Engine, clock: Clock, ids: IdSource) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids

    def run(self, group: Sequence[Asked], *, marked: bool = False) -> list[Outcome]:
        """Carry out a group; each command's answer or error, in order, once it is on the disk.

        The first try sets no savepoints, for refusals are few. Where one command must be undone
        among others, the whole group is undone and run again behind savepoints (`marked`).
        """
        for attempt in range(1, RETRIES_MAX + 1):
            try:
                with self._engine.connect() as connection, connection.begin() as transaction:
                    outcomes = self._carry_out(connection, group, marked=marked)
                    if not any(map(_is_new, outcomes)):
                        transaction.rollback()  # nothing to keep, so nothing to wait for
            except _MustUndo:
                return self.run(group, marked=True)
            except BaseException as error:  # noqa: BLE001 - every caller must get its answer
                passing = _may_pass(error)
                if passing and attempt < RETRIES_MAX:
                    sleep(RETRY_PAUSE_MS * attempt / 1000)
                    continue
                if passing or len(group) == 1:
                    return [self._as_outcome(error)] * len(group)
                break
            else:
                return outcomes
        # One of them may have poisoned the transaction: alone, it harms only itself.
        return [outcome for asked in group for outcome in self.run([asked])]

    def _as_outcome(self, error: BaseException) -> BaseException:
        """Return what the caller is told: of a database's trouble, that it may be sent again."""
        driver = self._engine.dialect.loaded_dbapi
        cause = getattr(error, "orig", error)
        if not isinstance(cause, (driver.OperationalError, driver.InternalError)):
            return error
        trouble = Unavailable("store.database_trouble", reason=type(cause).__name__)
        trouble.__cause__ = error
        return trouble

    def _carry_out(
        self, connection: Connection, group: Sequence[Asked], *, marked: bool
    ) -> list[Outcome]:
        """Carry out each command; the answers count only once the caller has committed."""
        driver = Driver(connection)
        head = chain.lock_head(driver)
        places = [_place(driver, asked.command) for asked in group]
        known = _read_answered(driver, places)
        outcomes: list[Outcome] = []
        entries: list[chain.ChainEntry] = []
        rows: list[tuple[Any, ...]] = []
        for asked, place in zip(group, places, strict=True):
            command, request_hash = asked.command, asked.request_hash
            if (before := known.get(place)) is not None:
                outcomes.append(_answer_again(asked, before))
                continue
            now = self._clock.now()
            transaction = Transaction(connection, driver, command, place[1], now, self._ids)
            mark = driver.mark(savepoint=marked)
            try:
                text = chain.payload_text(command.action, asked.handler(transaction))
                answer = Answer(chain.parse_payload(text))
            except BaseException as error:  # noqa: BLE001 - a mistake undoes its command alone
                _undo(driver, mark, error, alone=len(group) == 1, marked=marked)
                outcomes.append(self._as_outcome(error))
                continue
            if marked:
                driver.keep()
            transaction.audit(request_hash, content_hash(text.encode()))
            entries += transaction.entries
            moment = transaction.now_text
            rows.append((*place, command.action, request_hash, text, moment))
            known[place] = (request_hash, text)
            outcomes.append(answer)
        if rows:
            driver.load("answered_command", _ANSWERED_COLUMNS, rows)
            chain.append(driver, head, entries)
        return outcomes


class _MustUndo(Exception):
    """One command among others must be undone, and no savepoint was set before it."""


def _place(driver: Driver, command: Command) -> tuple[Any, str, str]:
    """Return where an answer stands on the record: the tenant, the actor, the caller's key."""
    return (driver.id(command.principal.tenant_id), command.principal.actor, command.key)


def _read_answered(
    driver: Driver, places: Sequence[tuple[Any, str, str]]
) -> dict[tuple[Any, str, str], tuple[str, str]]:
    """Return the hash and the answer of each place that has been answered, in one query.

    The list is filled up to a power of two, so that few different statements are prepared.
    """
    size = 1 << (len(places) - 1).bit_length()
    filled = [*places, *[places[-1]] * (size - len(places))]
    marks = ", ".join(["(?, ?, ?)"] * size)
    rows = driver.fetch(
        "SELECT tenant_id, actor, key, request_hash, answer FROM answered_command"  # noqa: S608 - marks only
        f" WHERE (tenant_id, actor, key) IN (VALUES {marks})",
        [value for place in filled for value in place],
    )
    return {(tenant, actor, key): (stored, text) for tenant, actor, key, stored, text in rows}


def _answer_again(asked: Asked, before: tuple[str, str]) -> Outcome:
    """Answer a command from the record, or refuse another request under the same key."""
    stored_hash, text = before
    if stored_hash != asked.request_hash:
        return Conflict("store.key_reused", key=asked.command.key)
    return Answer(chain.parse_payload(text), replayed=True)


def _is_new(outcome: Outcome) -> bool:
    return isinstance(outcome, Answer) and not outcome.replayed


def _undo(driver: Driver, mark: int, error: BaseException, *, alone: bool, marked: bool) -> None:
    """Undo one command if it changed anything, or raise what ends the whole transaction."""
    if _may_pass(error):
        raise error
    if driver.unchanged_since(mark) and not marked:
        return
    if alone:
        raise error  # with it goes the transaction, which holds nothing else
    if not marked:
        raise _MustUndo from error
    try:
        driver.undo()
    except Exception:  # noqa: BLE001 - why it cannot be undone is told by the first error
        raise error from None


def _may_pass(error: BaseException) -> bool:
    """Tell whether the same may succeed when tried again: a lost race or a lost connection.

    PostgreSQL names the trouble by its SQLSTATE; a connection that broke has none.
    """
    cause = getattr(error, "orig", error)
    if not hasattr(cause, "sqlstate"):
        return False
    if cause.sqlstate is None:
        return type(cause).__name__ == "OperationalError"
    return str(cause.sqlstate).startswith(_PASSING_SQLSTATES)
