"""Each customer's rhythm: when it buys, how late it pays, whether it is gone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cashflow.firm_examples import AS_OF, answered, frame, invoice, movement

from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.receivables import lost_ppm, receivables_of, survival
from martlet.records import Kind


def _sold(gap: int, fen: int, who: str, last_back: int = 0, times: int = 30):
    days = [AS_OF - timedelta(days=last_back + gap * n) for n in range(times)]
    return [invoice(day, fen, who) for day in days]


def _read(rows, bank=()):
    records = {Kind.INVOICES: frame(Kind.INVOICES, rows)}
    if bank:
        records[Kind.BANK] = frame(Kind.BANK, bank)
    return receivables_of(flows_of(records), AS_OF)


def test_customers_come_largest_first_with_their_share_and_gap() -> None:
    found = _read(_sold(10, 300_000, "大客户") + _sold(30, 100_000, "小客户", times=12))
    large, small = found.customers
    assert (large.name, large.gap_median_days, large.gap_90_days) == ("大客户", 10, 10)
    assert large.share_ppm + small.share_ppm == pytest.approx(1_000_000, abs=2)
    assert small.next_on == AS_OF + timedelta(days=30)
    assert not found.lost


def test_silence_far_beyond_its_rhythm_tells_a_lost_customer() -> None:
    found = _read(_sold(7, 300_000, "每周一单", last_back=60) + _sold(30, 100_000, "每月一单", 25))
    weekly, monthly = found.customers
    assert weekly.lost
    assert weekly.next_on is None
    assert not monthly.lost
    assert [one.name for one in found.lost] == ["每周一单"]


@given(st.lists(st.integers(1, 90), min_size=3, max_size=40), st.integers(0, 300))
def test_longer_silence_never_makes_a_loss_less_likely(gaps: list[int], silent: int) -> None:
    assert 0 <= lost_ppm(gaps, silent) <= lost_ppm(gaps, silent + 1) <= 1_000_000


def test_a_customer_that_bought_twice_tells_no_rhythm() -> None:
    [one] = _read(_sold(20, 100_000, "新客户", times=2)).customers
    assert one.lost_ppm is None
    assert one.gap_median_days is None


def test_how_late_a_customer_pays_is_read_from_its_payments() -> None:
    sold = _sold(10, 100_000, "甲公司")
    paid = [
        movement(row["day"] + timedelta(days=21), 100_000, "in", "甲公司")
        for row in sold
        if row["day"] + timedelta(days=21) <= AS_OF
    ]
    [one] = _read(sold, paid).customers
    assert (one.pays_median_days, one.pays_90_days) == (21, 21)
    assert one.unpaid_fen == 3 * 100_000


def test_one_payment_of_several_invoices_pays_the_oldest_first() -> None:
    sold = [invoice(AS_OF - timedelta(days=day), 50_000 + day, "乙") for day in (90, 80, 70, 20)]
    paid = [movement(AS_OF - timedelta(days=60), 150_000 + 240, "in", "乙")]
    paid.append(movement(AS_OF, 30_000, "in", "散客"))
    [one] = _read(sold, paid).customers
    assert one.unpaid_fen == 50_020
    assert one.pays_median_days == 20


def test_what_waits_counts_as_not_yet_paid() -> None:
    assert survival([10, 10, 10], []) == (10, 10)
    middle, tail = survival([10, 12, 15], [40, 50, 60])
    assert middle == 15
    assert tail is None


def test_a_gone_customer_takes_its_share_of_the_inflow_from_its_day() -> None:
    from martlet.cashflow.changes import CustomerGone

    rows = _sold(3, 200_000, "大客户", times=120) + _sold(5, 100_000, "其他", times=70)
    flows, there, projection = answered({Kind.INVOICES: frame(Kind.INVOICES, rows)})
    ground = there.ground(flows, projection.basis.days)
    start = AS_OF + timedelta(days=15)
    after = projection.outlook((CustomerGone("大客户", start),), ground)
    before = projection.outlook((), ground)
    share = ground.customers_ppm["大客户"] / 1e6
    assert (after.paths.inflow[:, :14] == before.paths.inflow[:, :14]).all()
    assert after.paths.inflow[:, 14:] == pytest.approx(before.paths.inflow[:, 14:] * (1 - share))
    assert date(2026, 6, 28) == AS_OF
