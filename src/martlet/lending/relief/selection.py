"""The book by chunks of columns, and whom a programme helps: a rule over columns, loan by loan.

Rows come from the driver as it keeps them, because a preview reads the whole book. The invariant:
a chunk follows the one before it by loan id, so together they are every live loan, each once.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import numpy as np

from martlet.lending.columns import LINE_FIELDS
from martlet.lending.events import EventKind
from martlet.lending.participation.relief_parts import shares_between
from martlet.lending.postings import FIGURES
from martlet.lending.product import products
from martlet.lending.relief.limits import SPECIAL_ASKED_MAX
from martlet.lending.relief.model import arrears_class
from martlet.parties import TRAITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from martlet.lending.columns import Column
    from martlet.lending.participation.relief_parts import Share
    from martlet.lending.relief.model import Who
    from martlet.store.driver import Driver

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_PLAIN_FIGURES = frozenset(
    {
        "disbursed_fen",
        "principal_paid_fen",
        "interest_accrued_fen",
        "interest_paid_fen",
        "overpaid_fen",
    }
)
_ODD = " + ".join(f"l.{name}" for name in FIGURES if name not in _PLAIN_FIGURES)
_ROW = (
    "l.loan_id, l.party_id, l.facility_id, l.product, l.rail, l.rounding_mode, l.terms, l.status,"
    " l.events, l.accrued_until, l.disbursed_on, l.matures_on, l.next_due_on, l.oldest_due_on,"
    " l.disbursed_fen + l.principal_raised_fen - l.principal_paid_fen"
    " - l.principal_written_off_fen, l.principal_paid_fen, l.interest_accrued_fen,"
    f" l.interest_paid_fen, {_ODD}, f.limit_fen, b.region, b.trade"
)
_CHUNK = (
    f"SELECT {_ROW}, {', '.join(f'l.{name}' for name in LINE_FIELDS)}"  # noqa: S608 - names of its own
    f" FROM lending_loan l JOIN ({TRAITS}) b"
    " ON b.tenant_id = l.tenant_id AND b.party_id = l.party_id"
    " JOIN lending_facility f ON f.facility_id = l.facility_id"
    " WHERE l.tenant_id = ? AND l.live = 1 AND l.loan_id > ? ORDER BY l.loan_id LIMIT ?"
)
_SPECIAL = (
    "SELECT DISTINCT loan_id FROM lending_loan_event"
    " WHERE tenant_id = ? AND kind NOT IN (?, ?) AND loan_id IN ({marks})"
)
_RELIEVED = (
    "SELECT loan_id, programme_id, until_on, kind FROM lending_relief_entry"
    " WHERE tenant_id = ? AND loan_id >= ? AND loan_id <= ?"
)


class LoanRow(NamedTuple):
    """One live loan as the database keeps it: ids and days in its own form."""

    loan_id: Any
    party_id: Any
    facility_id: Any
    product: str
    rail: str
    rounding_mode: str
    terms: str
    status: str
    events: int
    accrued_until: int
    disbursed_on: Any
    matures_on: Any
    next_due_on: Any
    oldest_due_on: Any
    outstanding_fen: int
    principal_paid_fen: int
    interest_accrued_fen: int
    interest_paid_fen: int
    odd_fen: int
    limit_fen: int
    region: str
    trade: str
    line_from: int
    line_until: int
    interest_ticks: int
    interest_numerator: int
    interest_denominator: int
    penalty_ticks: int
    penalty_numerator: int
    penalty_denominator: int


@dataclass(frozen=True)
class Chunk:
    """Live loans that follow each other, as rows and as columns."""

    rows: Sequence[LoanRow]
    last: bool
    """Whether no loan comes after them."""
    special: frozenset[Any]
    """Of those before their last due date that had payments: what else has happened to them."""
    relieved: frozenset[Any]
    """Loans that this programme has helped before, or that another one is helping now."""
    shares: Mapping[Any, Sequence[Share]]
    """Who takes part in those of them that are shared."""

    @cached_property
    def _columns(self) -> dict[str, Column]:
        return {}

    def whole(self, name: str) -> Column:
        """Return a column of whole numbers."""
        if name not in self._columns:
            place = LoanRow._fields.index(name)
            self._columns[name] = np.array([row[place] for row in self.rows], dtype=np.int64)
        return self._columns[name]

    def day(self, name: str) -> Column:
        """Return a column of days as ordinals; 0 where there is none."""
        if name not in self._columns:
            self._columns[name] = self._ordinals(name)
        return self._columns[name]

    def _ordinals(self, name: str) -> Column:
        place = LoanRow._fields.index(name)
        found = np.array([row[place] for row in self.rows], dtype="datetime64[D]")
        ordinals = found.astype(np.int64) + _EPOCH
        return np.where(np.isnat(found), 0, ordinals)

    @cached_property
    def special_mask(self) -> Mask:
        """Tell which loans are special."""
        return np.array([row.loan_id in self.special for row in self.rows], dtype=np.bool_)

    def days_overdue(self, today: date) -> Column:
        """Return the days since the oldest unpaid due date."""
        oldest = self.day("oldest_due_on")
        return np.where(oldest > 0, np.maximum(today.toordinal() - oldest, 0), 0)


_FIRST = UUID(int=0)
"""Before every loan."""

_EPOCH = 719_163
"""The ordinal of the first of January 1970, from which numpy counts."""


def read_chunk(
    driver: Driver,
    tenant_id: UUID,
    programme_id: UUID,
    after: UUID | None,
    limit: int,
    today: date,
) -> Chunk:
    """Read the next live loans after one, with what else is known of them."""
    tenant = driver.id(tenant_id)
    begin = driver.id(after or _FIRST)
    rows = [LoanRow._make(row) for row in driver.fetch(_CHUNK, (tenant, begin, limit))]
    if not rows:
        return Chunk((), last=True, special=frozenset(), relieved=frozenset(), shares={})
    span = (tenant, rows[0].loan_id, rows[-1].loan_id)
    special = _special(driver, tenant, rows)
    own, day = driver.id(programme_id), driver.day(today)
    entries = driver.fetch(_RELIEVED, span)
    ended = {(loan, by) for loan, by, _, kind in entries if kind == "reversed"}
    relieved = frozenset(
        loan
        for loan, by, until, kind in entries
        if kind == "granted" and (by == own or (until > day and (loan, by) not in ended))
    )
    return Chunk(rows, len(rows) < limit, special, relieved, shares_between(driver, *span))


def _special(driver: Driver, tenant: object, rows: Sequence[LoanRow]) -> frozenset[Any]:
    """Return the loans with one due date left to which more happened than payout and payments.

    Of a loan with more due dates its number of events tells as much, once it is known to have paid
    each instalment on its day.
    """
    asked = [row.loan_id for row in rows if row.events > 1 and row.next_due_on == row.matures_on]
    plain = (EventKind.DISBURSED.value, EventKind.REPAID.value)
    found: set[Any] = set()
    for start in range(0, len(asked), SPECIAL_ASKED_MAX):
        some = asked[start : start + SPECIAL_ASKED_MAX]
        query = _SPECIAL.format(marks=", ".join("?" * len(some)))
        found.update(row[0] for row in driver.fetch(query, (tenant, *plain, *some)))
    return frozenset(found)


def helped(who: Who, chunk: Chunk, today: date) -> Mask:
    """Tell which loans of a chunk a programme helps."""
    rows = chunk.rows
    # An advance on takings has a fee and no interest: there is nothing to lower or to pause.
    advances = {name for name, product in products().items() if product.defers_fees}
    chosen = np.array(
        [row.loan_id not in chunk.relieved and row.product not in advances for row in rows],
        dtype=np.bool_,
    )
    for names, field in ((who.regions, "region"), (who.trades, "trade")):
        if names:
            chosen &= _each([getattr(row, field) for row in rows], names)
    if who.products:
        chosen &= _each([row.product for row in rows], who.products)
    for low, high, column in (
        (who.line_min_fen, who.line_max_fen, "limit_fen"),
        (who.outstanding_min_fen, who.outstanding_max_fen, "outstanding_fen"),
    ):
        chosen &= _between(chunk.whole(column), low, high)
    if who.arrears_days_min is not None or who.arrears_days_max is not None:
        days = chunk.days_overdue(today)
        chosen &= _between(days, who.arrears_days_min, who.arrears_days_max)
    drawn = [who.drawn_from, who.drawn_until]
    if drawn != [None, None]:
        first, last = (None if day is None else day.toordinal() for day in drawn)
        chosen &= _between(chunk.day("disbursed_on"), first, last)
    return chosen


def classes_of(chunk: Chunk, today: date) -> list[str]:
    """Return the arrears class of each loan."""
    return [arrears_class(int(days)) for days in chunk.days_overdue(today)]


def _each(values: Sequence[str], names: Sequence[str]) -> Mask:
    """Tell which values are among the names, asking of each different value once."""
    known = {value: _named(value, names) for value in set(values)}
    return np.array([known[value] for value in values], dtype=np.bool_)


def _named(value: str, names: Sequence[str]) -> bool:
    return any(
        value.startswith(name[:-1]) if name.endswith("*") else value == name for name in names
    )


def _between(values: Column, low: int | None, high: int | None) -> Mask:
    found = np.ones(len(values), dtype=np.bool_)
    if low is not None:
        found &= values >= low
    if high is not None:
        found &= values <= high
    return found
