"""Movements of real accounts, read into whole fen by account and day.

The invariant: a day's flow is the exact sum of its movements, and the evening's balance follows
from it; a file that cannot say whether money came or went is refused, never guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from martlet.kernel.errors import Invalid, NotFound, TooLarge
from martlet.treasury.backtest.limits import (
    ACCOUNTS_MAX,
    AMOUNT_FEN_MAX,
    CELLS_MAX,
    DAYS_MAX,
    FILE_BYTES_MAX,
)

if TYPE_CHECKING:
    from pathlib import Path

Integers: TypeAlias = NDArray[np.int64]

_NAMES = {"account_id": "account_id", "account": "account_id"}
_IN = ("PRIJEM", "CREDIT", "IN", "INFLOW", "收入", "C")
_OUT = ("VYDAJ", "VYBER", "DEBIT", "OUT", "OUTFLOW", "支出", "D")
_FEN = 100


@dataclass(frozen=True, slots=True)
class Panel:
    """Accounts by days: what came or went net, and what was there in the evening."""

    account_ids: tuple[str, ...]
    first_day: date
    flow_fen: Integers
    balance_fen: Integers
    opened: Integers
    """Index of the day of each account's first movement."""

    def __post_init__(self) -> None:
        assert self.flow_fen.shape == self.balance_fen.shape
        assert len(self.account_ids) == len(self.flow_fen) == len(self.opened)

    @property
    def days_count(self) -> int:
        """How many days there are."""
        return int(self.flow_fen.shape[1])

    def day(self, index: int) -> date:
        """Return the date of a day by its index."""
        return self.first_day + timedelta(days=index)

    def only(self, rows: NDArray[np.intp]) -> Panel:
        """Return the panel of some accounts."""
        names = tuple(self.account_ids[row] for row in rows)
        flow, balance = self.flow_fen[rows], self.balance_fen[rows]
        return Panel(names, self.first_day, flow, balance, self.opened[rows])

    def until(self, day: int) -> Panel:
        """Return the panel as it was known on the morning of a day: nothing of it or later."""
        flow, balance = self.flow_fen[:, :day], self.balance_fen[:, :day]
        return Panel(self.account_ids, self.first_day, flow, balance, self.opened)


def read_movements(path: Path) -> Panel:
    """Read `account_id, date, amount, balance` from CSV or Parquet, in currency units.

    Amounts are signed (money out is negative); where none is, a column `type` must say which
    way (credit, debit), or the balances after each movement have to.
    """
    rows = _signed(_columns(_frame(path), path.name), path.name)
    first, last = rows["date"].min(), rows["date"].max()
    assert isinstance(first, date)
    assert isinstance(last, date)
    ids = rows["account_id"].unique().sort()
    days = (last - first).days + 1
    if len(ids) > ACCOUNTS_MAX or days > DAYS_MAX or len(ids) * days > CELLS_MAX:
        raise TooLarge("allocation.too_much", accounts_count=len(ids), days=days)
    where = rows["account_id"].replace_strict(ids, np.arange(len(ids))).to_numpy()
    when = (rows["date"] - first).dt.total_days().to_numpy()
    flow = np.zeros((len(ids), days), np.int64)
    np.add.at(flow, (where, when), rows["flow_fen"].to_numpy())
    opened = np.full(len(ids), days, np.int64)
    np.minimum.at(opened, where, when)
    balance = flow.cumsum(1) + _opening(rows, ids)[:, None]
    balance[np.arange(days)[None, :] < opened[:, None]] = 0
    flow[np.arange(len(ids)), opened] = balance[np.arange(len(ids)), opened]
    if int(np.abs(balance).max()) > AMOUNT_FEN_MAX:
        raise TooLarge("allocation.amount_too_large", max_fen=AMOUNT_FEN_MAX)
    return Panel(tuple(ids.to_list()), first, flow, balance, opened)


def _frame(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise NotFound("allocation.file_missing", file=str(path))
    if path.stat().st_size > FILE_BYTES_MAX:
        raise TooLarge("allocation.file_too_large", file=path.name, max_bytes=FILE_BYTES_MAX)
    try:
        if path.suffix == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError, UnicodeError) as error:
        raise Invalid("allocation.file_unreadable", file=path.name) from error


def _columns(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the columns by their known names, dates as dates, amounts as whole fen."""
    known = {old: new for old, new in _NAMES.items() if old in frame.columns}
    if len(known) > 1:
        known.pop("account")
    frame = frame.rename(known)
    needed = ("account_id", "date", "amount", "balance")
    missing = [column for column in needed if column not in frame.columns]
    if missing:
        raise Invalid("allocation.columns_missing", file=name, names=", ".join(missing))
    day = pl.col("date")
    if frame.schema["date"] == pl.String:
        day = day.str.strip_chars().str.slice(0, 10).str.to_date(strict=False)
    way = pl.col("type").cast(pl.String).str.strip_chars().str.to_uppercase()
    rows = frame.select(
        pl.col("account_id").cast(pl.String),
        day.cast(pl.Date).alias("date"),
        _fen("amount"),
        _fen("balance"),
        (way if "type" in frame.columns else pl.lit(None, pl.String)).alias("type"),
    )
    bad = rows.filter(pl.any_horizontal(pl.col(*needed[:2], "amount_fen").is_null()))
    if len(rows) == 0 or len(bad):
        raise Invalid("allocation.rows_unreadable", file=name, rows_count=len(bad))
    return rows


def _fen(column: str) -> pl.Expr:
    """Return an amount in currency units as whole fen, a decimal and never a float between."""
    exact = pl.col(column).cast(pl.Decimal(38, 2), strict=False) * _FEN
    return exact.cast(pl.Int64, strict=False).alias(f"{column}_fen")


def _signed(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return the rows with `flow_fen`: which way the money went, by sign, word or balance."""
    amount = pl.col("amount_fen")
    if rows.select((amount < 0).any()).item():
        return rows.with_columns(amount.alias("flow_fen"))
    if rows["type"].null_count() == 0:
        came, went = pl.col("type").is_in(_IN), pl.col("type").is_in(_OUT)
        flow = pl.when(came).then(amount).when(went).then(-amount)
    else:
        before = pl.col("balance_fen").shift(1).over("account_id")
        step = pl.col("balance_fen") - before
        first = before.is_null() & (pl.col("balance_fen") >= amount)
        flow = pl.when(first | (step == amount)).then(amount).when(step == -amount).then(-amount)
    rows = rows.with_columns(flow.alias("flow_fen"))
    unknown = rows["flow_fen"].null_count()
    if unknown:
        raise Invalid("allocation.direction_unknown", file=name, rows_count=unknown)
    return rows


def _opening(rows: pl.DataFrame, ids: pl.Series) -> Integers:
    """Return what each account held before its first movement, as its balances say.

    The order within a day is not known, so of the first day's balances the one counts that
    leaves the least before it, but never a debt that the day itself does not show.
    """
    first = rows.filter(pl.col("date") == pl.col("date").min().over("account_id"))
    found = (
        first.group_by("account_id")
        .agg(pl.col("balance_fen"), pl.col("flow_fen").sum())
        .explode("balance_fen")
        .with_columns((pl.col("balance_fen") - pl.col("flow_fen")).fill_null(0).alias("before"))
        .sort("account_id", pl.col("before").abs())
        .group_by("account_id", maintain_order=True)
        .first()
    )
    return (
        ids.to_frame("account_id")
        .join(found, on="account_id", how="left", maintain_order="left")["before"]
        .to_numpy()
    )
