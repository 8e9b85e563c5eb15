"""Provide: bring each product's allowance to what the rates of the day expect to be lost.

What is owed in all is the control accounts' word; what the watched borrowers owe is read loan by
loan, and the rest is in the best category. The invariant: allowance = sum of the cells kept for
the night; only the difference is posted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.rounding import RoundingMode
from martlet.ledger import balances
from martlet.lending.asset_classes import AssetClass
from martlet.lending.bookkeeping import record
from martlet.lending.columns import LINE_FIELDS
from martlet.lending.growth import growth_of_lines
from martlet.lending.loss_rates import Cell, LossRates, loss_rates_on
from martlet.lending.postings import Movement
from martlet.lending.product import products
from martlet.lending.tables import FEE_OWED, INTEREST_OWED, PENALTY_OWED, PRINCIPAL_OWED
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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
    owed = _owed(tx, _watched(tx), _in_all(book), night, rates)
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


def _watched(tx: Transaction) -> list[tuple[Any, ...]]:
    """Return the live loans of the borrowers that are not in the best category.

    Product, rounding mode, category, oldest day unpaid, what is owed, and the loan's line since
    its last change; in the form that the database keeps.
    """
    # By their borrowers, who are few: a join may begin at the loans, which are many.
    return tx.driver.fetch(
        f"SELECT product, rounding_mode, category, oldest_due_on, {_OWED}, accrued_until,"  # noqa: S608 - names of its own
        f" {', '.join(LINE_FIELDS)} FROM lending_borrower_class c CROSS JOIN lending_loan"
        " WHERE c.tenant_id = ? AND c.category <> 'normal' AND lending_loan.live = 1"
        " AND lending_loan.tenant_id = c.tenant_id AND lending_loan.party_id = c.party_id",
        (tx.driver.id(tx.tenant_id),),
    )


_OWED = str(PRINCIPAL_OWED + INTEREST_OWED + FEE_OWED + PENALTY_OWED)


def _owed(
    tx: Transaction,
    watched: Sequence[tuple[Any, ...]],
    whole: Mapping[str, int],
    night: Night,
    rates: LossRates,
) -> Owed:
    """Share out what is owed on each product to the cells."""
    alike: dict[tuple[str, str, Any], int] = defaultdict(int)
    for row, more_fen in zip(watched, _grown(watched, night), strict=True):
        product, _mode, category, oldest, owed_fen = row[:_LINE_AT]
        alike[product, category, oldest] += owed_fen + more_fen
    owed: Owed = defaultdict(int)
    for (product, category, oldest), owed_fen in alike.items():
        since = tx.driver.to_day(oldest)
        late = (night.until - since).days if since is not None else 0
        owed[product, rates.cell_of(AssetClass(category), late)] += owed_fen
    best = Cell(AssetClass.NORMAL, -1)
    for product, whole_fen in whole.items():
        elsewhere = sum(value for (name, _), value in owed.items() if name == product)
        owed[product, best] += whole_fen - elsewhere
    return {key: owed_fen for key, owed_fen in sorted(owed.items()) if owed_fen}


_LINE_AT = 5
"""Where the columns of the line begin in a watched loan's row; its mode stands second."""


def _grown(rows: Sequence[tuple[Any, ...]], night: Night) -> list[int]:
    """Return what each loan has earned since its row was written."""
    until = night.until.toordinal()
    grown = np.zeros(len(rows), np.int64)
    for mode in {row[1] for row in rows}:
        behind = [
            place for place, row in enumerate(rows) if row[1] == mode and row[_LINE_AT] < until
        ]
        table = np.array([rows[place][_LINE_AT:] for place in behind], np.int64)
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
