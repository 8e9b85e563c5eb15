"""A file of repayments: every row is a receipt, or the file says which row is wrong and why."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from martlet.kernel.errors import Invalid, TooLarge
from martlet.lending import read_receipts
from martlet.lending.limits import RECEIPTS_PER_COMMAND_MAX

LOAN = "01920000-0000-7000-8000-000000000001"
OWN = "01920000-0000-7000-8000-000000000002"


def _file(*rows: str, names: str = "loan_id,amount_yuan,value_date,reference") -> bytes:
    return "\n".join([names, *rows, ""]).encode()


def test_rows_become_receipts_under_identifiers_that_the_contents_give() -> None:
    contents = _file(f"{LOAN},12.34,2026-03-02,slip 1", f"{LOAN},12.34,2026-03-02,slip 1")
    read, again = read_receipts(contents), read_receipts(contents)
    assert read == again
    first, second = read.receipts
    assert first.receipt_id != second.receipt_id
    assert (first.loan_id, first.amount_fen, first.value_date, first.reference) == (
        UUID(LOAN),
        1234,
        date(2026, 3, 2),
        "slip 1",
    )
    other = read_receipts(_file(f"{LOAN},12.34,2026-03-02,slip 2"))
    assert {one.receipt_id for one in other.receipts}.isdisjoint({first.receipt_id})


def test_each_bad_row_is_told_with_line_and_column() -> None:
    names = "receipt_id,loan_id,amount_fen,value_date,reference"
    read = read_receipts(
        _file(
            f"{OWN},{LOAN},100,2026-03-02,",
            f"{OWN},{LOAN},100,2026-03-02,",
            f",{LOAN},1.5,2026-03-02,",
            f",{LOAN},0,2026-03-02,",
            f",{LOAN},100,2 March,",
            ",nobody,100,2026-03-02,",
            f",{LOAN},100,2026-03-02,,more",
            f",{LOAN},100,2026-03-02,{'x' * 121}",
            names=names,
        )
    )
    assert [one.receipt_id for one in read.receipts] == [UUID(OWN)]
    assert [(bad.line, bad.column) for bad in read.bad_rows] == [
        (3, "receipt_id"),
        (4, "amount_fen"),
        (5, "amount_fen"),
        (6, "value_date"),
        (7, "loan_id"),
        (8, ""),
        (9, "reference"),
    ]
    assert read.bad_rows[0].as_json()["first_line"] == 2


@pytest.mark.parametrize(
    ("contents", "code"),
    [
        (b"", "lending.receipts_columns"),
        (_file(names="loan_id,value_date"), "lending.receipts_columns"),
        (_file(names="loan_id,amount_fen,value_date,memo"), "lending.receipts_columns"),
        ("loan_id,amount_fen,value_date\n贷".encode("gbk"), "lending.receipts_unreadable"),
        (b'loan_id,amount_fen,value_date\n"open', "lending.receipts_unreadable"),
    ],
)
def test_what_is_no_file_of_repayments_is_refused(contents: bytes, code: str) -> None:
    if not contents:
        assert read_receipts(contents).receipts == ()
        return
    with pytest.raises(Invalid) as refusal:
        read_receipts(contents)
    assert refusal.value.code == code


def test_a_file_is_one_command_or_too_long() -> None:
    row = f"{LOAN},1.00,2026-03-02,"
    assert len(read_receipts(_file(*[row] * RECEIPTS_PER_COMMAND_MAX)).receipts) == 20_000
    with pytest.raises(TooLarge):
        read_receipts(_file(*[row] * (RECEIPTS_PER_COMMAND_MAX + 1)))
