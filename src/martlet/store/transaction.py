"""What a command's handler is given: the open transaction, the moment, the record to write on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.store.chain import ChainEntry, payload_text
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection, CursorResult
    from sqlalchemy.sql import Executable

    from martlet.kernel.errors import MartletError
    from martlet.kernel.ids import IdSource
    from martlet.kernel.principal import Principal
    from martlet.store.command import Command


class Transaction:
    """One command's transaction: all of it happens, with its events and audit entry, or nothing.

    A handler reads and writes through it, raises a `MartletError` to refuse, and returns the
    answer as a JSON value. It never commits, and never opens another command.
    """

    def __init__(
        self, connection: Connection, command: Command, now: datetime, ids: IdSource
    ) -> None:
        self.connection = connection
        self.command = command
        self.now = now
        self.ids = ids
        self.entries: list[ChainEntry] = []
        self._driver: Driver | None = None

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return self.command.principal

    @property
    def tenant_id(self) -> UUID:
        """In which tenant."""
        return self.command.principal.tenant_id

    @property
    def driver(self) -> Driver:
        """The bare driver, for hot paths only."""
        if self._driver is None:
            self._driver = Driver(self.connection)
        return self._driver

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run a statement of SQLAlchemy Core."""
        return self.connection.execute(statement, parameters)

    def change_one(self, statement: Executable, otherwise: MartletError) -> None:
        """Run a conditional UPDATE that must change exactly one row; else raise `otherwise`.

        This is how a guard holds on both databases: the condition and the change are one statement.
        """
        if self.execute(statement).rowcount != 1:
            raise otherwise

    def emit(
        self,
        kind: str,
        stream: str,
        payload: Mapping[str, Any],
        *,
        business_date: date | None = None,
        version: int = 1,
    ) -> None:
        """Put an event on the record; others read it from the outbox after the commit."""
        self._record("event", kind, stream, payload, business_date, version)

    def audit(self, answer_hash: str) -> None:
        """Put on the record who asked for what; the store calls it once for every command."""
        payload = {
            "key": self.command.key,
            "request_hash": self.command.request_hash,
            "answer_hash": answer_hash,
        }
        self._record("audit", self.command.action, "", payload, None, 1)

    def _record(
        self,
        category: str,
        kind: str,
        stream: str,
        payload: Mapping[str, Any],
        business_date: date | None,
        version: int,
    ) -> None:
        self.entries.append(
            ChainEntry(
                category,
                kind,
                stream,
                payload_text(kind, payload),
                self.tenant_id,
                self.principal.actor,
                self.command.key,
                self.now,
                business_date,
                version,
            )
        )
