"""What takes the money at hand to its lowest point: parts with a sentence each, to the fen.

Usual days, the trend since, where in the week the dip lies, holidays, each known item, each change
that is thought of. The invariant: the parts add up to what lies between the opening and the lowest
point; what no part explains is told as the rest, never spread over the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow.fen import in_whole_fen
from martlet.cashflow.known_flows import expected_by_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from martlet.cashflow.known_flows import KnownItem
    from martlet.cashflow.model import FloatArray
    from martlet.kernel.errors import Detail

DRIVER_CODES = (
    *("cashflow.driver_inflow", "cashflow.driver_outflow", "cashflow.driver_inflow_trend"),
    *("cashflow.driver_outflow_trend", "cashflow.driver_weekday", "cashflow.driver_holiday"),
    *("cashflow.driver_customer", "cashflow.driver_item", "cashflow.driver_change"),
    "cashflow.driver_rest",
)
"""Every kind of part."""

_REST_LEAST_FEN = 1


@dataclass(frozen=True, slots=True)
class Driver:
    """One part of what happens until the lowest point; below zero it takes money away."""

    code: str
    amount_fen: int
    details: Mapping[str, Detail] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"code": self.code, "amount_fen": self.amount_fen, "details": dict(self.details)}


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What is expected of a day's flow, and of the same day without this or that."""

    usual: float
    """A day of the past year."""
    plain: FloatArray
    """H, by a calendar of weekdays alone."""
    mean: FloatArray
    """H, as forecast."""

    def parts(self, count: int) -> tuple[float, float, float, float]:
        """Return usual, trend, weekday and holiday parts of the first days' total."""
        weeks = max(len(self.plain) // 7 * 7, 1)
        level = float(self.plain[:weeks].mean())
        plain, mean = float(self.plain[:count].sum()), float(self.mean[:count].sum())
        usual = self.usual * count
        return usual, level * count - usual, plain - level * count, mean - plain


def drivers_of(
    until: int,
    total_fen: int,
    expected: tuple[Expected, Expected],
    items: Sequence[KnownItem],
    days: Sequence[date],
    *,
    lost: Mapping[str, float],
    changes: Iterable[tuple[str, float]],
) -> tuple[Driver, ...]:
    """Return the parts of the net flow over the first days.

    `lost` names customers that have fallen silent and what a day of theirs was worth; `changes` are
    the codes of what is thought of with what it does to the expected flow.
    """
    came, went = (side.parts(until) for side in expected)
    told: list[tuple[str, float, dict[str, Detail]]] = [
        ("cashflow.driver_inflow", came[0], {"days": until}),
        ("cashflow.driver_outflow", -went[0], {"days": until}),
    ]
    trend = came[1]
    silent: list[tuple[str, float, dict[str, Detail]]] = []
    for customer, daily in lost.items():
        # Of a falling trend no more is a silent customer's than it was worth.
        part = max(min(trend, 0.0), -daily * until)
        if part < 0.0:
            silent.append(("cashflow.driver_customer", part, {"customer": customer}))
            trend -= part
    told += [
        ("cashflow.driver_inflow_trend", trend, {}),
        *silent,
        ("cashflow.driver_outflow_trend", -went[1], {}),
        ("cashflow.driver_weekday", came[2] - went[2], {}),
        ("cashflow.driver_holiday", came[3] - went[3], {}),
    ]
    for item in items:
        amount = float(np.sum(expected_by_day(item, days)[:until]))
        details: dict[str, Detail] = {
            "kind": item.kind.value,
            "source": item.source.value,
            "label": item.label,
            "due_on": item.due_on.isoformat(),
        }
        told.append(("cashflow.driver_item", amount, details))
    told += [("cashflow.driver_change", amount, {"change": name}) for name, amount in changes]
    kept = [(code, amount, details) for code, amount, details in told if abs(amount) >= 0.5]  # noqa: PLR2004 - less than a fen is none
    rest = total_fen - sum(amount for _, amount, _ in kept)
    whole = in_whole_fen([*(amount for _, amount, _ in kept), rest], total_fen)
    named = [
        Driver(code, fen, details) for (code, _, details), fen in zip(kept, whole, strict=False)
    ]
    if abs(whole[-1]) >= _REST_LEAST_FEN:
        named.append(Driver("cashflow.driver_rest", whole[-1]))
    return tuple(sorted(named, key=lambda driver: (driver.amount_fen, driver.code)))
