"""A made-up account statement for the demo: a canteen whose wages and rent come before its money.

Synthetic, the same on every run of one day, and in the form in which a large bank exports its
statements, so that it takes the way of any other file. The invariant: every balance is the one
before it and the movement.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED = 20_200_325
DAYS = 420
HEAD = (
    "交易日期,摘要,交易场所,交易国家或地区简称,钞/汇,交易金额(收入),交易金额(支出),交易币种,"
    "记账金额(收入),记账金额(支出),记账币种,余额,对方户名"
)
WEEK_PER_CENT = (100, 95, 95, 100, 120, 150, 140)
DAILY_FEN = 260_000
RENT_DAY, RENT_FEN = 10, 980_000
WAGES_DAY, WAGES_FEN = 5, 1_650_000
TAX_DAY, TAX_FEN = 15, 320_000
CUSTOMERS = (
    ("合成会展餐饮", (8, 22), 420_000),
    ("合成写字楼食堂", (12,), 650_000),
    ("合成学校", (18,), 380_000),
)
"""Who orders each month, on which days, for how much; money comes some days later."""

KEPT_FEN = 2_600_000
"""What the owner leaves in the account at a month's end; the rest is taken home."""

GOODS_PER_CENT = 58
SUPPLIED_ON = (0, 3)
"""Mondays and Thursdays: what has been sold since is bought anew."""


@dataclass(frozen=True, slots=True)
class _Movement:
    amount_fen: int
    side: str
    purpose: str


def made_up_statement(until: date, days: int = DAYS) -> str:
    """Return a statement (CSV) of the days before `until`."""
    chance: Any = np.random.default_rng(SEED)
    lines, balance_fen, owed_fen = [HEAD], KEPT_FEN, 0
    for back in range(days, 0, -1):
        day = until - timedelta(days=back)
        for move in _day(day, chance, owed_fen):
            balance_fen += move.amount_fen
            lines.append(_line(day, move, balance_fen))
        owed_fen = 0 if day.weekday() in SUPPLIED_ON else owed_fen + DAILY_FEN
        if (day + timedelta(days=1)).day == 1 and balance_fen > KEPT_FEN:
            home = _Movement(KEPT_FEN - balance_fen, "合成店主", "转回家用")
            balance_fen = KEPT_FEN
            lines.append(_line(day, home, balance_fen))
    return "\n".join(lines) + "\n"


def _day(day: date, chance: Any, owed_fen: int) -> Iterator[_Movement]:  # noqa: ANN401 - a generator of numpy
    """Yield what moves on a day: takings, goods, and what its date brings."""
    taken_fen = DAILY_FEN * WEEK_PER_CENT[day.weekday()] // 100
    yield _Movement(int(taken_fen * chance.gamma(20, 0.05)), "合成收单机构", "货款")
    if day.weekday() in SUPPLIED_ON:
        goods_fen = (owed_fen + DAILY_FEN) * 114 * GOODS_PER_CENT // 10_000
        yield _Movement(-int(goods_fen * chance.gamma(40, 0.025)), "合成食材供应商", "采购")
    for name, dates, amount_fen in CUSTOMERS:
        if day.day in dates:
            yield _Movement(int(amount_fen * chance.gamma(50, 0.02)), name, "团餐")
    if day.day == WAGES_DAY:
        yield _Movement(-WAGES_FEN, "代发工资", "工资")
    if day.day == RENT_DAY:
        yield _Movement(-RENT_FEN, "合成物业", "房租")
    if day.day == TAX_DAY and day.month % 3 == 1:
        yield _Movement(-TAX_FEN, "国家税务总局", "税款")


def _line(day: date, move: _Movement, balance_fen: int) -> str:
    amount = _yuan(abs(move.amount_fen))
    came, went = (amount, "") if move.amount_fen > 0 else ("", amount)
    balance = f"{'-' if balance_fen < 0 else ''}{_yuan(abs(balance_fen))}"
    cells = (day, move.purpose, "", "CHN", "钞", came, went, "人民币", came, went, "人民币")
    return ",".join((*(str(cell) for cell in cells), balance, move.side))


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
