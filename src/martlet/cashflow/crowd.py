"""The flows of many firms at once, on one grid: what signals are computed from in a night.

The same choice of one telling for each side as for a single firm (`firm_flows`), over columns. The
invariant: a firm's row is what it would be alone, NaN before its first record and after its newest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from martlet.cashflow.firm_flows import COVERS_SHARE, RECENT_DAYS, STALE_DAYS, WALLETS
from martlet.cashflow.projecting import netted_back
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from martlet.cashflow.model import BoolArray, FloatArray

GRID_DAYS = 546
"""A year and a half: each holiday once, and half a year to be tried on."""

_DAILY = {"party_id": pl.String(), "day": pl.Date(), "amount_fen": pl.Int64()}
_CASH = (Kind.BANK.value, Kind.PAYMENTS.value)


@dataclass(frozen=True, slots=True, eq=False)
class Crowd:
    """N firms on one grid of days that ends at the day as of which is asked."""

    party_ids: tuple[str, ...]
    first_day: date
    inflow: FloatArray
    outflow: FloatArray
    """N x T, in fen."""
    balance_fen: tuple[int | None, ...]
    kinds: tuple[tuple[str, ...], ...]
    """Which records each firm was read from."""


def crowd_of(records: Mapping[Kind, pl.DataFrame], as_of: date) -> Crowd:
    """Return the flows of all firms in these rows, of days until `as_of`."""
    first = as_of - timedelta(days=GRID_DAYS - 1)
    visible = {kind: rows.filter(pl.col("day") <= as_of) for kind, rows in records.items()}
    cash = _cash(visible)
    came = {
        "cash": cash.filter(pl.col("flow") == "in").select(list(_DAILY)),
        "takings": _told(visible, Kind.TAKINGS, pl.col("taken_fen") - _or_none("refunded_fen")),
        "orders": _told(
            visible,
            Kind.ORDERS,
            pl.col("total_fen") - _or_none("refunded_fen"),
            pl.col("status") == "completed",
        ),
        "invoices": _invoices(visible, "sales"),
    }
    went = {
        "cash": cash.filter(pl.col("flow") == "out").select(list(_DAILY)),
        "invoices": _invoices(visible, "purchases"),
    }
    inflow, outflow = _chosen(came), _chosen(went)
    both = pl.concat([inflow, outflow])
    spans = both.group_by("party_id").agg(
        pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    )
    spans = spans.filter(pl.col("last") >= first).sort("party_id")
    parties = spans["party_id"].to_list()
    place = {party: row for row, party in enumerate(parties)}
    sides = [_grid(side, place, first) for side in (inflow, outflow)]
    unknown = _unknown(spans, first)
    for grid in sides:
        grid[unknown] = np.nan
    balances = _balances(visible, as_of)
    used = _kinds(inflow, outflow, visible)
    return Crowd(
        party_ids=tuple(parties),
        first_day=first,
        inflow=sides[0],
        outflow=sides[1],
        balance_fen=tuple(balances.get(party) for party in parties),
        kinds=tuple(used.get(party, ()) for party in parties),
    )


def _or_none(name: str) -> pl.Expr:
    return pl.col(name).fill_null(0)


def _cash(records: Mapping[Kind, pl.DataFrame]) -> pl.DataFrame:
    """Return settled movements of accounts and wallets, without those between the two."""
    parts = [pl.DataFrame(schema={**_DAILY, "flow": pl.String()})]
    wallets = pl.DataFrame(schema={"party_id": pl.String, "source": pl.String})
    if Kind.PAYMENTS in records:
        wallets = records[Kind.PAYMENTS].select("party_id", "source").unique()
    for kind in (Kind.BANK, Kind.PAYMENTS):
        if kind not in records:
            continue
        rows = records[kind].filter(pl.col("settled"), pl.col("flow").is_in(["in", "out"]))
        if kind is Kind.BANK:
            side = pl.concat_str("counterparty", "purpose", ignore_nulls=True).str.to_lowercase()
            for slug, words in WALLETS.items():
                having = wallets.filter(pl.col("source") == slug)["party_id"].to_list()
                if having:
                    rows = rows.filter(
                        ~(side.str.contains(words) & pl.col("party_id").is_in(having))
                    )
        fee = (
            pl.when(pl.col("flow") == "in")
            .then(-_or_none("fee_fen"))
            .otherwise(_or_none("fee_fen"))
        )
        parts.append(
            rows.select("party_id", "day", (pl.col("amount_fen") + fee).alias("amount_fen"), "flow")
        )
    return pl.concat(parts)


def _told(
    records: Mapping[Kind, pl.DataFrame],
    kind: Kind,
    amount: pl.Expr,
    where: pl.Expr | None = None,
) -> pl.DataFrame:
    if kind not in records:
        return pl.DataFrame(schema=_DAILY)
    rows = records[kind] if where is None else records[kind].filter(where)
    return rows.select("party_id", "day", amount.cast(pl.Int64).alias("amount_fen"))


def _invoices(records: Mapping[Kind, pl.DataFrame], side: str) -> pl.DataFrame:
    where = pl.col("valid") & (pl.col("side") == side)
    return _told(records, Kind.INVOICES, pl.col("total_fen"), where)


def _chosen(tellings: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return each firm's surest telling that shows at least half of what its fullest shows."""
    order = {name: rank for rank, name in enumerate(tellings)}
    every = pl.concat(
        [frame.with_columns(pl.lit(name).alias("telling")) for name, frame in tellings.items()]
    )
    newest = every.group_by("party_id").agg(pl.col("day").max().alias("newest"))
    age = (pl.col("newest") - pl.col("day")).dt.total_days()
    recent = (
        every.join(newest, on="party_id")
        .filter(age < RECENT_DAYS)
        .group_by("party_id", "telling")
        .agg(pl.col("amount_fen").sum().alias("sum"), age.min().alias("age"))
        .filter(pl.col("age") <= STALE_DAYS, pl.col("sum") > 0)
        .with_columns(pl.col("telling").replace_strict(order, return_dtype=pl.Int64).alias("rank"))
    )
    fullest = pl.col("sum").max().over("party_id")
    covering = recent.filter(pl.col("sum") >= COVERS_SHARE * fullest)
    first = covering.filter(pl.col("rank") == pl.col("rank").min().over("party_id"))
    return every.join(first.select("party_id", "telling"), on=["party_id", "telling"], how="semi")


