"""Write the synthetic chain: a nylon maker three tiers above a carmaker, a dairy distributor.

    python tools/make_chain_example.py [--ending 2026-10-31] [--folder examples/chain] [--seed 2017]

Every firm, patent, tender and invoice in them is made up and says so. They have the size of two
published cases, a nylon maker and a distributor, and nothing of the real ones. The same seed and
day write the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import json
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from martlet.parties.identifiers import credit_code_check_sign

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDING = date(2026, 10, 31)
FOLDER = Path("examples/chain")
SEED = 2017
MONTHS = 26
DAYS_IN_MONTH = 30

CARMAKER, PACKS = "虚构远驰汽车有限公司", "虚构擎芯电池系统有限公司"
INSULATION, NYLON = "虚构恒络绝缘科技有限公司", "虚构澄川尼龙材料有限公司"
RESIN, RIVAL = "虚构润海树脂有限公司", "虚构凯瑞工程塑料有限公司"
WORKSHOP, HARNESS = "虚构三工机械厂", "虚构宏泰线束有限公司"
BRAND, DISTRIBUTOR = "虚构牧岭乳业股份有限公司", "虚构清溪食品商贸有限公司"
SPICES = "虚构百味调料有限公司"
SHOPS = tuple(f"虚构{name}超市" for name in ("东街", "河滨", "新村", "站前", "南门", "石桥"))

Row = tuple[str, ...]

REGISTER: tuple[tuple[str, str, str, str, str], ...] = (
    (CARMAKER, "2009-03-12", "汽车整车制造", "新能源汽车", "存续"),
    (PACKS, "2014-08-01", "锂离子电池制造", "动力电池包", "存续"),
    (INSULATION, "2015-06-23", "绝缘制品制造", "母排绝缘件", "存续"),
    (NYLON, "2017-05-18", "塑料零件及其他塑料制品制造", "阻燃增强尼龙", "存续"),
    (RESIN, "2006-11-02", "初级形态塑料及合成树脂制造", "PA66树脂", "存续"),
    (RIVAL, "2012-01-09", "塑料零件及其他塑料制品制造", "阻燃增强尼龙", "存续"),
    (WORKSHOP, "2011-04-15", "机械零部件加工", "机械零部件", "存续"),
    (HARNESS, "2013-09-30", "汽车零部件及配件制造", "高压线束", "存续"),
    (BRAND, "1999-07-01", "乳制品制造", "液态奶", "存续"),
    (DISTRIBUTOR, "2016-02-26", "乳制品批发", "", "存续"),
)
"""Name, day of founding, trade, main product, state."""

PATENTS: tuple[tuple[str, ...], ...] = (
    ("一种阻燃增强尼龙66复合材料及制法", "发明专利", NYLON, "2018-03-20", "2020-08-11", "有效",
     "C08L77/06"),
    ("一种用于母排绝缘的无卤阻燃尼龙材料", "发明专利", NYLON, "2018-11-06", "2021-03-16", "有效",
     "C08L77/06; H01B3/30"),
    ("一种高CTI值尼龙绝缘材料的制备方法", "发明专利", NYLON, "2019-05-14", "2021-11-02", "有效",
     "C08L77/02; H01B3/30"),
    ("一种耐水解玻纤增强尼龙及其应用", "发明专利", NYLON, "2020-02-18", "2022-06-28", "有效",
     "C08L77/06; C08K7/14"),
    ("一种低析出阻燃尼龙连接器材料", "发明专利", NYLON, "2020-09-22", "2022-12-20", "有效",
     "C08L77/06; H01R13/46"),
    ("一种导热绝缘尼龙复合材料", "发明专利", NYLON, "2021-07-13", "2023-08-08", "有效",
     "C08L77/06; C08K3/34"),
    ("一种动力电池包用阻燃尼龙绝缘件材料", "发明专利", NYLON, "2022-04-19", "2024-05-14", "有效",
     "C08L77/06; H01M50/24"),
    ("一种耐高压母排用尼龙绝缘料及制法", "发明专利", NYLON, "2023-03-07", "2025-02-18", "有效",
     "C08L77/06; H01B3/30"),
    ("一种尼龙粒料双螺杆挤出装置", "实用新型", NYLON, "2021-03-09", "2021-10-12", "有效",
     "B29C48/40"),
    ("一种尼龙切粒水冷机构", "实用新型", NYLON, "2022-08-16", "2023-01-10", "有效",
     "B29B9/06"),
    ("一种阻燃剂计量喂料装置", "实用新型", NYLON, "2023-10-17", "2024-04-09", "有效",
     "B29B7/60"),
    ("一种尼龙绝缘片压延设备", "实用新型", NYLON, "2024-06-11", "2024-12-03", "有效",
     "B29C43/24"),
    ("一种阻燃尼龙的造粒方法", "发明专利", RIVAL, "2014-04-08", "2016-09-21", "失效",
     "C08J3/12"),
    ("一种尼龙注塑模具", "实用新型", RIVAL, "2019-08-20", "2020-03-31", "有效",
     "B29C45/26"),
    ("一种电池包母排绝缘结构", "实用新型", INSULATION, "2021-05-18", "2021-12-07", "有效",
     "H01M50/502"),
    ("一种动力电池包热管理结构", "发明专利", PACKS, "2019-10-15", "2021-09-14", "有效",
     "H01M10/613"),
)  # fmt: skip
"""Title, type, applicant, filed, granted, legal state, classes."""

TENDERS: tuple[tuple[str, str, str, str, int], ...] = (
    ("新能源车型动力电池包年度采购", CARMAKER, PACKS, "2025-03-18", 4_800_000_000),
    ("新能源车型动力电池包年度采购", CARMAKER, PACKS, "2026-03-24", 5_600_000_000),
    ("电池包母排绝缘件年度采购", PACKS, INSULATION, "2025-12-09", 260_000_000),
)
"""Title, buyer, winner, day of the award, amount."""


@dataclass(frozen=True, slots=True)
class Trade:
    """Who buys from whom, how often a month and for how much each time."""

    seller: str
    buyer: str
    times: int
    net_fen: int


TRADES = (
    Trade(RESIN, NYLON, 3, 12_000_000),
    Trade(NYLON, INSULATION, 5, 12_000_000),
    Trade(NYLON, HARNESS, 2, 6_400_000),
    Trade(NYLON, WORKSHOP, 1, 2_600_000),
    Trade(RIVAL, INSULATION, 1, 9_000_000),
    Trade(INSULATION, PACKS, 6, 31_000_000),
    Trade(BRAND, DISTRIBUTOR, 4, 9_500_000),
    Trade(SPICES, DISTRIBUTOR, 1, 3_600_000),
    *(Trade(DISTRIBUTOR, shop, 5, 1_450_000 + 90_000 * i) for i, shop in enumerate(SHOPS)),
)
BOOKS = {"nylon": NYLON, "insulation": INSULATION, "distributor": DISTRIBUTOR}
"""Whose own invoices are in the folder: those who have let the bank read them."""


def invoices(firm: str, ending: date, seed: int, *, sales: bool) -> list[Row]:
    """Return the invoices that a firm issued, or received, over the months up to a day.

    An invoice depends on its trade alone, so that seller and buyer hold the same one.
    """
    who = "购方名称" if sales else "销方名称"
    rows = []
    for place, trade in enumerate(TRADES):
        if (trade.seller if sales else trade.buyer) != firm:
            continue
        other = trade.buyer if sales else trade.seller
        chance = np.random.default_rng([seed, place])
        for i, (day, net_fen) in enumerate(_deals(trade, ending, chance)):
            tax_fen = net_fen * 13 // 100
            money = (yuan(net_fen), yuan(tax_fen), yuan(net_fen + tax_fen))
            number = f"{31_000_000 + 10_000 * place + i:08d}"
            rows.append(("044002600111", number, day.isoformat(), other, *money, "正常"))
    rows.sort(key=lambda row: (row[2], row[1]))
    head = ("发票代码", "发票号码", "开票日期", who, "金额", "税额", "价税合计", "发票状态")
    return [head, *rows]


def _deals(trade: Trade, ending: date, chance: np.random.Generator) -> Iterator[tuple[date, int]]:
    for back in range(MONTHS - 1, -1, -1):
        last = ending - timedelta(days=DAYS_IN_MONTH * back)
        grown_per_mille = 1_060 - 8 * back
        for _ in range(trade.times):
            day = last - timedelta(days=int(chance.integers(0, DAYS_IN_MONTH)))
            around_per_cent = int(chance.integers(85, 116))
            yield day, trade.net_fen * grown_per_mille // 1_000 * around_per_cent // 100


def register() -> Iterator[Row]:
    """Yield the rows of the register."""
    yield ("统一社会信用代码", "企业名称", "成立日期", "行业", "主营产品", "经营状态")
    for number, (name, founded, trade, product, state) in enumerate(REGISTER, 1):
        yield (credit_code(number), name, founded, trade, product, state)


def patents() -> Iterator[Row]:
    """Yield the rows of the patent office."""
    told = ("专利名称", "专利类型", "申请人", "申请日", "授权公告日", "法律状态", "IPC分类号")
    yield ("申请号", *told)
    for number, (title, kind, owner, filed, *rest) in enumerate(PATENTS, 1):
        yield (f"XG{filed[:4]}{number:08d}", title, kind, owner, filed, *rest)


def credit_code(number: int) -> str:
    """Return a registration number of a region that there is not."""
    body = f"91000000XGX{number:06d}"
    return body + credit_code_check_sign(body)


def tenders() -> dict[str, object]:
    """Return the awards as a release package of the Open Contracting Data Standard."""
    releases = []
    for number, (title, buyer, winner, day, amount_fen) in enumerate(TENDERS, 1):
        ocid = f"ocds-000000-xg-{number:03d}"
        releases.append(
            {
                "ocid": ocid,
                "id": f"{ocid}-award",
                "date": f"{day}T00:00:00+08:00",
                "tag": ["award"],
                "language": "zh",
                "parties": [
                    {"id": "buyer", "name": buyer, "roles": ["buyer"]},
                    {"id": "supplier", "name": winner, "roles": ["supplier"]},
                ],
                "buyer": {"id": "buyer", "name": buyer},
                "tender": {"id": ocid, "title": title, "status": "complete"},
                "awards": [
                    {
                        "id": f"{ocid}-1",
                        "title": title,
                        "status": "active",
                        "date": f"{day}T00:00:00+08:00",
                        "value": {"amount": amount_fen / 100, "currency": "CNY"},
                        "suppliers": [{"id": "supplier", "name": winner}],
                    }
                ],
            }
        )
    return {
        "uri": "urn:martlet:synthetic:chain",
        "version": "1.1",
        "publishedDate": "2026-10-31T00:00:00+08:00",
        "publisher": {"name": "Synthetic example"},
        "releases": releases,
    }


def yuan(amount_fen: int) -> str:
    """Write fen as yuan."""
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"


def write_chain(folder: Path, ending: date = ENDING, seed: int = SEED) -> list[Path]:
    """Write the register, the patents, the tenders and the books; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = {"register.csv": list(register()), "patents.csv": list(patents())}
    for name, firm in BOOKS.items():
        tables[f"{name}_sales.csv"] = invoices(firm, ending, seed, sales=True)
        tables[f"{name}_purchases.csv"] = invoices(firm, ending, seed, sales=False)
    written = []
    for name, rows in tables.items():
        path = folder / name
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
        written.append(path)
    path = folder / "tenders.json"
    path.write_text(json.dumps(tenders(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return [*written, path]


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--ending", type=date.fromisoformat, default=ENDING)
    arguments.add_argument("--folder", type=Path, default=FOLDER)
    arguments.add_argument("--seed", type=int, default=SEED)
    given = arguments.parse_args()
    for made in write_chain(given.folder, given.ending, given.seed):
        print(made)
