"""What outlooks of single firms are worth, played on real firms and real accounts.

`python -m benchmarks.outlook --data DIR [--firms 100] [--accounts 250]` (DIR: sme_invoice_daily,
sme_invoices_40firms and berka_trans_1993-94 as Parquet). For each firm and origin the whole way is
gone: flows, what is known ahead, paths. `--origins`, `--widened` and `--tails` play what was tried
where the width of totals was chosen. Printed beside the promise: how often the 80 % band of the
net flow over 7, 28 and 56 days held, how often the need at a risk was too little, and its size; how
often customers told as lost came back; and whether taking a customer out helps once it has gone.
"""

from __future__ import annotations

import argparse
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from time import process_time
from uuid import UUID

import numpy as np
import polars as pl

from benchmarks.machine import machine_lines
from martlet.cashflow import chinese_calendar, paths, weekday_calendar
from martlet.cashflow.changes import CustomerGone
from martlet.cashflow.firm_flows import FirmFlows, flows_of
from martlet.cashflow.knowing import known_ahead
from martlet.cashflow.projecting import Question, projected
from martlet.cashflow.receivables import receivables_of
from martlet.kernel.calendar import SHANGHAI
from martlet.records import COLUMNS, Kind

SME_ORIGINS = (date(2019, 3, 31), date(2019, 6, 30), date(2019, 11, 24))
BERKA_ORIGIN = date(1994, 2, 3)
LOST_ORIGINS = (date(2018, 6, 30), date(2018, 12, 31), date(2019, 6, 30))
_NOW = datetime(2026, 1, 1, tzinfo=SHANGHAI)
SPANS = (7, 28, 56)
RISKS_PPM = (100_000, 50_000, 10_000)
COMES_BACK_DAYS = 180
LARGE_PPM = 100_000
JUST_GONE_DAYS = 60
"""Longer ago, and the forecast has forgotten the customer by itself."""

BINS = (0, 200_000, 500_000, 800_000, 950_000, 1_000_001)


