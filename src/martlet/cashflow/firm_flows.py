"""What came in and went out of one business, from the records that it lets the bank read.

One sale may stand in an invoice, in a till's takings and on a statement. The invariant: each side
is read from one telling of it alone (statements and wallets together are one: what a wallet paid
out to the bank is cleared), and which it was, and why, is told with the answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from martlet.cashflow.outlook import Source
from martlet.records.model import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

FLOW_COLUMNS = {
    "day": pl.Date(),
    "amount_fen": pl.Int64(),
    "counterparty": pl.String(),
    "purpose": pl.String(),
}
"""Of one side: amounts in their direction, below zero only where something is taken back."""

WALLETS: Mapping[str, str] = {
    "alipay": "支付宝|alipay",
    "wechat": "财付通|微信|tenpay|wechat",
    "meituan": "美团|钱袋宝",
    "jd": "京东|网银在线|jd",
}
"""How a bank statement names the wallet of a payment format."""

COVERS_SHARE = 0.5
"""A surer telling is taken if it shows at least half of what the fullest shows."""

RECENT_DAYS = 182
STALE_DAYS = 28
"""A telling that ended so long before the newest is no longer kept."""

BALANCE_DAYS = 45
"""A balance so much older than the newest is another account's, long closed."""


@dataclass(frozen=True, slots=True, eq=False)
class FirmFlows:
    """Both sides of a business, and what else its records say of money."""

    inflow: pl.DataFrame
    outflow: pl.DataFrame
    inflow_source: Source
    outflow_source: Source
    first_day: date
    last_day: date
    sales: pl.DataFrame
    """Valid sales invoices: day, amount_fen, counterparty."""
    taxed: pl.DataFrame
    """Valid invoices of both sides: day, side, tax_fen."""
    balance: tuple[int, date] | None
    """The newest balances of its accounts together, and the older of their days."""


def flows_of(records: Mapping[Kind, pl.DataFrame]) -> FirmFlows | None:
    """Return both sides of one business; None where no record shows any flow."""
    cash = _cash(records)
    tellings = {
        "in": {
            "cash": _of_flow(cash, "in"),
            "takings": _takings(records),
            "orders": _orders(records),
            "invoices": _invoices(records, "sales"),
        },
        "out": {"cash": _of_flow(cash, "out"), "invoices": _invoices(records, "purchases")},
    }
    span = _span([frame for side in tellings.values() for frame in side.values()])
    if span is None:
        return None
    newest = span[1]
    kinds = tuple(kind.value for kind in (Kind.BANK, Kind.PAYMENTS) if kind in records)
    inflow, in_source = _chosen(tellings["in"], newest, kinds)
    outflow, out_source = _chosen(tellings["out"], newest, kinds)
    span = _span([inflow, outflow]) or span
    return FirmFlows(
        inflow=inflow,
        outflow=outflow,
        inflow_source=in_source,
        outflow_source=out_source,
        first_day=span[0],
        last_day=span[1],
        sales=_invoices(records, "sales"),
        taxed=_taxed(records),
        balance=_balance(records),
    )


def _span(tellings: Sequence[pl.DataFrame]) -> tuple[date, date] | None:
    """Return the first and the last day on which anything moves."""
    days = pl.concat([frame["day"] for frame in tellings]).sort().to_list()
    return (days[0], days[-1]) if days else None


def _chosen(
    tellings: Mapping[str, pl.DataFrame], newest: date, cash_kinds: tuple[str, ...]
) -> tuple[pl.DataFrame, Source]:
    """Return the surest telling that shows at least half of what the fullest shows."""
    recent = {}
    for name, frame in tellings.items():
        age = (pl.lit(newest, pl.Date) - pl.col("day")).dt.total_days()
        late = frame.filter(age < RECENT_DAYS)
        alive = late.filter(age <= STALE_DAYS).height > 0
        recent[name] = int(late["amount_fen"].sum() or 0) if alive else 0
    fullest = max(recent.values())
    names = [name for name in tellings if recent[name] > 0]
    if not names:
        return pl.DataFrame(schema=FLOW_COLUMNS), Source((), "cashflow.source_none")
    name = next(one for one in names if recent[one] >= COVERS_SHARE * fullest)
    reason = "cashflow.source_only" if len(names) == 1 else "cashflow.source_surest"
    if names[0] != name:
        reason = "cashflow.source_fuller"
    if name == "invoices":
        reason = "cashflow.source_invoices"
    kinds = cash_kinds if name == "cash" else (name,)
    return tellings[name], Source(kinds, reason, tuple(one for one in names if one != name))


