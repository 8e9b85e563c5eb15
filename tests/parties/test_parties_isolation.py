"""Two tenants share one database and neither can tell that the other exists.

Random commands run in both, some of them with the other's identifiers; after every one, all that
the tenant which did nothing can observe is what it was before.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from martlet.kernel.errors import Conflict, NotFound, Refused
from martlet.kernel.principal import Principal, system_principal
from martlet.parties import Owner, PartiesService, consents_of_many

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.parties import Registration
    from martlet.store import Database


@dataclass
class Side:
    """One tenant, what it has, and the numbers of its own that a careless query could mix up."""

    bank: Principal
    parties: list[UUID] = field(default_factory=list)
    staff: list[UUID] = field(default_factory=list)
    keys: list[UUID] = field(default_factory=list)

    def pick(self, ids: list[UUID], number: int) -> list[UUID]:
        return [ids[number % len(ids)]] if ids else []


ACTS = ("register", "give", "withdraw", "hire", "promote", "dismiss", "key", "revoke", "disable")


class World:
    """Two sides of one bank's database, and every command that this room knows."""

    def __init__(
        self, parties: PartiesService, database: Database, shop: Callable[..., Registration]
    ) -> None:
        self.room, self.database, self.shop = parties, database, shop
        self.sides = [Side(system_principal(database.ids.new())) for _ in range(2)]
        self.acts = 0
        for who in range(2):
            for act, number in (("register", 0), ("register", 1), ("hire", 0), ("key", 0)):
                self.act(act, who, number, theirs=False)

    def act(self, act: str, who: int, number: int, *, theirs: bool) -> None:
        """Do something as one side; with `theirs` about a thing of the other side."""
        side, about = self.sides[who], self.sides[1 - who if theirs else who]
        self.acts += 1
        getattr(self, f"_{act}")(f"{act}-{self.acts}", side, about, number)

    def _register(self, key: str, side: Side, _about: Side, number: int) -> None:
        side.parties += self.room.register_businesses(side.bank, key, [self.shop(number)])

    def _hire(self, key: str, side: Side, _about: Side, number: int) -> None:
        name = f"员工{number}"
        side.staff.append(self.room.add_staff(side.bank, key, name=name, roles=["risk"]))

    def _key(self, key: str, side: Side, _about: Side, number: int) -> None:
        later = self.database.clock.now() + timedelta(days=9)
        terms: dict[str, Any] = {"label": f"key {number}", "scopes": ["records:read"]}
        self.room.create_api_key(side.bank, key, **terms, expires_at=later)
        known = {one.api_key_id for one in self.room.api_keys(side.bank)}
        side.keys += known - set(side.keys)

    def _give(self, key: str, side: Side, about: Side, number: int) -> None:
        for party in about.pick(about.parties, number):
            self.room.give_consent(
                side.bank, key, party, records=("bank", "orders"), until=date(2026, 5, 1)
            )

    def _withdraw(self, key: str, side: Side, about: Side, number: int) -> None:
        for party in about.pick(about.parties, number):
            self.room.withdraw_consent(side.bank, key, party, records=("bank",))

    def _disable(self, key: str, side: Side, about: Side, number: int) -> None:
        for party in about.pick(about.parties, number):
            (owner,) = self.room.owners(about.bank, party)
            self.room.disable_owner(side.bank, key, owner.owner_id)

    def _promote(self, key: str, side: Side, about: Side, number: int) -> None:
        for person in about.pick(about.staff, number):
            self.room.change_roles(side.bank, key, person, ["officer", "operations"])

    def _dismiss(self, key: str, side: Side, about: Side, number: int) -> None:
        for person in about.pick(about.staff, number):
            self.room.disable_staff(side.bank, key, person)

    def _revoke(self, key: str, side: Side, about: Side, number: int) -> None:
        for api_key in about.pick(about.keys, number):
            self.room.revoke_api_key(side.bank, key, api_key)

    def seen_by(self, who: int) -> object:
        """All that one side can observe."""
        bank, now = self.sides[who].bank, self.database.clock.now()
        shops = self.room.businesses(bank, limit=500)
        owners: list[tuple[Owner, ...]] = [self.room.owners(bank, s.party_id) for s in shops]
        with self.database.read() as connection:
            consents = consents_of_many(connection, bank, now)
        history = [self.room.consent_history(bank, s.party_id) for s in shops]
        phones = [self.room.owner_by_phone(bank, f"1990000{n:04d}") for n in range(6)]
        return (
            shops, owners, consents, history, phones,
            self.room.staff(bank), self.room.api_keys(bank),
        )  # fmt: skip


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 1), st.integers(0, 5), st.booleans()),
        min_size=6,
        max_size=14,
    )
)
def test_neither_tenant_observes_the_other(
    parties: PartiesService,
    database: Database,
    shop: Callable[..., Registration],
    acts: list[tuple[str, int, int, bool]],
) -> None:
    world = World(parties, database, shop)
    for act, who, number, theirs in acts:
        before = world.seen_by(1 - who)
        with suppress(Conflict, NotFound, Refused):
            world.act(act, who, number, theirs=theirs)
        assert world.seen_by(1 - who) == before
    for who, side in enumerate(world.sides):
        shops = parties.businesses(side.bank, limit=500)
        assert {business.party_id for business in shops} == set(side.parties)
        for foreign in world.sides[1 - who].parties:
            with pytest.raises(NotFound):
                parties.business(side.bank, foreign)
