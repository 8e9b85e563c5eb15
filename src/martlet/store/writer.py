"""The single writer: takes what waits, carries it out in one transaction, commits once, answers.

One commit costs an fsync whatever is in it, so commands that arrive together share one (group
commit). Each runs behind a savepoint: a refused one leaves nothing, and the others go on. Nobody
is answered before the commit has reached the disk.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError, OperationalError

from martlet.kernel.canonical import hash_of
from martlet.kernel.errors import Conflict, Unavailable
from martlet.store import chain
from martlet.store.command import Answer, Command
from martlet.store.limits import (
    COMMAND_WAIT_SECONDS_MAX,
    GROUP_COMMANDS_MAX,
    QUEUE_COMMANDS_MAX,
    RETRIES_MAX,
)
from martlet.store.transaction import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection, Engine

    from martlet.kernel.clock import Clock
    from martlet.kernel.ids import IdSource

    Handler = Callable[[Transaction], dict[str, Any]]

_RETRY_SQLSTATES = {"40001", "40P01"}


@dataclass(slots=True)
class Waiting:
    """A command in the queue and the promise of its answer."""

    command: Command
    handler: Handler
    promise: Future[Answer] = field(default_factory=Future)


class Writer:
    """Carries out commands one after another on the one connection that writes."""

    def __init__(
        self, engine: Engine, clock: Clock, ids: IdSource, *, wait_ms: int, threaded: bool
    ) -> None:
        self._engine = engine
        self._clock = clock
        self._ids = ids
        self._wait_seconds = wait_ms / 1000
        self._queue: queue.Queue[Waiting | None] = queue.Queue(QUEUE_COMMANDS_MAX)
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="martlet-writer", daemon=True)
        self._threaded = threaded
        if threaded:
            self._thread.start()

    def submit(self, command: Command, handler: Handler) -> Answer:
        """Carry out a command and return its answer once it is on the disk."""
        if self._closed:
            raise Unavailable("store.closed")
        waiting = Waiting(command, handler)
        if not self._threaded:
            self._run_group([waiting])
            return waiting.promise.result()
        assert threading.current_thread() is not self._thread, "a handler may not send commands"
        try:
            self._queue.put_nowait(waiting)
        except queue.Full as error:
            raise Unavailable("store.overloaded", retry_after_seconds=1) from error
        return waiting.promise.result(timeout=COMMAND_WAIT_SECONDS_MAX)

    def close(self) -> None:
        """Finish what waits, then stop."""
        if self._closed:
            return
        self._closed = True
        if self._threaded:
            self._queue.put(None)
            self._thread.join()

    def _serve(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._gather(first)
            self._run_group(group)
            if last:
                return

    def _gather(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """Take what waits, and wait a moment for company if there is any."""
        group = [first]
        deadline = monotonic() + self._wait_seconds
        while len(group) < GROUP_COMMANDS_MAX:
            try:
                left = deadline - monotonic()
                alone = len(group) == 1 and self._queue.empty()
                item = (
                    self._queue.get(timeout=left)
                    if left > 0 and not alone
                    else (self._queue.get_nowait())
                )
            except queue.Empty:
                return group, False
            if item is None:
                return group, True
            group.append(item)
        return group, False

    def _run_group(self, group: list[Waiting]) -> None:
        outcomes: list[Answer | BaseException] = []
        for attempt in range(RETRIES_MAX):
            try:
                outcomes = self._try_group(group)
                break
            except DBAPIError as error:
                again = getattr(error.orig, "sqlstate", None) in _RETRY_SQLSTATES
                if again and attempt + 1 < RETRIES_MAX:
                    continue
                outcomes = [_unavailable(error)] * len(group)
                break
            except BaseException as error:  # noqa: BLE001 - every caller must get its answer
                outcomes = [error] * len(group)
                break
        for waiting, outcome in zip(group, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                waiting.promise.set_exception(outcome)
            else:
                waiting.promise.set_result(outcome)

    def _try_group(self, group: list[Waiting]) -> list[Answer | BaseException]:
        """Carry out the group in one transaction; answers count only if the commit succeeds."""
        with self._engine.connect() as connection, connection.begin():
            head = chain.lock_head(connection)
            outcomes: list[Answer | BaseException] = []
            entries: list[chain.ChainEntry] = []
            for waiting in group:
                transaction = Transaction(connection, waiting.command, self._clock.now(), self._ids)
                outcomes.append(_carry_out(connection, transaction, waiting.handler))
                if isinstance(outcomes[-1], Answer):
                    entries.extend(transaction.entries)
            chain.append(connection, head, entries)
        return outcomes


def _carry_out(
    connection: Connection, transaction: Transaction, handler: Handler
) -> Answer | BaseException:
    """Run one command behind a savepoint; a refusal or a mistake undoes it alone."""
    connection.exec_driver_sql("SAVEPOINT command")
    try:
        answer = _answer_once(transaction, handler)
    except OperationalError:
        raise
    except BaseException as error:
        if getattr(getattr(error, "orig", None), "sqlstate", None) in _RETRY_SQLSTATES:
            raise
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT command")
        connection.exec_driver_sql("RELEASE SAVEPOINT command")
        return error
    connection.exec_driver_sql("RELEASE SAVEPOINT command")
    return answer


def _answer_once(transaction: Transaction, handler: Handler) -> Answer:
    """Answer from the record where the key is known; else do it and write the answer down."""
    command, driver = transaction.command, transaction.driver
    who = (driver.id(transaction.tenant_id), command.principal.actor, command.key)
    request_hash = command.request_hash
    known = driver.fetch(
        "SELECT action, request_hash, answer FROM answered_command"
        " WHERE tenant_id = ? AND actor = ? AND key = ?",
        who,
    )
    if known:
        _action, stored_hash, stored = known[0]
        if stored_hash != request_hash:
            raise Conflict("store.key_reused", key=command.key)
        return Answer(chain.parse_payload(stored), replayed=True)
    value = handler(transaction)
    text = chain.payload_text(command.action, value)
    driver.run(
        "INSERT INTO answered_command"
        " (tenant_id, actor, key, action, request_hash, answer, answered_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*who, command.action, request_hash, text, driver.moment(transaction.now)),
    )
    transaction.audit(hash_of(value))
    return Answer(chain.parse_payload(text))


def _unavailable(error: DBAPIError) -> Unavailable:
    trouble = Unavailable("store.database_trouble", reason=type(error.orig).__name__)
    trouble.__cause__ = error
    return trouble