def main() -> None:
    """Play all and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--firms", type=int, default=100)
    parser.add_argument("--accounts", type=int, default=250)
    parser.add_argument("--origins", default="", help="of invoices, with commas between")
    parser.add_argument("--account-origin", type=date.fromisoformat, default=BERKA_ORIGIN)
    parser.add_argument("--widened", type=float, default=paths.TOTALS_WIDENED)
    parser.add_argument("--tails", type=float, default=paths.TAIL_WIDENED)
    asked = parser.parse_args()
    paths.TOTALS_WIDENED, paths.TAIL_WIDENED = asked.widened, asked.tails
    told = [date.fromisoformat(one) for one in asked.origins.split(",") if one]
    rng = np.random.default_rng(50)
    daily = pl.read_parquet(asked.data / "sme_invoice_daily.parquet")
    firms = rng.permutation(sorted(daily["firm"].unique()))[: asked.firms]
    books = {firm: _invoices(daily.filter(pl.col("firm") == firm)) for firm in firms}
    for origin in told or SME_ORIGINS:
        longest = 56 if origin.year < 2019 or origin.month < 11 else 28
        played = [_play(Kind.INVOICES, rows, origin, longest) for rows in books.values()]
        _print(f"invoices of firms, {origin}", [one for one in played if one is not None])
    moves = pl.read_parquet(asked.data / "berka_trans_1993-94.parquet")
    accounts = rng.permutation(sorted(moves["account"].unique()))[: asked.accounts]
    played = [
        _play(
            Kind.BANK, _movements(moves.filter(pl.col("account") == one)), asked.account_origin, 56
        )
        for one in accounts
    ]
    _print(f"accounts, {asked.account_origin}", [one for one in played if one is not None])
    _customers(pl.read_parquet(asked.data / "sme_invoices_40firms.parquet"))
    for line in machine_lines(asked.data):
        print(line)


def _common(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(
        pl.lit("firm").alias("party_id"),
        pl.int_range(pl.len()).cast(pl.String).alias("row_id"),
        pl.lit(0, pl.Int32).alias("revision"),
        pl.lit(datetime(2000, 1, 1, tzinfo=SHANGHAI)).dt.convert_time_zone("UTC").alias("known_at"),
        pl.lit("data").alias("source"),
        pl.col("date").alias("day"),
    )


def _fen(name: str) -> pl.Expr:
    return (pl.col(name) * 100).round().cast(pl.Int64)


def _invoices(rows: pl.DataFrame) -> pl.DataFrame:
    sides = pl.when(pl.col("dir").cast(pl.String) == "out").then(pl.lit("sales"))
    named = pl.col("cp").cast(pl.String) if "cp" in rows.columns else pl.lit("")
    made = _common(rows).with_columns(
        sides.otherwise(pl.lit("purchases")).alias("side"),
        pl.lit("").alias("number"),
        named.alias("counterparty"),
        _fen("amt").alias("net_fen"),
        pl.lit(0, pl.Int64).alias("tax_fen"),
        _fen("amt").alias("total_fen"),
        (~pl.col("void") if "void" in rows.columns else pl.lit(value=True)).alias("valid"),
    )
    return made.select(pl.col(name).cast(kind) for name, kind in COLUMNS[Kind.INVOICES].items())


def _movements(rows: pl.DataFrame) -> pl.DataFrame:
    flow = pl.when(pl.col("type") == "PRIJEM").then(pl.lit("in")).otherwise(pl.lit("out"))
    made = _common(rows).with_columns(
        pl.lit(None).alias("paid_at"),
        flow.alias("flow"),
        _fen("amount").alias("amount_fen"),
        pl.lit(0).alias("fee_fen"),
        pl.lit(value=False).alias("refund"),
        pl.lit(value=True).alias("settled"),
        pl.col("acc2").cast(pl.String).fill_null("").alias("counterparty"),
        pl.col("k_symbol").cast(pl.String).fill_null("").alias("purpose"),
        _fen("balance").alias("balance_fen"),
    )
    return made.select(pl.col(name).cast(kind) for name, kind in COLUMNS[Kind.BANK].items())


def _play(kind: Kind, rows: pl.DataFrame, origin: date, longest: int) -> dict | None:
    """Return what was told at an origin and what came; None where nothing is told."""
    then = rows.filter(pl.col("day") <= origin)
    began = process_time()
    flows = flows_of({kind: then})
    if flows is None or (origin - flows.last_day).days > 60:
        return None
    calendar = chinese_calendar() if kind is Kind.INVOICES else weekday_calendar()
    asked = Question(UUID(int=1), origin, _NOW, longest, 50_000)
    there = known_ahead(flows, asked, (), None, calendar)
    outlook = projected(flows, asked, there.known, calendar, weekday_calendar()).outlook()
    took = process_time() - began
    later = rows.filter(pl.col("day") > origin, pl.col("day") <= origin + timedelta(days=longest))
    came = np.zeros(longest)
    signed = {Kind.INVOICES: _signed_invoices, Kind.BANK: _signed_moves}[kind](later, flows)
    np.add.at(
        came, (signed["day"] - outlook.days[0]).dt.total_days().to_numpy(), signed["fen"].to_numpy()
    )
    running = np.cumsum(came)
    scale = (
        float(
            then.filter(pl.col("day") > origin - timedelta(days=364))[
                "total_fen" if kind is Kind.INVOICES else "amount_fen"
            ]
            .abs()
            .sum()
        )
        / 13
        + 1.0
    )
    told = {"seconds": took}
    for days in (one for one in SPANS if one <= longest):
        low, high = np.quantile(outlook.paths.running[:, days - 1], (0.1, 0.9))
        told[f"held{days}"] = float(low <= running[days - 1] <= high)
        deepest = max(-running[:days].min(), 0.0)
        for risk in RISKS_PPM:
            need = outlook.need_fen(days, risk)
            told[f"short{days}@{risk}"] = float(deepest > need)
            told[f"need{days}@{risk}"] = need / scale
    return told


def _signed_invoices(rows: pl.DataFrame, flows: FirmFlows) -> pl.DataFrame:
    sign = pl.when(pl.col("side") == "sales").then(1).otherwise(-1)
    if not flows.outflow_source.kinds:
        rows = rows.filter(pl.col("side") == "sales")
    if not flows.inflow_source.kinds:
        rows = rows.filter(pl.col("side") == "purchases")
    return rows.select("day", (pl.col("total_fen") * sign).cast(pl.Float64).alias("fen"))


def _signed_moves(rows: pl.DataFrame, flows: FirmFlows) -> pl.DataFrame:
    del flows
    sign = pl.when(pl.col("flow") == "in").then(1).otherwise(-1)
    return rows.select("day", (pl.col("amount_fen") * sign).cast(pl.Float64).alias("fen"))


def _print(what: str, played: list[dict]) -> None:
    mean = {name: np.mean([one[name] for one in played]) for name in played[0]}
    print(f"\n{what}: {len(played)} played, {mean['seconds']:.3f} CPU s each")
    for days in SPANS:
        if f"held{days}" not in mean:
            continue
        line = f"  {days:2d} days: 80 % band held {mean[f'held{days}']:.3f};"
        for risk in RISKS_PPM:
            short, need = mean[f"short{days}@{risk}"], mean[f"need{days}@{risk}"]
            line += f" at {risk / 1e4:g} % too little {short:.3f} (need {need:.2f});"
        print(line)


def _customers(rows: pl.DataFrame) -> None:
    """Print how sure losses were, and what taking a gone customer out does to the forecast."""
    pairs: list[tuple[int, bool]] = []
    off: list[tuple[float, float]] = []
    for firm in sorted(rows["firm"].cast(pl.String).unique()):
        book = _invoices(rows.filter(pl.col("firm").cast(pl.String) == firm))
        for origin in LOST_ORIGINS:
            flows = flows_of({Kind.INVOICES: book.filter(pl.col("day") <= origin)})
            if flows is None or flows.sales.is_empty() or (origin - flows.last_day).days > 60:
                continue
            until = origin + timedelta(days=COMES_BACK_DAYS)
            later = book.filter(
                pl.col("day") > origin, pl.col("day") <= until, pl.col("side") == "sales", "valid"
            )
            again = set(later["counterparty"].unique())
            told = receivables_of(flows, origin)
            pairs += [
                (one.lost_ppm, one.name not in again)
                for one in told.customers
                if one.lost_ppm is not None
            ]
            if told.customers and told.customers[0].share_ppm >= LARGE_PPM:
                gone = told.customers[0]
                if gone.name not in again and gone.silent_days <= JUST_GONE_DAYS:
                    off.append(_without(flows, origin, gone.name, later))
    print(
        f"\ncustomers: {len(pairs)} played; told lost / never came back in {COMES_BACK_DAYS} days"
    )
    for low, high in pairwise(BINS):
        here = [(told, gone) for told, gone in pairs if low <= told < high]
        if here:
            told, gone = (np.mean([one[place] for one in here]) for place in (0, 1))
            print(f"  {len(here):5d}: told {told / 1e6:.3f}, gone {gone:.3f}")
    if off:
        with_, without = np.median(np.array(off), axis=0)
        better = np.mean([b < a for a, b in off])
        print(
            f"a largest customer gone ({len(off)} cases): 28-day inflow off by a median of"
            f" {with_:.3f} of usual with it, {without:.3f} without it;"
            f" better without in {better:.2f}"
        )


def _without(flows: FirmFlows, origin: date, name: str, later: pl.DataFrame) -> tuple[float, float]:
    calendar = chinese_calendar()
    asked = Question(UUID(int=1), origin, _NOW, 28, 50_000)
    there = known_ahead(flows, asked, (), None, calendar)
    projection = projected(flows, asked, there.known, calendar, weekday_calendar())
    ground = there.ground(flows, projection.basis.days)
    changed = projection.outlook((CustomerGone(name, origin + timedelta(days=1)),), ground)
    came = int(later.filter(pl.col("day") <= origin + timedelta(days=28))["total_fen"].sum())
    year = flows.sales.filter(pl.col("day") > origin - timedelta(days=364))
    usual = max(int(year["amount_fen"].sum()) / 13, 1.0)
    both = (sum(projection.outlook().inflow.mean_fen), sum(changed.inflow.mean_fen))
    return abs(both[0] - came) / usual, abs(both[1] - came) / usual


if __name__ == "__main__":
    main()
