"""Invoices and takings as figures: buyers and suppliers, dressed books, open days."""

from __future__ import annotations

from datetime import date

from tests.records.record_rows import ago, invoice, taking, told

from martlet.records import Kind

PPM = 1_000_000


def firm(*rows):
    return told(Kind.INVOICES, rows)


def till(*rows):
    return told(Kind.TAKINGS, rows)


def test_buyers_and_suppliers_are_counted_apart() -> None:
    seen = firm(
        invoice(ago(400), 50, who="老客户"),
        invoice(ago(200), 300, who="甲店"),
        invoice(ago(10), 100, who="老客户"),
        invoice(ago(9), 100, who="乙店"),
        invoice(ago(8), 400, side="purchases", who="批发"),
    )
    assert seen["invoice_buyers_count"] == 3
    assert seen["invoice_buyers_3m_count"] == 2
    assert seen["invoice_top_buyer_share_ppm"] == 600_000
    assert seen["invoice_buyer_concentration_ppm"] == 360_000 + 40_000 + 40_000
    assert seen["invoice_lost_buyers_share_ppm"] == 600_000
    assert seen["invoice_new_buyers_share_ppm"] == PPM // 2
    assert seen["invoice_suppliers_count"] == 1
    assert seen["invoice_supplier_concentration_ppm"] == PPM
    assert seen["invoice_sales_growth_12m_ppm"] == 10 * PPM, "500 over 50 yuan"


def test_books_dressed_at_the_end_of_a_quarter_show() -> None:
    """31 December and 21 September are ends of quarters; 20 September and 31 January are not."""
    days = [date(2025, 12, 31), date(2025, 9, 21), date(2025, 9, 20), date(2026, 1, 31)]
    assert firm(*(invoice(day, 70) for day in days))["invoice_quarter_end_share_ppm"] == PPM // 2


def test_voids_of_late_are_held_against_those_of_the_year() -> None:
    calm = [invoice(ago(200 + day), 10) for day in range(7)]
    seen = firm(*calm, invoice(ago(3), 10, valid=False), invoice(ago(2), 30))
    assert seen["invoice_void_share_12m_ppm"] == PPM // 9
    assert seen["invoice_void_rise_ppm"] == 9 * PPM // 2


def test_a_firm_that_stopped_buying_is_seen_before_it_stops_selling() -> None:
    seen = firm(
        invoice(ago(300), 100, side="purchases"),
        invoice(ago(120), 50, side="purchases"),
        invoice(ago(3), 500),
        invoice(ago(2), 77),
    )
    assert seen["invoice_days_since_last_purchase_days"] == 120
    assert seen["invoice_days_since_last_sale_days"] == 2
    assert seen["invoice_purchases_trend_ppm"] == PPM // 2
    assert seen["invoice_purchases_3m_fen"] == 0
    assert seen["invoice_purchases_months_active_12m"] == 2
    assert seen["invoice_round_share_ppm"] == PPM // 2
    assert seen["invoice_largest_sale_share_ppm"] == 500 * PPM // 577


def test_a_firm_that_only_buys_has_no_buyers_and_one_without_names_an_unknown_number() -> None:
    assert firm(invoice(ago(3), 10, side="purchases"))["invoice_buyers_count"] == 0
    assert firm(invoice(ago(3), 10, who=""))["invoice_buyers_count"] is None


def test_sales_of_long_ago_are_none_of_this_year() -> None:
    seen = firm(invoice(ago(500), 100), invoice(ago(480), 100))
    assert seen["invoice_sales_total_fen"] == 20_000
    assert seen["invoice_sales_12m_fen"] == 0
    assert seen["invoice_sales_weeks_active_12m"] == 0
    assert seen["invoice_sales_volatility_ppm"] is None
    assert seen["invoice_longest_pause_days"] == 20
    assert seen["invoice_sales_longest_pause_12m_days"] is None


def test_one_good_fair_does_not_move_the_usual_day_of_a_till() -> None:
    """Three days of 100 yuan, one of 300, a fair of 2,000; closed days count for nothing."""
    days = [taking(ago(day), yuan) for day, yuan in enumerate((100, 100, 0, 100, 300, 2_000))]
    seen = till(*days)
    assert seen["takings_usual_day_fen"] == 10_000
    assert seen["takings_slow_day_fen"] == 10_000
    assert seen["takings_daily_fen"] == 52_000
    assert seen["takings_open_days_3m_count"] == 5
    assert seen["takings_quiet_28d_ppm"] == 23 * PPM // 28
    assert seen["takings_round_share_ppm"] == PPM
    assert seen["takings_largest_day_share_ppm"] == 2_000 * PPM // 2_600


def test_a_till_tells_how_many_paid_and_how_much_each() -> None:
    seen = till(
        taking(ago(200), 900, payments=10),
        taking(ago(3), 100, payments=5, back=20),
        taking(ago(2), 60),
    )
    assert seen["takings_average_payment_fen"] == 100_000 // 15
    assert seen["takings_average_payment_3m_fen"] == 2_000
    assert seen["takings_payments_3m_count"] == 5
    assert seen["takings_refund_share_3m_ppm"] == PPM // 8
    assert seen["takings_history_days"] == 200
