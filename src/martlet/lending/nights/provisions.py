"""Provide: bring each product's allowance to what the rates of the day expect to be lost.

What is owed in all is the control accounts' word; what the watched borrowers owe is read loan by
loan, and the rest is in the best category. Of a shared loan the bank provides on its own part: the
partner's share of what is owed, rounded down, is the partner's to provide on. The invariant:
allowance = sum of the cells kept for the night; only the difference is posted.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from martlet.ledger import balances
from martlet.lending.asset_classes import AssetClass
from martlet.lending.bookkeeping import record
from martlet.lending.columns import LINE_FIELDS
from martlet.lending.loss_rates import LossRates, loss_rates_on
from martlet.lending.nights.lent_by_partners import (
    BEST,
    LINE_AT,
    OWED,
    cell_on,
    grown,
    partners_parts,
)
from martlet.lending.postings import Movement
from martlet.lending.product import products
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.lending.nights.lent_by_partners import Owed
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


def provide_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Post what the allowances lack or have too much, and keep how they came about."""
    rates = loss_rates_on(night.until)
    book = {one.path: one.balance_fen for one in balances(tx.connection, tx.principal, LOANS)}
    owed = _owed(tx, _watched(tx), _in_all(book), night, rates)
    parts = partners_parts(tx.driver, tx.tenant_id, night.until, rates)
    owed = {key: own for key, fen in owed.items() if (own := fen - parts.get(key, 0))}
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
    totals["partners_owed_fen"] = sum(parts.values())
    totals["posted_fen"] = totals["allowance_fen"] - sum(
        balance for path, balance in book.items() if path.startswith(ALLOWANCE)
    )
    for category in AssetClass:
        of_class = (value for (_, cell), value in owed.items() if cell.category is category)
        totals[f"{category}_owed_fen"] = sum(of_class)
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
        f"SELECT product, rounding_mode, category, oldest_due_on, {OWED}, accrued_until,"  # noqa: S608 - names of its own
        f" {', '.join(LINE_FIELDS)} FROM lending_borrower_class c CROSS JOIN lending_loan"
        " WHERE c.tenant_id = ? AND c.category <> 'normal' AND lending_loan.live = 1"
        " AND lending_loan.tenant_id = c.tenant_id AND lending_loan.party_id = c.party_id",
        (tx.driver.id(tx.tenant_id),),
    )


def _owed(
    tx: Transaction,
    watched: Sequence[tuple[Any, ...]],
    whole: Mapping[str, int],
    night: Night,
    rates: LossRates,
) -> Owed:
    """Share out what is owed on each product to the cells."""
    alike: dict[tuple[str, str, Any], int] = defaultdict(int)
    for row, more_fen in zip(watched, grown(watched, night.until), strict=True):
        product, _mode, category, oldest, owed_fen = row[:LINE_AT]
        alike[product, category, oldest] += owed_fen + more_fen
    owed: Owed = defaultdict(int)
    for (product, category, oldest), owed_fen in alike.items():
        since = tx.driver.to_day(oldest)
        owed[product, cell_on(rates, AssetClass(category), since, night.until)] += owed_fen
    for product, whole_fen in whole.items():
        elsewhere = sum(value for (name, _), value in owed.items() if name == product)
        owed[product, BEST] += whole_fen - elsewhere
    return {key: owed_fen for key, owed_fen in sorted(owed.items()) if owed_fen}


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
