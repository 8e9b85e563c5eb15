"""Writing relief down: events by the driver's fastest way, and every loan's row kept a true copy.

A plain loan's new line was reckoned in columns; any other loan is projected with its new events
and only the difference is posted, as after any event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.canonical import canonical_json
from martlet.lending.bookkeeping import record
from martlet.lending.events import Rate, details_json
from martlet.lending.loans import accounts_of, accrued_day, find_loan, keep_state, position_in
from martlet.lending.postings import movements, position_of
from martlet.lending.projection import project
from martlet.lending.relief.grants import changes
from martlet.lending.relief.model import steps_from
from martlet.lending.relief.valuing import terms_of_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanTerms
    from martlet.lending.relief.model import Programme
    from martlet.lending.relief.plain import Plain
    from martlet.lending.relief.selection import Chunk
    from martlet.lending.relief.valuing import Alone
    from martlet.store import Transaction

EVENT_COLUMNS = (
    *("event_id", "tenant_id", "loan_id", "sequence", "kind", "value_date", "business_date"),
    *("amount_fen", "details", "reference", "recorded_at"),
)
_MOVE_LINE = (
    "UPDATE lending_loan SET events = ?, interest_accrued_fen = ?, accrued_until = ?,"
    " line_from = ?, line_until = ?, interest_ticks = ?, interest_numerator = ?,"
    " interest_denominator = ?, penalty_ticks = ?, penalty_numerator = ?,"
    " penalty_denominator = ? WHERE loan_id = ?"
)


@dataclass(frozen=True, slots=True)
class Writing:
    """One transaction's writing: which day relief begins, which day is open, for what."""

    tx: Transaction
    value_date: date
    today: date
    subject: str

    def load_events(self, rows: Iterable[tuple[UUID, Any, int, str, int, str]]) -> None:
        """Write events down: id, loan, sequence, kind, amount, details as text."""
        driver = self.tx.driver
        tenant = driver.id(self.tx.tenant_id)
        value_date, today = driver.day(self.value_date), driver.day(self.today)
        now = driver.moment(self.tx.now)
        driver.load(
            "lending_loan_event",
            EVENT_COLUMNS,
            (
                (driver.id(event_id), tenant, loan_id, sequence, kind, value_date, today,
                 amount_fen, details, self.subject, now)
                for event_id, loan_id, sequence, kind, amount_fen, details in rows
            ),
        )  # fmt: skip


def write_plain(
    writing: Writing, chunk: Chunk, plain: Plain, places: Sequence[int], programme: Programme
) -> int:
    """Write the relief of plain loans; return how many events each of them got."""
    if not places:
        return 0
    driver = writing.tx.driver
    steps = steps_from(programme, writing.value_date)
    # The same rate gives the same events, so their texts are written once for each.
    terms = terms_of_text(chunk.rows[places[0]].terms)
    state = project(terms, (), writing.value_date)
    texts: dict[tuple[int, int], list[tuple[str, int, str]]] = {}
    events: list[tuple[UUID, Any, int, str, int, str]] = []
    new_id = writing.tx.ids.new
    updates = []
    ppm, days = plain.rate_ppm.tolist(), plain.rate_days.tolist()
    lines, interest = plain.line.tolist(), plain.interest_fen.tolist()
    day, added = writing.today.toordinal(), 0
    for place in places:
        row, rate = chunk.rows[place], (ppm[place], days[place])
        if (known := texts.get(rate)) is None:
            made = changes(steps, Rate(*rate), terms, state)
            known = texts[rate] = [
                (kind.value, amount, text_of(details)) for kind, amount, details in made
            ]
        added = len(known)
        for number, (kind, amount_fen, details) in enumerate(known, row.events + 1):
            events.append((new_id(), row.loan_id, number, kind, amount_fen, details))
        updates.append((row.events + added, interest[place], day, *lines[place], row.loan_id))
    writing.load_events(events)
    driver.run_many(_MOVE_LINE, updates)
    return added


def write_alone(writing: Writing, loan_id: UUID, alone: Alone) -> None:
    """Write the relief of one loan and post the difference it makes."""
    write_events(writing, loan_id, alone.terms, alone.events, alone.grant.events)


def write_events(
    writing: Writing,
    loan_id: UUID,
    terms: LoanTerms,
    events: Sequence[LoanEvent],
    added: Sequence[LoanEvent],
) -> None:
    """Write new events of one loan, keep its row a copy, and post the difference."""
    tx = writing.tx
    kept = tx.driver.id(loan_id)
    writing.load_events(
        (
            event.event_id,
            kept,
            event.sequence,
            event.kind.value,
            event.amount_fen,
            text_of(event.details),
        )
        for event in added
    )
    row = find_loan(tx.connection, tx.principal, loan_id)
    state = project(terms, [*events, *added], max(writing.today, accrued_day(row)))
    moves = movements(position_in(row), position_of(state), accounts_of(row))
    record(tx, moves, f"loan:{loan_id}", writing.today, writing.value_date)
    keep_state(tx, row, state, events=added[-1].sequence)


def text_of(details: Any) -> str:  # noqa: ANN401 - any details of an event
    """Return details as the database keeps them."""
    return canonical_json(details_json(details)).decode()
