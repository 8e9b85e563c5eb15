"""A bank's file of repayments, read whole before anything is taken in.

The invariant: either every row of a file is a receipt, or none is and each bad row is told with
its line and its column. A row without an identifier of its own gets one from the file's contents,
so the same file is the same receipts however often it is sent.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_OID, UUID, uuid5

from martlet.kernel.errors import Invalid, MartletError, TooLarge
from martlet.kernel.ids import parse_id
from martlet.lending.limits import (
    RECEIPT_FILE_BYTES_MAX,
    RECEIPTS_PER_COMMAND_MAX,
    REFERENCE_CHARS_MAX,
)
from martlet.lending.migration.cells import Cells
from martlet.lending.receipts import Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("receipt_id", "loan_id", "amount_fen", "amount_yuan", "value_date", "reference")
_NEEDED = frozenset({"loan_id", "value_date"})
_ID_CHARS = 36


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no receipt: where it stands, which column is wrong, and why."""

    line: int
    column: str
    error: MartletError

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        told = {"code": self.error.code, **self.error.details}
        return {**told, "line": self.line, "column": self.column}


@dataclass(frozen=True, slots=True)
class ReceiptFile:
    """What a file holds: its receipts, the rows that are none, and the key of its contents."""

    key: str
    receipts: tuple[Receipt, ...]
    bad_rows: tuple[BadRow, ...]


def read_receipts(contents: bytes) -> ReceiptFile:
    """Read a CSV file in UTF-8; refuse one that is no such file, or has no such columns."""
    if len(contents) > RECEIPT_FILE_BYTES_MAX:
        raise TooLarge("lending.too_many_receipts", max_count=RECEIPTS_PER_COMMAND_MAX)
    key = sha256(contents).hexdigest()
    receipts: list[Receipt] = []
    bad: list[BadRow] = []
    lines_of: dict[UUID, int] = {}
    for row in _rows(contents):
        if len(receipts) + len(bad) == RECEIPTS_PER_COMMAND_MAX:
            raise TooLarge("lending.too_many_receipts", max_count=RECEIPTS_PER_COMMAND_MAX)
        try:
            made = _receipt(row, key)
            if made.receipt_id in lines_of:
                raise Invalid(
                    "lending.receipt_twice",
                    column="receipt_id",
                    first_line=lines_of[made.receipt_id],
                )
        except MartletError as error:
            bad.append(BadRow(row.line, str(error.details.get("column", "")), error))
        else:
            lines_of[made.receipt_id] = row.line
            receipts.append(made)
    return ReceiptFile(key, tuple(receipts), tuple(bad))


def _rows(contents: bytes) -> Iterator[Cells]:
    try:
        text = contents.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = contents[: error.start].count(b"\n") + 1
        raise Invalid("lending.receipts_unreadable", line=line) from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    names: list[str] | None = None
    try:
        for cells in reader:
            if names is None:
                names = _names(cells)
            elif cells:
                yield _row(reader.line_num, names, cells)
    except csv.Error as error:
        raise Invalid("lending.receipts_unreadable", line=reader.line_num) from error


def _names(cells: list[str]) -> list[str]:
    """Return the columns of a file, or refuse one whose columns say something else."""
    names = [cell.strip() for cell in cells]
    known = set(names) <= set(COLUMNS) and len(set(names)) == len(names)
    if not known or not set(names) >= _NEEDED or not {"amount_fen", "amount_yuan"} & set(names):
        raise Invalid("lending.receipts_columns", columns=", ".join(COLUMNS))
    return names


def _row(line: int, names: list[str], cells: list[str]) -> Cells:
    # A cell too many shows as one under no name, which no receipt has.
    return Cells(line, {**dict(zip(names, cells, strict=False)), "": ",".join(cells[len(names) :])})


def _receipt(row: Cells, key: str) -> Receipt:
    if row.values[""]:
        raise Invalid("lending.receipts_cell_too_many", column="")
    amount_fen = row.amount_fen("amount")
    if not amount_fen:
        column = "amount_fen" if "amount_fen" in row.values else "amount_yuan"
        raise Invalid("lending.migration_cell_missing", column=column)
    own = row.text("receipt_id", _ID_CHARS)
    return Receipt(
        receipt_id=_id("receipt_id", own) if own else uuid5(NAMESPACE_OID, f"{key}:{row.line}"),
        loan_id=_id("loan_id", row.needed("loan_id", _ID_CHARS)),
        amount_fen=amount_fen,
        value_date=row.needed_day("value_date"),
        reference=row.text("reference", REFERENCE_CHARS_MAX),
    )


def _id(column: str, written: str) -> UUID:
    try:
        return parse_id(written)
    except MartletError as error:
        raise Invalid(
            "lending.migration_cell_unreadable", column=column, text=written[:20]
        ) from error
