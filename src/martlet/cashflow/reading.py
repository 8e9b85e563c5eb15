"""Anyone's file as a plan to read it: CSV in any usual encoding, or Parquet, columns by our names.

The invariant: a row keeps its place. What has more cells than the first row says is kept as a row
that cannot be used; it neither stops the file nor moves a cell under another heading.
"""

from __future__ import annotations

import codecs
import csv
from typing import TYPE_CHECKING

import polars as pl
from polars.exceptions import PolarsError

from martlet.cashflow.limits import COLUMNS_MAX, CONVERTED_BYTES_MAX, SNIFFED_BYTES
from martlet.kernel.errors import Invalid, TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SERIES, DATE, VALUE, CURRENCY = "series_id", "date", "value", "currency"
COLUMNS = (SERIES, DATE, VALUE, CURRENCY)
ROW, SPILLED = "\x00row", "\x00spilled"
"""Where a row stands in its CSV file (the first is 1), and a cell beyond its headings."""

_ALSO_CALLED = {
    SERIES: {
        *(
            "unique_id",
            "series",
            "序列",
            "序列号",
            "序列编号",
            "编号",
            "商户",
            "商户号",
            "商户编号",
        ),
        *("店铺", "店铺编号", "门店", "门店编号", "账户", "账号"),
    },
    DATE: {"ds", "日期", "交易日期", "记账日期"},
    VALUE: {"y", "金额", "数值", "发生额", "交易金额"},
    CURRENCY: {"币种"},
}
"""What other tools and Chinese tables call the columns; two of a kind in one file are a question
that only its owner can answer."""

_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_WIDE_TEXT = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def scan(files: Sequence[Path], called: Mapping[str, str] | None = None) -> pl.LazyFrame:
    """Return a plan to read files, their columns by our names and CSV cells as text.

    `called` tells what a file calls the columns, ours first, where it is none of the known names.
    """
    plans = [_plan(file) for file in files if _is_csv(file)]
    if tables := [file for file in files if not _is_csv(file)]:
        try:
            plan = pl.scan_parquet(tables, glob=False)
            plan.collect_schema()
        except (PolarsError, OSError) as error:
            raise unreadable(tables[0].name, error) from error
        plans.append(plan)
    named = [_by_our_names(plan, files[0].name, called or {}) for plan in plans]
    return named[0] if len(named) == 1 else pl.concat(named, how="diagonal_relaxed")


def unreadable(name: str, error: Exception) -> Invalid:
    """Return the refusal of a file that the library cannot read."""
    said = str(error)
    if "not properly escaped" in said:
        near = said.split("Field `", 1)[-1].splitlines()[0][:60]
        return Invalid("cashflow.quote_unclosed", file=name, near=near)
    detail = said.splitlines()[0][:200] if said else type(error).__name__
    return Invalid("cashflow.file_unreadable", file=name, detail=detail)


def _is_csv(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            head = opened.read(8)
    except OSError as error:
        raise unreadable(file.name, error) from error
    if head.startswith(_WORKBOOKS):
        raise Invalid("cashflow.file_is_workbook", file=file.name)
    return not head.startswith(b"PAR1") and file.suffix != ".parquet"


def _plan(file: Path) -> pl.LazyFrame:
    source, head = _as_utf8(file)
    lines = head.removeprefix("\ufeff").splitlines()
    at = next((place for place, line in enumerate(lines) if line.strip()), None)
    if at is None:
        raise Invalid("cashflow.history_empty", file=file.name)
    separator = _separator(lines[at])
    headings = _headings(lines[at], separator, file.name)
    plan = pl.scan_csv(
        source,
        has_header=False,
        skip_lines=at + 1,
        schema=dict.fromkeys([*headings, SPILLED], pl.String),
        separator=separator,
        truncate_ragged_lines=True,
        missing_columns="insert",
        row_index_name=ROW,
        row_index_offset=at + 2,
        glob=False,
    )
    blank = pl.all_horizontal(pl.exclude(ROW).is_null())
    return plan.filter(~blank)


def _as_utf8(file: Path) -> tuple[Path | bytes, str]:
    """Return what polars reads (the file itself where it is UTF-8) and the file's beginning."""
    try:
        with file.open("rb") as opened:
            head = opened.read(SNIFFED_BYTES)
            encoding = _encoding(head)
            if encoding is None and _is_utf8(file, head):
                return file, codecs.getincrementaldecoder("utf-8")("replace").decode(head)
        if file.stat().st_size > CONVERTED_BYTES_MAX:
            most = CONVERTED_BYTES_MAX // 2**20
            raise TooLarge("cashflow.file_not_utf8", file=file.name, most=most)
        text = file.read_bytes().decode(encoding or "gb18030")
    except UnicodeDecodeError as error:
        raise Invalid("cashflow.file_not_text", file=file.name) from error
    except OSError as error:
        raise unreadable(file.name, error) from error
    return text.encode("utf-8"), text[:SNIFFED_BYTES]


def _encoding(head: bytes) -> str | None:
    return next((name for mark, name in _WIDE_TEXT.items() if head.startswith(mark)), None)


def _is_utf8(file: Path, head: bytes) -> bool:
    """Tell whether a file is UTF-8; of one too large to convert only the beginning is looked at."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        if file.stat().st_size > CONVERTED_BYTES_MAX:
            decoder.decode(head)
            return True
        with file.open("rb") as opened:
            while part := opened.read(SNIFFED_BYTES):
                decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _separator(line: str) -> str:
    counts = {sign: line.count(sign) for sign in (",", "\t", ";", "|")}
    return max(counts, key=lambda sign: counts[sign]) if any(counts.values()) else ","


def _headings(line: str, separator: str, name: str) -> list[str]:
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    if len(cells) > COLUMNS_MAX:
        raise TooLarge("cashflow.columns_too_many", file=name, count=len(cells), most=COLUMNS_MAX)
    # A heading that stands twice, or none at all, still holds its place.
    return [
        cell if cell and cell not in cells[:place] else f"\x00{place}"
        for place, cell in enumerate(cells)
    ]


def _by_our_names(plan: pl.LazyFrame, file: str, called: Mapping[str, str]) -> pl.LazyFrame:
    columns = plan.collect_schema().names()
    plain = {column: column.strip().strip("\ufeff") for column in columns}
    names: dict[str, str] = {}
    for ours in COLUMNS:
        found = [column for column, name in plain.items() if name == called.get(ours, ours)]
        if ours not in called:
            found = found or [c for c, name in plain.items() if name.casefold() == ours]
            found = found or [c for c, n in plain.items() if n.casefold() in _ALSO_CALLED[ours]]
        if len(found) != 1 and ours != CURRENCY:
            shown = ", ".join(n for n in plain.values() if not n.startswith("\x00"))[:200]
            wanted = called.get(ours, ours)
            raise Invalid("cashflow.column_missing", file=file, column=wanted, found=shown)
        names.update(dict.fromkeys(found[:1], ours))
    taken = set(names.values())
    rest = {c: n for c, n in plain.items() if c not in names and n not in taken and n != c}
    # What is called like one of ours and is not meant would stand in its way.
    hidden = [c for c, n in plain.items() if c not in names and n in taken]
    return plan.drop(hidden).rename(names | rest)
