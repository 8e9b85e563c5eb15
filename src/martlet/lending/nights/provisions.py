"""Provide: bring each product's allowance to what the rates of the day expect to be lost.

What is owed in all is the control accounts' word; what the watched borrowers owe is read loan by
loan, and the rest is in the best category. The invariant: allowance = sum of the cells kept for
the night; only the difference is posted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import literal_column, select

from martlet.kernel.rounding import RoundingMode
from martlet.ledger import balances
from martlet.lending.asset_classes import AssetClass
from martlet.lending.bookkeeping import record
from martlet.lending.columns import LINE_FIELDS
from martlet.lending.growth import growth_of_lines
from martlet.lending.loss_rates import Cell, LossRates, loss_rates_on
from martlet.lending.nights.tables import borrower_class
from martlet.lending.postings import Movement
from martlet.lending.product import products
from martlet.lending.tables import FEE_OWED, INTEREST_OWED, PENALTY_OWED, PRINCIPAL_OWED, loan
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.lending.nights.night import Night
    from martlet.store import Transaction

LOANS = "assets/loans/"
ALLOWANCE = "assets/loans/allowance/"
IMPAIRMENT = "expenses/impairment/"
_COLUMNS = (
    "tenant_id",
    "business_date",
    "product",
    "category",
    "over_days",
    "owed_fen",
    "rate_ppm",
    "provision_fen",
    "rates_version",
)

Owed = dict[tuple[str, Cell], int]
"""What is owed, by product and cell."""


def provide_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Post what the allowances lack or have too much, and keep how they came about."""
    rates = loss_rates_on(night.until)
    book = {one.path: one.balance_fen for one in balances(tx.connection, tx.principal, LOANS)}
    owed = _owed((_watched(tx), _categories(tx)), _in_all(book), night, rates)
    wanted: dict[str, int] = defaultdict(int)
    for (product, cell), owed_fen in owed.items():
        wanted[product] += rates.provision_fen(cell, owed_fen)
    moves = [
        move
        for product in sorted(products())
        for move in _difference(product, wanted[product], book.get(ALLOWANCE + product, 0))
    ]
    record(tx, moves, night.subject, night.business_date)
    _keep(tx, night, rates, owed)
    totals = {"allowance_fen": sum(wanted.values())}
    totals["posted_fen"] = totals["allowance_fen"] - sum(
        balance for path, balance in book.items() if path.startswith(ALLOWANCE)
    )
    for category in AssetClass:
        parts = (value for (_, cell), value in owed.items() if cell.category is category)
        totals[f"{category}_owed_fen"] = sum(parts)
    return Progress(None, totals)


def _in_all(book: Mapping[str, int]) -> dict[str, int]:
    """Return what is owed on each product, by its control accounts."""
    whole: dict[str, int] = defaultdict(int)
    for path, balance_fen in book.items():
        if not path.startswith(ALLOWANCE):
            whole[path.rpartition("/")[2]] += balance_fen
    return whole


def _watched(tx: Transaction) -> Sequence[Row[Any]]:
    """Return the live loans of the borrowers that are not in the best category."""
    owed = PRINCIPAL_OWED + INTEREST_OWED + FEE_OWED + PENALTY_OWED
    # By their borrowers, who are few: a join may begin at the loans, which are many.
    theirs = select(borrower_class.c.party_id).where(
        borrower_class.c.tenant_id == tx.tenant_id, literal_column("category <> 'normal'")
    )
    query = select(
        loan.c.product,
        loan.c.rounding_mode,
        loan.c.party_id,
        loan.c.oldest_due_on,
        owed.label("owed_fen"),
        loan.c.accrued_until,
        *(loan.c[name] for name in LINE_FIELDS),
    ).where(loan.c.tenant_id == tx.tenant_id, loan.c.live == 1, loan.c.party_id.in_(theirs))
    return tx.execute(query).all()


def _categories(tx: Transaction) -> dict[UUID, str]:
    """Return the category of each borrower that is not in the best."""
    query = select(borrower_class.c.party_id, borrower_class.c.category).where(
        borrower_class.c.tenant_id == tx.tenant_id, literal_column("category <> 'normal'")
    )
    return {row.party_id: row.category for row in tx.execute(query).all()}


def _owed(
    watched: tuple[Sequence[Row[Any]], Mapping[UUID, str]],
    whole: Mapping[str, int],
    night: Night,
    rates: LossRates,
) -> Owed:
    """Share out what is owed on each product to the cells."""
    rows, categories = watched
    grown = _grown(rows, night)
    alike: dict[tuple[str, str, date | None], int] = defaultdict(int)
    for row, more_fen in zip(rows, grown, strict=True):
        alike[row.product, categories[row.party_id], row.oldest_due_on] += row.owed_fen + more_fen
    owed: Owed = defaultdict(int)
    for (product, category, oldest), owed_fen in alike.items():
        late = (night.until - oldest).days if oldest is not None else 0
        owed[product, rates.cell_of(AssetClass(category), late)] += owed_fen
    best = Cell(AssetClass.NORMAL, -1)
    for product, whole_fen in whole.items():
        elsewhere = sum(value for (name, _), value in owed.items() if name == product)
        owed[product, best] += whole_fen - elsewhere
    return {key: owed_fen for key, owed_fen in sorted(owed.items()) if owed_fen}


def _grown(rows: Sequence[Row[Any]], night: Night) -> list[int]:
    """Return what each loan has earned since its row was written."""
    until = night.until.toordinal()
    grown = np.zeros(len(rows), np.int64)
    for mode in {row.rounding_mode for row in rows}:
        behind = [
            place
            for place, row in enumerate(rows)
            if row.rounding_mode == mode and row.accrued_until < until
        ]
        table = np.array([rows[place][5:] for place in behind], np.int64)
        table = table.reshape(-1, 1 + len(LINE_FIELDS))
        parts = growth_of_lines(table[:, 0], table[:, 1:], (0, until), RoundingMode(mode))
        grown[behind] = parts[0] + parts[1]
    found: list[int] = grown.tolist()
    return found


def _difference(product: str, wanted_fen: int, kept_fen: int) -> list[Movement]:
    expense, allowance, kind = IMPAIRMENT + product, ALLOWANCE + product, "lending.provision"
    if wanted_fen > kept_fen:
        return [Movement(expense, allowance, wanted_fen - kept_fen, kind)]
    if wanted_fen < kept_fen:
        return [Movement(allowance, expense, kept_fen - wanted_fen, f"{kind}_released")]
    return []


def _keep(tx: Transaction, night: Night, rates: LossRates, owed: Owed) -> None:
    tenant, day = tx.driver.id(tx.tenant_id), tx.driver.day(night.business_date)
    tx.driver.load(
        "lending_provision",
        _COLUMNS,
        [
            (tenant, day, product, cell.category.value, cell.over_days, owed_fen,
             rates.rates_ppm[cell], rates.provision_fen(cell, owed_fen), rates.version)
            for (product, cell), owed_fen in owed.items()
        ],
    )  # fmt: skip
