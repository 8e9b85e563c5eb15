"""Nothing is read without a consent in force; it ends on its day, or at once when withdrawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from martlet.kernel.errors import Forbidden, Invalid, NotFound
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal, system_principal
from martlet.parties import (
    PartiesService,
    Purpose,
    RecordKind,
    consents_of_many,
    require_consent,
)
from martlet.parties.tables import consent
from martlet.store import read_chain

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.parties import Registration
    from martlet.store import Database

YEAR_END = date(2026, 12, 31)


@pytest.fixture
def party(parties: PartiesService, principal: Principal, shop: Callable[..., Registration]) -> UUID:
    return parties.register_businesses(principal, "r", [shop(1)])[0]


@pytest.fixture
def allowed(
    parties: PartiesService, database: Database, principal: Principal, party: UUID
) -> Callable[..., frozenset[str]]:
    """What may be read of the shop at a moment."""

    def at(moment: datetime, purpose: Purpose = Purpose.CREDIT) -> frozenset[str]:
        with database.read() as connection:
            return parties.consents_in_force(connection, principal, party, moment, purpose)

    return at


def test_nothing_is_allowed_until_it_is(
    parties: PartiesService,
    principal: Principal,
    party: UUID,
    clock: ManualClock,
    allowed: Callable[..., frozenset[str]],
) -> None:
    assert allowed(clock.now()) == frozenset()
    given = parties.give_consent(
        principal, "c-1", party, records=("takings", "invoices"), until=YEAR_END
    )
    assert len(given) == 2
    assert allowed(clock.now()) == {"invoices", "takings"}
    assert allowed(clock.now() - timedelta(seconds=1)) == frozenset()
    assert allowed(clock.now(), Purpose.TRAINING) == frozenset()


def test_a_consent_ends_with_its_last_day_in_shanghai(
    parties: PartiesService,
    principal: Principal,
    party: UUID,
    allowed: Callable[..., frozenset[str]],
) -> None:
    parties.give_consent(principal, "c-1", party, records=("bank",), until=YEAR_END)
    assert allowed(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) == {"bank"}
    assert allowed(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == frozenset()


def test_withdrawn_is_withdrawn_at_once_and_stays_in_the_history(
    parties: PartiesService,
    principal: Principal,
    party: UUID,
    clock: ManualClock,
    allowed: Callable[..., frozenset[str]],
    database: Database,
) -> None:
    parties.give_consent(principal, "c-0", party, records=("orders",), until=YEAR_END)
    clock.advance(timedelta(seconds=1))
    parties.give_consent(principal, "c-1", party, records=("bank",), until=YEAR_END)
    clock.advance(timedelta(seconds=1))
    parties.give_consent(
        principal, "c-2", party, records=("bank",), until=YEAR_END, purpose="training"
    )
    clock.advance(timedelta(hours=1))
    gone = parties.withdraw_consent(principal, "w-1", party, records=("bank",))
    assert len(gone) == 2
    assert parties.withdraw_consent(principal, "w-2", party, records=("bank",)) == []
    assert allowed(clock.now()) == {"orders"}
    assert allowed(clock.now(), Purpose.TRAINING) == frozenset()
    assert allowed(clock.now() - timedelta(minutes=1)) == {"orders", "bank"}
    history = parties.consent_history(principal, party)
    assert [(c.record, c.purpose, c.withdrawn_at is None) for c in history] == [
        (RecordKind.ORDERS, Purpose.CREDIT, True),
        (RecordKind.BANK, Purpose.CREDIT, False),
        (RecordKind.BANK, Purpose.TRAINING, False),
    ]
    assert {c.given_by for c in history} == {principal.actor}
    with database.read() as connection:
        kinds = [entry.kind for entry in read_chain(connection, category="event")]
    assert kinds[-1] == "parties.consent_withdrawn"


def test_given_again_it_counts_again(
    parties: PartiesService,
    principal: Principal,
    party: UUID,
    clock: ManualClock,
    allowed: Callable[..., frozenset[str]],
) -> None:
    for turn in range(3):
        parties.give_consent(principal, f"c-{turn}", party, records=("bank",), until=YEAR_END)
        assert allowed(clock.now()) == {"bank"}
        clock.advance(timedelta(minutes=1))
        parties.withdraw_consent(principal, f"w-{turn}", party, records=("bank",), purpose="credit")
        assert allowed(clock.now()) == frozenset()
        clock.advance(timedelta(minutes=1))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"until": date(2026, 3, 1)}, "parties.consent_period_invalid"),
        ({"until": date(2036, 3, 1)}, "parties.consent_period_invalid"),
        ({"records": ()}, "parties.record_kind_needed"),
        ({"records": ("diary",)}, "parties.record_kind_unknown"),
        ({"purpose": "curiosity"}, "parties.purpose_unknown"),
    ],
)
def test_a_consent_must_say_what_and_until_when(
    parties: PartiesService, principal: Principal, party: UUID, asked: dict[str, object], code: str
) -> None:
    terms: dict[str, object] = {"records": ("bank",), "until": YEAR_END} | asked
    with pytest.raises(Invalid, match=code):
        parties.give_consent(principal, "c-1", party, **terms)


def test_only_for_a_business_of_ones_own(
    parties: PartiesService, principal: Principal, party: UUID, database: Database
) -> None:
    (owner,) = parties.owners(principal, party)
    stranger = Principal(
        principal.tenant_id, owner.owner_id, ActorKind.OWNER, OWNER_SCOPES, frozenset()
    )
    elsewhere = system_principal(owner.owner_id)
    for asking in (stranger, elsewhere):
        with pytest.raises(NotFound):
            parties.give_consent(asking, "c-1", party, records=("bank",), until=YEAR_END)
        with pytest.raises(NotFound):
            parties.withdraw_consent(asking, "w-1", party, records=("bank",))
    with pytest.raises(NotFound):
        parties.consent_history(stranger, party)
    assert parties.consent_history(elsewhere, party) == ()
    parties.give_consent(principal, "c-1", party, records=("bank",), until=YEAR_END)
    now = database.clock.now()
    with database.read() as connection:
        for asking in (stranger, elsewhere):
            assert parties.consents_in_force(connection, asking, party, now) == frozenset()
            assert consents_of_many(connection, asking, now) == {}


def test_many_at_once_and_a_door_that_stays_shut(
    parties: PartiesService,
    principal: Principal,
    database: Database,
    shop: Callable[..., Registration],
) -> None:
    registered = parties.register_businesses(principal, "r", [shop(n) for n in range(1, 4)])
    parties.give_consents(
        principal, "c", registered[:2], records=("invoices", "orders"), until=YEAR_END
    )
    now = database.clock.now()
    with database.read() as connection:
        assert consents_of_many(connection, principal, now) == {
            party: frozenset({"invoices", "orders"}) for party in registered[:2]
        }
        require_consent(connection, principal, registered[0], RecordKind.ORDERS, now)
        with pytest.raises(Forbidden, match="parties.consent_missing"):
            require_consent(connection, principal, registered[2], RecordKind.ORDERS, now)


def test_the_database_itself_keeps_the_history(
    parties: PartiesService, principal: Principal, party: UUID, database: Database
) -> None:
    parties.give_consent(principal, "c-1", party, records=("bank",), until=YEAR_END)
    with pytest.raises(DBAPIError, match="append-only"), database.engine.begin() as connection:
        connection.execute(update(consent).values(until=date(2099, 1, 1)))