def _cash(records: Mapping[Kind, pl.DataFrame]) -> pl.DataFrame:
    """Return settled movements of accounts and wallets, without those between the two."""
    parts = []
    wallets = set(records[Kind.PAYMENTS]["source"].unique()) if Kind.PAYMENTS in records else set()
    named = "|".join(words for slug, words in WALLETS.items() if slug in wallets)
    for kind in (Kind.BANK, Kind.PAYMENTS):
        if kind not in records:
            continue
        rows = records[kind].filter(pl.col("settled"), pl.col("flow").is_in(["in", "out"]))
        if kind is Kind.BANK and named:
            side = pl.concat_str("counterparty", "purpose", ignore_nulls=True).str.to_lowercase()
            rows = rows.filter(~side.str.contains(named))
        fee = pl.col("fee_fen").fill_null(0)
        worth = pl.when(pl.col("flow") == "in").then(-fee).otherwise(fee)
        parts.append(
            rows.select(
                "day",
                (pl.col("amount_fen") + worth).alias("amount_fen"),
                pl.col("counterparty").fill_null(""),
                pl.col("purpose").fill_null(""),
                "flow",
            )
        )
    return pl.concat(parts) if parts else pl.DataFrame(schema={**FLOW_COLUMNS, "flow": pl.String()})


def _of_flow(cash: pl.DataFrame, flow: str) -> pl.DataFrame:
    return cash.filter(pl.col("flow") == flow).drop("flow")


def _takings(records: Mapping[Kind, pl.DataFrame]) -> pl.DataFrame:
    if Kind.TAKINGS not in records:
        return pl.DataFrame(schema=FLOW_COLUMNS)
    taken = pl.col("taken_fen") - pl.col("refunded_fen").fill_null(0)
    return _plain(records[Kind.TAKINGS], taken, pl.lit(""))


def _orders(records: Mapping[Kind, pl.DataFrame]) -> pl.DataFrame:
    if Kind.ORDERS not in records:
        return pl.DataFrame(schema=FLOW_COLUMNS)
    rows = records[Kind.ORDERS].filter(pl.col("status") == "completed")
    kept = pl.col("total_fen") - pl.col("refunded_fen").fill_null(0)
    return _plain(rows, kept, pl.col("customer").fill_null(""))


def _invoices(records: Mapping[Kind, pl.DataFrame], side: str) -> pl.DataFrame:
    if Kind.INVOICES not in records:
        return pl.DataFrame(schema=FLOW_COLUMNS)
    rows = records[Kind.INVOICES].filter(pl.col("valid"), pl.col("side") == side)
    return _plain(rows, pl.col("total_fen"), pl.col("counterparty").fill_null(""))


def _plain(rows: pl.DataFrame, amount: pl.Expr, side: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "day",
        amount.cast(pl.Int64).alias("amount_fen"),
        side.alias("counterparty"),
        pl.lit("").alias("purpose"),
    )


def _taxed(records: Mapping[Kind, pl.DataFrame]) -> pl.DataFrame:
    if Kind.INVOICES not in records:
        return pl.DataFrame(schema={"day": pl.Date, "side": pl.String, "tax_fen": pl.Int64})
    return records[Kind.INVOICES].filter("valid").select("day", "side", "tax_fen")


def _balance(records: Mapping[Kind, pl.DataFrame]) -> tuple[int, date] | None:
    """Return the newest balance of every account, together."""
    found: list[tuple[int, date]] = []
    for kind in (Kind.BANK, Kind.PAYMENTS):
        if kind not in records:
            continue
        told = records[kind].filter(pl.col("balance_fen").is_not_null(), pl.col("settled"))
        for _, rows in told.group_by("source"):
            newest = rows.filter(pl.col("day") == pl.col("day").max())
            found.append((_last_balance(newest), newest["day"][0]))
    if not found:
        return None
    latest = max(day for _, day in found)
    kept = [(fen, day) for fen, day in found if (latest - day).days <= BALANCE_DAYS]
    return sum(fen for fen, _ in kept), min(day for _, day in kept)


def _last_balance(rows: pl.DataFrame) -> int:
    """Return the balance that no other movement of the day starts from; the lowest of several."""
    if rows["paid_at"].null_count() == 0 and rows["paid_at"].n_unique() == rows.height:
        return int(rows.sort("paid_at")["balance_fen"][-1])
    signed = pl.when(pl.col("flow") == "in").then("amount_fen").otherwise(-pl.col("amount_fen"))
    before = set(rows.select(pl.col("balance_fen") - signed).to_series())
    last = [fen for fen in rows["balance_fen"] if fen not in before]
    return int(min(last or rows["balance_fen"].to_list()))
