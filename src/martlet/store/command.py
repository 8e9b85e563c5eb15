"""A command: what somebody asks the bank to do, once."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.canonical import hash_of
from martlet.kernel.errors import Invalid
from martlet.store.limits import IDEMPOTENCY_KEY_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from martlet.kernel.principal import Principal


@dataclass(frozen=True, slots=True)
class Command:
    """An action by an actor under a key of the caller's making.

    The same key with the same body is answered as the first time and done once; the same key with
    another body is refused (`store.key_reused`). A refused command leaves no trace and may be
    sent again. `body` is JSON without floats: it decides whether two requests are the same.
    """

    action: str
    principal: Principal
    key: str
    body: Mapping[str, Any]

    def __post_init__(self) -> None:
        fits = 0 < len(self.key) <= IDEMPOTENCY_KEY_CHARS_MAX
        if not fits or not self.key.isprintable():
            raise Invalid("store.key_malformed", max_chars=IDEMPOTENCY_KEY_CHARS_MAX)

    @property
    def request_hash(self) -> str:
        """The hash that tells one request from another."""
        return hash_of({"action": self.action, "body": self.body})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command answered; `replayed` when it had been answered before."""

    value: dict[str, Any]
    replayed: bool = False


_replayed_keys: ContextVar[set[str] | None] = ContextVar("replayed_keys", default=None)


@contextmanager
def watch_replays() -> Iterator[set[str]]:
    """Collect the keys of the commands sent inside that were answered from the record.

    A room's service returns the answer's value alone; the rim, which must tell its caller that
    nothing was done twice, learns it here.
    """
    keys: set[str] = set()
    token = _replayed_keys.set(keys)
    try:
        yield keys
    finally:
        _replayed_keys.reset(token)


def note_replay(command: Command, answer: Answer) -> None:
    """Tell whoever watches that an answer came from the record."""
    if answer.replayed and (keys := _replayed_keys.get()) is not None:
        keys.add(command.key)
