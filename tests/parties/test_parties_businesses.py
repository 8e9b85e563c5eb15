"""A business is put on the books once, its owner known by the phone, its name shown to few."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal, system_principal
from martlet.parties import PartiesService, Registration, business_facts
from martlet.store import read_chain, verify_chain
from martlet.store.tables import answered_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.store import Database

    Shop = Callable[..., Registration]


def test_a_business_is_registered_and_found(
    parties: PartiesService, principal: Principal, shop: Shop
) -> None:
    row = shop(1, opened_on=date(2019, 5, 1))
    (party,) = parties.register_businesses(principal, "r-1", [row])
    found = parties.business(principal, party)
    assert (str(found.name), found.name.reveal()) == ("合***", "合成商户 0001")
    assert str(found.registration_no) == f"****{row.registration_no[-4:]}"
    assert (found.trade, found.region, found.opened_on) == ("restaurant", "杭州", date(2019, 5, 1))
    assert row.registration_no is not None
    assert parties.business_by_registration(principal, row.registration_no.lower()) == found
    (owner,) = parties.owners(principal, party)
    assert (str(owner.phone), owner.party_ids) == ("199****0001", frozenset({party}))
    assert parties.owner_by_phone(principal, "+86 199-0000-0001") == owner


def test_the_same_registration_twice_is_one_business(
    parties: PartiesService, principal: Principal, shop: Shop
) -> None:
    first = parties.register_businesses(principal, "r-1", [shop(1), shop(2)])
    assert parties.register_businesses(principal, "r-1", [shop(1), shop(2)]) == first
    with pytest.raises(Conflict, match="store.key_reused"):
        parties.register_businesses(principal, "r-1", [shop(1, owner_name="别人"), shop(2)])
    with pytest.raises(Conflict, match="parties.registration_known") as known:
        parties.register_businesses(principal, "r-2", [shop(3), shop(2)])
    assert known.value.details == {"row": 2}
    assert len(parties.businesses(principal)) == 2


def test_two_businesses_under_one_phone_have_one_owner(
    parties: PartiesService, principal: Principal, shop: Shop
) -> None:
    one = parties.register_businesses(principal, "r-1", [shop(1)])[0]
    two = parties.register_businesses(
        principal, "r-2", [shop(2, owner_phone="19900000001", owner_name="另一个名字")]
    )[0]
    (owner,) = parties.owners(principal, two)
    assert owner.party_ids == {one, two}
    assert owner.name.reveal() == "东家1"


def test_a_business_without_a_number_is_accepted(
    parties: PartiesService, principal: Principal
) -> None:
    for number in range(2):
        parties.register_business(
            principal,
            f"r-{number}",
            name="路边摊",
            owner_phone=f"1380000000{number}",
            owner_name="摊主",
            trade="street_food",
            region="成都",
        )
    assert [shop.registration_no for shop in parties.businesses(principal)] == [None, None]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"owner_phone": "12900000001"}, "parties.phone_invalid"),
        ({"owner_phone": "1990000000"}, "parties.phone_invalid"),
        ({"registration_no": "91310000MA0000001X"}, "parties.registration_invalid"),
        ({"name": "   "}, "parties.text_invalid"),
        ({"name": "好" * 101}, "parties.text_invalid"),
        ({"trade": "a\nb"}, "parties.text_invalid"),
    ],
)
def test_what_cannot_be_true_is_refused_by_its_row(
    parties: PartiesService, principal: Principal, shop: Shop, wrong: dict[str, str], code: str
) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        parties.register_businesses(principal, "r-1", [shop(1), shop(2, **wrong)])
    assert refused.value.details["row"] == 2
    assert parties.businesses(principal) == ()


def test_one_command_takes_only_so_many(
    parties: PartiesService, principal: Principal, shop: Shop
) -> None:
    with pytest.raises(TooLarge, match="parties.too_many_rows"):
        parties.register_businesses(principal, "r-1", [shop(1)] * 2_001)


def test_five_hundred_businesses_in_one_command(
    parties: PartiesService, principal: Principal, shop: Shop
) -> None:
    registered = parties.register_businesses(principal, "r", [shop(n) for n in range(500)])
    page = parties.businesses(principal, limit=500)
    assert [business.party_id for business in page] == sorted(registered)
    assert len(parties.businesses(principal, after=page[399].party_id, limit=500)) == 100


def test_an_owner_sees_its_own_and_registers_nothing(
    parties: PartiesService, principal: Principal, shop: Shop, database: Database
) -> None:
    mine, other = parties.register_businesses(principal, "r", [shop(1), shop(2)])
    (me,) = parties.owners(principal, mine)
    asking = Principal(
        principal.tenant_id, me.owner_id, ActorKind.OWNER, OWNER_SCOPES, me.party_ids
    )
    assert [seen.party_id for seen in parties.businesses(asking)] == [mine]
    assert parties.owner(asking, me.owner_id).phone.reveal() == "19900000001"
    (stranger,) = parties.owners(principal, other)
    for hidden in (
        lambda: parties.business(asking, other),
        lambda: parties.owners(asking, other),
        lambda: parties.owner(asking, stranger.owner_id),
    ):
        with pytest.raises(NotFound):
            hidden()
    assert parties.owner_by_phone(asking, "19900000002") is None
    with database.read() as connection, pytest.raises(NotFound):
        business_facts(connection, asking, other)
    with pytest.raises(Forbidden, match="parties.may_not_register"):
        parties.register_businesses(asking, "r-2", [shop(3)])


def test_another_tenant_may_have_the_same_business(
    parties: PartiesService, principal: Principal, shop: Shop, database: Database
) -> None:
    elsewhere = system_principal(UUID(int=9))
    here = parties.register_businesses(principal, "r", [shop(1)])[0]
    there = parties.register_businesses(elsewhere, "r", [shop(1)])[0]
    assert here != there
    with pytest.raises(NotFound):
        parties.business(elsewhere, here)
    with database.read() as connection:
        assert business_facts(connection, elsewhere, there).trade == "restaurant"


def test_nothing_personal_is_kept_in_clear(
    parties: PartiesService, principal: Principal, shop: Shop, database: Database
) -> None:
    """Not in the tables, not in the answers, not on the chain."""
    row = shop(42)
    parties.register_businesses(principal, "r", [row])
    secrets = (row.name, row.owner_name, row.owner_phone, row.registration_no)
    with database.read() as connection:
        kept = [str(entry) for entry in read_chain(connection)]
        kept += [str(answer) for answer in connection.execute(answered_command.select())]
        for table in ("business", "owner"):
            kept += [str(r) for r in connection.exec_driver_sql(f"SELECT * FROM {table}")]
        verify_chain(connection)
    assert kept
    assert not [text for text in kept for secret in secrets if str(secret) in text]