def _grid(rows: pl.DataFrame, place: Mapping[str, int], first: date) -> FloatArray:
    grid = np.zeros((len(place), GRID_DAYS))
    daily = rows.filter(pl.col("day") >= first, pl.col("party_id").is_in(list(place)))
    daily = daily.group_by("party_id", "day").agg(pl.col("amount_fen").sum())
    if daily.is_empty():
        return grid
    across = daily["party_id"].replace_strict(place, return_dtype=pl.Int64).to_numpy()
    down = (daily["day"] - first).dt.total_days().to_numpy()
    grid[across, down] = daily["amount_fen"].to_numpy()
    for row in np.flatnonzero((grid < 0).any(axis=1)):
        grid[row] = netted_back(grid[row])
    return grid


def _unknown(spans: pl.DataFrame, first: date) -> BoolArray:
    days = np.arange(GRID_DAYS)
    begin = (spans["first"] - first).dt.total_days().to_numpy()
    end = (spans["last"] - first).dt.total_days().to_numpy()
    return np.asarray((days < begin[:, None]) | (days > end[:, None]))


def _balances(records: Mapping[Kind, pl.DataFrame], as_of: date) -> dict[str, int]:
    """Return each firm's balances told last, of each source the lowest of its newest day."""
    parts = [
        records[kind].filter(pl.col("balance_fen").is_not_null(), pl.col("settled"))
        for kind in (Kind.BANK, Kind.PAYMENTS)
        if kind in records
    ]
    if not parts:
        return {}
    told = pl.concat([part.select("party_id", "source", "day", "balance_fen") for part in parts])
    newest = pl.col("day") == pl.col("day").max().over("party_id", "source")
    fresh = (pl.lit(as_of) - pl.col("day")).dt.total_days() <= RECENT_DAYS
    last = told.filter(newest).filter(fresh)
    each = last.group_by("party_id", "source").agg(pl.col("balance_fen").min())
    return dict(each.group_by("party_id").agg(pl.col("balance_fen").sum()).iter_rows())


def _kinds(
    inflow: pl.DataFrame, outflow: pl.DataFrame, records: Mapping[Kind, pl.DataFrame]
) -> dict[str, tuple[str, ...]]:
    told = pl.concat([inflow, outflow]).select("party_id", "telling").unique()
    cash = {
        kind: set(records[Kind(kind)]["party_id"].unique().to_list())
        for kind in _CASH
        if Kind(kind) in records
    }
    found: dict[str, set[str]] = {}
    for party, telling in told.iter_rows():
        names = [k for k in cash if party in cash[k]] if telling == "cash" else [telling]
        found.setdefault(party, set()).update(names)
    return {party: tuple(sorted(names)) for party, names in found.items()}
