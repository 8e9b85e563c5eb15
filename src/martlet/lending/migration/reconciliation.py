"""Balances as another system states them against what the terms and the events give, to the fen.

The invariant: every stated figure is either equal to the computed one or a listed difference. The
first event after which the two part is told where the other system stated a balance after events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.lending.events import EventKind
from martlet.lending.projection import project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanState
    from martlet.lending.migration.rows import SourceEvent, SourceLoan


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of one loan on which two systems do not agree."""

    loan: str
    line: int
    field: str
    stated_fen: int
    computed_fen: int
    parted_at: str
    """The first event after which they part: its name or its line; empty where nobody can tell."""

    @property
    def difference_fen(self) -> int:
        """How much more was stated than is computed."""
        return self.stated_fen - self.computed_fen


def computed_fen(state: LoanState, component: str) -> int:
    """Return what a state owes of a component."""
    return int(getattr(state, f"{component}_fen"))


def differences(
    loan: SourceLoan,
    events: Sequence[LoanEvent],
    source: Sequence[SourceEvent],
    today: LoanState,
) -> list[Difference]:
    """Compare every stated balance with the projection on its day."""
    state = today
    if loan.stated_on != today.as_of:
        state = project(loan.terms, events, loan.stated_on)
    found = [
        (component, stated, computed_fen(state, component))
        for component, stated in loan.stated_fen.items()
    ]
    apart = [one for one in found if one[1] != one[2]]
    if not apart:
        return []
    parted = _parted_at(loan, events, source)
    return [
        Difference(
            loan.reference, loan.line, component, stated, computed,
            parted if component == "principal" else "",
        )
        for component, stated, computed in apart
    ]  # fmt: skip


def _parted_at(loan: SourceLoan, events: Sequence[LoanEvent], source: Sequence[SourceEvent]) -> str:
    """Return the first event after which the principal outstanding is not as was stated."""
    if not source:
        return ""
    together = sorted(
        zip(events[-len(source) :], source, strict=True),
        key=lambda pair: (pair[0].value_date, pair[0].sequence),
    )
    seen = [event for event in events if event not in [pair[0] for pair in together]]
    for event, told in together:
        seen.append(event)
        if told.principal_after_fen is None or not _begun(seen):
            continue
        known = project(loan.terms, seen, event.value_date).principal_fen
        if known != told.principal_after_fen:
            return told.reference or str(told.line)
    return ""


def _begun(events: Sequence[LoanEvent]) -> bool:
    return any(event.kind is EventKind.DISBURSED for event in events)
