"""What partners have lent of what is owed: theirs to provide on, and none of the bank's.

The invariant: of a live loan that was not taken back, the partner's part is its share of all that
is owed on a morning, rounded down; the remainder of a fen is the bank's.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.asset_classes import AssetClass
from martlet.lending.columns import LINE_FIELDS
from martlet.lending.growth import growth_of_lines
from martlet.lending.loss_rates import Cell
from martlet.lending.tables import FEE_OWED, INTEREST_OWED, PENALTY_OWED, PRINCIPAL_OWED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from martlet.lending.loss_rates import LossRates
    from martlet.store.driver import Driver

Owed = dict[tuple[str, Cell], int]
"""What is owed, by product and cell."""

BEST = Cell(AssetClass.NORMAL, -1)
OWED = str(PRINCIPAL_OWED + INTEREST_OWED + FEE_OWED + PENALTY_OWED)
LINE_AT = 5
"""Where the columns of the line begin in a loan's row; its mode stands second."""


def partners_parts(
    driver: Driver,
    tenant_id: UUID,
    until: date,
    rates: LossRates,
    partner_id: UUID | None = None,
) -> Owed:
    """Return what of each cell partners have lent, or one of them."""
    whose = "" if partner_id is None else " AND p.partner_id = ?"
    values = [driver.id(one) for one in (tenant_id, partner_id) if one is not None]
    rows = driver.fetch(
        f"SELECT product, rounding_mode, category, oldest_due_on, {OWED}, accrued_until,"  # noqa: S608 - names of its own
        f" {', '.join(LINE_FIELDS)}, share_ppm FROM lending_participation p"
        " JOIN lending_loan ON lending_loan.loan_id = p.loan_id"
        " LEFT JOIN lending_borrower_class c"
        " ON c.tenant_id = lending_loan.tenant_id AND c.party_id = lending_loan.party_id"
        " WHERE p.tenant_id = ? AND p.open = 1 AND p.ended_on IS NULL AND lending_loan.live = 1"
        f"{whose}",
        tuple(values),
    )
    parts: Owed = defaultdict(int)
    for row, more_fen in zip(rows, grown([row[:-1] for row in rows], until), strict=True):
        product, _mode, category, oldest, owed_fen = row[:LINE_AT]
        since = driver.to_day(oldest)
        cell = cell_on(rates, AssetClass(category or AssetClass.NORMAL), since, until)
        parts[product, cell] += divide((owed_fen + more_fen) * row[-1], PPM, RoundingMode.DOWN)
    return parts


def cell_on(rates: LossRates, category: AssetClass, since: date | None, until: date) -> Cell:
    """Return the cell of a loan unpaid since a day; all of the best category are in one."""
    if category is AssetClass.NORMAL:
        return BEST
    return rates.cell_of(category, (until - since).days if since is not None else 0)


def grown(rows: Sequence[tuple[Any, ...]], until_on: date) -> list[int]:
    """Return what each loan has earned since its row was written."""
    until = until_on.toordinal()
    found = np.zeros(len(rows), np.int64)
    for mode in {row[1] for row in rows}:
        behind = [
            place for place, row in enumerate(rows) if row[1] == mode and row[LINE_AT] < until
        ]
        table = np.array([rows[place][LINE_AT:] for place in behind], np.int64)
        table = table.reshape(-1, 1 + len(LINE_FIELDS))
        parts = growth_of_lines(table[:, 0], table[:, 1:], (0, until), RoundingMode(mode))
        found[behind] = parts[0] + parts[1]
    listed: list[int] = found.tolist()
    return listed
