"""What-ifs edit the paths that are there: each moves what it names, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cashflow.firm_examples import AS_OF, projection_of, shop_rows

from martlet.cashflow.changes import (
    CHANGES,
    CustomerGone,
    Ground,
    LateReceipts,
    NewOrder,
    NewStore,
    OneOff,
    Promotion,
    change_as_json,
    changes_from_json,
)
from martlet.cashflow.known_flows import Delay, ItemKind, ItemSource, KnownItem
from martlet.cashflow.projecting import Known
from martlet.kernel.errors import Invalid

DUE = KnownItem(
    ItemKind.CONTRACT, AS_OF + timedelta(days=9), 300_000, ItemSource.OWNER, "甲", 700_000,
    Delay((0, 4), (500_000, 500_000)),
)  # fmt: skip
SHOP = projection_of(shop_rows(), known=Known((DUE,)))
BEFORE = SHOP.outlook()
DAYS = BEFORE.days


def on(day: int):
    return AS_OF + timedelta(days=day)


def test_a_new_store_costs_from_its_first_day_and_earns_as_it_grows() -> None:
    change = NewStore(on(8), 500_000, ramp_days=14, opening_cost_fen=2_000_000)
    after = SHOP.outlook((change,))
    more = after.paths.inflow / BEFORE.paths.inflow
    assert (after.paths.inflow[:, :7] == BEFORE.paths.inflow[:, :7]).all()
    assert more[:, 20:] == pytest.approx(1.5)
    assert np.all(np.diff(np.nanmean(more, axis=0)[6:21]) > 0)
    assert after.paths.outflow[:, 7:] == pytest.approx(1.5 * BEFORE.paths.outflow[:, 7:])
    assert after.paths.known[:, 7].mean() - BEFORE.paths.known[:, 7].mean() == -2_000_000


def test_a_promotion_lifts_its_own_days_and_is_paid_for() -> None:
    after = SHOP.outlook((Promotion(on(10), 3, 400_000, cost_fen=50_000),))
    lifted = after.paths.inflow / BEFORE.paths.inflow
    assert lifted[:, 9:12] == pytest.approx(1.4)
    assert (np.delete(lifted, [9, 10, 11], axis=1) == 1.0).all()
    assert (after.paths.outflow == BEFORE.paths.outflow).all()
    assert len(after.known_items) == len(BEFORE.known_items) + 1


def test_late_receipts_come_as_much_and_later_contracts_too() -> None:
    after = SHOP.outlook((LateReceipts(on(1), 7),))
    assert (after.paths.inflow[:, :7] == 0).all()
    assert (after.paths.inflow[:, 7:] == BEFORE.paths.inflow[:, :-7]).all()
    came = [np.flatnonzero(row) for row in BEFORE.paths.known[:50]]
    comes = [np.flatnonzero(row) for row in after.paths.known[:50]]
    assert all((late == early + 7).all() for early, late in zip(came, comes, strict=True))


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(days=st.integers(0, 60), share=st.integers(0, 1_000_000), since=st.integers(1, 56))
def test_nothing_that_comes_later_raises_the_money_at_hand(
    days: int, share: int, since: int
) -> None:
    after = SHOP.outlook((LateReceipts(on(since), days, share),))
    assert (after.paths.running <= BEFORE.paths.running + 1e-6).all()
    assert after.lowest.expected_fen <= BEFORE.lowest.expected_fen


def test_a_new_order_is_paid_as_late_as_its_customer_pays() -> None:
    ground = Ground(DAYS, delays={"甲": Delay((10,), (1_000_000,)), "": Delay()})
    order = NewOrder(on(5), 900_001, "甲", instalments=2, cost_fen=400_000)
    after = SHOP.outlook((order,), ground)
    moved = after.paths.known - BEFORE.paths.known
    days = np.flatnonzero(moved.any(axis=0))
    assert list(days) == [0, 14, 44]
    assert moved[:, days].tolist() == [[-400_000, 450_000, 450_001]] * len(moved)


def test_changes_add_up_one_after_another() -> None:
    first, second = OneOff(on(3), -100_000), Promotion(on(10), 5, 200_000)
    both = SHOP.outlook((first, second))
    assert (both.paths.inflow == SHOP.outlook((second,)).paths.inflow).all()
    assert (both.paths.known == SHOP.outlook((first,)).paths.known).all()
    told = [one for one in both.drivers if one.code == "cashflow.driver_change"]
    assert {one.details["change"] for one in told} <= {"one_off", "promotion"}


def test_every_kind_of_change_is_written_and_read_back() -> None:
    changes = (
        NewStore(on(1), 100_000),
        CustomerGone("甲", on(2)),
        Promotion(on(3), 4, 50_000),
        LateReceipts(on(4), 5),
        OneOff(on(5), -1),
        NewOrder(on(6), 7, cost_on=on(7)),
    )
    assert {one.kind for one in changes} == set(CHANGES)
    assert changes_from_json([change_as_json(one) for one in changes]) == changes


def test_what_no_business_does_is_refused() -> None:
    with pytest.raises(Invalid, match="cashflow.customer_unknown"):
        SHOP.outlook((CustomerGone("没有的客户", on(1)),))
    with pytest.raises(Invalid, match="cashflow.change_outside"):
        NewStore(on(1), -1)
    with pytest.raises(Invalid, match="cashflow.change_outside"):
        NewOrder(on(1), 0)
    with pytest.raises(Invalid, match="cashflow.too_many_changes"):
        SHOP.outlook((OneOff(on(1), 1),) * 21)
