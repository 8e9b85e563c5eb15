"""Orders as figures: windows, customers, refunds, ratings, deliveries, in small shops."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.records.record_rows import TODAY, ago, order, told

from martlet.records import FEATURES, Kind

PPM = 1_000_000


def shop(*rows, **more):
    return told(Kind.ORDERS, rows, **more)


def test_a_shop_of_orders_is_told_by_at_least_61_figures() -> None:
    assert sum(feature.slug.startswith("order_") for feature in FEATURES) >= 61


def test_every_window_ends_today_and_holds_the_days_that_it_is_called_after() -> None:
    """One order of 100 yuan on each of twelve days, from today to a year and a day ago."""
    days = (0, 6, 7, 13, 27, 28, 91, 92, 182, 183, 364, 365)
    seen = shop(*(order(ago(day), 100) for day in days))
    counted = {"7d": 2, "14d": 4, "28d": 5, "3m": 7, "6m": 9, "12m": 11}
    for window, number in counted.items():
        assert seen[f"order_{window}_count"] == number
        assert seen[f"order_sales_{window}_fen"] == number * 10_000
    assert seen["order_history_days"] == 365
    assert seen["order_days_since_last_days"] == 0
    assert seen["order_count_trend_ppm"] == 9 * PPM // 2


def test_only_completed_orders_sell_and_refunds_are_taken_off() -> None:
    seen = shop(
        order(ago(3), 300, back=100),
        order(ago(2), 100),
        order(ago(1), 500, status="cancelled"),
        order(ago(60), 700, status="open"),
    )
    assert seen["order_sales_12m_fen"] == 30_000
    assert seen["order_12m_count"] == 2
    assert seen["order_refund_share_ppm"] == PPM // 4
    assert seen["order_cancelled_share_ppm"] == PPM // 4
    assert seen["order_cancelled_share_28d_ppm"] == PPM // 3
    assert seen["order_stale_share_ppm"] == PPM // 4


def test_refunds_of_late_are_held_against_those_of_the_year() -> None:
    """A tenth came back in the year, but half of what was sold this month."""
    calm = [order(ago(200 + day), 100) for day in range(8)]
    seen = shop(*calm, order(ago(5), 100, back=100), order(ago(4), 100))
    assert seen["order_refund_share_ppm"] == PPM // 10
    assert seen["order_refund_share_3m_ppm"] == PPM // 2
    assert seen["order_refund_rise_ppm"] == 5 * PPM
    assert seen["order_cancelled_rise_ppm"] is None


def test_concentration_is_told_by_the_largest_the_five_largest_and_all() -> None:
    """600, 300 and 100 yuan from three customers: 0.36 + 0.09 + 0.01."""
    seen = shop(
        order(ago(100), 600, who="甲"),
        order(ago(40), 200, who="乙"),
        order(ago(30), 100, who="乙"),
        order(ago(20), 100, who="丙"),
    )
    assert seen["order_top_customer_share_ppm"] == 600_000
    assert seen["order_top5_customers_share_ppm"] == PPM
    assert seen["order_customer_concentration_ppm"] == 460_000
    assert seen["order_repeat_share_ppm"] == 300_000
    assert seen["order_repeat_customers_share_ppm"] == PPM // 3
    assert seen["order_lost_customers_share_ppm"] == 600_000
    assert seen["order_new_customers_share_ppm"] == PPM
    assert [seen[f"order_customers_{w}_count"] for w in ("28d", "3m", "6m", "12m")] == [1, 2, 3, 3]


def test_an_old_customer_is_not_new_because_the_year_has_turned() -> None:
    seen = shop(
        order(ago(700), 50, who="甲"), order(ago(10), 300, who="甲"), order(ago(9), 100, who="乙")
    )
    assert seen["order_new_customers_share_ppm"] == PPM // 4


def test_a_file_without_names_says_nothing_about_customers() -> None:
    seen = shop(order(ago(3), 100, who=""), order(ago(2), 200, who=""))
    assert seen["order_12m_count"] == 2
    for slug, value in seen.items():
        if "customer" in slug:
            assert value is None, slug


def test_a_shop_that_sells_every_monday_is_regular() -> None:
    """52 Mondays of 100 yuan, today among them."""
    seen = shop(*(order(ago(7 * week), 100) for week in range(52)))
    assert seen["order_weekly_volatility_ppm"] == 0
    assert seen["order_weeks_active_12m"] == 52
    assert seen["order_usual_gap_days"] == seen["order_longest_pause_12m_days"] == 7
    assert seen["order_quiet_28d_ppm"] == 24 * PPM // 28
    assert seen["order_weekend_share_ppm"] == 0
    assert seen["order_largest_day_share_ppm"] == PPM // 52
    assert seen["order_burst_14d_ppm"] == 2 * 351 * PPM // (50 * 14)
    assert seen["order_months_active_12m"] == 12


def test_a_shop_that_sold_in_one_week_only_is_not() -> None:
    """Saturday and Sunday of the week before: all of the year in one week, month and quarter."""
    seen = shop(order(ago(8), 300), order(ago(9), 100))
    assert seen["order_weekly_volatility_ppm"] == 102 * PPM // 52
    assert seen["order_volatility_ppm"] == 22 * PPM // 12
    assert seen["order_best_month_share_ppm"] == seen["order_best_quarter_share_ppm"] == PPM
    assert seen["order_weekend_share_ppm"] == PPM
    assert seen["order_worst_month_fen"] == 0
    assert seen["order_usual_gap_days"] == 1
    assert seen["order_burst_14d_ppm"] is None, "there is no usual to hold it against"


def test_the_usual_gap_is_the_middle_one_and_no_outlier_moves_it() -> None:
    """Pauses of 1, 2 and 90 days: the middle is 2. Of 1, 2, 3 and 90 it is the lower, 2."""
    assert shop(*(order(ago(d), 9) for d in (0, 1, 3, 93)))["order_usual_gap_days"] == 2
    assert shop(*(order(ago(d), 9) for d in (0, 1, 3, 6, 96)))["order_usual_gap_days"] == 2
    assert shop(order(ago(0), 9), order(ago(0), 8))["order_usual_gap_days"] is None


def test_the_coming_season_is_known_only_after_a_year_of_trade() -> None:
    """A shop that sold a third of its year in the spring that begins again now."""
    year = [order(ago(300), 100), order(ago(200), 100), order(ago(20), 100)]
    assert shop(*year)["order_coming_season_share_ppm"] is None
    assert shop(*year, order(ago(366), 70))["order_coming_season_share_ppm"] == PPM // 3


def test_growth_is_told_over_half_a_year_a_quarter_and_four_weeks() -> None:
    seen = shop(
        order(ago(300), 100), order(ago(120), 100), order(ago(50), 100), order(ago(10), 200)
    )
    assert seen["order_trend_ppm"] == 4 * PPM
    assert seen["order_trend_3m_ppm"] == 3 * PPM
    assert seen["order_pace_28d_ppm"] == 200 * 337 * PPM // (300 * 28)
    assert shop(order(ago(200), 1), order(ago(1), 100))["order_trend_ppm"] == 10 * PPM


def test_ratings_of_late_are_held_against_those_of_the_year() -> None:
    """Five stars in autumn, five and two this month; one order nobody rated."""
    seen = shop(
        order(ago(150), 10, stars=5),
        order(ago(5), 10, stars=5),
        order(ago(4), 10, stars=2),
        order(ago(3), 10),
    )
    assert seen["order_rating_ppm"] == 800_000
    assert seen["order_rating_3m_ppm"] == 700_000
    assert seen["order_rating_change_ppm"] == -100_000
    assert seen["order_bad_rating_share_ppm"] == PPM // 3
    assert seen["order_bad_rating_share_3m_ppm"] == PPM // 2
    assert seen["order_rated_share_ppm"] == 3 * PPM // 4


def test_late_and_missing_deliveries_are_told_apart() -> None:
    """In time, three days late, never; and one whose day has not come."""
    past = [order(ago(200), 10, promised=ago(195), delivered=ago(196))]
    seen = shop(
        *past,
        order(ago(20), 10, promised=ago(18), delivered=ago(15)),
        order(ago(10), 10, promised=ago(5), status="open"),
        order(ago(1), 10, promised=TODAY + timedelta(days=2), status="open"),
    )
    assert seen["order_late_share_ppm"] == PPM // 2
    assert seen["order_late_share_3m_ppm"] == PPM
    assert seen["order_late_days"] == 3
    assert seen["order_delivery_days"] == (4 + 5) // 2
    assert seen["order_delivery_3m_days"] == 5
    assert seen["order_overdue_share_ppm"] == PPM // 3


def test_a_file_that_never_tells_of_deliveries_is_not_overdue() -> None:
    assert shop(order(ago(20), 10, promised=ago(18)))["order_overdue_share_ppm"] is None


def test_invented_orders_show_in_round_prices_and_one_large_order() -> None:
    seen = shop(order(ago(3), 900), order(ago(2), 57), order(ago(1), 43))
    assert seen["order_round_share_ppm"] == PPM // 3
    assert seen["order_largest_share_ppm"] == 900_000
    assert seen["order_average_fen"] == 33_333


def test_an_order_refunded_later_was_whole_on_the_day_before() -> None:
    sold = order(ago(30), 100)
    known = datetime(2026, 3, 1, tzinfo=UTC)
    back = {**sold, "refunded_fen": 10_000, "revision": 1, "known_at": known}
    assert shop(sold, back)["order_sales_12m_fen"] == 0
    before = shop(sold, back, as_of=datetime(2026, 2, 20, tzinfo=UTC))
    assert before["order_sales_12m_fen"] == 10_000
