"""What a command's handler is given: the open transaction, the moment, the record to write on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.store.chain import ChainEntry, payload_text
from martlet.store.schema import moment_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy import Connection, CursorResult
    from sqlalchemy.sql import Executable

    from martlet.kernel.errors import MartletError
    from martlet.kernel.ids import IdSource
    from martlet.store.command import Command
    from martlet.store.driver import Driver


class Transaction:
    """One command's transaction: all of it happens, with its events and audit entry, or nothing.

    A handler reads and writes through it, raises a `MartletError` to refuse, and returns the
    answer as a JSON value. It never commits, and never opens another command. It may be run more
    than once before its commit (a lost race, a refusal of another in its group), so it changes
    nothing outside the transaction.
    """

    __slots__ = (
        "_actor",
        "command",
        "connection",
        "driver",
        "entries",
        "ids",
        "now",
        "now_text",
        "principal",
        "tenant_id",
    )

    def __init__(
        self,
        connection: Connection,
        driver: Driver,
        command: Command,
        actor: str,
        now: datetime,
        ids: IdSource,
    ) -> None:
        self.connection = connection
        self.driver = driver
        """The bare driver, for hot paths only."""
        self.command = command
        self.principal = command.principal
        """Who asks."""
        self.tenant_id = command.principal.tenant_id
        """In which tenant."""
        self.now = now
        self.now_text = moment_text(now)
        self.ids = ids
        self.entries: list[ChainEntry] = []
        self._actor = actor

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
        text = payload_text(kind, payload)
        self._record("event", kind, version, stream, business_date, text)

    def audit(self, request_hash: str, answer_hash: str) -> None:
        """Put on the record who asked for what; the store calls it once for every command.

        The key stands in `causation`; two hexadecimal hashes are canonical as they are.
        """
        text = f'{{"answer_hash":"{answer_hash}","request_hash":"{request_hash}"}}'
        self._record("audit", self.command.action, 1, "", None, text)

    def _record(
        self,
        category: str,
        kind: str,
        version: int,
        stream: str,
        business_date: date | None,
        payload: str,
    ) -> None:
        self.entries.append(
            ChainEntry(
                category,
                kind,
                version,
                stream,
                self.tenant_id,
                self._actor,
                self.command.key,
                business_date,
                self.now_text,
                payload,
            )
        )
