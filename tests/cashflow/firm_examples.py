"""A made-up shop whose account tells all: takings by weekday, rent, wages, a large customer."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import polars as pl

from martlet.cashflow import chinese_calendar, weekday_calendar
from martlet.cashflow.firm_flows import flows_of
from martlet.cashflow.knowing import known_ahead
from martlet.cashflow.projecting import Known, Question, projected
from martlet.kernel.calendar import SHANGHAI
from martlet.records import COLUMNS, Kind

if TYPE_CHECKING:
    from martlet.cashflow.projecting import Projection

PARTY = UUID("01900000-0000-7000-8000-0000000000aa")
AS_OF = date(2026, 6, 28)
KNOWN_AT = datetime(2026, 6, 29, 9, tzinfo=SHANGHAI)
LONG_AGO = datetime(2016, 1, 1, tzinfo=SHANGHAI)


def movement(day, fen, flow, who="", purpose="", balance=None, source="icbc"):
    return {
        "party_id": str(PARTY),
        "row_id": f"{day}|{flow}|{who}|{fen}|{purpose}",
        "revision": 0,
        "known_at": LONG_AGO,
        "source": source,
        "day": day,
        "paid_at": None,
        "flow": flow,
        "amount_fen": fen,
        "fee_fen": 0,
        "refund": False,
        "settled": True,
        "counterparty": who,
        "purpose": purpose,
        "balance_fen": balance,
    }


def invoice(day, fen, who, side="sales", valid=True, tax=0):
    return {
        "party_id": str(PARTY),
        "row_id": f"{day}|{side}|{who}|{fen}",
        "revision": 0,
        "known_at": LONG_AGO,
        "source": "vat",
        "day": day,
        "side": side,
        "number": "1",
        "counterparty": who,
        "net_fen": fen - tax,
        "tax_fen": tax,
        "total_fen": fen,
        "valid": valid,
    }


def taking(day, fen):
    return {
        "party_id": str(PARTY),
        "row_id": f"{day}|taking",
        "revision": 0,
        "known_at": LONG_AGO,
        "source": "takings",
        "day": day,
        "taken_fen": fen,
        "refunded_fen": 0,
        "payments_count": None,
    }


def frame(kind, rows):
    return pl.DataFrame(rows, schema=COLUMNS[kind])


def shop_rows(days=420, last=AS_OF, *, seed=7, opening_fen=3_000_000, rent=True):
    """A shop's statement: busy weekends, goods on Tuesdays, rent on the 5th, wages on the 15th."""
    chance = np.random.default_rng(seed)
    rows, balance = [], opening_fen
    for back in range(days - 1, -1, -1):
        day = last - timedelta(days=back)
        busy = 1.6 if day.weekday() >= 5 else 1.0
        told = [("in", int(60_000 * busy * chance.lognormal(0, 0.25)), "扫码收款", "")]
        if day.weekday() == 1:
            told.append(("out", int(300_000 * chance.lognormal(0, 0.2)), "批发市场", "货款"))
        if rent and day.day == 5:
            told.append(("out", 400_000, "房东张", "房租"))
        if rent and day.day == 15:
            told.append(("out", 520_000, "", "工资"))
        for flow, fen, who, purpose in told:
            balance += fen if flow == "in" else -fen
            rows.append(movement(day, fen, flow, who, purpose, balance))
    return rows


def question(horizon=56, as_of=AS_OF, risk_ppm=50_000, party=PARTY):
    return Question(party, as_of, KNOWN_AT, horizon, risk_ppm)


def projection_of(rows, *, horizon=56, known=None, as_of=AS_OF, kind=Kind.BANK) -> Projection:
    records = rows if isinstance(rows, dict) else {kind: frame(kind, rows)}
    flows = flows_of(records)
    assert flows is not None
    return projected(
        flows, question(horizon, as_of), known or Known(), chinese_calendar(), weekday_calendar()
    )


def answered(rows, *, horizon=56, as_of=AS_OF, brought=(), kind=Kind.BANK):
    """Return everything that is made of a shop's records: flows, what is known, the projection."""
    records = rows if isinstance(rows, dict) else {kind: frame(kind, rows)}
    flows = flows_of(records)
    asked = question(horizon, as_of)
    there = known_ahead(flows, asked, brought, None, chinese_calendar())
    projection = projected(flows, asked, there.known, chinese_calendar(), weekday_calendar())
    return flows, there, projection


def statement(rows) -> bytes:
    """Return a shop's rows as the file that its bank exports."""
    names = "交易日期 摘要 交易详情 记账金额(收入) 记账金额(支出) 记账币种 余额 对方户名"
    lines = [names.replace(" ", ",")]
    for row in rows:
        fen = f"{row['amount_fen'] // 100}.{row['amount_fen'] % 100:02d}"
        came, went = (fen, "") if row["flow"] == "in" else ("", fen)
        balance = f"{row['balance_fen'] // 100}.{row['balance_fen'] % 100:02d}"
        lines.append(
            f"{row['day']},{row['purpose'] or '转账'},,{came},{went},人民币,{balance},"
            f"{row['counterparty']}"
        )
    return ("\n".join(lines) + "\n").encode()
