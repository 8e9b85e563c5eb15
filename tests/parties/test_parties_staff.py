"""Staff have roles, machines have keys; both lose their rights the moment they are taken."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unauthenticated
from martlet.kernel.i18n import Locale
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.parties import PartiesService, PersonKind, roles

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from martlet.kernel.clock import ManualClock
    from martlet.parties import Registration, Session


def _enter(parties: PartiesService, bank: Principal, staff_id: UUID) -> Session:
    return parties.log_in_by_link(parties.login_link(bank, PersonKind.STAFF, staff_id))


def test_roles_are_data_and_keep_duties_apart() -> None:
    known = roles()
    assert set(known) == {"officer", "risk", "operations", "collector", "admin"}
    assert all(role.titles[locale] for role in known.values() for locale in Locale)
    admin = known["admin"].scopes
    assert Scope.STAFF_ADMIN in admin
    assert not admin & {Scope.LENDING_WRITE, Scope.POLICY_WRITE, Scope.MODEL_PROMOTE}
    assert [n for n, r in known.items() if Scope.STAFF_ADMIN in r.scopes] == ["admin"]


def test_a_role_gives_rights_and_takes_them_at_once(
    parties: PartiesService, principal: Principal
) -> None:
    lin = parties.add_staff(principal, "s-1", name="林一", roles=["officer"])
    session = _enter(parties, principal, lin)
    assert session.principal.kind is ActorKind.STAFF
    assert session.principal.scopes == roles()["officer"].scopes
    assert session.principal.party_ids is None
    parties.change_roles(principal, "s-2", lin, ["risk", "operations"])
    now = parties.principal_of_session(session.token)
    assert now.scopes == roles()["risk"].scopes | roles()["operations"].scopes
    parties.disable_staff(principal, "s-3", lin)
    with pytest.raises(Unauthenticated, match="parties.session_over"):
        parties.principal_of_session(session.token)
    (member,) = parties.staff(principal)
    assert (str(member.name), member.roles, member.active) == ("林*", ("operations", "risk"), False)
    with pytest.raises(NotFound):
        parties.change_roles(principal, "s-4", lin, ["admin"])
    with pytest.raises(NotFound):
        parties.login_link(principal, PersonKind.STAFF, lin)


def test_only_an_administrator_and_never_for_oneself(
    parties: PartiesService, principal: Principal
) -> None:
    lin = parties.add_staff(principal, "s-1", name="林一", roles=["officer"])
    wang = parties.add_staff(principal, "s-2", name="王二", roles=["admin"])
    officer = _enter(parties, principal, lin).principal
    admin = _enter(parties, principal, wang).principal
    for forbidden in (
        lambda: parties.add_staff(officer, "x", name="张三", roles=["admin"]),
        lambda: parties.change_roles(officer, "x", lin, ["admin"]),
        lambda: parties.disable_staff(officer, "x", wang),
        lambda: parties.staff(officer),
        lambda: parties.api_keys(officer),
        lambda: parties.login_link(admin, PersonKind.STAFF, lin),
    ):
        with pytest.raises(Forbidden):
            forbidden()
    with pytest.raises(Refused, match="parties.own_roles"):
        parties.change_roles(admin, "x", wang, ["admin", "officer"])
    with pytest.raises(Invalid, match="parties.role_unknown"):
        parties.add_staff(admin, "x", name="张三", roles=["king"])
    with pytest.raises(Invalid, match="parties.role_needed"):
        parties.add_staff(admin, "x", name="张三", roles=[])


@pytest.fixture
def made(parties: PartiesService, principal: Principal, clock: ManualClock) -> Callable[..., str]:
    def make(key: str = "k-1", **otherwise: Any) -> str:
        terms = {
            "label": "收银系统",
            "scopes": [Scope.RECORDS_WRITE],
            "expires_at": clock.now() + timedelta(days=90),
        } | otherwise
        return parties.create_api_key(principal, key, **terms)

    return make


def test_a_key_does_what_it_may(
    parties: PartiesService,
    principal: Principal,
    made: Callable[..., str],
    shop: Callable[..., Registration],
) -> None:
    mine, _ = parties.register_businesses(principal, "r", [shop(1), shop(2)])
    everywhere = parties.principal_of_api_key(made(scopes=["parties:read", "records:write"]))
    assert (everywhere.kind, everywhere.party_ids) == (ActorKind.API_KEY, None)
    assert everywhere.scopes == {Scope.PARTIES_READ, Scope.RECORDS_WRITE}
    bound = parties.principal_of_api_key(
        made("k-2", scopes=["parties:read"], party_ids=frozenset({mine}))
    )
    assert [seen.party_id for seen in parties.businesses(bound)] == [mine]
    used = parties.api_keys(principal)
    assert {key.last_used_on for key in used} == {date(2026, 3, 2)}
    assert [key.party_ids for key in used] == [None, frozenset({mine})]


def test_a_key_is_shown_once(
    parties: PartiesService, principal: Principal, made: Callable[..., str], clock: ManualClock
) -> None:
    until = clock.now() + timedelta(days=1)
    text = made(expires_at=until)
    assert text.startswith("mk_")
    with pytest.raises(Conflict, match="parties.secret_shown_once"):
        made(expires_at=until)
    (key,) = parties.api_keys(principal)
    assert key.prefix == text[3:15]


def test_a_key_ends(
    parties: PartiesService, principal: Principal, made: Callable[..., str], clock: ManualClock
) -> None:
    text = made()
    parties.principal_of_api_key(text)
    stranger = text[:-1] + ("A" if text[-1] != "A" else "B")
    for wrong in (stranger, "", "mk_", text[:-2], text + "x", "mk_000000000000." + "A" * 43):
        with pytest.raises(Unauthenticated, match="parties.api_key_unknown"):
            parties.principal_of_api_key(wrong)
    clock.advance(timedelta(days=90))
    with pytest.raises(Unauthenticated):
        parties.principal_of_api_key(text)
    fresh = made("k-2")
    _, key = parties.api_keys(principal)
    parties.revoke_api_key(principal, "rv", key.api_key_id)
    with pytest.raises(Unauthenticated):
        parties.principal_of_api_key(fresh)
    with pytest.raises(NotFound, match="parties.api_key_not_found"):
        parties.revoke_api_key(principal, "rv-2", key.api_key_id)


def test_who_is_shut_out_leaves_no_key_behind(
    parties: PartiesService, principal: Principal, clock: ManualClock
) -> None:
    wang = parties.add_staff(principal, "s", name="王二", roles=["admin"])
    admin = _enter(parties, principal, wang).principal
    text = parties.create_api_key(
        admin, "k", label="till", scopes=["records:write"], expires_at=clock.now() + timedelta(1)
    )
    parties.disable_staff(principal, "d", wang)
    with pytest.raises(Unauthenticated):
        parties.principal_of_api_key(text)


@pytest.mark.parametrize(
    ("otherwise", "code"),
    [
        ({"scopes": []}, "parties.scope_needed"),
        ({"scopes": ["fly"]}, "parties.scope_unknown"),
        ({"scopes": ["staff:admin"]}, "parties.scope_not_for_keys"),
        ({"label": ""}, "parties.text_invalid"),
    ],
)
def test_a_key_must_be_modest(
    made: Callable[..., str], otherwise: dict[str, Any], code: str
) -> None:
    with pytest.raises(Invalid, match=code):
        made(**otherwise)


@pytest.mark.parametrize("days", [-1, 0, 401])
def test_a_key_must_end_in_time(made: Callable[..., str], clock: ManualClock, days: int) -> None:
    with pytest.raises(Invalid, match="parties.key_period_invalid"):
        made(expires_at=clock.now() + timedelta(days=days))
