"""The rate-to-churn table and the list of applicants come from outside, and are read as such."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.credit.market_examples import MARKET, YUAN
from tests.realdata import shared_data

from martlet.credit.optimise import Grant, RatingBand, rating_of, read_market
from martlet.credit.optimise.limits import MARKET_BYTES_MAX, SHEET_BYTES_MAX
from martlet.credit.optimise.market import never_falling, share_ppm
from martlet.credit.optimise.reading import plan_csv, read_applicants
from martlet.kernel.errors import Invalid, TooLarge

TABLE = "rate,A,B\n4%,0,0\n6%,0.4,0.35\n8%,0.38,0.55\n"


def test_a_table_is_read_and_noise_is_pooled() -> None:
    market = read_market(TABLE.encode())
    assert market.rates_ppm == (40_000, 60_000, 80_000)
    assert market.churn_ppm["A"] == (0, 390_000, 390_000)
    assert market.churn_ppm["B"] == (0, 350_000, 550_000)


def test_between_two_rates_the_line_is_straight_and_below_the_first_flat() -> None:
    assert MARKET.lost_ppm("A", 50_000) == 200_000
    assert MARKET.lost_ppm("A", 40_000) == 0
    assert MARKET.lost_ppm("A", 10_000) == 0
    assert MARKET.accepting_ppm("A", 150_000) == 80_000


@given(st.sampled_from(["A", "B", "C"]), st.integers(0, 150_000), st.integers(0, 150_000))
def test_a_higher_rate_never_keeps_more_customers(rating: str, one: int, other: int) -> None:
    low, high = min(one, other), max(one, other)
    assert MARKET.lost_ppm(rating, low) <= MARKET.lost_ppm(rating, high)


@given(st.lists(st.integers(0, 1_000_000), min_size=1, max_size=40))
def test_pooling_keeps_what_is_in_order_and_the_sum(values: list[int]) -> None:
    pooled = never_falling(values, [1] * len(values))
    assert list(pooled) == sorted(pooled)
    assert abs(sum(pooled) - sum(values)) <= len(values)
    assert never_falling(pooled, [1] * len(values)) == pooled
    if values == sorted(values):
        assert list(pooled) == values


@pytest.mark.parametrize(
    ("text", "ppm"),
    [
        ("0.0465", 46_500),
        ("4.65%", 46_500),
        ("4.65E-2", 46_500),
        ("1", 1_000_000),
        ("0", 0),
        ("4.2500000000000003E-2", 42_500),
        (" .5 ", 500_000),
        ("0.0000005", 0),
        ("5.", 5_000_000),
    ],
)
def test_shares_are_read_exactly(text: str, ppm: int) -> None:
    assert share_ppm(text) == ppm


@pytest.mark.parametrize("text", ["", ".", "-1", "1,5", "ten", "1e999", "0x1", "NaN", "1" * 40])
def test_what_is_no_share_is_none(text: str) -> None:
    assert share_ppm(text) is None


@pytest.mark.parametrize(
    "table",
    [
        "",
        "4%,0\n",
        "rate,A\n",
        "rate,A,A\n4%,0,0\n",
        "rate,A\n4%,x\n",
        "rate,A\n4%,1.5\n",
        "rate,A\n4%,0\n4%,0.1\n",
        "rate,A,B\n4%,0\n",
        "rate,？\n4%,0\n",
        "rate,A\n4%,0\nten,0\n",
    ],
)
def test_a_table_that_is_none_is_refused_by_its_row(table: str) -> None:
    with pytest.raises(Invalid, match=r"credit\.market_unreadable"):
        read_market(table.encode())
    with pytest.raises(Invalid, match=r"credit\.market_unreadable"):
        read_market(b"\xff\xfe" + table.encode())


def workbook(sheet: str, strings: str = "", **more: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as book:
        if strings:
            book.writestr("xl/sharedStrings.xml", strings)
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in more.items():
            book.writestr(name, content)
    return data.getvalue()


SHEET = (
    "<worksheet><sheetData>"
    '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>rating B</t></is></c>'
    '<c r="B1" t="s"><v>1</v></c></row>'
    '<row><c r="A2"><v>0.04</v></c><c r="B2"><v>0</v></c><c r="C2"><v>0.1</v></c></row>'
    '<row><c r="A3"><v>6E-2</v></c><c r="B3"><v>0.25</v></c><c r="C3"><v>0.3</v></c></row>'
    "</sheetData></worksheet>"
)
STRINGS = (
    "<sst><si><t>年利率</t><rPh><t>x</t></rPh></si><si><r><t>评级</t></r><r><t>A</t></r></si></sst>"
)


def test_a_workbook_is_read_as_a_table_is() -> None:
    market = read_market(workbook(SHEET, STRINGS))
    assert market.rates_ppm == (40_000, 60_000)
    assert market.churn_ppm == {"A": (0, 250_000), "B": (100_000, 300_000)}


BOMB = '<!DOCTYPE w [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>' + SHEET.replace("0.25", "&b;")


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 cut off",
        workbook(SHEET, "<sst/>"),
        workbook(SHEET[:-20], STRINGS),
        workbook(BOMB, STRINGS),
        workbook(SHEET.replace('r="B2"', 'r="2"'), STRINGS),
        workbook(SHEET + " " * SHEET_BYTES_MAX, STRINGS),
        workbook("<row>" + '<c r="A1"/>' * 100_001 + "</row>"),
    ],
    ids=["cut", "no texts", "broken", "entities", "no place", "too large", "too many"],
)
def test_a_workbook_that_is_none_or_an_attack_is_refused(data: bytes) -> None:
    with pytest.raises(Invalid, match=r"credit\.workbook_unreadable"):
        read_market(data)


def test_a_file_beyond_the_bound_is_not_read() -> None:
    with pytest.raises(TooLarge, match=r"credit\.market_too_large"):
        read_market(b"PK" + b"0" * MARKET_BYTES_MAX)


def test_a_rating_follows_from_the_pd_by_data() -> None:
    assert [rating_of(pd) for pd in (100, 20_000, 20_001, 50_000, 50_001, 900_000)] == list(
        "AABBCC"
    )
    assert rating_of(30_000, (RatingBand("gold", 40_000), RatingBand("rest", 50_000))) == "gold"


APPLICANTS = (
    "application_id,pd,monthly_inflow,requested,cap,group\n"
    'a-1,0.012,"12,000",50000,30000,retail\n'
    "a-2,8%,900.50,1,,\n"
)


def test_applicants_are_read_in_yuan_and_rated_by_pd() -> None:
    first, second = read_applicants(APPLICANTS.encode())
    assert (first.pd_ppm, first.rating, first.group) == (12_000, "A", "retail")
    assert (first.cash_flow_monthly_fen, first.cap_fen) == (12_000 * YUAN, 30_000 * YUAN)
    assert (second.cash_flow_monthly_fen, second.cap_fen, second.rating) == (90_050, 100, "C")


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("a-1,0.01,1,1,1,x", "a-1"),
        (",0.01,1,1,1,x", "application_id"),
        ("a-3,1.01,1,1,1,x", "pd"),
        ("a-3,,1,1,1,x", "pd"),
        ("a-3,0.1,much,1,1,x", "much"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(line: str, named: str) -> None:
    with pytest.raises(Invalid, match=r"credit\.applicants_unreadable") as refusal:
        read_applicants((APPLICANTS + line).encode())
    assert refusal.value.details == {"line": 4, "detail": named}


def test_a_missing_column_is_named() -> None:
    with pytest.raises(Invalid, match="monthly_inflow, requested"):
        read_applicants(b"application_id,pd\n1,0.1\n")


def test_a_plan_is_written_in_order_and_no_cell_is_a_formula() -> None:
    applicants = read_applicants(APPLICANTS.replace("a-2", "=1+1").encode())
    grants = (
        Grant("a-1", 3_000_000, 274, 100_010, 450_000, 1_350_000, 133_400, 9_720, 33_750),
        Grant("=1+1"),
    )
    lines = plan_csv(applicants, grants).splitlines()
    assert lines[1] == (
        "a-1,approved,0.012000,A,retail,274,0.100010,0.450000,"
        "30000.00,13500.00,1334.00,97.20,337.50,0.00,899.30"
    )
    assert lines[2].startswith("'=1+1,refused,0.080000,C,,0,")


@pytest.mark.realdata
def test_the_contests_table_is_read_from_where_it_lies() -> None:
    folder = shared_data("credit/cumcm2020c")
    market = read_market((folder / "attachment3_rate_vs_churn.xlsx").read_bytes())
    assert len(market.rates_ppm) == 29
    assert (market.rates_ppm[0], market.rates_ppm[-1]) == (40_000, 150_000)
    assert set(market.churn_ppm) == {"A", "B", "C"}
    assert market.lost_ppm("A", 42_500) == 94_574
    assert market.lost_ppm("A", 110_500) == market.lost_ppm("A", 114_500) == 794_377
