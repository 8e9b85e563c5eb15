"""Owners come in by a code on the phone; nobody learns from outside whether a phone is known."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest

from martlet.kernel.errors import (
    Forbidden,
    Invalid,
    NotFound,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from martlet.kernel.principal import OWNER_SCOPES, Scope
from martlet.parties import ConsoleCodeSender, HeldCodeSender, PersonKind
from martlet.parties.limits import CODE_ATTEMPTS_MAX, CODES_PER_PHONE_PER_HOUR_MAX
from martlet.store import read_chain
from martlet.store.tables import answered_command

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.kernel.principal import Principal
    from martlet.parties import PartiesService, Registration, Session
    from martlet.store import Database

PHONE = "19900000001"
UNKNOWN = "19900009999"


@pytest.fixture
def tenant(parties: PartiesService, principal: Principal) -> UUID:
    return parties.create_tenant("试验行", principal.tenant_id)


@pytest.fixture
def party(
    parties: PartiesService,
    principal: Principal,
    shop: Callable[..., Registration],
    tenant: UUID,
) -> UUID:
    assert tenant == principal.tenant_id
    return parties.register_businesses(principal, "r", [shop(1)])[0]


@pytest.fixture
def log_in(parties: PartiesService, sender: HeldCodeSender, party: UUID) -> Callable[..., Session]:
    def enter(replacing: str | None = None) -> Session:
        parties.request_login_code(PHONE)
        return parties.log_in(PHONE, sender.take(PHONE) or "", replacing=replacing)

    assert party
    return enter


def test_a_code_opens_a_session(
    parties: PartiesService, log_in: Callable[..., Session], party: UUID
) -> None:
    session = log_in()
    asking = parties.principal_of_session(session.token)
    assert asking == session.principal
    assert (asking.scopes, asking.party_ids) == (OWNER_SCOPES, frozenset({party}))
    assert session.token not in repr(session)


def test_a_code_works_once(parties: PartiesService, sender: HeldCodeSender, party: UUID) -> None:
    assert party
    parties.request_login_code(PHONE)
    code = sender.take(PHONE) or ""
    parties.log_in(PHONE, code)
    with pytest.raises(Unauthenticated, match="parties.code_wrong"):
        parties.log_in(PHONE, code)


def test_a_code_dies_after_five_minutes(
    parties: PartiesService, sender: HeldCodeSender, clock: ManualClock, party: UUID
) -> None:
    assert party
    parties.request_login_code(PHONE)
    clock.advance(timedelta(minutes=5))
    with pytest.raises(Unauthenticated, match="parties.code_wrong"):
        parties.log_in(PHONE, sender.take(PHONE) or "")


def test_a_guesser_gets_five_tries(
    parties: PartiesService, sender: HeldCodeSender, party: UUID
) -> None:
    assert party
    parties.request_login_code(PHONE)
    right = sender.take(PHONE) or ""
    for guess in range(CODE_ATTEMPTS_MAX):
        wrong = f"{(int(right) + guess + 1) % 1_000_000:06d}"
        with pytest.raises(Unauthenticated, match="parties.code_wrong"):
            parties.log_in(PHONE, wrong)
    with pytest.raises(Unauthenticated, match="parties.code_wrong"):
        parties.log_in(PHONE, right)


def test_only_the_last_code_counts(
    parties: PartiesService, sender: HeldCodeSender, clock: ManualClock, party: UUID
) -> None:
    assert party
    parties.request_login_code(PHONE)
    first = sender.take(PHONE) or ""
    clock.advance(timedelta(minutes=2))
    parties.request_login_code(PHONE)
    with pytest.raises(Unauthenticated):
        parties.log_in(PHONE, first)
    parties.log_in(PHONE, sender.take(PHONE) or "")


def test_an_unknown_phone_is_answered_as_a_known_one(
    parties: PartiesService, sender: HeldCodeSender, clock: ManualClock, party: UUID
) -> None:
    """The same answers, the same throttle, the same refusals; only no message goes out."""
    assert party
    stories = []
    for phone in (PHONE, UNKNOWN):
        story: list[str] = []
        for code in ("000000", "abc", ""):
            with pytest.raises(Unauthenticated) as refused:
                parties.log_in(phone, code)
            story.append(str(refused.value))
        for _ in range(CODES_PER_PHONE_PER_HOUR_MAX):
            parties.request_login_code(phone)
            with pytest.raises(TooMany) as throttled:
                parties.request_login_code(phone)
            story.append(str(throttled.value))
            clock.advance(timedelta(seconds=61))
        with pytest.raises(TooMany) as throttled:
            parties.request_login_code(phone)
        story.append(str(throttled.value))
        stories.append(story)
    assert stories[0] == stories[1]
    assert sender.take(UNKNOWN) is None
    assert sender.take(PHONE) is not None
    clock.advance(timedelta(hours=1))
    parties.request_login_code(UNKNOWN)


def test_a_session_ends_when_idle_and_after_a_day(
    parties: PartiesService, log_in: Callable[..., Session], clock: ManualClock
) -> None:
    token = log_in().token
    for _ in range(35):
        clock.advance(timedelta(minutes=20))
        parties.principal_of_session(token)
    clock.advance(timedelta(minutes=20))
    with pytest.raises(Unauthenticated, match="parties.session_over"):
        parties.principal_of_session(token)
    token = log_in().token
    clock.advance(timedelta(minutes=30))
    with pytest.raises(Unauthenticated, match="parties.session_over"):
        parties.principal_of_session(token)


def test_a_use_that_cannot_be_noted_lets_nobody_in_longer(
    parties: PartiesService,
    log_in: Callable[..., Session],
    clock: ManualClock,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = log_in().token

    def overloaded(*_: object) -> None:
        raise Unavailable("store.overloaded", retry_after_seconds=1)

    monkeypatch.setattr(database, "command", overloaded)
    clock.advance(timedelta(minutes=20))
    parties.principal_of_session(token)
    clock.advance(timedelta(minutes=10))
    with pytest.raises(Unauthenticated):
        parties.principal_of_session(token)


def test_a_new_login_replaces_the_old_session(
    parties: PartiesService, log_in: Callable[..., Session], clock: ManualClock
) -> None:
    old = log_in().token
    clock.advance(timedelta(minutes=2))
    new = log_in(replacing=old).token
    assert new != old
    with pytest.raises(Unauthenticated):
        parties.principal_of_session(old)
    parties.log_out(new)
    parties.log_out(new)
    parties.log_out("nonsense")
    with pytest.raises(Unauthenticated):
        parties.principal_of_session(new)


def test_a_disabled_owner_is_out_at_once(
    parties: PartiesService,
    principal: Principal,
    log_in: Callable[..., Session],
    sender: HeldCodeSender,
    clock: ManualClock,
) -> None:
    session = log_in()
    parties.disable_owner(principal, "d", session.principal.actor_id)
    with pytest.raises(Unauthenticated):
        parties.principal_of_session(session.token)
    clock.advance(timedelta(minutes=2))
    parties.request_login_code(PHONE)
    assert sender.take(PHONE) is None
    with pytest.raises(NotFound, match="parties.person_not_found"):
        parties.disable_owner(principal, "d-2", session.principal.actor_id)


def test_an_owner_disables_nobody(parties: PartiesService, log_in: Callable[..., Session]) -> None:
    me = log_in().principal
    with pytest.raises(Forbidden):
        parties.disable_owner(me, "d", me.actor_id)


def test_a_link_works_once_and_soon(
    parties: PartiesService, principal: Principal, clock: ManualClock, party: UUID
) -> None:
    (owner,) = parties.owners(principal, party)
    token = parties.login_link(principal, PersonKind.OWNER, owner.owner_id)
    session = parties.log_in_by_link(token)
    assert session.principal.party_ids == {party}
    for dead in (token, "x" * 22, "'; drop table session; --"):
        with pytest.raises(Unauthenticated, match="parties.link_used_or_late"):
            parties.log_in_by_link(dead)
    late = parties.login_link(principal, PersonKind.OWNER, owner.owner_id)
    clock.advance(timedelta(minutes=30))
    with pytest.raises(Unauthenticated, match="parties.link_used_or_late"):
        parties.log_in_by_link(late)
    with pytest.raises(Forbidden, match="parties.link_only_by_bank"):
        parties.login_link(session.principal, PersonKind.OWNER, owner.owner_id)
    with pytest.raises(NotFound):
        parties.login_link(principal, PersonKind.STAFF, owner.owner_id)


def test_with_several_tenants_one_must_be_named(
    parties: PartiesService, sender: HeldCodeSender, party: UUID, tenant: UUID
) -> None:
    assert party
    other = parties.create_tenant("另一家行")
    assert {known.tenant_id for known in parties.tenants()} == {tenant, other}
    assert parties.create_tenant("试验行", tenant) == tenant
    with pytest.raises(Invalid, match="parties.tenant_needed"):
        parties.request_login_code(PHONE)
    parties.request_login_code(PHONE, other)
    assert sender.take(PHONE) is None
    parties.request_login_code(PHONE, tenant)
    code = sender.take(PHONE) or ""
    with pytest.raises(Unauthenticated):
        parties.log_in(PHONE, code, other)
    assert parties.log_in(PHONE, code, tenant).principal.tenant_id == tenant


def test_no_secret_is_kept(
    parties: PartiesService,
    principal: Principal,
    sender: HeldCodeSender,
    database: Database,
    clock: ManualClock,
    party: UUID,
) -> None:
    """Neither code nor token nor key stands in a table, an answer or on the chain."""
    assert party
    parties.request_login_code(PHONE)
    code = sender.take(PHONE) or ""
    session = parties.log_in(PHONE, code)
    link = parties.login_link(principal, PersonKind.OWNER, session.principal.actor_id)
    key = parties.create_api_key(
        principal,
        "k",
        label="till",
        scopes=[Scope.RECORDS_WRITE],
        expires_at=clock.now() + timedelta(days=90),
    )
    with database.read() as connection:
        kept = [str(entry.payload) for entry in read_chain(connection)]
        kept += [str(answer) for answer in connection.execute(answered_command.select())]
        for table in ("login_code", "login_link", "session", "api_key"):
            kept += [str(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
    everything = "\n".join(kept)
    for secret in (session.token, link, key.split(".")[1], PHONE, f"'{code}'"):
        assert secret not in everything


def test_the_console_shows_the_code_and_hides_the_phone() -> None:
    console = StringIO()
    ConsoleCodeSender(console).send(PHONE, "123456")
    assert console.getvalue() == "login code for ****0001: 123456\n"
