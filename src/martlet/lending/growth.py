"""What lines of accrual have grown by, summed over many loans in columns.

The one place where the book's lines are read as arrays: a night asks what it adds, the proof and
the portfolio what has grown since each loan's row was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.rounding import RoundingMode
from martlet.lending.columns import LINE_FIELDS, accrue
from martlet.lending.loan import LoanStatus
from martlet.lending.marks import FIRST_LOAN, LAST_LOAN, read_mark
from martlet.lending.product import products
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.lending.columns import Column

Growth = dict[tuple[str, str], tuple[int, int]]
"""By product and status: interest and penalty, in fen."""

_STATUSES = (LoanStatus.LIVE.value, LoanStatus.OVERDUE.value)
_MODES = tuple(RoundingMode)
_LINES = ", ".join(LINE_FIELDS)


@dataclass(frozen=True, slots=True)
class Range:
    """Live loans after one and up to another, of all businesses or of some."""

    tenant_id: UUID
    after: UUID = FIRST_LOAN
    last: UUID = LAST_LOAN
    party_ids: Collection[UUID] | None = None

    def where(self, driver: Driver) -> tuple[str, list[Any]]:
        """Return the condition and its values."""
        values = [driver.id(value) for value in (self.tenant_id, self.after, self.last)]
        text = "tenant_id = ? AND live = 1 AND loan_id > ? AND loan_id <= ?"
        if self.party_ids is None:
            return text, values
        marks = ", ".join("?" * len(self.party_ids)) or "NULL"
        named = [driver.id(party_id) for party_id in sorted(self.party_ids)]
        return f"{text} AND party_id IN ({marks})", values + named


def growth_of(
    connection: Connection, tenant_id: UUID, party_ids: Collection[UUID] | None = None
) -> Growth:
    """Return what the ledger has recognised of loans beyond what stands in their rows."""
    mark, driver = read_mark(connection, tenant_id), Driver(connection)
    grown: Growth = {}
    for after, last, until in (
        (FIRST_LOAN, mark.through, mark.until),
        (mark.through, LAST_LOAN, mark.before),
    ):
        if until and after != last:
            loans = Range(tenant_id, after, last, party_ids)
            for key, more in growth_between(driver, loans, 0, until)[0].items():
                before = grown.get(key, (0, 0))
                grown[key] = (before[0] + more[0], before[1] + more[1])
    return grown


def growth_between(driver: Driver, loans: Range, known: int, until: int) -> tuple[Growth, int]:
    """Return what loans earn up to a day, and how many of them a line covers on it.

    Counted from the day until which all of it is known, or from a loan's own later change. Days
    are ordinals.
    """
    where, values = loans.where(driver)
    table = driver.numbers(
        f"SELECT {_code()}, accrued_until, {_LINES} FROM lending_loan"  # noqa: S608 - names of its own
        f" WHERE {where} AND line_from <= ? AND line_until >= ?",
        (*values, until, until),
        2 + len(LINE_FIELDS),
    )
    growth: Growth = {}
    for code in np.unique(table[:, 0]).tolist():
        rows, key, mode = table[table[:, 0] == code], *_decode(code)
        interest, penalty = growth_of_lines(rows[:, 1], rows[:, 2:], (known, until), mode)
        before = growth.get(key, (0, 0))
        growth[key] = (before[0] + int(interest.sum()), before[1] + int(penalty.sum()))
    return growth, len(table)


def _code() -> str:
    """Return the SQL of the number that tells a loan's product, status and rounding mode."""
    products_said = " ".join(
        f"WHEN '{name}' THEN {place * len(_STATUSES) * len(_MODES)}"
        for place, name in enumerate(sorted(products()))
    )
    modes_said = " ".join(f"WHEN '{mode}' THEN {place}" for place, mode in enumerate(_MODES))
    overdue = f"CASE status WHEN '{_STATUSES[1]}' THEN {len(_MODES)} ELSE 0 END"
    whole = f"CASE product {products_said} END + {overdue} + CASE rounding_mode {modes_said} END"
    return f"CAST({whole} AS bigint)"


def _decode(code: int) -> tuple[tuple[str, str], RoundingMode]:
    rest, mode = divmod(code, len(_MODES))
    place, status = divmod(rest, len(_STATUSES))
    return (sorted(products())[place], _STATUSES[status]), _MODES[mode]


def growth_of_lines(
    changed: Column, lines: Column, span: tuple[int, int], mode: RoundingMode
) -> tuple[Column, Column]:
    """Return each line's growth, interest and penalty, from a day or a later change to a day."""
    known, until = span
    then = accrue(lines, np.minimum(np.maximum(changed, known), until), mode)
    now = accrue(lines, np.full_like(changed, until), mode)
    return now.interest_fen - then.interest_fen, now.penalty_fen - then.penalty_fen
