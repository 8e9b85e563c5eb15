"""Flows that are known before they happen: rent, wages, tax days, what other rooms bring."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from tests.cashflow.firm_examples import (
    AS_OF,
    answered,
    frame,
    invoice,
    movement,
    shop_rows,
)

from martlet.cashflow import chinese_calendar
from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.known_flows import ItemKind, ItemSource, KnownItem
from martlet.cashflow.recurring import rhythm_of
from martlet.cashflow.tax_days import due_day
from martlet.records import Kind


def _items(rows, **more):
    return answered(rows, **more)[2].items


def test_rent_and_wages_are_found_by_side_amount_and_day_of_the_month() -> None:
    found = [(one.kind, one.due_on, one.amount_fen, one.label) for one in _items(shop_rows())]
    assert found == [
        (ItemKind.RENT, date(2026, 7, 5), -400_000, "房东张"),
        (ItemKind.WAGES, date(2026, 7, 15), -520_000, ""),
        (ItemKind.RENT, date(2026, 8, 5), -400_000, "房东张"),
        (ItemKind.WAGES, date(2026, 8, 15), -520_000, ""),
    ]


def test_what_recurs_is_expected_once_and_not_in_the_ordinary_days_again() -> None:
    outlook = answered(shop_rows())[2].outlook()
    plain = answered(shop_rows(rent=False))[2].outlook()
    assert outlook.paths.outflow.mean() == pytest.approx(plain.paths.outflow.mean(), rel=0.02)
    more = sum(outlook.outflow.mean_fen) - sum(plain.outflow.mean_fen)
    assert more == pytest.approx(2 * 920_000, rel=0.08)


def test_weekly_goods_and_a_landlord_who_left_are_not_monthly() -> None:
    gone = [row for row in shop_rows() if row["day"] < date(2026, 5, 1) or row["purpose"] != "房租"]
    assert {one.label for one in _items(gone)} == {""}


def test_a_day_at_the_months_end_stays_at_the_months_end() -> None:
    days = [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    rhythm = rhythm_of(days, [100_00] * 4, date(2026, 5, 3), 0.2)
    due = list(rhythm.due_days(date(2026, 5, 3), date(2026, 7, 1)))
    assert due == [date(2026, 5, 31), date(2026, 6, 30)]


def test_amounts_that_follow_nothing_have_no_rhythm() -> None:
    days = [date(2026, month, 9) for month in range(1, 6)]
    assert rhythm_of(days, [100, 900, 30, 4_000, 77], date(2026, 5, 20), 0.2) is None


def test_an_instalment_that_the_bank_brings_is_not_found_on_the_statement_again() -> None:
    rows = shop_rows()
    rows += [movement(date(2026, month, 20), 88_000, "out", "某银行") for month in range(1, 7)]
    found = [one for one in _items(rows) if one.label == "某银行"]
    assert [one.due_on for one in found] == [date(2026, 7, 20), date(2026, 8, 20)]
    own = [
        KnownItem(ItemKind.INSTALMENT, one.due_on, -88_120, ItemSource.LENDING, "等额本息")
        for one in found
    ]
    again = _items(rows, brought=own)
    assert [one.label for one in again if one.amount_fen in {-88_000, -88_120}] == ["等额本息"] * 2


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (2024, 2, 23),  # Spring Festival from the 10th to the 17th
        (2024, 4, 18),
        (2024, 5, 22),
        (2024, 6, 17),  # the 15th is a Saturday
        (2024, 9, 18),  # the 15th begins the Mid-Autumn break
        (2024, 10, 24),
        (2025, 10, 27),
        (2025, 4, 18),
        (2026, 2, 24),
        (2026, 7, 15),
    ],
)
def test_tax_is_due_by_the_fifteenth_unless_holidays_move_it(
    year: int, month: int, day: int
) -> None:
    """Terms of these months as they are generally known."""
    known = date(year, month, 1)
    assert due_day(year, month, chinese_calendar(), known) == date(year, month, day)


def test_taxes_paid_by_the_month_come_back_on_the_tax_days() -> None:
    rows = shop_rows()
    rows += [
        movement(date(2026, month, 12), 31_000 + month, "out", "国家税务总局", "增值税")
        for month in range(1, 7)
    ]
    found = [one for one in _items(rows) if one.kind is ItemKind.TAX]
    assert [one.due_on for one in found] == [date(2026, 7, 15), date(2026, 8, 17)]
    assert {one.amount_fen for one in found} == {-31_004}


def test_a_firm_of_invoices_alone_owes_the_tax_that_they_leave() -> None:
    rows = []
    for back in range(1, 400):
        day = AS_OF - timedelta(days=back)
        rows.append(invoice(day, 5_650_000, f"客户{back % 5}", tax=650_000))
        rows.append(invoice(day, 3_390_000, "供应商", side="purchases", tax=390_000))
    projection = answered({Kind.INVOICES: frame(Kind.INVOICES, rows)})[2]
    taxes = [one for one in projection.items if one.kind is ItemKind.TAX]
    # May has 31 days of 6,500 less 3,900 yuan; June is not over and goes as May.
    assert [(one.due_on, one.amount_fen) for one in taxes] == [
        (date(2026, 7, 15), -31 * 260_000),
        (date(2026, 8, 17), -31 * 260_000),
    ]
    codes = {note.code for note in projection.basis.notes}
    assert {"cashflow.note_invoices_in", "cashflow.note_invoices_out"} <= codes


def test_one_sale_that_three_records_tell_is_counted_once() -> None:
    bank = shop_rows()
    sold = [invoice(row["day"], row["amount_fen"], "散客") for row in bank if row["flow"] == "in"]
    wallet = [
        {**row, "source": "wechat", "balance_fen": None} for row in bank if row["flow"] == "in"
    ]
    paid_out = [
        {**row, "counterparty": "财付通支付科技", "purpose": "微信商户结算"}
        if row["flow"] == "in"
        else row
        for row in bank
    ]
    records = {
        Kind.BANK: frame(Kind.BANK, paid_out),
        Kind.PAYMENTS: frame(Kind.PAYMENTS, wallet),
        Kind.INVOICES: frame(Kind.INVOICES, sold),
    }
    flows = flows_of(records)
    assert flows.inflow["amount_fen"].sum() == sum(row["amount_fen"] for row in wallet)
    assert flows.inflow_source.kinds == ("bank", "payments")
    assert flows.inflow_source.passed_over == ("invoices",)
    assert flows.inflow_source.reason == "cashflow.source_surest"


def test_a_statement_of_three_lines_does_not_outrank_a_years_invoices() -> None:
    bank = [movement(AS_OF - timedelta(days=day), 10_000, "in") for day in range(3)]
    sold = [invoice(AS_OF - timedelta(days=day), 900_000, "甲") for day in range(300)]
    flows = flows_of({
        Kind.BANK: frame(Kind.BANK, bank), Kind.INVOICES: frame(Kind.INVOICES, sold),
    })  # fmt: skip
    assert flows.inflow_source.kinds == ("invoices",)
    assert not flows.outflow_source.kinds


def test_the_balance_is_the_one_after_the_days_last_movement() -> None:
    """A statement may list a day's lines newest first."""
    day = AS_OF
    rows = [
        movement(day, 70_000, "out", "丙", balance=130_000),
        movement(day, 100_000, "in", "乙", balance=200_000),
        movement(day - timedelta(days=1), 100_000, "in", "甲", balance=100_000),
    ]
    assert flows_of({Kind.BANK: frame(Kind.BANK, rows)}).balance == (130_000, day)


def test_days_before_the_origin_alone_decide() -> None:
    """Rows of later days change nothing: the service cuts them off, and so do all readers."""
    until = [row for row in shop_rows() if row["day"] <= AS_OF - timedelta(days=30)]
    early = answered(until, as_of=AS_OF - timedelta(days=30))[2].outlook()
    again = answered(list(reversed(until)), as_of=AS_OF - timedelta(days=30))[2].outlook()
    assert np.array_equal(early.paths.net, again.paths.net)
