"""A made-up world for the demo where there are no real records: shops and their daily takings.

Synthetic, the same on every run, and called made up wherever it shows. Weekends are busier, some
shops fade, some have just opened, some days see a refund.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SEED = 20_200_224
SHOPS = 60
HISTORY_DAYS = 420
TRADES = (
    say("Grocery"),
    say("Noodles"),
    say("Hardware"),
    say("Clothing"),
    say("Repairs"),
    say("Fruit"),
)
SATURDAY = 5
WEEKEND_PER_CENT, WEEKDAY_PER_CENT = 115, 95
PAYMENT_FEN = 3_000


@dataclass(frozen=True, slots=True)
class _Shop:
    code: str
    daily_fen: int
    days: int
    fades_days: int
    """For how many days before the end its takings have been a third of what they were."""


def made_up_firms() -> list[tuple[str, str, str, bool | None]]:
    """Return each shop's code, name, trade and its outcome, which nobody knows."""
    return [
        (f"S{number}", f"{say('Made-up shop')} {number}", TRADES[number % len(TRADES)], None)
        for number in range(1, SHOPS + 1)
    ]


def made_up_takings(codes: Sequence[str], until: date) -> str:
    """Return a CSV of daily takings of these shops up to the day before `until`."""
    chance: Any = np.random.default_rng(SEED)
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["shop_id", "date", "takings", "refunded", "payments"])
    for code in codes:
        writer.writerows(_days(_shop(code, chance), until, chance))
    return lines.getvalue()


def _shop(code: str, chance: Any) -> _Shop:  # noqa: ANN401 - a numpy generator
    young, fading = chance.integers(100, size=2) < (20, 15)
    days = int(chance.integers(5, 90)) if young else HISTORY_DAYS
    return _Shop(code, int(chance.integers(20_000, 300_000)), days, 120 if fading else 0)


def _days(shop: _Shop, until: date, chance: Any) -> Iterator[list[object]]:  # noqa: ANN401 - as above
    for back in range(shop.days, 0, -1):
        day = until - timedelta(days=back)
        weekend = day.weekday() >= SATURDAY
        per_cent = WEEKEND_PER_CENT if weekend else WEEKDAY_PER_CENT
        thirds = 1 if back <= shop.fades_days else 3
        chance_per_cent, refund_roll = (int(n) for n in chance.integers((70, 0), (131, 10)))
        taken_fen = shop.daily_fen * per_cent * chance_per_cent * thirds // 30_000
        refunded_fen = taken_fen // 50 if refund_roll == 0 else 0
        payments_count = max(1, taken_fen // PAYMENT_FEN)
        yield [shop.code, day, _yuan(taken_fen), _yuan(refunded_fen), payments_count]


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
