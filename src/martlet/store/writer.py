"""The single writer: takes the commands that wait, has each group committed once, and answers.

Nobody is answered before the commit has reached the disk; nobody waits for ever: what cannot be
taken or answered in time is told so, and the same key may be sent again.
"""

from __future__ import annotations

import threading
from _thread import LockType, allocate_lock
from collections import deque
from time import monotonic
from typing import TYPE_CHECKING

from martlet.kernel.errors import Unavailable
from martlet.store.command import Answer
from martlet.store.group import Asked, GroupCommit
from martlet.store.limits import (
    COMMAND_WAIT_SECONDS_MAX,
    GROUP_COMMANDS_MAX,
    QUEUE_COMMANDS_MAX,
)

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from martlet.kernel.clock import Clock
    from martlet.kernel.ids import IdSource
    from martlet.store.command import Command
    from martlet.store.group import Handler, Outcome


class Waiting:
    """A command in the queue and its caller, who sleeps on a lock until the outcome is set."""

    __slots__ = ("_answered", "asked", "left", "outcome")

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.left = False
        """The caller has given up: not to be begun any more."""
        self.outcome: Outcome | None = None
        self._answered: LockType = allocate_lock()
        self._answered.acquire()

    def settle(self, outcome: Outcome) -> None:
        """Give the caller its outcome and wake it."""
        self.outcome = outcome
        self._answered.release()

    def wait(self, seconds: float) -> Answer:
        """Sleep until the outcome is there; return the answer or raise the error."""
        if not self._answered.acquire(timeout=seconds):
            self.left = True
            raise Unavailable("store.answer_late", waited_seconds=int(seconds))
        return _deliver(self.outcome)


class Line:
    """Those who wait, in order of arrival, and a bell for the writer when enough stand there.

    The writer says how many it waits for, so that it is woken once for a group and not once for
    each caller: waking a thread costs more than carrying out a small command.
    """

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._waiting: deque[Waiting] = deque()
        self._closed = False
        self._wanted = 1
        self._bell = allocate_lock()
        self._bell.acquire()

    def join(self, waiting: Waiting) -> None:
        """Stand at the end of the line, or be told that it is full or closed."""
        with self._door:
            if self._closed:
                raise Unavailable("store.closed")
            if len(self._waiting) >= QUEUE_COMMANDS_MAX:
                raise Unavailable("store.overloaded", retry_after_seconds=1)
            self._waiting.append(waiting)
            if len(self._waiting) >= self._wanted:
                self._ring()

    def close(self) -> None:
        """Let nobody join any more; who stands in the line is still served."""
        with self._door:
            self._closed = True
            self._ring()

    def take(self, expected: int, hold_seconds: float) -> list[Waiting]:
        """Wait for somebody; hold the line open a moment for `expected`; an empty list: closed."""
        self._listen(1, None)
        if expected > 1:
            self._listen(expected, hold_seconds)
        with self._door:
            count = min(len(self._waiting), GROUP_COMMANDS_MAX)
            return [self._waiting.popleft() for _ in range(count)]

    def _listen(self, wanted: int, seconds: float | None) -> None:
        """Sleep until `wanted` stand in the line, the line is closed, or the time is up."""
        deadline = None if seconds is None else monotonic() + seconds
        while True:
            with self._door:
                if len(self._waiting) >= wanted or self._closed:
                    return
                self._wanted = wanted
                self._bell.acquire(blocking=False)
            left = -1.0 if deadline is None else deadline - monotonic()
            if deadline is not None and left <= 0:
                return
            if not self._bell.acquire(timeout=left):
                return

    def _ring(self) -> None:
        if self._bell.locked():
            self._bell.release()


class Writer:
    """Carries out commands one after another on the one connection that writes."""

    def __init__(
        self, engine: Engine, clock: Clock, ids: IdSource, *, wait_ms: int, threaded: bool
    ) -> None:
        self._commit = GroupCommit(engine, clock, ids)
        self._hold_seconds = wait_ms / 1000
        self._line = Line()
        self._here = threading.Lock()
        self._closed = False
        self._writing_thread: int | None = None
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._serve, name="martlet-writer", daemon=True)
            self._thread.start()

    def submit(self, command: Command, handler: Handler) -> Answer:
        """Carry out a command and return its answer once it is on the disk."""
        nested = threading.get_ident() == self._writing_thread
        assert not nested, "a handler may not send commands"
        asked = Asked(command, handler, command.request_hash)
        if self._thread is None:
            return self._carry_out_here(asked)
        waiting = Waiting(asked)
        self._line.join(waiting)
        return waiting.wait(COMMAND_WAIT_SECONDS_MAX)

    def close(self) -> None:
        """Finish what waits, then stop."""
        self._closed = True
        self._line.close()
        if self._thread is not None:
            self._thread.join()

    def _carry_out_here(self, asked: Asked) -> Answer:
        with self._here:
            if self._closed:
                raise Unavailable("store.closed")
            self._writing_thread = threading.get_ident()
            try:
                (outcome,) = self._commit.run([asked])
            finally:
                self._writing_thread = None
        return _deliver(outcome)

    def _serve(self) -> None:
        """Serve group after group until the line is closed and empty.

        As many callers as the last group had have just been woken and may come again, so the next
        is held open for them a moment; a caller who is alone never waits for company.
        """
        self._writing_thread = threading.get_ident()
        expected = 1
        while group := self._line.take(expected, self._hold_seconds):
            expected = len(group)
            self._answer([waiting for waiting in group if not waiting.left])

    def _answer(self, group: list[Waiting]) -> None:
        """Have a group committed and wake its callers, whatever happens."""
        try:
            outcomes = self._commit.run([waiting.asked for waiting in group]) if group else []
        except BaseException as error:  # noqa: BLE001 - the writer outlives any mistake
            outcomes = [error] * len(group)
        for waiting, outcome in zip(group, outcomes, strict=True):
            waiting.settle(outcome)


def _deliver(outcome: Outcome | None) -> Answer:
    """Return an answer, or raise the error in the caller's own thread."""
    if isinstance(outcome, Answer):
        return outcome
    assert outcome is not None, "a command was settled without an outcome"
    raise outcome
