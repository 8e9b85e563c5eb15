"""A tea shop's ordinary year of invoices, made up, to which a story adds what it is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from tools.plant_fraud import invoice

from martlet.records import COLUMNS, Kind
from martlet.records.integrity import findings_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from martlet.records.integrity import Finding

SHOP = "01900000-0000-7000-8000-00000000c001"
TODAY = date(2026, 3, 2)
EVENING = datetime(2026, 3, 2, 12, tzinfo=UTC)
Told = tuple[int, str, str, int]
"""Days ago, side, partner, amount in fen."""


def ordinary(days: int = 800, seed: int = 7) -> list[Told]:
    """Three sales a day to forty buyers, goods from five suppliers for two thirds of it."""
    rng = np.random.default_rng(seed)
    told: list[Told] = []
    for age in range(1, days):
        for _ in range(3):
            buyer = f"buyer {rng.integers(40)}"
            told.append((age, "sales", buyer, int(rng.integers(20_000, 200_000))))
        if age % 3 == 0:
            supplier = f"supplier {rng.integers(5)}"
            told.append((age, "purchases", supplier, int(rng.integers(400_000, 900_000))))
    return told


def book(told: Iterable[Told], party: str = SHOP) -> pl.DataFrame:
    """Write a story down as invoices."""
    rows = [
        invoice(party, f"{number * 7:08d}", TODAY - timedelta(days=age), side, partner, amount)
        for number, (age, side, partner, amount) in enumerate(told)
    ]
    return pl.DataFrame(rows, schema=COLUMNS[Kind.INVOICES])


HEADS = {
    "sales": ("发票号码", "开票日期", "购方名称", "金额", "税额", "价税合计", "发票状态"),
    "purchases": ("发票号码", "开票日期", "销方名称", "金额", "税额", "价税合计", "发票状态"),
}


def exported(
    told: Iterable[Told], side: str, *, today: date = TODAY, firms: Iterable[str] = ()
) -> str:
    """Write one side of a story as the tax office exports it.

    With `firms`, each has it all, its amounts a fen apart from the next one's.
    """
    names = list(firms)
    lines = [(*(["企业代号"] if names else []), *HEADS[side])]
    for apart_fen, firm in enumerate(names or [""]):
        for number, (age, one_side, partner, told_fen) in enumerate(told):
            fen = told_fen + apart_fen
            if one_side == side:
                yuan, day = f"{fen // 100}.{fen % 100:02d}", today - timedelta(days=age)
                cells = (f"{number * 7:08d}", day.isoformat(), partner, yuan, "0", yuan, "正常")
                lines.append((*([firm] if firm else []), *cells))
    return "\n".join(",".join(line) for line in lines)


def seen(
    invoices: pl.DataFrame,
    own_names: Callable[[str, frozenset[str]], frozenset[str]] = lambda _party, _texts: frozenset(),
) -> dict[str, Finding]:
    """Return what the checks find in the shop's invoices this evening, by kind."""
    found = findings_of({Kind.INVOICES: invoices}, EVENING, own_names)
    return {one.kind.removeprefix("integrity_"): one for one in found.get(SHOP, ())}


def ring(
    partner: str = "Pu'er friends", rounds: int = 12, amount_fen: int = 4_000_000
) -> list[Told]:
    """Tea sold to a partner and bought back five days later, for the same odd amounts."""
    return [
        told
        for number in range(rounds)
        for told in (
            (20 + 25 * number, "sales", partner, amount_fen + number * 41_113),
            (15 + 25 * number, "purchases", partner, amount_fen + number * 41_113),
        )
    ]
