"""Amounts are whole fen: read exactly, written exactly, never mixed."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.errors import Invalid
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.money import CNY, JPY, USD, Currency, Money, decimal_text, parse_fen

AMOUNTS = st.integers(-AMOUNT_FEN_MAX, AMOUNT_FEN_MAX)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("1", 100),
        ("12.5", 1250),
        ("12.50", 1250),
        ("12.5000", 1250),
        ("12.", 1200),
        (".5", 50),
        ("1,234.56", 123456),
        ("1,234,567", 123456700),
        ("¥1,234.5", 123450),
        ("¥ 8", 800),
        ("-¥3.20", -320),
        ("¥-3.20", -320),
        ("+3.20", 320),
        ("88元", 8800),
        (" 88.10 元\t", 8810),
        ("￥１２．５", 1250),
        ("１，２３４．５０", 123450),
        ("-0.00", 0),
        ("10000000000000.00", AMOUNT_FEN_MAX),
    ],
)
def test_an_amount_is_read_as_people_and_banks_write_it(text: str, fen: int) -> None:
    assert parse_fen(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", ".", "-", "¥", "abc", "1e5", "1,23", "12,34.5", "1 234", "--1", "+-1"),
        *("-¥-1", "1.2.3", "0x10", "NaN", "∞", "١٢", "一百", "=1+1", "1" * 65, "5元5"),
    ],
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="kernel.amount_unreadable"):
        parse_fen(text)


@pytest.mark.parametrize("text", ["0.001", "1.999", "-0.005", "12.3456"])
def test_a_fraction_of_a_fen_is_never_rounded_away(text: str) -> None:
    with pytest.raises(Invalid, match="kernel.amount_too_precise"):
        parse_fen(text)


@pytest.mark.parametrize("text", ["10000000000000.01", "9" * 30])
def test_an_amount_beyond_reason_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="kernel.amount_too_large"):
        parse_fen(text)


@given(AMOUNTS, st.booleans())
def test_what_is_written_is_read_back(fen: int, grouped: bool) -> None:
    assert parse_fen(decimal_text(fen, grouped=grouped)) == fen


@given(AMOUNTS)
def test_the_text_is_the_decimal(fen: int) -> None:
    assert Decimal(decimal_text(fen)) == Decimal(fen) / 100


@given(st.text(max_size=80))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(Invalid):
        assert isinstance(parse_fen(text), int)


def test_yen_have_no_decimals() -> None:
    assert str(Money(1500, JPY)) == "JPY 1500"
    assert str(Money(-123456)) == "CNY -1234.56"
    assert (CNY.minor_per_major, JPY.minor_per_major) == (100, 1)


@given(AMOUNTS, AMOUNTS)
def test_money_adds_like_its_integers(left: int, right: int) -> None:
    assert Money(left) + Money(right) == Money(left + right)
    assert Money(left) - Money(right) == Money(left) + -Money(right)
    assert (Money(left) < Money(right)) is (left < right)


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(Invalid, match="kernel.currency_mismatch"):
        Money(1) + Money(1, USD)


@pytest.mark.parametrize("minor", [1.5, True, "1"])
def test_money_is_made_of_whole_numbers_only(minor: object) -> None:
    with pytest.raises(AssertionError):
        Money(minor)


@pytest.mark.parametrize(("code", "exponent"), [("cny", 2), ("CN", 2), ("CNY", 5)])
def test_a_currency_is_three_letters_and_few_decimals(code: str, exponent: int) -> None:
    with pytest.raises(AssertionError):
        Currency(code, exponent)
