"""What a programme does to the loans of a chunk: plain ones in columns, the rest one by one.

The invariant: a loan valued in columns is valued as the scalar fold would; a spread of every
chunk is done both ways, and a difference stops the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import numpy as np
from msgspec.json import decode

from martlet.kernel.errors import Corrupt
from martlet.lending.loan import LoanTerms
from martlet.lending.loans import events_by_loan
from martlet.lending.relief.grants import Grant, grant
from martlet.lending.relief.limits import SAMPLE_LOANS
from martlet.lending.relief.model import steps_from
from martlet.lending.relief.plain import value_plain
from martlet.lending.relief.selection import helped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from sqlalchemy import Connection

    from martlet.lending.columns import Column
    from martlet.lending.events import LoanEvent
    from martlet.lending.relief.model import Programme
    from martlet.lending.relief.plain import Plain
    from martlet.lending.relief.selection import Chunk, LoanRow, Mask


class Days(NamedTuple):
    """When relief begins, which day is open, and up to which morning interest is recognised."""

    starts_on: date
    today: date
    recognised_until: int


@dataclass(frozen=True, slots=True)
class Alone:
    """A loan that was valued by itself."""

    terms: LoanTerms
    events: Sequence[LoanEvent]
    grant: Grant


@dataclass(frozen=True, slots=True)
class Valued:
    """What a programme does to one chunk."""

    plain: Plain
    alone: dict[int, Alone]
    cost_fen: Column
    places: Column
    """Of the loans that get something, in their order."""
    checked: int
    today: date


def value(
    connection: Connection,
    chunk: Chunk,
    programme: Programme,
    days: Days,
    new_id: Callable[[], UUID],
) -> Valued:
    """Value the loans of a chunk that a programme helps."""
    starts_on, today = days.starts_on, days.today
    steps = steps_from(programme, starts_on)
    chosen = helped(programme.who, chunk, today)
    plain = value_plain(chunk, chosen & _can_be_plain(chunk, days), steps, starts_on)
    single = [int(place) for place in np.flatnonzero(chosen & ~plain.mask)]
    sample = _spread(np.flatnonzero(plain.mask))
    alone = _value_alone(connection, chunk, programme, starts_on, [*single, *sample], new_id)
    cost = plain.cost_fen.copy()
    gets = plain.mask & (cost > 0)
    for place in sample:
        made = alone.pop(place, None)
        _compare(chunk.rows[place], int(cost[place]), made.grant.cost_fen if made else 0)
    for place, made in alone.items():
        cost[place] = made.grant.cost_fen
        gets[place] = True
    return Valued(plain, alone, cost, np.flatnonzero(gets), len(sample), today)


def terms_of_text(text: str) -> LoanTerms:
    """Return terms from the text in which a row keeps them."""
    return LoanTerms.from_json(decode(text))


def uuid_of(value: Any) -> UUID:  # noqa: ANN401 - the database's own form
    """Return an id of a row as a UUID."""
    return value if isinstance(value, UUID) else UUID(bytes=bytes(value))


def _can_be_plain(chunk: Chunk, days: Days) -> Mask:
    """Columns reckon from the open day's own morning, up to which the ledger has recognised all.

    A launch delayed into another day, or into the midst of a night, is left to the scalar fold.
    """
    morning = days.today.toordinal()
    recognised = np.maximum(chunk.whole("accrued_until"), days.recognised_until)
    plain: Mask = (recognised == morning) & (days.starts_on == days.today)
    return plain


def _spread(places: np.ndarray[Any, Any]) -> list[int]:
    step = max(1, len(places) // SAMPLE_LOANS)
    return [int(place) for place in places[::step][:SAMPLE_LOANS]]


def _value_alone(
    connection: Connection,
    chunk: Chunk,
    programme: Programme,
    starts_on: date,
    places: Sequence[int],
    new_id: Callable[[], UUID],
) -> dict[int, Alone]:
    ids = {place: uuid_of(chunk.rows[place].loan_id) for place in places}
    events = events_by_loan(connection, list(ids.values())) if ids else {}
    found = {}
    for place, loan_id in ids.items():
        terms = terms_of_text(chunk.rows[place].terms)
        made = grant(programme, terms, events[loan_id], starts_on, new_id)
        if made is not None:
            found[place] = Alone(terms, events[loan_id], made)
    return found


def _compare(row: LoanRow, columns_fen: int, scalar_fen: int) -> None:
    if columns_fen != scalar_fen:
        raise Corrupt(
            "lending.relief_columns_differ",
            loan_id=str(uuid_of(row.loan_id)),
            columns_fen=columns_fen,
            scalar_fen=scalar_fen,
        )
