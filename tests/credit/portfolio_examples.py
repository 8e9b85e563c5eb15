"""Small portfolios made up for tests (synthetic): a household, shops, files of them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.portfolio import brain
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AS_OF = date(2025, 6, 1)
RECORD_COLUMNS = ("merchant_id", "ts", "kind", "amount", "balance", "category", "counterparty")


@dataclass(frozen=True)
class Movement:
    """One row of records.csv, amounts in hundredths."""

    merchant: str
    day: str
    kind: str
    amount: int
    balance: int | None = None
    category: str = ""
    counterparty: str = ""

    def row(self) -> tuple[str, ...]:
        balance = "" if self.balance is None else f"{self.balance / 100:.2f}"
        amount = f"{self.amount / 100:.2f}"
        return (
            self.merchant, self.day, self.kind, amount, balance, self.category, self.counterparty,
        )  # fmt: skip


def shop(
    merchant: str,
    seed: int,
    *,
    monthly: int = 1_000_000,
    days: int = 300,
    cushion: int = 500_000,
    spend: float = 0.9,
) -> list[Movement]:
    """Return the movements of a shop that sells most days and pays a supplier every week."""
    rng = np.random.default_rng(seed)
    balance, found = cushion, []
    for back in range(days, 0, -1):
        day = (AS_OF - timedelta(days=back)).isoformat()
        if rng.uniform() < 0.7:
            amount = 10 * int(monthly / 210 * rng.uniform(0.5, 1.5))
            balance += amount
            found.append(Movement(merchant, day, "in", amount, balance, "sales", f"B{back % 7}"))
        if back % 7 == 0:
            amount = 10 * int(monthly * spend * 7 / 300 * rng.uniform(0.7, 1.3))
            balance -= amount
            found.append(Movement(merchant, day, "out", amount, balance, "supplies", "S1"))
    return found


def portfolio(count: int = 30, seed: int = 3) -> list[Movement]:
    """Return the movements of some shops, from sound ones to strained ones."""
    found = []
    for place in range(count):
        strain = place / count
        found += shop(
            f"M{place}",
            seed * 1_000 + place,
            monthly=400_000 + 60_000 * (place % 9),
            days=120 + 20 * (place % 12),
            cushion=int(600_000 * (1 - strain)),
            spend=0.7 + 0.5 * strain,
        )
    return found


def scaled_sales(movements: Sequence[Movement], per_mille: int) -> list[Movement]:
    """Return the same with every inflow changed, and the balances up accordingly."""
    more: dict[str, int] = {}
    found = []
    for move in movements:
        amount = move.amount
        if move.kind == "in":
            amount = move.amount * per_mille // 1_000
            more[move.merchant] = more.get(move.merchant, 0) + amount - move.amount
        balance = None if move.balance is None else move.balance + more.get(move.merchant, 0)
        found.append(replace(move, amount=amount, balance=balance))
    return found


def applications(count: int = 30, **further: Sequence[str]) -> list[dict[str, str]]:
    """Return one application for each shop of a portfolio."""
    rows = []
    for place in range(count):
        payment = 400 + 350 * (place % 5)
        rows.append(
            {
                "application_id": f"A{place}",
                "merchant_id": f"M{place}",
                "as_of": AS_OF.isoformat(),
                "requested_amount": f"{payment * 11}.00",
                "term_months": "12",
                "monthly_payment": f"{payment}.00",
                **{name: values[place] for name, values in further.items()},
            }
        )
    return rows


def csv_text(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([names, *rows])
    return written.getvalue()


def write_records(path: Path, movements: Sequence[Movement]) -> Path:
    path.write_text(csv_text(RECORD_COLUMNS, [move.row() for move in movements]), "utf-8")
    return path


def write_rows(path: Path, rows: Sequence[dict[str, str]]) -> Path:
    path.write_text(csv_text(list(rows[0]), [list(row.values()) for row in rows]), "utf-8")
    return path


def run(
    folder: Path,
    rows: Sequence[dict[str, str]],
    movements: Sequence[Movement] | None = None,
    labels: Sequence[dict[str, str]] | None = None,
    locale: Locale = Locale.EN,
) -> brain.Scored:
    """Write the files of a lender and score them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = brain.Files(
        write_rows(folder / "applications.csv", rows),
        None if movements is None else write_records(folder / "records.csv", movements),
        None if labels is None else write_rows(folder / "labels.csv", labels),
    )
    return brain.score(files, locale, lambda _stage, _done, _total: None)


def pds(scored: brain.Scored) -> dict[str, int]:
    return {name: given.pd_ppm for name, given in zip(scored.ids, scored.answers, strict=True)}
