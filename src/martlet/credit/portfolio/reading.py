"""The three files of a lender, checked row by row: movements, applications, outcomes.

The invariant: a row is taken as it stands or set aside with its line and a reason, never mended.
What the order of rows would have to decide (one id twice with different contents) is set aside.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from martlet.credit.portfolio import cells
from martlet.credit.portfolio.dictionary import places, words
from martlet.credit.portfolio.file_limits import (
    APPLICATIONS_MAX,
    CELL_CHARS_MAX,
    ID_CHARS_MAX,
    RECORDS_MAX,
    TERM_MONTHS_MAX,
)
from martlet.credit.portfolio.text import BadRow, open_table
from martlet.kernel.errors import Invalid, TooLarge
from martlet.kernel.spreadsheet import is_formula

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from martlet.credit.portfolio.text import Cut, TextTable

    OnRows = Callable[[int], None]

LINE = "__line"
OWN = "own:"
"""Before the name of an application's further column, so that it can never be a column of ours."""

_NEEDED = {
    "records": ("merchant_id", "ts", "kind", "amount"),
    "applications": ("application_id",),
    "labels": ("application_id", "bad"),
}
_ROWS_MAX = {"records": RECORDS_MAX, "applications": APPLICATIONS_MAX, "labels": APPLICATIONS_MAX}


@dataclass(frozen=True, slots=True)
class Aside:
    """Rows set aside from one file."""

    file: str
    rows: tuple[BadRow, ...]


@dataclass(frozen=True)
class Sheet:
    """One file read: its good rows as typed columns, and what was set aside."""

    frame: pl.DataFrame
    aside: Aside
    names: tuple[str, ...]
    """The file's own headings."""
    found: dict[str, str] = field(default_factory=dict)
    """Which heading was taken for what."""


def read_records(path: Path, on_rows: OnRows) -> Sheet:
    """Return movements: merchant_id, known_at, day, is_in, amount_fen, balance_fen, texts."""
    return _read(path, "records", _records, on_rows)


def read_applications(path: Path, on_rows: OnRows) -> Sheet:
    """Return applications in the order of the file, further columns as texts (`own:` + name)."""
    sheet = _read(path, "applications", _applications, on_rows)
    return _without_doubles(sheet, "score.application_twice")


def read_labels(path: Path, on_rows: OnRows) -> Sheet:
    """Return outcomes: application_id, bad."""
    sheet = _read(path, "labels", _labels, on_rows)
    return _without_doubles(sheet, "score.label_twice")


def _read(
    path: Path,
    section: str,
    typed: Callable[[pl.DataFrame, TextTable], tuple[pl.DataFrame, list[Check]]],
    on_rows: OnRows,
) -> Sheet:
    frames: list[pl.DataFrame] = []
    bad: list[BadRow] = []
    count = 0
    with open_table(path) as table:
        where = _places(table, section)
        for piece in table.pieces:
            bad += piece.bad
            count += len(piece.rows) + len(piece.bad)
            if count > _ROWS_MAX[section]:
                raise TooLarge("score.too_many_rows", file=table.file, max_count=_ROWS_MAX[section])
            if piece.rows:
                frame, checks = typed(_texts(piece, table, where, section), table)
                good, aside = _sift(frame, checks, piece)
                frames.append(good)
                bad += aside
            on_rows(count)
        names = table.names
    if not count:
        raise Invalid("score.file_empty", file=path.name)
    if not any(frame.height for frame in frames):
        code = bad[0].code if bad else "score.row_too_short"
        raise Invalid(
            "score.no_good_row", file=path.name, rows_count=count, first=code.removeprefix("score.")
        )
    bad.sort(key=lambda row: row.line)
    found = {meaning: names[place] for meaning, place in where.items()}
    return Sheet(pl.concat(frames), Aside(path.name, tuple(bad)), names, found)


def _places(table: TextTable, section: str) -> dict[str, int]:
    """Return which column holds what; refuse a file that lacks what cannot be done without."""
    where = places(table.names, section)
    missing = [name for name in _NEEDED[section] if name not in where]
    if missing:
        shown = ", ".join(name[:40] for name in table.names[:12])
        raise Invalid(
            "score.columns_missing", file=table.file, missing=", ".join(missing), names=shown
        )
    twice = sorted({name for name in table.names if name and table.names.count(name) > 1})
    if twice:
        raise Invalid("score.column_twice", file=table.file, column=twice[0][:40])
    return where


def _texts(piece: Cut, table: TextTable, where: dict[str, int], section: str) -> pl.DataFrame:
    """Return the wanted cells of some rows as columns of text."""
    columns = list(zip(*piece.rows, strict=True))
    data = {name: columns[place] for name, place in where.items()}
    if section == "applications":
        taken = set(where.values())
        for place, name in enumerate(table.names):
            if place not in taken:
                data[f"{OWN}{name or f'column {place + 1}'}"] = columns[place]
    texts = {name: pl.Series(name, column, dtype=pl.String) for name, column in data.items()}
    return pl.DataFrame({LINE: pl.Series(LINE, piece.lines, dtype=pl.Int64), **texts})


