"""From rows to loans that can be written: bound events, the state today, entries, differences.

Pure but for the ids that it is handed. The invariant: a loan is prepared whole, or rejected with
one reason; a history that contradicts itself is a reason, never a crash.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, MartletError
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.limits import EVENTS_MAX
from martlet.lending.migration.dealing import CELLS_OF_ROW
from martlet.lending.migration.opening import Opening, opening
from martlet.lending.migration.reconciliation import Difference, differences
from martlet.lending.migration.rows import bind, read_event, read_loan
from martlet.lending.postings import Accounts, position_of
from martlet.lending.projection import project

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from martlet.kernel.ids import IdSource
    from martlet.lending.loan import LoanState
    from martlet.lending.migration.cells import Cells
    from martlet.lending.migration.rows import SourceEvent, SourceLoan


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that was not taken: which, and why."""

    file: str
    line: int
    loan: str
    column: str
    code: str
    details: dict[str, str | int | bool | None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A loan of another system as this bank will hold it."""

    source: SourceLoan
    fingerprint: str
    events: tuple[LoanEvent, ...]
    booked_on: tuple[date, ...]
    notes: tuple[str, ...]
    state: LoanState
    opening: Opening
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """What holds for every loan of one import."""

    source: str
    """The other system's name."""
    rail: str
    today: date
    """The open business date: loans are carried on from here."""
    stated_on: date
    """The day of stated balances where a row names none."""
    ids: IdSource


_PERSONAL = frozenset({"party_name", "owner_name", "owner_phone"})
"""What a fingerprint leaves out: nothing personal is kept, not even as a hash."""


def fingerprint(row: Cells, events: Sequence[Cells]) -> str:
    """Return the hash of what is read of a loan, wherever in the files it stands."""
    told = [
        sorted((name, cell) for name, cell in cells.values.items() if name not in _PERSONAL)
        for cells in (row, *events)
    ]
    written = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def prepare(row: Cells, event_rows: Sequence[Cells], frame: Frame) -> Prepared | list[Rejected]:
    """Return a loan with its history, or why it was not taken; a bad event takes its loan along."""
    reference = row.values.get("loan_id", "").strip()
    try:
        loan = read_loan(_whole(row), frame.stated_on, frame.today)
    except MartletError as error:
        return [_rejected("loans", row, reference, error)]
    sources: list[SourceEvent] = []
    bad: list[Rejected] = []
    for cells in event_rows:
        try:
            sources.append(read_event(_whole(cells), frame.today))
        except MartletError as error:
            bad.append(_rejected("events", cells, reference, error))
    if bad:
        event_bad = Invalid("lending.migration_event_bad", column="", line=bad[0].line)
        return [_rejected("loans", row, reference, event_bad), *bad]
    try:
        return _prepared(loan, fingerprint(row, event_rows), sources, frame)
    except MartletError as error:
        line = error.details.pop("line", None)
        at_event = next((cells for cells in event_rows if cells.line == line), None)
        where = ("loans", row) if at_event is None else ("events", at_event)
        return [_rejected(where[0], where[1], reference, error)]


def _whole(cells: Cells) -> Cells:
    """Return a row that has a cell for every column."""
    if found := cells.values.get(CELLS_OF_ROW):
        raise Invalid(
            "lending.migration_cells",
            column="",
            found_count=int(found),
            wanted_count=len(cells.values) - 1,
        )
    return cells


def _rejected(file: str, cells: Cells, reference: str, error: MartletError) -> Rejected:
    column = str(error.details.get("column") or "")
    return Rejected(file, cells.line, reference[:64], column, error.code, dict(error.details))


def _prepared(
    loan: SourceLoan, hashed: str, sources: Sequence[SourceEvent], frame: Frame
) -> Prepared:
    if len(sources) >= EVENTS_MAX:
        raise Invalid("lending.migration_too_many_events", column="", max_count=EVENTS_MAX)
    events = _bound(loan, sources, frame.ids)
    added = len(events) - len(sources)
    try:
        state = project(loan.terms, events, frame.today)
        found = differences(loan, events, sources, state)
        more = sum(one.difference_fen for one in found)
        accounts = Accounts(loan.product.name, frame.rail, loan.product.defers_fees)
        opened = opening(position_of(state), accounts, frame.source, more)
    except (AssertionError, ArithmeticError, LookupError, ValueError) as error:
        shown = str(error).split("\n", 1)[0][:80] or type(error).__name__
        raise Invalid("lending.migration_impossible", column="", text=shown) from error
    return Prepared(
        source=loan,
        fingerprint=hashed,
        events=tuple(events),
        booked_on=(*([loan.disbursed_on] * added), *(one.booked_on for one in sources)),
        notes=(*([loan.reference] * added), *(one.note for one in sources)),
        state=state,
        opening=opened,
        differences=tuple(found),
    )


def _bound(loan: SourceLoan, sources: Sequence[SourceEvent], ids: IdSource) -> list[LoanEvent]:
    """Return the loan's events under ids of this bank; a missing payout follows from the loan."""
    named: dict[str, UUID] = {}
    made = [ids.new() for _ in sources]
    for event_id, one in zip(made, sources, strict=True):
        if one.reference and named.setdefault(one.reference, event_id) != event_id:
            raise Invalid("lending.migration_repeated", column="event_id", line=one.line)
    events: list[LoanEvent] = []
    if not any(one.kind is EventKind.DISBURSED for one in sources):
        amount = loan.terms.principal_fen
        events.append(LoanEvent(ids.new(), 1, EventKind.DISBURSED, loan.disbursed_on, amount))
    for event_id, one in zip(made, sources, strict=True):
        try:
            events.append(bind(one, event_id, len(events) + 1, named))
        except Invalid as error:
            error.details["line"] = one.line
            raise
    first = min(events, key=lambda event: (event.value_date, event.sequence))
    if first.kind is not EventKind.DISBURSED or first.value_date != loan.disbursed_on:
        raise Invalid(
            "lending.migration_before_payout", column="disbursed_on", on=str(first.value_date)
        )
    return events
