"""However a lender's file is spoiled, each row is read as it stands or set aside with a reason."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.portfolio_examples import RECORD_COLUMNS, applications, csv_text, run, shop

from martlet.credit.portfolio import reading, writing
from martlet.credit.portfolio.columns import direction_of
from martlet.kernel.errors import Invalid, MartletError
from martlet.kernel.i18n import Locale, has_sentence

if TYPE_CHECKING:
    from pathlib import Path

GOOD_RECORD = ["M1", "2025-01-02", "in", "120.50", "900.00", "sales", "buyer"]
GOOD_APPLICATION = ["A1", "M1", "2025-06-01", "5000", "12", "450.00", "retail", "31"]
APPLICATION_COLUMNS = [
    "application_id", "merchant_id", "as_of", "requested_amount", "term_months",
    "monthly_payment", "trade", "age",
]  # fmt: skip
SPOILED = [
    "", " ", "\u3000", "-", "--", "N/A", "null", "nan", "inf", "-inf", "1e9", "0x10", "1..5",
    "1,00", "12,34.5", "１２.５", "一百", "99999999999999999999", "-1", "+1", "--1", "-+1",
    "=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "'12", "12'", "2026-02-30",
    "2026-13-01", "0000-00-00", "1900-01-01", "2999-12-31", "26-02-01", "31/12/2025x", "sideways",
    "\u200b", "\ufeff", "\x01", "A\x00B", "💥" * 20, "9" * 400, "甲" * 1_001, "0", "0.00", "-0.01",
    "1/3", "٣", "½", "TRUE", "1 2 3", "1_000", "12:30", "2025-01-01 25:00", "2025-01-01T10:61:00",
    "\u202eevil", "\ufffd", "True", "0,5", "1'000",
]  # fmt: skip
QUOTED = ['a"b', '"', '""', '"open', "a\nb", "a,b", "x" * 300_000]


def records_at(tmp_path: Path, text: str | bytes) -> reading.Sheet:
    path = tmp_path / "records.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return reading.read_records(path, lambda _count: None)


def applications_at(tmp_path: Path, text: str) -> reading.Sheet:
    path = tmp_path / "applications.csv"
    path.write_text(text, "utf-8")
    return reading.read_applications(path, lambda _count: None)


def spoiled_rows(good: list[str]) -> list[list[str]]:
    rows = []
    for column, cell in itertools.product(range(len(good)), SPOILED):
        cells = list(good)
        cells[column] = cell
        rows.append(cells)
    return rows


def test_more_than_two_hundred_spoiled_records_are_set_aside_each_with_its_reason(
    tmp_path: Path,
) -> None:
    rows = spoiled_rows(GOOD_RECORD)
    sheet = records_at(tmp_path, csv_text(RECORD_COLUMNS, [GOOD_RECORD, *rows, GOOD_RECORD]))
    aside = sheet.aside.rows
    assert len(aside) > 200
    assert sheet.frame.height + len(aside) == len(rows) + 2
    for row in aside:
        assert all(has_sentence(row.code, locale) for locale in Locale), row
        assert row.line >= 3
    assert {row.code for row in aside} >= {
        "score.ts_blank", "score.date_unreadable", "score.kind_unknown", "score.amount_blank",
        "score.amount_unreadable", "score.amount_negative", "score.cell_too_long",
        "score.cell_damaged", "score.merchant_id_blank", "score.id_is_formula",
    }  # fmt: skip


def test_spoiled_applications_are_set_aside_and_the_others_answered(tmp_path: Path) -> None:
    rows = spoiled_rows(GOOD_APPLICATION)
    for place, cells in enumerate(rows):
        if cells[0] == "A1":
            cells[0] = f"S{place}"
    sheet = applications_at(tmp_path, csv_text(APPLICATION_COLUMNS, [GOOD_APPLICATION, *rows]))
    assert len(sheet.aside.rows) > 150
    assert sheet.frame.height + len(sheet.aside.rows) == len(rows) + 1
    assert sheet.frame["requested_amount_fen"].drop_nulls().min() > 0
    assert sheet.frame["term"].drop_nulls().is_between(1, 600).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(GOOD_RECORD) - 1),
            st.one_of(st.sampled_from(SPOILED + QUOTED[:6]), st.text(max_size=30)),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_a_spoiled_cell_spoils_its_own_row_only(
    tmp_path_factory: pytest.TempPathFactory, spoils: list[tuple[int, str]]
) -> None:
    rows = [list(GOOD_RECORD) for _ in spoils]
    for row, (column, cell) in zip(rows, spoils, strict=True):
        row[column] = cell.encode("utf-8", "replace").decode()
    good = ["M9", *GOOD_RECORD[1:]]
    text = csv_text(RECORD_COLUMNS, [row for spoilt in rows for row in (spoilt, good)])
    sheet = records_at(tmp_path_factory.mktemp("spoiled"), text)
    assert (sheet.frame["merchant_id"] == "M9").sum() >= len(rows)
    assert all(has_sentence(row.code, Locale.ZH_CN) for row in sheet.aside.rows)


@pytest.mark.parametrize("cell", QUOTED)
def test_a_stray_quote_or_a_giant_line_takes_no_other_row_with_it(
    tmp_path: Path, cell: str
) -> None:
    lines = [",".join(RECORD_COLUMNS)]
    lines += [",".join(GOOD_RECORD)] * 3
    lines.append(",".join([*GOOD_RECORD[:5], cell, "buyer"]))
    lines += [",".join(GOOD_RECORD)] * 3
    sheet = records_at(tmp_path, "\n".join(lines) + "\n")
    assert sheet.frame.height >= 6


def test_a_cell_of_ten_million_signs_is_one_bad_row(tmp_path: Path) -> None:
    giant = ",".join([*GOOD_RECORD[:5], "x" * 10_000_000, "buyer"])
    text = "\n".join(
        [",".join(RECORD_COLUMNS), ",".join(GOOD_RECORD), giant, ",".join(GOOD_RECORD)]
    )
    sheet = records_at(tmp_path, text)
    assert sheet.frame.height == 2
    assert [row.code for row in sheet.aside.rows] == ["score.line_too_long"]
    assert sum(len(cell) for cell in sheet.aside.rows[0].cells) < 100_000


def test_amounts_are_whole_hundredths_and_dates_of_many_kinds_are_read(tmp_path: Path) -> None:
    rows = [
        ["M1", "2025-01-02", "in", "1,234.50", "", "", ""],
        ["M1", "2025/1/2", "收入", "¥0.01", "-3.00", "", ""],
        ["M1", "20250102", "Credit", "7", "", "", ""],
        ["M1", "02.01.2025", "OUT", "10.005", "", "", ""],
        ["M1", "2025年1月2日", "支出", "0.30", "", "", ""],
        ["M1", "2025-01-02 00:00:00", "out", "5000000000000", "", "", ""],
    ]
    sheet = records_at(tmp_path, csv_text(RECORD_COLUMNS, rows))
    assert not sheet.aside.rows
    assert sheet.frame["amount_fen"].to_list() == [123450, 1, 700, 1001, 30, 500000000000000]
    assert sheet.frame["balance_fen"].to_list() == [None, -300, None, None, None, None]
    assert sheet.frame["day"].n_unique() == 1
    # A bare date is only over at its end: none of these is known on the day itself.
    assert {str(moment) for moment in sheet.frame["known_at"]} == {"2025-01-03 00:00:00"}


def test_semicolons_bring_decimal_commas_and_other_headings_are_understood(tmp_path: Path) -> None:
    text = "Account ID;Date;Type;Amount;Balance\nM1;2025-01-02;PRIJEM;1.234,50;700.00\n"
    sheet = records_at(tmp_path, text)
    assert sheet.frame["amount_fen"].to_list() == [123450]
    assert sheet.frame["balance_fen"].to_list() == [70000]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_chinese_file_is_read_in_its_encoding_packed_or_not(
    tmp_path: Path, encoding: str
) -> None:
    text = "商户号,交易时间,收支,金额,余额,摘要\n甲店,2025-01-02 09:30:00,收入,88.80,100,货款\n"
    path = tmp_path / "流水.csv.gz"
    path.write_bytes(gzip.compress(text.encode(encoding)))
    sheet = reading.read_records(path, lambda _count: None)
    assert sheet.frame["merchant_id"].to_list() == ["甲店"]
    assert sheet.frame["category"].to_list() == ["货款"]
    assert sheet.frame["amount_fen"].to_list() == [8880]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "score.file_empty"),
        (b"\n \n", "score.file_empty"),
        (b"merchant_id,ts,kind,amount\n", "score.file_empty"),
        (b"a,b,c\n1,2,3\n", "score.columns_missing"),
        (b"PK\x03\x04rest", "score.file_not_a_table"),
        (b"\x00\x01\x02\x03" * 50, "score.file_not_text"),
        (
            gzip.compress(b"merchant_id,ts,kind,amount\n" * 900, mtime=0)[:40],
            "score.file_truncated",
        ),
        (b"merchant_id,ts,kind,amount,x,x\nM,2025-01-01,in,1,,\n", "score.column_twice"),
        (b"merchant_id,ts,kind,amount\nM,never,in,1\n", "score.no_good_row"),
    ],
)
def test_a_wrong_file_is_one_clear_refusal(tmp_path: Path, content: bytes, code: str) -> None:
    with pytest.raises(MartletError) as refused:
        records_at(tmp_path, content)
    assert refused.value.code == code


def test_ids_given_twice_count_once_when_equal_and_never_when_they_differ(tmp_path: Path) -> None:
    rows = [
        ["A1", "M1", "2025-06-01", "5000", "12", "450", "retail", "31"],
        ["A2", "M1", "2025-06-01", "5000", "12", "450", "retail", "31"],
        ["A1", "M1", "2025-06-01", "5000", "12", "450", "retail", "31"],
        ["A3", "M1", "2025-06-01", "5000", "12", "450", "retail", "31"],
        ["A3", "M1", "2025-06-01", "9000", "12", "450", "retail", "31"],
    ]
    sheet = applications_at(tmp_path, csv_text(APPLICATION_COLUMNS, rows))
    assert sheet.frame["application_id"].to_list() == ["A1", "A2"]
    codes = [(row.line, row.code) for row in sheet.aside.rows]
    assert codes == [
        (4, "score.row_repeated"), (5, "score.application_twice"), (6, "score.application_twice"),
    ]  # fmt: skip


def test_records_without_a_day_of_application_are_refused(tmp_path: Path) -> None:
    rows = [{k: v for k, v in row.items() if k != "as_of"} for row in applications(3)]
    with pytest.raises(Invalid) as refused:
        run(tmp_path, rows, shop("M1", 1))
    assert refused.value.code == "score.records_need"


def test_what_is_written_is_run_by_no_spreadsheet(tmp_path: Path) -> None:
    formulas = ["=1+1", "@x", "+cmd|' /C calc'!A0", "\t=2"]
    trades = [formulas[place % 4] if place % 3 else "retail" for place in range(30)]
    rows = applications(30, **{"=evil": trades})
    rows[3]["application_id"] = "=HYPERLINK(1)"
    scored = run(tmp_path, rows)
    for text in (writing.answers_text(scored), writing.quarantine_text(scored)):
        for cells in csv.reader(io.StringIO(text)):
            assert not any(cell.lstrip().startswith(("=", "@", "+")) for cell in cells), cells
    assert "A3" not in scored.ids
    assert len(scored.ids) == 29


def test_further_columns_become_what_most_of_their_cells_are(tmp_path: Path) -> None:
    further = {
        "成立日期": [f"{2000 + place % 20}-03-0{1 + place % 9}" for place in range(60)],
        "有房": ["Y" if place % 3 else "N" for place in range(60)],
        "城市": ["北京" if place % 4 else "上海" for place in range(60)],
        "分数": ["没有" if place == 7 else f"{place * 1.5}" for place in range(60)],
        "序号": [str(place) for place in range(60)],
        "常数": ["same"] * 60,
        "放款日": ["2025-07-01" if place % 2 else "2024-01-01" for place in range(60)],
        "名称": [f"第{place}店" for place in range(60)],
    }
    scored = run(tmp_path, applications(60, **further))
    sorts = {column.heading: column.sort for column in scored.own.used}
    assert sorts == {"成立日期": "date", "有房": "number", "城市": "category", "分数": "number"}
    assert {part.heading: part.code for part in scored.own.dropped} == {
        "序号": "score.column_is_id",
        "名称": "score.column_is_id",
        "常数": "score.column_constant",
        # Later than the application it is not known yet, and then the rest is all the same.
        "放款日": "score.column_constant",
    }
    assert [(odd.line, odd.heading, odd.text) for odd in scored.own.odd] == [(9, "分数", "没有")]


def test_nothing_is_written_where_one_file_cannot_be(tmp_path: Path) -> None:
    good, bad = tmp_path / "answers.csv", tmp_path / "no" / "such" / "report.md"
    with pytest.raises(Invalid) as refused:
        writing.write_all({good: "a\n", bad: "b\n"})
    assert refused.value.code == "score.cannot_write"
    assert list(tmp_path.iterdir()) == []


def test_an_output_replaces_no_input_and_needs_a_folder(tmp_path: Path) -> None:
    one, other = tmp_path / "a.csv", tmp_path / "b.csv"
    writing.check_places([one], [other])
    for outputs in ([one], [other, other], [tmp_path], [tmp_path / "none" / "c.csv"]):
        with pytest.raises(Invalid):
            writing.check_places([one], outputs)


@pytest.mark.parametrize(
    ("heading", "direction"),
    [
        ("MonthlyIncome", "higher"),
        ("NumberOfTimes90DaysLate", "lower"),
        ("TransferAmount", "unknown"),
        ("debt_ratio", "lower"),
        ("DTI", "lower"),
        ("年收入", "higher"),
        ("近一年逾期次数", "lower"),
        ("city", "unknown"),
    ],
)
def test_a_heading_tells_which_way_is_safer(heading: str, direction: str) -> None:
    assert direction_of(heading, "number") == direction
