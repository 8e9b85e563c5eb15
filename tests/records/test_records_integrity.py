"""What looks like fraud in a tea shop's invoices, and what honest trade looks like beside it."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.records.trade_stories import EVENING, SHOP, TODAY, book, ordinary, ring, seen
from tools.plant_fraud import SCHEMES, invoice, planted

from martlet.records import COLUMNS, Kind
from martlet.records.integrity import BOOK_KINDS, KINDS, OWNER_KINDS, findings_of
from martlet.signals import KINDS as ALL_KINDS

YEAR = ordinary()


def test_an_ordinary_year_says_nothing() -> None:
    assert seen(book(YEAR)) == {}


def test_two_shops_sell_each_other_the_same_tea() -> None:
    found = seen(book([*YEAR, *ring()]))
    assert found.keys() == {"circular_trade_ppm"}
    tea = found["circular_trade_ppm"]
    assert tea.sample_size == 12
    assert tea.amount_fen == sum(amount for _, side, _, amount in ring() if side == "sales")
    first, second = tea.evidence[:2]
    assert (first.pair, second.pair) == (1, 1)
    assert (first.side, second.side) == ("sales", "purchases")
    assert (first.counterparty, first.amount_fen) == (second.counterparty, second.amount_fen)
    assert second.day - first.day == timedelta(days=5)
    assert len(tea.evidence) == 20


def test_a_small_round_is_told_to_people_and_stops_nothing() -> None:
    found = seen(book([*YEAR, *ring(amount_fen=500_000)]))
    assert found.keys() == {"trade_both_ways_ppm"}


def test_a_partner_that_sells_packaging_and_buys_tea_is_no_round() -> None:
    both = [
        told
        for number in range(40)
        for told in (
            (5 + 9 * number, "sales", "packer", 2_000_000 + number * 31_117),
            (8 + 9 * number, "purchases", "packer", 700_000 + number * 17_039),
        )
    ]
    assert seen(book([*YEAR, *both])) == {}


def test_a_ring_whose_invoices_are_cut_anew_still_nets_out() -> None:
    out = [(10 + 30 * n, "sales", "friends", 5_000_001 + n * 20_011) for n in range(12)]
    total = sum(amount for *_, amount in out)
    back = [(5 + 45 * n, "purchases", "friends", total // 8) for n in range(8)]
    assert "circular_trade_ppm" in seen(book([*YEAR, *out, *back]))


def test_amounts_at_the_ceiling_of_an_invoice_meet_by_chance() -> None:
    """Goods for 250,000 yuan are invoiced as 100,000 + 100,000 + 50,000, in and out."""
    capped = [
        (3 + 2 * n, side, "wholesaler", 10_000_000)
        for n in range(60)
        for side, every in (("sales", 1), ("purchases", 3))
        if n % every == 0
    ]
    assert seen(book([*YEAR, *capped])) == {}


def test_a_return_by_red_letter_is_no_round_and_no_mirror() -> None:
    """Bought by mistake, taken back in full: both invoices stand in the book and cancel out."""
    mistaken = [
        told
        for n in range(30)
        for told in (
            (10 + 11 * n, "sales", "clumsy buyer", 4_000_001 + n * 501),
            (10 + 11 * n, "sales", "clumsy buyer", -(4_000_001 + n * 501)),
            (10 + 11 * n, "purchases", "clumsy buyer", 4_000_001 + n * 501),
        )
    ]
    assert seen(book([*YEAR, *mistaken])) == {}


def test_a_ring_through_strangers_shows_as_mirrors() -> None:
    mirrors = [
        told
        for n in range(12)
        for told in (
            (20 + 25 * n, "sales", f"buyer {n}", 4_000_003 + n * 41_113),
            (19 + 25 * n, "purchases", f"supplier {n % 3}", 4_000_003 + n * 41_113),
        )
    ]
    found = seen(book([*YEAR, *mirrors]))
    assert found.keys() == {"mirrored_invoices_ppm"}
    assert found["mirrored_invoices_ppm"].sample_size == 12


def test_price_lists_and_round_sums_are_no_mirrors() -> None:
    """A phone shop buys at 999.00 what it sells at 999.00 elsewhere, every day; rent is 5,000."""
    phones = [(d, side, f"{side} {d}", 99_901) for d in range(1, 300) for side in _SIDES]
    rents = [(d, side, f"{side} {d}", 5_000_000) for d in range(1, 300, 30) for side in _SIDES]
    assert seen(book([*YEAR, *phones, *rents])) == {}


_SIDES = ("sales", "purchases")


def test_a_book_in_which_amounts_meet_every_day_has_no_mirrors() -> None:
    """Vegetables for 30 to 60 yuan, in and out, by the thousand: equal amounts are everywhere."""
    rng = np.random.default_rng(3)
    greens = [
        (int(rng.integers(1, 364)), side, f"{side} {n % 50}", int(rng.integers(3_000, 6_000)))
        for n in range(3_000)
        for side in _SIDES
    ]
    assert seen(book(greens)) == {}


def test_one_buyer_is_invoiced_the_same_odd_amount_twice_a_day() -> None:
    twice = [(10 + n, "sales", "office", 2_345_678) for n in range(40) for _ in range(2)]
    assert seen(book([*YEAR, *twice[::2], *YEAR[:5], *twice[1::2]])).keys() == {
        "equal_invoices_ppm"
    }


def test_a_sale_cut_into_numbered_parts_is_one_sale() -> None:
    rows = [
        invoice(SHOP, f"{1000 + n}", TODAY - timedelta(days=10), "sales", "school", 11_599_999)
        for n in range(30)
    ]
    parts = pl.DataFrame(rows, schema=COLUMNS[Kind.INVOICES])
    assert seen(pl.concat([book(YEAR), parts])).keys() == {"sales_rising_ppm"}


def test_a_newcomer_buys_a_third_of_everything_and_sells_it_back() -> None:
    sales = [(3 + 5 * n, "sales", "newcomer", 1_200_000 + n * 1_013) for n in range(10)]
    back = [(2 + 9 * n, "purchases", "newcomer", 700_000 + n * 917) for n in range(6)]
    found = seen(book([*YEAR, *sales, *back]))
    assert found.keys() == {"self_dealing_ppm"}
    assert {row.counterparty for row in found["self_dealing_ppm"].evidence} == {"newcomer"}


@pytest.mark.parametrize("why", ["only buys", "known for a year", "shop is new itself"])
def test_a_large_new_customer_is_good_news(why: str) -> None:
    sales = [(3 + 5 * n, "sales", "customer", 1_200_000 + n * 1_013) for n in range(10)]
    back = [(2 + 9 * n, "purchases", "customer", 700_000 + n * 917) for n in range(6)]
    story = {
        "only buys": [*YEAR, *sales],
        "known for a year": [*YEAR, *sales, *back, (360, "sales", "customer", 90_001)],
        "shop is new itself": [*[one for one in YEAR if one[0] < 100], *sales, *back],
    }
    assert seen(book(story[why])) == {}


def test_selling_to_the_owners_other_firm_counts_by_its_name() -> None:
    cousins = [(3 + 12 * n, "sales", "Tea House of the same owner", 2_000_000) for n in range(20)]
    asked = []

    def own_names(party: str, texts: frozenset[str]) -> frozenset[str]:
        asked.append((party, texts))
        return texts & {"Tea House of the same owner"}

    assert seen(book([*YEAR, *cousins])) == {}
    assert seen(book([*YEAR, *cousins]), own_names).keys() == {"self_dealing_ppm"}
    assert asked == [(SHOP, frozenset({"Tea House of the same owner"}))]


def _newcomers_buy(amount_fen: int = 4_000_000) -> list:
    return [(1 + n % 14, "sales", f"newcomer {n % 3}", amount_fen + n * 1_013) for n in range(20)]


def test_sales_explode_before_applying_and_nobody_sold_the_goods() -> None:
    found = seen(book([*YEAR, *_newcomers_buy()]))
    assert found.keys() == {"sales_burst_ppm"}
    assert found["sales_burst_ppm"].value > 4_000_000


def test_growth_with_goods_behind_it_is_growth() -> None:
    goods = [(10 + n, "purchases", "supplier 1", 5_000_000 + n) for n in range(12)]
    assert seen(book([*YEAR, *_newcomers_buy(), *goods])).keys() == {"sales_rising_ppm"}


def test_spring_festival_comes_every_year() -> None:
    """The same peak a year ago makes this one a season, though the feast moved by two weeks."""
    last_year = [(age + 352, *rest) for age, *rest in _newcomers_buy()]
    assert seen(book([*YEAR, *last_year, *_newcomers_buy()])) == {}


def test_who_sells_by_the_project_has_no_usual_month_to_burst() -> None:
    projects = [
        (day + n, "sales", f"builder {day}", 3_000_000 + n)
        for day in (40, 160, 280, 400, 520)
        for n in range(12)
    ]
    assert seen(book([*projects, *_newcomers_buy(9_000_000)])) == {}


def test_sales_shown_and_void_in_the_next_file_are_told() -> None:
    shown = book([*YEAR, *[(20 + 25 * n, "sales", "phantom", 4_000_001 + n) for n in range(12)]])
    phantom = shown.filter(pl.col("counterparty") == "phantom")
    void = phantom.with_columns(
        pl.lit(False).alias("valid"),
        pl.lit(1, pl.Int32).alias("revision"),
        pl.col("known_at") + timedelta(days=15),
    )
    assert seen(shown) == {}
    assert seen(pl.concat([shown, void])).keys() == {"voided_later_ppm"}
    born_void = shown.with_columns(valid=pl.col("counterparty") != "phantom")
    assert seen(born_void) == {}


def test_money_that_goes_back_to_who_paid_it_is_told_to_people() -> None:
    rows = [
        {
            "party_id": SHOP,
            "row_id": f"{flow}{n}",
            "revision": 0,
            "known_at": EVENING - timedelta(days=1),
            "source": "bank",
            "day": TODAY - timedelta(days=300 - 25 * n),
            "flow": flow,
            "amount_fen": 1_000_001 + n * 31_007,
            "fee_fen": 0,
            "refund": refund,
            "settled": True,
            "counterparty": "cousin",
        }
        for n in range(8)
        for flow, refund in (("in", False), ("out", False))
    ]
    frame = pl.DataFrame(rows, schema=COLUMNS[Kind.BANK])
    [found] = findings_of({Kind.BANK: frame}, EVENING)[SHOP]
    assert (found.kind, found.sample_size) == ("integrity_money_returned_ppm", 8)
    assert (
        findings_of({Kind.BANK: frame.with_columns(refund=pl.col("flow") == "out")}, EVENING) == {}
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_planted_schemes_are_found_and_the_neighbour_is_left_alone(scheme: str) -> None:
    rng = np.random.default_rng(310)
    neighbour = book(ordinary(seed=8), party="01900000-0000-7000-8000-00000000c002")
    copy = planted(book(YEAR), scheme, TODAY, 40, rng)
    found = findings_of({Kind.INVOICES: pl.concat([neighbour, copy])}, EVENING)
    assert found.keys() == {SHOP}
    assert any(ALL_KINDS[one.kind].role == "exclusion" for one in found[SHOP])
    alone = findings_of({Kind.INVOICES: copy}, EVENING)
    assert alone[SHOP] == found[SHOP]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(SCHEMES)), st.integers(1, 600))
def test_order_and_the_future_change_nothing(seed: int, scheme: str, days_ago: int) -> None:
    """Law 5: what happened or became known later is never looked at."""
    rows = planted(book(YEAR), scheme, TODAY, 40, np.random.default_rng(310))
    moment = EVENING - timedelta(days=days_ago)
    known = rows.filter(pl.col("known_at") <= moment, pl.col("day") <= moment.date())
    shuffled = rows.sample(fraction=1, shuffle=True, seed=seed)
    assert findings_of({Kind.INVOICES: shuffled}, moment) == findings_of(
        {Kind.INVOICES: known}, moment
    )


def test_every_kind_of_finding_is_registered_and_may_not_be_scored() -> None:
    roles = {kind: ALL_KINDS[kind].role for kind in (*KINDS, *BOOK_KINDS, *OWNER_KINDS)}
    assert set(roles.values()) == {"exclusion", "context"}
