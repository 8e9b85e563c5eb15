"""A question about some identifiers answers as one about each would, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from martlet.store import Command, PreparedOfSome
from martlet.store.tables import answered_command

if TYPE_CHECKING:
    from martlet.kernel.principal import Principal
    from martlet.store import Database

_BY_TENANT = PreparedOfSome(
    select(answered_command.c.tenant_id, answered_command.c.key).where(
        answered_command.c.action == bindparam("action")
    ),
    answered_command.c.tenant_id,
)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 64])
def test_the_list_may_be_of_any_length_and_hold_strangers(
    database: Database, principal: Principal, count: int
) -> None:
    database.command(Command("test.noted", principal, "k-1", {}), lambda _: {})
    strangers = [UUID(int=number) for number in range(1, count)]
    asked = [*strangers, principal.tenant_id][:count]
    with database.read() as connection:
        found = _BY_TENANT.on(connection, {"action": "test.noted"}, asked).all()
    expected = [(principal.tenant_id, "k-1")] if count else []
    assert [(row.tenant_id, row.key) for row in found] == expected
