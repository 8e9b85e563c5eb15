"""A stored business asked for its days ahead: by its consent, as of a day, with its loans."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from starlette.testclient import TestClient
from tests.cashflow.firm_examples import shop_rows, statement

from martlet.api import create_app
from martlet.bootstrap import Bank, open_bank
from martlet.cashflow.changes import OneOff, change_from_text, changes_from_json
from martlet.cashflow.known_flows import ItemKind
from martlet.cashflow.telling import outlook_json
from martlet.kernel.config import Settings
from martlet.kernel.errors import Forbidden, Invalid, NotFound
from martlet.kernel.i18n import Locale
from martlet.kernel.principal import OWNER_SCOPES, ActorKind, Principal, Scope, system_principal
from martlet.parties import HeldCodeSender, Registration
from martlet.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from martlet.cashflow.service import CashflowService
    from martlet.kernel.clock import ManualClock

YESTERDAY = date(2026, 3, 1)


class World:
    """A bank and one shop in it that lets its statement be read."""

    def __init__(self, bank: Bank, principal: Principal) -> None:
        self.bank = bank
        self.principal = principal
        told = Registration("合成商户", "19900000001", "东家", "restaurant", "杭州", None)
        [self.shop] = bank.parties.register_businesses(principal, "shop", [told])

    def agree(self, *kinds: Kind) -> None:
        until = YESTERDAY + timedelta(days=200)
        names = tuple(str(kind) for kind in kinds)
        self.bank.parties.give_consent(
            self.principal, f"yes-{names}", self.shop, records=names, until=until
        )

    def bring(self, rows: list[dict[str, Any]], key: str = "file") -> None:
        self.bank.records.import_file(
            self.principal, key, BytesIO(statement(rows)), party_id=self.shop, name="icbc.csv"
        )

    @property
    def cashflow(self) -> CashflowService:
        return self.bank.cashflow


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> Iterator[World]:
    settings = Settings(home=tmp_path)
    opened = open_bank(settings, clock=clock, code_sender=HeldCodeSender())
    tenant_id = opened.set_up("Test")
    principal = system_principal(tenant_id)
    opened.lending.fund(principal, "fund", 1_000_000_00)
    yield World(opened, principal)
    opened.close()


def test_the_days_ahead_of_a_stored_shop(world: World) -> None:
    with pytest.raises(NotFound, match="cashflow.nothing_known"):
        world.cashflow.outlook(world.principal, world.shop)
    rows = shop_rows(last=YESTERDAY)
    world.bring(rows)
    with pytest.raises(NotFound, match="cashflow.nothing_known"):
        world.cashflow.outlook(world.principal, world.shop)  # it has not agreed yet
    world.agree(Kind.BANK)
    told = world.cashflow.outlook(world.principal, world.shop)
    assert told.basis.as_of == YESTERDAY
    assert told.basis.opening.account_fen == rows[-1]["balance_fen"]
    assert {one.kind for one in told.known_items} == {ItemKind.RENT, ItemKind.WAGES}
    again = world.cashflow.outlook(world.principal, world.shop, as_of=YESTERDAY)
    assert (again.paths.net == told.paths.net).all()
    whole = outlook_json(told, Locale.ZH_CN)
    assert any("房租" in one["sentence"] for one in whole["drivers"]) or whole["drivers"]
    with pytest.raises(Invalid, match="cashflow.as_of_ahead"):
        world.cashflow.outlook(world.principal, world.shop, as_of=YESTERDAY + timedelta(days=9))


def test_nothing_after_the_day_that_is_asked_is_read(world: World) -> None:
    """What happened later, and what the bank learnt later of that time, changes nothing."""
    rows = shop_rows(last=YESTERDAY)
    day = YESTERDAY - timedelta(days=40)
    early = [row for row in rows if row["day"] <= day]
    world.agree(Kind.BANK)
    world.bank.records.import_file(
        world.principal, "early", BytesIO(statement(early)), party_id=world.shop, name="a.csv",
        known_at="issued",
    )  # fmt: skip
    before = world.cashflow.outlook(world.principal, world.shop, as_of=day)
    world.bank.records.import_file(
        world.principal, "whole", BytesIO(statement(rows)), party_id=world.shop, name="b.csv",
        known_at="issued",
    )  # fmt: skip
    late = [{**row, "amount_fen": row["amount_fen"] + 1} for row in early]
    world.bring(late, "told only today")
    after = world.cashflow.outlook(world.principal, world.shop, as_of=day)
    assert (after.paths.net == before.paths.net).all()
    assert after.known_items == before.known_items


def test_an_owner_sees_its_own_and_nobody_elses(world: World) -> None:
    world.agree(Kind.BANK)
    world.bring(shop_rows(days=60, last=YESTERDAY))
    own = Principal(
        world.principal.tenant_id, world.shop, ActorKind.OWNER, OWNER_SCOPES,
        frozenset({world.shop}),
    )  # fmt: skip
    assert world.cashflow.outlook(own, world.shop).days
    other = Principal(
        world.principal.tenant_id, world.shop, ActorKind.OWNER, OWNER_SCOPES,
        frozenset({UUID(int=5)}),
    )  # fmt: skip
    with pytest.raises(NotFound, match="parties.business_not_found"):
        world.cashflow.outlook(other, world.shop)
    clerk = Principal(
        world.principal.tenant_id, world.shop, ActorKind.STAFF, frozenset({Scope.CREDIT_READ})
    )
    with pytest.raises(Forbidden):
        world.cashflow.outlook(clerk, world.shop)


def test_what_if_is_answered_with_the_same_draws_over_http(world: World) -> None:
    world.agree(Kind.BANK)
    world.bring(shop_rows(last=YESTERDAY))
    key = world.bank.parties.create_api_key(
        world.principal, "key", label="test", scopes=[Scope.RECORDS_READ.value],
        expires_at=world.bank.clock.now() + timedelta(days=3),
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
    with TestClient(create_app(world.bank), headers=headers) as api:
        place = f"/v1/businesses/{world.shop}/cash-flow"
        plain = api.get(place, params={"horizon_days": 28}).json()
        assert len(plain["days"]) == 28
        asked = {
            "horizon_days": 28,
            "changes": [
                {"kind": "one_off", "due_on": "2026-03-10", "amount_fen": -1_000_000},
                {"kind": "promotion", "from_on": "2026-03-14", "days": 2, "uplift_ppm": 400_000},
            ],
        }
        told = api.post(f"{place}/what-if", json=asked).json()
        assert told["before"] == plain
        moves = told["difference"]["lowest_moves_fen"]
        assert moves == told["after"]["lowest"]["expected_fen"] - plain["lowest"]["expected_fen"]
        [drawn] = [
            one for one in told["after"]["drivers"]
            if one["code"] == "cashflow.driver_change" and one["details"]["change"] == "one_off"
        ]  # fmt: skip
        assert drawn["amount_fen"] == -1_000_000
        assert drawn["sentence"] == "What is thought of: Single payment"
        opening = told["after"]["opening"]["at_hand_fen"]
        parts = sum(one["amount_fen"] for one in told["after"]["drivers"])
        assert abs(opening + parts - told["after"]["lowest"]["expected_fen"]) <= 1
        for wrong in ({"kind": "wish"}, {"kind": "one_off"}, {"kind": "one_off", "when": 3}, {}):
            refused = api.post(f"{place}/what-if", json={"changes": [wrong]})
            assert refused.status_code == 422, refused.text
        read = api.get(f"{place}/receivables").json()
        assert read["read_from"] == "payments"


def test_a_loan_of_this_bank_is_known_ahead_and_not_found_on_the_statement_again(
    world: World,
) -> None:
    world.agree(*Kind)
    world.bring(shop_rows(last=YESTERDAY))
    lending = world.bank.lending
    made = lending.apply(
        world.principal, "apply", world.shop, product="revolving_daily", requested_fen=10_000
    )
    assert "carrying" not in made["offer"]  # nothing was forecast before the first night
    assert world.cashflow.refresh_signals(world.principal) == 1
    later = lending.apply(
        world.principal, "later", world.shop, product="revolving_daily", requested_fen=10_000
    )
    carrying = later["offer"]["carrying"]
    assert carrying["instalment_cap_fen"] >= 0
    assert 1 <= carrying["instalment_day"] <= 28
    for name in ("limit_fen", "rate_ppm_per_day", "score"):
        assert later["decision"][name] == made["decision"][name], name
    line = lending.accept(world.principal, "accept", UUID(made["offer"]["offer_id"]))
    lending.draw(world.principal, "draw", UUID(line["facility_id"]), 10_000, tenor=30)
    today = YESTERDAY + timedelta(days=1)
    plain = world.cashflow.outlook(world.principal, world.shop, as_of=YESTERDAY)
    assert ItemKind.INSTALMENT not in {one.kind for one in plain.known_items}
    told = world.cashflow.outlook(world.principal, world.shop, as_of=today)
    owed = [one for one in told.known_items if one.kind is ItemKind.INSTALMENT]
    assert [(one.due_on, one.label) for one in owed] == [
        (today + timedelta(days=30), "revolving_daily")
    ]
    assert -10_400 < owed[0].amount_fen < -10_000


def test_what_an_owner_notes_is_expected_from_then_on_until_it_is_taken_back(
    world: World, clock: ManualClock
) -> None:
    world.agree(Kind.BANK)
    world.bring(shop_rows(last=YESTERDAY))
    cashflow, who, shop = world.cashflow, world.principal, world.shop
    due = YESTERDAY + timedelta(days=12)
    said = {"kind": "contract", "due_on": due, "amount_fen": 800_000, "label": "甲公司"}
    noted = cashflow.note_item(who, "note", shop, **said, probability_ppm=600_000, times=2)
    assert cashflow.note_item(who, "note", shop, **said, probability_ppm=600_000, times=2) == noted
    assert [one["due_on"] for one in noted["items"]] == ["2026-03-13", "2026-04-13"]
    told = cashflow.outlook(who, shop)
    mine = [one for one in told.known_items if one.kind is ItemKind.CONTRACT]
    assert [(one.due_on, one.probability_ppm) for one in mine] == [
        (due, 600_000),
        (date(2026, 4, 13), 600_000),
    ]
    lead = [one for one in told.drivers if one.details.get("label") == "甲公司"]
    assert all(one.amount_fen in {480_000, 960_000} for one in lead)
    clock.advance(timedelta(days=5))
    first = UUID(noted["items"][0]["item_id"])
    cashflow.take_back_item(who, "back", first)
    cashflow.take_back_item(who, "again", first)
    assert [one["due_on"] for one in cashflow.noted_items(who, shop)] == ["2026-04-13"]
    later = cashflow.outlook(who, shop)
    assert [o.due_on for o in later.known_items if o.kind is ItemKind.CONTRACT] == [
        date(2026, 4, 13)
    ]
    with pytest.raises(NotFound, match="cashflow.item_not_found"):
        cashflow.take_back_item(who, "nothing", UUID(int=3))
    with pytest.raises(Invalid, match="cashflow.item_kind_unknown"):
        cashflow.note_item(who, "odd", shop, **{**said, "kind": "instalment"})
    with pytest.raises(Invalid, match="cashflow.change_outside"):
        cashflow.note_item(who, "none", shop, **{**said, "amount_fen": 0})


def test_changes_are_written_as_objects_and_as_text_alike() -> None:
    as_text = change_from_text("one_off:due_on=2026-03-10,amount_fen=-5000,label=新冰箱")
    row = {"kind": "one_off", "due_on": "2026-03-10", "amount_fen": -5000, "label": "新冰箱"}
    assert (as_text,) == changes_from_json([row]) == (OneOff(date(2026, 3, 10), -5000, "新冰箱"),)
    with pytest.raises(Invalid, match="cashflow.change_outside"):
        change_from_text("promotion:from_on=9999-12-31,days=30,uplift_ppm=1")
    with pytest.raises(Invalid, match="cashflow.change_unreadable"):
        changes_from_json([{**row, "amount_fen": 0.5}])
    with pytest.raises(Invalid, match="cashflow.too_many_changes"):
        changes_from_json([row] * 50)
