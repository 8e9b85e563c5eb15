"""Plant made-up fraud in one business's invoices, to measure what the checks find. Synthetic.

Each scheme adds rows to what is there and touches nothing else: `share_percent` says which part of
the year's sales is planted once it is done. The same seed plants the same.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.records import COLUMNS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np

YEAR_DAYS = 365
PAIRS = 20
NEW_BUYERS = 3
Row = dict[str, Any]


def planted(
    invoices: pl.DataFrame, scheme: str, today: date, share_percent: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Return the invoices of one business with a scheme among them."""
    party: str = invoices["party_id"][0]
    year = invoices.filter(
        pl.col("valid"),
        pl.col("side") == "sales",
        pl.col("day") > today - timedelta(days=YEAR_DAYS),
        pl.col("day") <= today,
    )
    sales_fen = int(year["total_fen"].sum())
    made_up_fen = sales_fen * share_percent // (100 - share_percent)
    told = list(SCHEMES[scheme](today, made_up_fen, rng))
    rows = [
        invoice(party, f"planted-{number}", day, side, partner, amount_fen)
        for number, (day, side, partner, amount_fen) in enumerate(told)
    ]
    return pl.concat([invoices, pl.DataFrame(rows, schema=COLUMNS[Kind.INVOICES])])


def invoice(party: str, number: str, day: date, side: str, partner: str, amount_fen: int) -> Row:
    """Return one valid invoice, known since its day."""
    return {
        "party_id": party,
        "row_id": f"{side}:{number}",
        "revision": 0,
        "known_at": datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8),
        "source": "planted",
        "day": day,
        "side": side,
        "number": number,
        "counterparty": partner,
        "net_fen": amount_fen,
        "tax_fen": 0,
        "total_fen": amount_fen,
        "valid": True,
    }


def _cut(total_fen: int, pieces: int, rng: np.random.Generator) -> list[int]:
    """Return odd amounts that add up to about a total."""
    weights = rng.integers(50, 150, pieces)
    return [max(int(total_fen * int(w) // int(weights.sum())), 10_001) | 1 for w in weights]


def _ring_of_two(today: date, total_fen: int, rng: np.random.Generator) -> Iterator[Any]:
    """Sold to a partner and bought back within ten days for all but a fee of 0.3 %."""
    for amount_fen in _cut(total_fen, PAIRS, rng):
        day = today - timedelta(days=int(rng.integers(11, 350)))
        yield day, "sales", "planted partner", amount_fen
        later = day + timedelta(days=int(rng.integers(0, 10)))
        yield later, "purchases", "planted partner", amount_fen * 997 // 1000


def _ring_cut_anew(today: date, total_fen: int, rng: np.random.Generator) -> Iterator[Any]:
    """The same sum comes back over the year, cut into other invoices on other days."""
    for side, pieces in (("sales", PAIRS), ("purchases", PAIRS - 7)):
        for amount_fen in _cut(total_fen, pieces, rng):
            day = today - timedelta(days=int(rng.integers(1, 350)))
            yield day, side, "planted partner", amount_fen


def _ring_of_many(today: date, total_fen: int, rng: np.random.Generator) -> Iterator[Any]:
    """Sold to one and bought from another: the amount comes back within a day."""
    for number, amount_fen in enumerate(_cut(total_fen, PAIRS, rng)):
        day = today - timedelta(days=int(rng.integers(2, 350)))
        yield day, "sales", f"planted buyer {number % 4}", amount_fen
        later = day + timedelta(days=int(rng.integers(0, 2)))
        yield later, "purchases", f"planted supplier {number % 3}", amount_fen


def _sudden_partner(today: date, total_fen: int, rng: np.random.Generator) -> Iterator[Any]:
    """In the last fifty days a new partner buys much and sells half of it back, at other prices."""
    for amount_fen in _cut(total_fen, PAIRS // 2, rng):
        day = today - timedelta(days=int(rng.integers(1, 50)))
        yield day, "sales", "planted newcomer", amount_fen
        again = today - timedelta(days=int(rng.integers(1, 50)))
        yield again, "purchases", "planted newcomer", amount_fen // 2


def _burst(today: date, total_fen: int, rng: np.random.Generator) -> Iterator[Any]:
    """In the last three weeks newcomers buy goods that nobody ever sold to the business."""
    for number, amount_fen in enumerate(_cut(total_fen, PAIRS, rng)):
        day = today - timedelta(days=int(rng.integers(0, 21)))
        yield day, "sales", f"planted buyer {number % NEW_BUYERS}", amount_fen


SCHEMES: dict[str, Callable[[date, int, np.random.Generator], Iterator[Any]]] = {
    "ring of two": _ring_of_two,
    "ring cut anew": _ring_cut_anew,
    "ring of many": _ring_of_many,
    "sudden partner": _sudden_partner,
    "burst": _burst,
}
