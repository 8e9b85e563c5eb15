"""A treasury product is data: what ships, what is refused, and which days are business days."""

from __future__ import annotations

from datetime import date
from importlib.resources import files

import pytest

from martlet.kernel.errors import NotFound, Refused
from martlet.treasury import product_named, products, shipped_business_days
from martlet.treasury.business_days import read_business_days
from martlet.treasury.product import Crediting, PaysTo, read_product

DAYS = shipped_business_days()


def shipped(name: str) -> str:
    return files("martlet.treasury").joinpath(f"products/{name}.toml").read_text("utf-8")


def test_three_products_ship_each_with_its_own_conventions() -> None:
    assert set(products()) == {"yulibao", "wenlibao", "yuelibao"}
    surplus, term, plan = (product_named(n) for n in ("yulibao", "wenlibao", "yuelibao"))
    assert surplus.pays_at_once
    assert surplus.crediting is Crediting.DAILY
    assert term.tenors_days
    assert plan.instalment_counts
    assert term.pays_to is PaysTo.BALANCE
    with pytest.raises(NotFound, match=r"treasury\.product_unknown"):
        product_named("tianlibao")


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("yulibao", "version = 1", "version = 1\nhalf_life = 3"),
        ("yulibao", 'cut_off = "15:00"', 'cut_off = "15:00"\ntenors_days = [7]'),
        ("yulibao", 'rounding_mode = "down"', 'rounding_mode = "half_up"'),
        ("wenlibao", "day_base = 365", "day_base = 364"),
        ("wenlibao", 'yield_source = "table"', 'yield_source = "published"'),
        ("wenlibao", "ppm_per_year = 14_000", "ppm_per_year = 14_000_000"),
        ("wenlibao", "partial = true", "partially = true"),
    ],
)
def test_a_slip_in_a_products_file_never_passes(name: str, old: str, new: str) -> None:
    text = shipped(name)
    assert old in text
    read_product(name, text)
    with pytest.raises(AssertionError, match=name):
        read_product(name, text.replace(old, new, 1))


def test_a_yield_is_that_of_the_last_line_before_the_day() -> None:
    text = shipped("wenlibao") + "\n[[yields]]\nfrom = 2026-04-01\ntenor_days = 28\n"
    term = read_product("wenlibao", text + "ppm_per_year = 13_000\n")
    assert term.yield_on(date(2019, 12, 31), tenor_days=28) is None
    assert term.yield_on(date(2026, 3, 31), tenor_days=28) == 14_000
    assert term.yield_on(date(2026, 4, 1), tenor_days=28) == 13_000
    assert term.yield_on(date(2026, 4, 1), tenor_days=91) == 17_000
    with pytest.raises(Refused, match=r"treasury\.no_yield"):
        term.terms(date(2019, 12, 31), tenor_days=28)


def test_only_what_is_offered_is_sold() -> None:
    day = date(2026, 3, 2)
    with pytest.raises(Refused, match=r"treasury\.tenor_not_offered"):
        product_named("wenlibao").terms(day, tenor_days=30)
    with pytest.raises(Refused, match=r"treasury\.tenor_not_offered"):
        product_named("yulibao").terms(day, tenor_days=28)
    with pytest.raises(Refused, match=r"treasury\.plan_not_offered"):
        product_named("yuelibao").terms(day, plan=(100_00, 7))


def test_a_weekend_that_is_worked_is_still_no_day_for_funds() -> None:
    """2026-02-14 is a Saturday on which offices work; the holiday runs from the 15th to 23rd."""
    assert not DAYS.is_open(date(2026, 2, 14))
    assert DAYS.on_or_after(date(2026, 2, 14)) == date(2026, 2, 24)
    assert DAYS.later(date(2026, 2, 13), 1) == date(2026, 2, 24)
    assert not DAYS.is_provisional(date(2026, 12, 31))
    assert DAYS.is_provisional(date(2027, 1, 4))


def test_a_calendar_may_open_a_weekend() -> None:
    told = "decreed = [2026]\nweekend = [7]\nopen_weekends = [2026-03-08]\noff = []\n"
    days = read_business_days(told)
    assert days.is_open(date(2026, 3, 7))
    assert days.is_open(date(2026, 3, 8))
    assert not days.is_open(date(2026, 3, 15))


def test_the_longest_term_is_back_before_the_season_in_which_it_is_needed() -> None:
    """From 2 March, 28 days end on 30 March and 63 on 4 May, a holiday: paid on 6 May."""
    term, day = product_named("wenlibao"), date(2026, 3, 2)
    assert term.longest_tenor(day, date(2026, 3, 29), DAYS) is None
    assert term.longest_tenor(day, date(2026, 3, 30), DAYS) == 28
    assert term.longest_tenor(day, date(2026, 5, 5), DAYS) == 28
    assert term.longest_tenor(day, date(2026, 5, 6), DAYS) == 63
