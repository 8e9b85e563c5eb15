"""A command is carried out once, whole or not at all, and stands on the record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from martlet.kernel.errors import Conflict, Refused
from martlet.store import Command, Database, read_chain, verify_chain, watch_replays

if TYPE_CHECKING:
    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def _ring(tx: Transaction) -> dict[str, object]:
    tx.emit("bell.rung", "bell:1", {"times": 1})
    return {"rung": True}


def test_the_same_command_twice_is_done_once(database: Database, principal: Principal) -> None:
    command = Command("bell.ring", principal, "k-1", {"times": 1})
    first = database.command(command, _ring)
    second = database.command(command, _ring)
    assert first.value == second.value == {"rung": True}
    assert (first.replayed, second.replayed) == (False, True)
    with database.read() as connection:
        events = read_chain(connection, category="event")
        assert [event.kind for event in events] == ["bell.rung"]
        assert verify_chain(connection)[0] == 2


def test_a_key_used_for_another_request_is_refused(
    database: Database, principal: Principal
) -> None:
    database.command(Command("bell.ring", principal, "k-1", {"times": 1}), _ring)
    with pytest.raises(Conflict, match="store.key_reused"):
        database.command(Command("bell.ring", principal, "k-1", {"times": 2}), _ring)


def test_a_refused_command_leaves_no_trace(database: Database, principal: Principal) -> None:
    def refuse(tx: Transaction) -> dict[str, object]:
        tx.emit("bell.rung", "bell:1", {})
        raise Refused("bell.broken")

    command = Command("bell.ring", principal, "k-1", {})
    with pytest.raises(Refused, match="bell.broken"):
        database.command(command, refuse)
    with database.read() as connection:
        assert read_chain(connection) == []
    assert not database.command(command, _ring).replayed


def test_whoever_watches_learns_which_keys_were_answered_before(
    database: Database, principal: Principal
) -> None:
    command = Command("bell.ring", principal, "k-1", {"times": 1})
    with watch_replays() as first:
        database.command(command, _ring)
    with watch_replays() as second:
        database.command(command, _ring)
    assert (first, second) == (set(), {"k-1"})
