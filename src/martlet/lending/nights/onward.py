"""Bring many loans to a morning: from their bookmarks, or from their events where they have none.

The one way in which a night moves a loan. A bookmark counts only where it has seen all events of
the row, and for what a night does by itself: time, and money that comes in. The invariant: either
way gives the same figures, so which one was taken is never to be seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.lending.daily.bookmark import read
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.projection import Onward, project_on, project_onward

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import Row

    from martlet.lending.events import LoanEvent
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Move:
    """A loan's row, its events that are not written yet, and the day to bring it to."""

    row: Row[Any]
    events: Sequence[LoanEvent]
    until: date


def bring_onward(tx: Transaction, moves: Sequence[Move]) -> list[Onward]:
    """Return what has become of each loan on its day."""
    found = [_from_bookmark(move) for move in moves]
    unknown = [move.row.loan_id for move, known in zip(moves, found, strict=True) if known is None]
    events = events_by_loan(tx.connection, unknown)
    return [
        known
        or project_onward(terms_of(move.row), events[move.row.loan_id], move.events, move.until)
        for move, known in zip(moves, found, strict=True)
    ]


def _from_bookmark(move: Move) -> Onward | None:
    mark = read(move.row.bookmark)
    if mark is None or mark.events != move.row.events or mark.day > move.until.toordinal():
        return None
    return project_on(terms_of(move.row), mark, move.events, move.until)
