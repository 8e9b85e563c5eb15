"""Bank accounts and payment platforms as figures: who pays, what is left, and when it runs dry."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.records.record_rows import ago, payment, told

from martlet.records import Kind

PPM = 1_000_000


def account(*rows):
    return told(Kind.BANK, rows)


@pytest.mark.parametrize(("kind", "prefix"), [(Kind.BANK, "bank"), (Kind.PAYMENTS, "payment")])
def test_platforms_and_banks_are_told_alike(kind: Kind, prefix: str) -> None:
    seen = told(kind, [payment(ago(3), 120), payment(ago(2), 20, flow="out", refund=True)])
    assert seen[f"{prefix}_received_12m_fen"] == 10_000
    assert seen[f"{prefix}_refund_share_ppm"] == PPM // 6
    assert seen[f"{prefix}_received_28d_fen"] == 12_000


def test_what_is_left_of_a_month_is_all_that_came_less_all_that_went() -> None:
    """In: 900 and 300 yuan; out: 400 for goods, 100 given back, 20 of fees; a transfer is neither.

    A year's mean counts the months in which nothing moved, too.
    """
    seen = account(
        payment(ago(200), 300),
        payment(ago(20), 900, fee=20),
        payment(ago(15), 400, flow="out", who="市场"),
        payment(ago(10), 100, flow="out", refund=True),
        payment(ago(9), 5_000, flow="neutral"),
        payment(ago(8), 7_000, settled=False),
    )
    assert seen["bank_net_monthly_3m_fen"] == 38_000 // 3
    assert seen["bank_net_monthly_6m_fen"] == 38_000 // 6
    assert seen["bank_net_monthly_12m_fen"] == 68_000 // 12
    assert seen["bank_net_worst_month_fen"] == 0
    assert seen["bank_paid_3m_fen"] == 40_000
    assert seen["bank_outflow_share_ppm"] == PPM // 3


def test_the_worst_month_may_have_lived_on_savings() -> None:
    seen = account(payment(ago(70), 100), payment(ago(40), 250, flow="out"), payment(ago(5), 90))
    assert seen["bank_net_worst_month_fen"] == -25_000


def test_a_day_is_as_poor_as_its_poorest_moment() -> None:
    """Four days on which a balance is told; on one of them the account was overdrawn at noon."""
    seen = account(
        payment(ago(200), 100, balance=400),
        payment(ago(100), 100, balance=500),
        payment(ago(50), 100, balance=-30),
        payment(ago(50), 100, balance=900),
        payment(ago(5), 100, balance=800),
        payment(ago(4), 100),
    )
    assert seen["bank_lowest_balance_3m_fen"] == -3_000
    assert seen["bank_lowest_balance_6m_fen"] == -3_000
    assert seen["bank_negative_days_share_ppm"] == PPM // 4
    assert seen["bank_days_since_negative_days"] == 50
    # In rising order -30, 400, 500, 800: between two values the lower one is taken.
    assert seen["bank_balance_p5_fen"] == -3_000
    assert seen["bank_balance_p25_fen"] == -3_000
    assert seen["bank_balance_p50_fen"] == 40_000


def test_hand_to_mouth_is_less_than_a_tenth_of_a_months_receipts() -> None:
    """1,200 yuan in the year, so 100 a month: below 10 yuan the account is thin."""
    seen = account(
        payment(ago(30), 400, balance=10), payment(ago(20), 400, balance=9), payment(ago(10), 400)
    )
    assert seen["bank_thin_days_share_ppm"] == PPM // 2
    assert seen["bank_days_since_negative_days"] is None


def test_a_statement_without_balances_says_nothing_of_them() -> None:
    seen = account(payment(ago(3), 100))
    for slug, value in seen.items():
        if slug.startswith("bank_") and ("balance" in slug or "negative" in slug):
            assert value is None, slug


def test_a_canteen_that_pays_every_month_is_a_regular_payer() -> None:
    """Seven months of 600 yuan by the canteen, and one party of 1,800."""
    monthly = [payment(ago(31 * month), 600, who="食堂") for month in range(7)]
    seen = account(*monthly, payment(ago(3), 1_800, who="宴席"))
    assert seen["bank_regular_payers_share_ppm"] == 700_000
    assert seen["bank_top_regular_payer_monthly_fen"] == 420_000 // 12
    assert seen["bank_top_payer_share_ppm"] == 700_000
    assert seen["bank_payer_concentration_ppm"] == 490_000 + 90_000
    assert seen["bank_new_payers_share_ppm"] == 1_800 * PPM // (1_800 + 4 * 600 - 600)
    assert seen["bank_payers_3m_count"] == 2


def test_suppliers_are_told_from_payers() -> None:
    seen = account(
        payment(ago(5), 100, who="甲"),
        payment(ago(4), 30, flow="out", who="菜场"),
        payment(ago(40), 10, flow="out", who="甲"),
    )
    assert seen["bank_payees_12m_count"] == 2
    assert seen["bank_top_payee_share_ppm"] == 750_000
    assert seen["bank_payers_12m_count"] == 1
    assert seen["bank_paid_months_12m"] == 2


def test_the_night_ends_at_five_in_shanghai_and_midnight_is_no_time() -> None:
    """20:59 UTC is 04:59 in Shanghai; 16:00 UTC is midnight, which statements write for a day."""
    hours = [(20, 59), (21, 0), (16, 0), (4, 0)]
    rows = [
        payment(ago(9), 10 + hour, at=datetime(2026, 2, 20, hour, minute, tzinfo=UTC))
        for hour, minute in hours
    ]
    assert account(*rows)["bank_night_share_ppm"] == PPM // 3
    assert account(payment(ago(9), 10))["bank_night_share_ppm"] is None


def test_loans_are_round_and_prices_seldom() -> None:
    seen = account(payment(ago(9), 5_000), payment(ago(8), 123), payment(ago(7), 200, flow="out"))
    assert seen["bank_round_share_ppm"] == PPM // 2
    assert seen["bank_largest_received_share_ppm"] == 5_000 * PPM // 5_123
