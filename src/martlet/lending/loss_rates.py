"""Expected loss: what share of each category and bucket of days overdue will not come back.

Rates are dated settings. The provision of a book is the sum over cells of what is owed in each
times its rate, each cell rounded once; the invariant is that cells share out all that is owed.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.asset_classes import AssetClass
from martlet.lending.in_force import in_force

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """Loans of a category that are more days overdue than these."""

    category: AssetClass
    over_days: int


@dataclass(frozen=True, slots=True)
class LossRates:
    """One version of the rates."""

    version: str
    effective_from: date
    source: str
    verified: bool
    rates_ppm: dict[Cell, int]

    def __post_init__(self) -> None:
        whole = {cell.category for cell in self.rates_ppm if cell.over_days < 0}
        assert whole == set(AssetClass), self.version
        assert all(0 <= rate <= PPM for rate in self.rates_ppm.values()), self.version

    def cell_of(self, category: AssetClass, days_overdue: int) -> Cell:
        """Return the cell of a loan: of its category, the last whose days it has passed."""
        return max(
            cell
            for cell in self.rates_ppm
            if cell.category is category and days_overdue > cell.over_days
        )

    def provision_fen(self, cell: Cell, owed_fen: int) -> int:
        """Return what is expected to be lost of what is owed in a cell."""
        return divide(owed_fen * self.rates_ppm[cell], PPM, RoundingMode.HALF_UP)


@cache
def loss_rates() -> tuple[LossRates, ...]:
    """Return every version of the rates, the earliest first."""
    table = tomllib.loads((files("martlet.lending") / "loss_rates.toml").read_text("utf-8"))
    found = [
        LossRates(
            version=entry["version"],
            effective_from=entry["effective_from"],
            source=entry["source"],
            verified=entry["verified"],
            rates_ppm={
                Cell(AssetClass(one["category"]), one["over_days"]): one["rate_ppm"]
                for one in entry["cells"]
            },
        )
        for entry in table["rates"]
    ]
    return tuple(sorted(found, key=lambda one: one.effective_from))


def loss_rates_on(day: date) -> LossRates:
    """Return the rates in force on a day."""
    return in_force(loss_rates(), day)
