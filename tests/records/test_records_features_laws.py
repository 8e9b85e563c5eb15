"""Laws of all features, whatever the records: the order of rows, the others, the future."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records.record_rows import AS_OF, TODAY, ago, book, invoice, order, payment, taking

from martlet.records import FEATURES, Kind, features_of
from martlet.records.features import features_with_samples, sample_of
from martlet.signals import KINDS

PPM = 1_000_000
_days = st.dates(date(2024, 1, 1), date(2027, 1, 1))
_moments = st.integers(0, 3 * 365).map(
    lambda days: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=days)
)
_yuan = st.integers(0, 5_000)
_who = st.sampled_from(["甲", "乙", "丙", ""])
_of = {
    "party": st.sampled_from(["p1", "p2"]),
    "known": _moments,
    "revision": st.integers(0, 2),
}
_wait = st.none() | st.integers(0, 30)


def _sent(day, yuan, promised_in, delivered_in, **more):
    """An order with its delivery; nothing arrives before it was ordered."""
    promised, delivered = (
        None if days is None else day + timedelta(days=days) for days in (promised_in, delivered_in)
    )
    return order(day, yuan, promised=promised, delivered=delivered, **more)


ROWS = {
    Kind.INVOICES: st.builds(
        invoice, _days, st.integers(-500, 5_000), who=_who, valid=st.booleans(),
        side=st.sampled_from(["sales", "purchases"]), **_of,
    ),
    Kind.BANK: st.builds(
        payment, _days, _yuan, flow=st.sampled_from(["in", "out", "neutral"]), who=_who,
        refund=st.booleans(), settled=st.booleans(), at=st.none() | _moments,
        balance=st.none() | st.integers(-500, 5_000), fee=st.integers(0, 9), **_of,
    ),
    Kind.ORDERS: st.builds(
        _sent, _days, _yuan, _wait, _wait, who=_who, stars=st.none() | st.integers(1, 5),
        status=st.sampled_from(["completed", "cancelled", "open"]), **_of,
    ),
    Kind.TAKINGS: st.builds(
        taking, _days, _yuan, back=st.integers(0, 500), payments=st.none() | st.integers(0, 9),
        **_of,
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", ROWS)
@settings(max_examples=12, deadline=None)
@given(data=st.data(), as_of=_moments)
def test_order_others_and_future_change_nothing(kind: Kind, data, as_of: datetime) -> None:
    rows = data.draw(st.lists(ROWS[kind], max_size=30))
    records = book(kind, rows)
    told = features_of(records, as_of)
    frame = records[kind]
    assert features_of(book(kind, rows[::-1]), as_of).equals(told)
    assert features_of({kind: frame.lazy()}, as_of).equals(told)
    known = frame.filter(pl.col("known_at") <= as_of)
    assert features_of({kind: known}, as_of).equals(told)
    for party in ("p1", "p2"):
        alone = features_of({kind: frame.filter(pl.col("party_id") == party)}, as_of)
        assert alone.equals(told.filter(pl.col("party_id") == party))
    for row in told.iter_rows(named=True):
        for slug, value in row.items():
            if slug != "party_id" and value is not None:
                assert KINDS[slug].accepts(value), (slug, value)


def _sold(rows) -> dict[str, int | None]:
    return features_of(book(Kind.ORDERS, rows), AS_OF).row(0, named=True)


SIZES = [
    *(f"order_sales_{window}_fen" for window in ("7d", "14d", "28d", "3m", "6m", "12m")),
    *(f"order_{window}_count" for window in ("7d", "14d", "28d", "3m", "6m", "12m")),
    *(f"order_customers_{window}_count" for window in ("28d", "3m", "6m", "12m")),
    *("order_days_12m_count", "order_days_3m_count", "order_weeks_active_12m"),
    *("order_months_active_12m", "order_worst_month_fen", "order_history_days"),
    *("verified_takings_monthly_fen", "records_history_days"),
]
_past = st.integers(0, 400).map(ago)
_sales = st.builds(order, _past, _yuan, who=st.sampled_from("甲乙丙"), back=st.just(0))


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(_sales, min_size=1, max_size=20), more=_sales)
def test_one_more_sale_never_makes_a_business_smaller(rows, more) -> None:
    before, after = _sold(rows), _sold([*rows, {**more, "row_id": "one more"}])
    for slug in SIZES:
        assert after[slug] >= before[slug], slug


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(_sales, min_size=1, max_size=20))
def test_twice_the_money_on_the_same_days_changes_no_share(rows) -> None:
    """But of whole hundreds of yuan; and amounts double."""
    before = _sold(rows)
    after = _sold([{**row, "total_fen": 2 * row["total_fen"]} for row in rows])
    for feature in FEATURES:
        value = before[feature.slug]
        if feature.unit == "ppm" and feature.slug != "order_round_share_ppm":
            assert after[feature.slug] == value, feature.slug
    assert after["order_sales_12m_fen"] == 2 * before["order_sales_12m_fen"]


def test_every_figure_comes_with_the_number_of_records_behind_it() -> None:
    rows = [order(ago(3), 10, stars=5), order(TODAY, 20), order(ago(400), 30)]
    row = features_with_samples(book(Kind.ORDERS, rows), AS_OF).row(0, named=True)
    assert row[sample_of("order_12m_count")] == 2
    assert row[sample_of("order_rating_ppm")] == 1
    assert row[sample_of("records_history_days")] == 3
    assert "bank_trend_ppm" not in row, "a kind that is not there is not told"


def test_whole_numbers_only() -> None:
    told = features_of(book(Kind.ORDERS, [order(ago(3), 10)]), AS_OF)
    assert set(told.drop("party_id").dtypes) == {pl.Int64()}