@dataclass(frozen=True, slots=True)
class Check:
    """What makes a row unusable: a column, when, and the code that says so."""

    column: str
    when: pl.Expr
    code: str


def _sift(
    frame: pl.DataFrame, checks: Sequence[Check], piece: Cut
) -> tuple[pl.DataFrame, list[BadRow]]:
    """Part good rows from bad ones; a bad one is told by the first check that it fails."""
    failed = frame.select(
        check.when.fill_null(value=False).alias(f"{i}") for i, check in enumerate(checks)
    )
    any_failed = failed.select(pl.any_horizontal(pl.all())).to_series()
    bad: list[BadRow] = []
    if any_failed.any():
        rows = failed.with_row_index("row").filter(any_failed)
        for flags in rows.iter_rows():
            first = checks[flags[1:].index(True)]
            place = flags[0]
            bad.append(
                BadRow(piece.lines[place], first.code, first.column, tuple(piece.rows[place]))
            )
        frame = frame.filter(~any_failed)
    kept = [name for name in frame.columns if not name.startswith("raw:")]
    return frame.select(kept), bad


def _damaged(names: Sequence[str]) -> list[Check]:
    """Return the checks of any text: not too long, no odd signs."""
    long = [
        Check(n, pl.col(n).str.len_chars() > CELL_CHARS_MAX, "score.cell_too_long") for n in names
    ]
    return long + [Check(n, cells.odd(pl.col(n)), "score.cell_damaged") for n in names]


def _ids(name: str) -> list[Check]:
    bare = pl.col(name)
    return [
        Check(name, bare.is_null() | (bare == ""), f"score.{name}_blank"),
        Check(name, bare.str.len_chars() > ID_CHARS_MAX, "score.id_too_long"),
        Check(name, is_formula(bare), "score.id_is_formula"),
    ]


def _amount(name: str, table: TextTable) -> list[pl.Expr]:
    """Return the expressions of an amount column: its text kept aside, its hundredths."""
    text = cells.filled(pl.col(name))
    comma = table.delimiter in {";", "\t"}
    return [
        text.alias(f"raw:{name}"),
        cells.hundredths(text, decimal_comma=comma).alias(f"{name}_fen"),
    ]


def _unreadable(name: str, value: str) -> pl.Expr:
    return pl.col(f"raw:{name}").is_not_null() & pl.col(value).is_null()


