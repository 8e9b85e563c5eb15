"""However a row is spoiled, it is read exactly as it stands or set aside with a reason."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.kernel.errors import Invalid
from martlet.kernel.i18n import Locale, has_sentence
from martlet.kernel.money import parse_fen
from martlet.kernel.spreadsheet import safe_cell
from martlet.records.importing import chunks_of
from martlet.records.normalise import REASON, normalise
from martlet.records.source import open_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TODAY = date(2026, 3, 2)
AMOUNT_COLUMNS = {
    "taken_fen": "流水",
    "amount_fen": "金额",
    "total_fen": "价税合计",
}
SHEETS: dict[str, tuple[str, list[str], list[str]]] = {
    "takings": ("", ["日期", "流水", "退款", "笔数"], ["2026-02-01", "1200.50", "3.00", "40"]),
    "alipay": (
        "支付宝账单\n",
        ["交易时间", "交易分类", "交易对方", "收/支", "金额", "交易状态", "交易订单号"],
        ["2026-02-01 12:00:00", "餐饮", "合成客户", "收入", "88.80", "交易成功", "900001"],
    ),
    "vat_sales": (
        "",
        ["发票号码", "开票日期", "购方名称", "金额", "税额", "价税合计", "发票状态"],
        ["10000001", "2026-02-01", "合成客户", "100.00", "3.00", "103.00", "正常"],
    ),
    "orders": (
        "",
        ["订单号", "下单时间", "顾客", "订单金额", "退款金额", "订单状态", "评分", "送达日期"],
        ["1", "2026-02-01 10:00:00", "甲", "42.00", "", "已完成", "5", "2026-02-01"],
    ),
}
SPOILED = [
    "", " ", "\u3000", "-", "--", "N/A", "null", "nan", "inf", "-inf", "1e9", "0x10", "1.005",
    "1..5", "1,00", "1,0000", "12,34.5", "１２.５", "一百", "99999999999999999999", "-1",
    "+1", "--1", "-+1", "¥12.30", "￥-5", "12.30元", "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0",
    "'12", "12'", "2026-02-30", "2026-13-01", "0000-00-00", "1900-01-01", "2999-12-31",
    "2026/2/1", "20260201", "26-02-01", "2026-02-01T10:00:00Z", "作废", " 作废 ", "正常",
    "已完成", "收入", "支出", "不计收支", "交易关闭", "\u200b", "\ufeff", "\x01", "",
    "💥" * 20, "9" * 400, "甲" * 2_001, "a,b", 'a"b', "a\nb", "\t1", "5.5", "6", "-0",
    "0.00", "1.", ".5", "1 234", "1_000", "1/3", "٣", "½", "TRUE", "true", "0",
]  # fmt: skip
CASES = [
    (slug, column, place)
    for slug, (_, names, _row) in SHEETS.items()
    for column, place in itertools.product(range(len(names)), range(len(SPOILED)))
]


def _text(slug: str, rows: Sequence[Sequence[str]]) -> str:
    preamble, names, _ = SHEETS[slug]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([names, *rows])
    return preamble + written.getvalue()


def _read(content: bytes, slug: str, folder: Path) -> list[dict]:
    """Return every row: read, with a reason, or cut badly."""
    found: list[dict] = []
    with open_source(io.BytesIO(content), "file.csv", folder / "staging") as source:
        for table, chunk in chunks_of(source, slug):
            rows = normalise(chunk.frame, table.spec, TODAY)
            found += rows.rows(named=True)
            found += [{REASON: f"{bad.code}|{bad.column}", "line": bad.line} for bad in chunk.bad]
    return found


def _check(slug: str, cells: list[str], row: dict) -> None:
    """A row is set aside for a reason that has words, or read exactly as it stands."""
    if (reason := row[REASON]) is not None:
        assert has_sentence(reason.split("|")[0], Locale.ZH_CN), reason
        return
    names = SHEETS[slug][1]
    amount = next(name for name in AMOUNT_COLUMNS if name in row)
    name = "订单金额" if slug == "orders" else AMOUNT_COLUMNS[amount]
    assert row[amount] == parse_fen(cells[names.index(name)]), (cells, row)
    assert row["day"] is not None
    assert 1990 <= row["day"].year <= 2026


def test_there_are_more_than_two_hundred_ways_to_spoil_a_row() -> None:
    assert len(CASES) > 1_500


@pytest.mark.parametrize("slug", sorted(SHEETS))
def test_every_spoiled_cell_is_read_as_it_stands_or_set_aside(slug: str, tmp_path: Path) -> None:
    good = SHEETS[slug][2]
    rows = []
    for _slug, column, place in (case for case in CASES if case[0] == slug):
        cells = list(good)
        cells[column] = SPOILED[place]
        rows.append(cells)
    found = _read(_text(slug, [good, *rows, good]).encode(), slug, tmp_path)
    by_line = {row["line"]: row for row in found}
    blank = sum(1 for cells in rows if not "".join(cells).strip())
    assert len(found) == len(rows) + 2 - blank
    ordered = [by_line[line] for line in sorted(by_line)]
    assert ordered[0][REASON] is None
    assert ordered[-1][REASON] is None
    for cells, row in zip([good, *rows, good], ordered, strict=True):
        _check(slug, cells, row)


@settings(max_examples=60, deadline=None)
@given(
    slug=st.sampled_from(sorted(SHEETS)),
    column=st.integers(0, 3),
    garbage=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40),
)
def test_no_text_in_a_cell_escapes_as_an_exception(
    slug: str, column: int, garbage: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    good = SHEETS[slug][2]
    cells = list(good)
    cells[column] = garbage
    content = _text(slug, [good, cells, good]).encode()
    found = _read(content, slug, tmp_path_factory.mktemp("row"))
    assert sum(1 for row in found if row[REASON] is None) >= 2


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_flipped_bytes_are_a_clear_refusal_or_good_rows(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(_text("takings", [SHEETS["takings"][2]] * 5).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    refused: Invalid | None = None
    found: list[dict] = []
    try:
        found = _read(bytes(content), "takings", tmp_path_factory.mktemp("bytes"))
    except Invalid as refusal:
        refused = refusal
    assert refused is None or has_sentence(refused.code, Locale.EN)
    for row in found:
        assert row[REASON] is not None or row["taken_fen"] >= 0


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ('2026-02-02,"12.00,1,1', "records.row_quote_open"),
        ("2026-02-02", "records.row_too_short"),
        ("2026-02-02,1,1,1,more", "records.row_too_wide"),
        ('"2026-02-02","1\n,1', "records.row_quote_open"),
    ],
)
def test_a_badly_cut_row_spoils_no_other(broken: str, reason: str, tmp_path: Path) -> None:
    head = "日期,流水,退款,笔数\n"
    good = [f'2026-02-{day:02d},"{day}.00",,1' for day in range(3, 29)]
    text = head + "\n".join([broken, *good]) + "\n"
    found = _read(text.encode(), "takings", tmp_path)
    assert sum(1 for row in found if row[REASON] is None) == len(good)
    first = min((row for row in found if row[REASON]), key=lambda row: row["line"])
    assert (first["line"], first[REASON].split("|")[0]) == (2, reason)


@given(st.text(max_size=30))
def test_no_cell_of_the_quarantine_begins_a_formula(cell: str) -> None:
    safe = safe_cell(cell)
    assert safe in {cell, f"'{cell}"}
    if safe.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")):
        assert float(safe.replace(",", "")) is not None
