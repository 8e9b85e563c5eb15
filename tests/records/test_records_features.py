"""Features look back from a moment: whole numbers, the same online and in batch, never ahead."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.records import COLUMNS, FEATURES, Kind, features_of
from martlet.signals import KINDS

AS_OF = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def _invoice(  # one line of a small book
    day: date, yuan: int, *, side="sales", who="甲店", valid=True, party="p1", known=None, **more
):
    return {
        "party_id": party,
        "row_id": f"{side}|{day}|{who}|{yuan}",
        "revision": 0,
        "known_at": known or datetime(2016, 1, 1, tzinfo=UTC),
        "source": "test",
        "day": day,
        "side": side,
        "number": "1",
        "counterparty": who,
        "net_fen": yuan * 100,
        "tax_fen": 0,
        "total_fen": yuan * 100,
        "valid": valid,
        **more,
    }


def _book(rows):
    return {Kind.INVOICES: pl.DataFrame(rows, schema=COLUMNS[Kind.INVOICES], orient="row")}


def _one(rows, as_of=AS_OF):
    return features_of(_book(rows), as_of).row(0, named=True)


def test_every_feature_is_a_registered_kind_of_the_same_unit_and_none_is_left_over() -> None:
    slugs = [feature.slug for feature in FEATURES]
    assert len(slugs) == len(set(slugs))
    for feature in FEATURES:
        assert KINDS[feature.slug].unit is feature.unit, feature.slug
        assert feature.why
        assert feature.direction in {"good", "bad", "neutral"}
    prefixes = ("invoice_", "payment_", "bank_", "order_", "takings_", "records_", "verified_")
    assert {slug for slug in KINDS if slug.startswith(prefixes)} == set(slugs)


def test_a_void_invoice_is_counted_but_not_summed_and_a_negative_one_is_a_refund() -> None:
    """A sale of 1,000, a void one of 500, a refund of 200: 800 sold, a third void, a fifth back."""
    seen = _one(
        [
            _invoice(TODAY - timedelta(days=5), 1000),
            _invoice(TODAY - timedelta(days=4), 500, valid=False),
            _invoice(TODAY - timedelta(days=3), -200),
        ]
    )
    assert seen["invoice_sales_12m_fen"] == 80_000
    assert seen["invoice_void_share_ppm"] == 333_333
    assert seen["invoice_refund_share_ppm"] == 200_000
    assert seen["invoice_days_since_last_sale_days"] == 5
    assert seen["verified_takings_monthly_fen"] == 80_000 // 12


def test_the_year_ends_today_and_began_365_days_ago() -> None:
    seen = _one(
        [
            _invoice(TODAY, 1),
            _invoice(TODAY - timedelta(days=364), 10),
            _invoice(TODAY - timedelta(days=365), 100),
        ]
    )
    assert seen["invoice_sales_12m_fen"] == 1_100
    assert seen["invoice_sales_total_fen"] == 11_100
    assert seen["records_history_days"] == 365
    assert seen["invoice_longest_pause_days"] == 364


def test_revenue_is_without_tax_and_the_total_with_it() -> None:
    sale = _invoice(TODAY, 1_030, net_fen=100_000, tax_fen=3_000)
    void = _invoice(TODAY, 500, valid=False)
    seen = _one([sale, void])
    assert seen["invoice_net_sales_total_fen"] == 100_000
    assert seen["invoice_sales_total_fen"] == 103_000


def test_a_further_source_never_lowers_what_is_verified() -> None:
    invoices = _book([_invoice(TODAY, 12_000)])
    takings = pl.DataFrame(
        {
            "party_id": ["p1"], "row_id": ["t"], "revision": [0],
            "known_at": [datetime(2020, 1, 1, tzinfo=UTC)], "source": ["t"], "day": [TODAY],
            "taken_fen": [100], "refunded_fen": [0], "payments_count": [None],
        },
        schema=COLUMNS[Kind.TAKINGS],
    )  # fmt: skip
    alone = features_of(invoices, AS_OF).row(0, named=True)
    both = features_of({**invoices, Kind.TAKINGS: takings}, AS_OF).row(0, named=True)
    assert both["verified_takings_monthly_fen"] == alone["verified_takings_monthly_fen"] == 100_000
    assert both["records_sources_count"] == 2


def test_a_revision_counts_from_the_moment_it_became_known() -> None:
    """Sold on 1 February, declared void in an export of 1 March."""
    sold = _invoice(date(2026, 2, 1), 700, known=datetime(2026, 2, 2, tzinfo=UTC))
    void = {**sold, "valid": False, "revision": 1, "known_at": datetime(2026, 3, 1, tzinfo=UTC)}
    before = _one([sold, void], datetime(2026, 2, 28, tzinfo=UTC))
    after = _one([sold, void])
    assert before["invoice_sales_12m_fen"] == 70_000
    assert after["invoice_sales_12m_fen"] == 0
    assert after["invoice_void_share_ppm"] == 1_000_000


def test_nothing_at_all_is_no_row_and_no_error() -> None:
    assert features_of({}, AS_OF).height == 0
    assert features_of(_book([]), AS_OF).height == 0


_moments = st.integers(0, 4 * 365).map(
    lambda days: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=days)
)
_rows = st.builds(
    _invoice,
    st.dates(date(2023, 1, 1), date(2027, 1, 1)),
    st.integers(-10_000, 1_000_000),
    side=st.sampled_from(["sales", "purchases"]),
    who=st.sampled_from("甲乙丙丁"),
    valid=st.booleans(),
    party=st.sampled_from(["p1", "p2", "p3"]),
    known=_moments,
    revision=st.integers(0, 2),
)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(_rows, max_size=40), as_of=_moments)
def test_one_business_alone_equals_all_together_and_the_future_changes_nothing(rows, as_of) -> None:
    book = _book(rows)
    together = features_of(book, as_of)
    frame = book[Kind.INVOICES]
    for party in ("p1", "p2", "p3"):
        alone = features_of({Kind.INVOICES: frame.filter(pl.col("party_id") == party)}, as_of)
        assert alone.equals(together.filter(pl.col("party_id") == party))
    reversed_rows = features_of(_book(rows[::-1]), as_of)
    assert reversed_rows.equals(together)
    past = frame.filter(pl.col("known_at") <= as_of)
    assert features_of({Kind.INVOICES: past}, as_of).equals(together)
    for row in together.iter_rows(named=True):
        for slug, value in row.items():
            if slug != "party_id" and value is not None:
                assert KINDS[slug].accepts(value), (slug, value)