def _dates(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Add the moments of a column, each distinct text read once."""
    text = cells.filled(pl.col(name)).alias(f"raw:{name}")
    frame = frame.with_columns(text)
    known = frame.select(pl.col(f"raw:{name}").unique())
    known = known.with_columns(cells.moment(pl.col(f"raw:{name}")).alias(f"{name}_at"))
    return frame.join(known, on=f"raw:{name}", how="left", nulls_equal=True, maintain_order="left")


def _records(texts: pl.DataFrame, table: TextTable) -> tuple[pl.DataFrame, list[Check]]:
    for optional in ("balance", "category", "counterparty"):
        if optional not in texts.columns:
            texts = texts.with_columns(pl.lit("").alias(optional))
    names = [name for name in texts.columns if name != LINE]
    frame = _dates(texts, "ts").with_columns(pl.col("merchant_id").str.strip_chars())
    kinds = words()["kinds"]
    kind = pl.col("kind").str.strip_chars().str.to_lowercase()
    frame = frame.with_columns(
        *_amount("amount", table),
        *_amount("balance", table),
        pl.when(kind.is_in(kinds["in"]))
        .then(pl.lit(value=True))
        .when(kind.is_in(kinds["out"]))
        .then(pl.lit(value=False))
        .alias("is_in"),
        cells.known_at(pl.col("ts_at")).alias("known_at"),
        pl.col("ts_at").dt.date().alias("day"),
    )
    checks = [
        *_damaged(names),
        *_ids("merchant_id"),
        Check("ts", pl.col("raw:ts").is_null(), "score.ts_blank"),
        Check("ts", pl.col("ts_at").is_null(), "score.date_unreadable"),
        Check("kind", pl.col("is_in").is_null(), "score.kind_unknown"),
        Check("amount", pl.col("raw:amount").is_null(), "score.amount_blank"),
        Check("amount", pl.col("amount_fen").is_null(), "score.amount_unreadable"),
        Check("amount", pl.col("amount_fen") < 0, "score.amount_negative"),
        Check("balance", _unreadable("balance", "balance_fen"), "score.amount_unreadable"),
    ]
    shown = ["merchant_id", "known_at", "ts_at", "day", "is_in", "amount_fen", "balance_fen"]
    texts_kept = [cells.filled(pl.col(n)).alias(n) for n in ("category", "counterparty")]
    raws = [name for name in frame.columns if name.startswith("raw:")]
    return _checked(frame, checks, [*shown, *raws], texts_kept)


def _checked(
    frame: pl.DataFrame, checks: list[Check], names: list[str], made: list[pl.Expr]
) -> tuple[pl.DataFrame, list[Check]]:
    """Return the columns wanted, with every check already looked up as a column of its own."""
    flags = [check.when.fill_null(value=False).alias(f"raw:{i}") for i, check in enumerate(checks)]
    looked_up = frame.select(*(pl.col(name) for name in names), *made, *flags)
    done = [Check(c.column, pl.col(f"raw:{i}"), c.code) for i, c in enumerate(checks)]
    return looked_up, done


def _applications(texts: pl.DataFrame, table: TextTable) -> tuple[pl.DataFrame, list[Check]]:
    names = [name for name in texts.columns if name != LINE]
    frame = texts.with_columns(pl.col("application_id").str.strip_chars())
    checks = [*_damaged(names), *_ids("application_id")]
    shown = [LINE, "application_id"]
    if "merchant_id" in names:
        frame = frame.with_columns(cells.filled(pl.col("merchant_id")))
        shown.append("merchant_id")
    if "as_of" in names:
        frame = _dates(frame, "as_of")
        checks.append(Check("as_of", _unreadable("as_of", "as_of_at"), "score.date_unreadable"))
        shown.append("as_of_at")
    for name in ("requested_amount", "monthly_payment"):
        if name in names:
            frame = frame.with_columns(*_amount(name, table))
            value = pl.col(f"{name}_fen")
            checks += [
                Check(name, _unreadable(name, f"{name}_fen"), "score.amount_unreadable"),
                Check(name, value <= 0, "score.amount_not_positive"),
            ]
            shown.append(f"{name}_fen")
    if "term_months" in names:
        text = cells.filled(pl.col("term_months"))
        frame = frame.with_columns(
            text.alias("raw:term_months"), cells.number(text).alias("term_read")
        )
        months = pl.col("term_read").round(0).cast(pl.Int64, strict=False)
        frame = frame.with_columns(months.alias("term"))
        impossible = ~pl.col("term").is_between(1, TERM_MONTHS_MAX)
        checks += [
            Check("term_months", _unreadable("term_months", "term"), "score.term_unreadable"),
            Check("term_months", impossible, "score.term_impossible"),
        ]
        shown.append("term")
    own = [cells.filled(pl.col(name)).alias(name) for name in names if name.startswith(OWN)]
    return _checked(frame, checks, shown, own)


def _labels(texts: pl.DataFrame, table: TextTable) -> tuple[pl.DataFrame, list[Check]]:
    del table
    truths = words()["truths"]
    said = pl.col("bad").str.strip_chars().str.to_lowercase()
    frame = texts.with_columns(
        pl.col("application_id").str.strip_chars(),
        cells.filled(pl.col("bad")).alias("raw:bad"),
        pl.when(said.is_in(truths["true"]))
        .then(pl.lit(value=True))
        .when(said.is_in(truths["false"]))
        .then(pl.lit(value=False))
        .alias("truth"),
    )
    checks = [
        *_damaged(["application_id", "bad"]),
        *_ids("application_id"),
        Check("bad", pl.col("raw:bad").is_null(), "score.label_blank"),
        Check("bad", pl.col("truth").is_null(), "score.label_unreadable"),
    ]
    return _checked(frame, checks, [LINE, "application_id"], [pl.col("truth").alias("bad")])


def _without_doubles(sheet: Sheet, code: str) -> Sheet:
    """Keep one of several equal rows; of rows that differ under one id, none.

    Which one came first decides nothing.
    """
    frame = sheet.frame
    counts = pl.len().over("application_id")
    if not frame.select((counts > 1).any()).item():
        return sheet
    said = [name for name in frame.columns if name != LINE]
    alike = frame.select(pl.struct(said).n_unique().over("application_id")).to_series()
    kept = pl.Series(frame.select(pl.col("application_id").is_first_distinct()).to_series())
    good = kept & (alike == 1)
    bad = [
        BadRow(line, "score.row_repeated" if same == 1 else code, "application_id", (name,))
        for line, name, same in frame.select(LINE, "application_id")
        .with_columns(alike.alias("alike"))
        .filter(~good)
        .iter_rows()
    ]
    if not good.any():
        raise Invalid(
            "score.no_good_row",
            file=sheet.aside.file,
            rows_count=frame.height,
            first=code.removeprefix("score."),
        )
    rows = sorted([*sheet.aside.rows, *bad], key=lambda row: row.line)
    return Sheet(frame.filter(good), Aside(sheet.aside.file, tuple(rows)), sheet.names, sheet.found)
