"""Write the synthetic example files: one made-up restaurant over a full year, from a seed.

    python tools/make_examples.py [--ending 2026-10-31] [--folder examples/synthetic] [--seed 310]

Everything in them is synthetic. The same seed and day write the same bytes.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

DAYS = 400
ENDING = date(2026, 10, 31)
FOLDER = Path("examples/synthetic")
SEED = 310
BUYERS = [f"合成客户{number:02d}" for number in range(1, 19)]
SUPPLIERS = [f"合成供应商{number:02d}" for number in range(1, 10)]

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """A restaurant with seasons, weekends and a slow growth."""

    ending: date
    random: np.random.Generator

    def days(self) -> Iterator[date]:
        """Yield the days of its history; it closes for the spring festival."""
        for age in range(DAYS - 1, -1, -1):
            day = self.ending - timedelta(days=age)
            if not (day.month == 2 and 10 <= day.day <= 20):  # noqa: PLR2004 - the festival
                yield day

    def strength_ppm(self, day: date) -> int:
        """Return how good a day is, of a usual one."""
        weekend = 1_250_000 if day.weekday() >= 4 else 950_000  # noqa: PLR2004 - from Friday
        season = {7: 1_100_000, 8: 1_100_000, 1: 900_000, 3: 900_000}.get(day.month, 1_000_000)
        grown = 900_000 + 250 * (DAYS - (self.ending - day).days)
        return weekend * season // 1_000_000 * grown // 1_000_000

    def around(self, middle: int, spread: int) -> int:
        """Return a whole number near `middle`."""
        return max(1, int(self.random.normal(middle, spread)))


def takings(shop: Shop) -> Iterator[Row]:
    """Yield the till's days."""
    yield ("日期", "流水", "退款", "笔数")
    for day in shop.days():
        payments = shop.around(96 * shop.strength_ppm(day) // 1_000_000, 9)
        taken_fen = payments * shop.around(3_400, 160)
        refunded_fen = shop.around(2_600, 900) if shop.random.random() < 0.2 else 0  # noqa: PLR2004
        yield (day.isoformat(), yuan(taken_fen), yuan(refunded_fen), str(payments))


def invoices(shop: Shop, *, sales: bool) -> Iterator[Row]:
    """Yield invoices issued to companies that eat here, or received from suppliers."""
    who = "购方名称" if sales else "销方名称"
    yield ("发票代码", "发票号码", "开票日期", who, "金额", "税额", "价税合计", "发票状态")
    names = BUYERS if sales else SUPPLIERS
    number = 10_000_000 if sales else 50_000_000
    for day in shop.days():
        a_day = 3.1 if sales else 1.2
        for _ in range(int(shop.random.poisson(a_day * shop.strength_ppm(day) / 1_000_000))):
            number += 1
            net_fen = shop.around(82_000, 30_000) if sales else shop.around(96_000, 38_000)
            chance = shop.random.random()
            name = names[int(len(names) * shop.random.random() ** 1.6)]
            if chance < 0.02:  # noqa: PLR2004 - one in fifty is taken back
                net_fen = -net_fen // 2
            tax_fen = net_fen * 3 // 100
            state = "作废" if 0.02 <= chance < 0.05 else "正常"  # noqa: PLR2004
            money = (yuan(net_fen), yuan(tax_fen), yuan(net_fen + tax_fen))
            yield ("033002100111", f"{number:08d}", day.isoformat(), name, *money, state)


def orders(shop: Shop) -> Iterator[Row]:
    """Yield take-away orders with what became of them."""
    yield ("订单号", "下单时间", "顾客", "订单金额", "退款金额", "订单状态", "评分",
           "承诺送达日期", "送达日期")  # fmt: skip
    number = 202_600_000_000
    for day in shop.days():
        for _ in range(int(shop.random.poisson(6 * shop.strength_ppm(day) / 1_000_000))):
            number += 1
            clock = time(int(shop.random.integers(10, 21)), int(shop.random.integers(0, 60)))
            placed = datetime.combine(day, clock).isoformat(sep=" ")
            total_fen = shop.around(4_200, 1_100)
            customer = f"合成顾客{int(400 * shop.random.random() ** 2):03d}"
            if shop.random.random() < 0.03:  # noqa: PLR2004
                yield (str(number), placed, customer, yuan(total_fen), "", "已取消", "", "", "")
                continue
            refunded = yuan(total_fen // 2) if shop.random.random() < 0.02 else ""  # noqa: PLR2004
            rated = shop.random.random() < 0.4  # noqa: PLR2004 - two in five
            rating = str(5 - int(3 * shop.random.random() ** 3)) if rated else ""
            late = shop.random.random() < 0.04 and day < shop.ending  # noqa: PLR2004
            delivered = (day + timedelta(days=1)) if late else day
            yield (str(number), placed, customer, yuan(total_fen), refunded, "已完成", rating,
                   day.isoformat(), delivered.isoformat())  # fmt: skip


def yuan(amount_fen: int) -> str:
    """Write fen as yuan."""
    sign = "-" if amount_fen < 0 else ""
    return f"{sign}{abs(amount_fen) // 100}.{abs(amount_fen) % 100:02d}"


def write_examples(folder: Path, ending: date = ENDING, seed: int = SEED) -> list[Path]:
    """Write the four files and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for place, (name, rows) in enumerate(
        {
            "takings.csv": takings,
            "invoices_sales.csv": lambda shop: invoices(shop, sales=True),
            "invoices_purchases.csv": lambda shop: invoices(shop, sales=False),
            "orders.csv": orders,
        }.items()
    ):
        shop = Shop(ending, np.random.default_rng([seed, place]))
        path = folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows(shop))
        written.append(path)
    return written


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ending", type=date.fromisoformat, default=ENDING)
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    arguments.add_argument("--seed", type=int, default=SEED)
    given = arguments.parse_args()
    for made in write_examples(given.folder, given.ending, given.seed):
        print(made)
