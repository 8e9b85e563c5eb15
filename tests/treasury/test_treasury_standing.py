"""A standing order: proposed without consent, carried out within its limits, made again exactly."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert
from tests.conftest import TENANT
from tests.treasury.conftest import TODAY

from martlet.kernel.errors import Conflict, Invalid, NotFound
from martlet.kernel.i18n import Locale
from martlet.treasury.consent import Limits
from martlet.treasury.product import Kept
from martlet.treasury.standing import (
    Kind,
    Lot,
    Morning,
    Needs,
    Offer,
    StandingOrders,
    needs_from_flows,
    orders_for,
    told,
)
from martlet.treasury.standing.deciding import warned
from martlet.treasury.tables import flow

if TYPE_CHECKING:
    from tests.treasury.conftest import TreasuryBank

CALM = Limits(locked_share_ppm_max=600_000, floor_fen=100_000, move_fen_max=2_000_000)


def foretold(
    _principal: Any, _party: UUID, _day: date, horizons: tuple[int, ...], _short_ppm: int
) -> Needs:
    """Three thousand yuan may be needed within any time up to 70 days; further nobody looks."""
    return Needs({days: 300_000 for days in horizons if days <= 70}, "outlook", 365)


@pytest.fixture
def standing(bank: TreasuryBank) -> StandingOrders:
    return StandingOrders(bank.database, "simulated", bank.treasury.night().days, foretold)


def test_without_consent_a_plan_is_shown_and_nothing_moves_until_it_is_accepted(
    bank: TreasuryBank, standing: StandingOrders
) -> None:
    shop = bank.business(5_000_000)
    owner = bank.owner_of(shop)
    assert standing.carry_out(bank.principal)["consents"] == 0
    seen = standing.proposal(owner, shop, CALM)
    assert seen["consent"] is None
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 5_000_000
    other = "0" * 64
    with pytest.raises(Conflict, match=r"treasury\.plan_changed"):
        standing.accept(owner, "other", shop, other, CALM)
    done = standing.accept(owner, "yes", shop, seen["inputs_hash"], CALM)
    assert standing.accept(owner, "yes", shop, seen["inputs_hash"], CALM) == done
    assert [(one["kind"], one["amount_fen"]) for one in done["orders"]] == [
        ("term", 2_000_000),
        ("surplus", 2_000_000),
    ]
    assert done["orders"][0]["tenor_days"] == 63, "longer than anybody looks is not locked"
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 1_000_000
    (plan,) = standing.plans(owner, shop)
    assert standing.replay(owner, UUID(plan["plan_id"]))["identical"]
    assert standing.plans(owner, shop)[0]["consent_version"] is None
    bank.proven()


def test_with_consent_each_morning_keeps_to_its_limits_and_is_done_once(
    bank: TreasuryBank, standing: StandingOrders
) -> None:
    shop = bank.business(9_000_000)
    owner = bank.owner_of(shop)
    standing.give_consent(owner, "yes", shop, CALM)
    for _ in range(4):
        standing.carry_out(bank.principal)
        again = standing.carry_out(bank.principal)
        assert again["refused"] == 0
        bank.proven()
        bank.close_days(ppm=12_000)
    plans = standing.plans(owner, shop)
    assert len({one["day"] for one in plans}) == len(plans), "one a morning"
    orders = [order for one in plans for order in one["orders"]]
    assert max(order.amount_fen for order in orders) <= CALM.move_fen_max
    seen = bank.treasury.overview(owner, shop)
    locked = sum(one["standing_fen"] for one in seen["positions"] if one["product"] == "wenlibao")
    assert 5_000_000 < locked <= 5_400_000, "six tenths of everything"
    assert seen["balance_fen"] >= CALM.floor_fen
    assert seen["total_fen"] - locked >= 300_000
    assert all(standing.replay(owner, UUID(one["plan_id"]))["identical"] for one in plans)


def test_a_revoked_consent_moves_nothing_more_and_every_version_is_kept(
    bank: TreasuryBank, standing: StandingOrders
) -> None:
    shop = bank.business(5_000_000)
    owner = bank.owner_of(shop)
    standing.give_consent(owner, "first", shop, CALM)
    ends = Limits(valid_until=TODAY + timedelta(days=1))
    standing.give_consent(owner, "second", shop, ends)
    bank.close_days(2)
    assert standing.carry_out(bank.principal)["ended"] == 1
    standing.give_consent(owner, "third", shop, CALM)
    standing.revoke_consent(owner, "no", shop)
    assert standing.carry_out(bank.principal)["consents"] == 0
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 5_000_000
    versions = standing.consents(owner, shop)
    assert [(one["version"], one["given"]) for one in versions] == [
        (4, False), (3, True), (2, True), (1, True),
    ]  # fmt: skip
    with pytest.raises(Invalid, match=r"treasury\.limits_unreadable"):
        standing.give_consent(owner, "wrong", shop, Limits(products=("gold",)))


def test_the_balance_is_filled_from_the_surplus_and_no_term_is_broken_for_it(
    bank: TreasuryBank, standing: StandingOrders
) -> None:
    shop = bank.business(3_000_000)
    owner = bank.owner_of(shop)
    bank.subscribe(shop, "yulibao", 1_000_000)
    bank.subscribe(shop, "wenlibao", 1_990_000, tenor_days=63)
    bank.close_days()
    standing.give_consent(owner, "yes", shop, CALM)
    assert standing.carry_out(bank.principal)["plans"] == 1
    (plan,) = standing.plans(owner, shop)
    assert [(one.kind, one.amount_fen) for one in plan["orders"]] == [(Kind.FREE, 90_000)]
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 100_000
    assert bank.figures(shop, "wenlibao")["standing_fen"] == 1_990_000
    bank.proven()


def test_another_owner_sees_no_plan_no_consent_and_moves_nothing(
    bank: TreasuryBank, standing: StandingOrders
) -> None:
    shop, stranger = bank.business(5_000_000), bank.owner_of(bank.business())
    standing.give_consent(bank.owner_of(shop), "yes", shop, CALM)
    standing.carry_out(bank.principal)
    (plan,) = standing.plans(bank.owner_of(shop), shop)
    for ask in (standing.proposal, standing.consents, standing.plans):
        with pytest.raises(NotFound, match=r"parties\.business_not_found"):
            ask(stranger, shop)
    with pytest.raises(NotFound, match=r"treasury\.plan_not_found"):
        standing.replay(stranger, UUID(plan["plan_id"]))
    with pytest.raises(NotFound, match=r"parties\.business_not_found"):
        standing.revoke_consent(stranger, "no", shop)


def test_own_movements_speak_of_a_third_of_what_was_seen(bank: TreasuryBank) -> None:
    """A shop that pays 2,000 yuan of rent each month and takes 100 yuan a day."""
    shop, days = bank.business(5_000_000), 90
    first = TODAY - timedelta(days=days)
    rows = [
        {
            "tenant_id": TENANT,
            "party_id": shop,
            "day": first + timedelta(days=number),
            "in_fen": 10_000,
            "out_fen": 200_000 if number % 30 == 15 else 0,
        }
        for number in range(days)
    ]
    with bank.database.engine.begin() as connection:
        connection.execute(insert(flow), rows)
    standing = StandingOrders(bank.database, "simulated", bank.treasury.night().days)
    seen = standing.proposal(bank.owner_of(shop), shop, CALM)
    needs = dict(seen["morning"].need_fen)
    assert seen["morning"].basis == "movements"
    assert max(needs) == 28, "a 63-day term is not spoken of yet"
    assert needs[28] == needs[1] == 190_000 * 5 // 4
    assert [one.tenor_days for one in seen["orders"] if one.kind is Kind.TERM] == [28]
    words = told(seen["morning"], seen["orders"], Locale.ZH_CN)
    assert "90 天" in words["orders"][0][1]


def test_a_short_history_locks_nothing_and_says_why() -> None:
    flows = [(TODAY - timedelta(days=number), 5_000, 0) for number in range(20, 0, -1)]
    needs = needs_from_flows(flows, TODAY, (1, 7, 28), 2_000)
    assert needs.need_fen.keys() == {1}
    assert needs_from_flows([], TODAY, (1,), 2_000).basis == "nothing"


FEN = st.integers(0, 20_000_000)


@st.composite
def mornings(draw: st.DrawFn) -> Morning:
    """Any morning: what lies where, what is locked, offered, needed and allowed."""
    locks = [
        Lot(str(UUID(int=number)), "wenlibao", draw(FEN), TODAY + timedelta(days=left), left, 100)
        for number, left in enumerate(draw(st.lists(st.integers(1, 70), max_size=3)))
    ]
    offers = [
        Offer("wenlibao", draw(st.integers(5_000, 30_000)), TODAY + timedelta(days=days), days,
              100_000, 10**9, Kept.OTHER_YIELD, 2_000, tenor_days=days)
        for days in draw(st.lists(st.sampled_from([28, 63, 91]), unique=True))
    ]  # fmt: skip
    if draw(st.booleans()):
        until = TODAY + timedelta(days=184)
        offers.append(
            Offer("yuelibao", draw(st.integers(5_000, 40_000)), until, 184, 10_000, 10**8,
                  Kept.SHARE, 500_000, instalments=6)
        )  # fmt: skip
    horizons = draw(st.lists(st.sampled_from([1, 7, 14, 28, 63, 91, 184]), unique=True))
    needs = sorted((days, draw(FEN)) for days in horizons)
    growing = tuple((days, max(fen for d, fen in needs if d <= days)) for days, _ in needs)
    limits = Limits(
        locked_share_ppm_max=draw(st.integers(0, 1_000_000)),
        move_fen_max=draw(st.integers(1, 10_000_000)),
        floor_fen=draw(FEN),
    )
    return Morning(
        day=TODAY, limits=limits, balance_fen=draw(FEN), arriving_fen=draw(FEN),
        locked=tuple(locks), offers=tuple(offers), need_fen=growing, basis="outlook", days_seen=400,
        surplus="yulibao", surplus_position=str(UUID(int=9)), surplus_fen=draw(FEN),
        surplus_least_fen=1, surplus_most_fen=10**9, surplus_ppm=draw(st.integers(0, 20_000)),
        at_once_left_fen=draw(st.integers(0, 1_000_000)), at_once_daily_fen=1_000_000,
    )  # fmt: skip


@given(mornings())
@settings(max_examples=150, deadline=None)
def test_whatever_the_morning_its_orders_keep_the_reserve_and_the_limits(morning: Morning) -> None:
    orders = orders_for(morning)
    limits = morning.limits
    assert orders == orders_for(morning)
    assert all(0 < one.amount_fen <= limits.move_fen_max for one in orders)
    into = [one for one in orders if one.kind is not Kind.FREE]
    freed = sum(one.amount_fen for one in orders if one.kind is Kind.FREE)
    assert freed <= morning.surplus_fen
    taken = sum(one.amount_fen for one in into)
    now = morning.balance_fen + min(freed, morning.at_once_left_fen)
    assert not into or now - taken >= min(limits.floor_fen, now)
    new = [one for one in into if one.kind in {Kind.TERM, Kind.PLAN}]
    locked = morning.locked_fen + sum(one.amount_fen * (one.instalments or 1) for one in new)
    assert not new or locked <= morning.wealth_fen * limits.locked_share_ppm_max // 1_000_000
    horizons = [days for days, _ in morning.need_fen]
    assert all((one.until - TODAY).days <= max(horizons) for one in new if one.until)
    for days, need in morning.need_fen if new else ():
        mine = sum(one.amount_fen for one in new if one.kind is Kind.TERM)
        still = sum(lot.amount_fen for lot in morning.locked if lot.days_left >= days)
        if all((one.until - TODAY).days >= days for one in new if one.until):
            assert morning.wealth_fen - still - mine >= need, (days, need)
    for locale in Locale:
        words = told(morning, orders, locale)
        assert all("{" not in said for one in words["orders"] for said in one)
        assert all("treasury." not in said for said in words["whole"])
    alarm = warned(morning)
    assert alarm is None or alarm.need_fen > alarm.reach_fen
