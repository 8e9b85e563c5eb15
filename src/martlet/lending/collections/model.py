"""A borrower's case as values: its events in their order, the state that follows, and the rules.

A case's row is a copy of `fold(events)` and can be made again. Pure: who is overdue, what was
paid, the day and the hour are told; nothing here reads, writes or sends.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.kernel.calendar import SHANGHAI, business_date_of
from martlet.kernel.limits import AMOUNT_FEN_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from martlet.lending.collections.rules import ContactRule, Plan, Step


class CaseEventKind(StrEnum):
    """What can happen in a case."""

    OPENED = "opened"
    BUCKET_MOVED = "bucket_moved"
    REMINDED = "reminded"
    PROMISED = "promised"
    PROMISE_KEPT = "promise_kept"
    PROMISE_BROKEN = "promise_broken"
    HANDED_OVER = "handed_over"
    TAKEN_BACK = "taken_back"
    NOTE = "note"
    CLOSED = "closed"


class HandlerKind(StrEnum):
    """To whom a case may be handed over."""

    PERSON = "person"
    """A member of the bank's staff, by id."""
    TEAM = "team"
    AGENCY = "agency"
    """An outside firm that the bank has named."""


class Closing(StrEnum):
    """Why a case is closed."""

    CURED = "cured"
    """Nothing is overdue any more."""
    WRITTEN_OFF = "written_off"
    """The bank has written off what was overdue."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A borrower's word to pay an amount by a day, on one loan or on any of his."""

    amount_fen: int
    pay_by: date
    loan_id: UUID | None
    paid_before_fen: int
    """What had been paid in all on those loans when it was given."""

    def __post_init__(self) -> None:
        assert 0 < self.amount_fen <= AMOUNT_FEN_MAX, self
        assert self.paid_before_fen >= 0, self

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value, to be kept with its event."""
        return {
            "amount_fen": self.amount_fen,
            "pay_by": self.pay_by.isoformat(),
            "loan_id": str(self.loan_id) if self.loan_id else None,
            "paid_before_fen": self.paid_before_fen,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Promise:
        """Read back what `as_json` wrote."""
        return cls(
            amount_fen=value["amount_fen"],
            pay_by=date.fromisoformat(value["pay_by"]),
            loan_id=UUID(value["loan_id"]) if value["loan_id"] else None,
            paid_before_fen=value["paid_before_fen"],
        )


@dataclass(frozen=True, slots=True)
class Handler:
    """Who works on a case beside the bank's own routine."""

    kind: HandlerKind
    name: str
    """A member of staff's id, or the short name of a team or an agency."""


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """Something that happened in a case; it is never changed."""

    sequence: int
    kind: CaseEventKind
    business_date: date
    details: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.sequence >= 1, self


@dataclass(frozen=True, slots=True)
class CaseState:
    """All that follows from a case's events."""

    opened_on: date
    bucket: str
    events: int
    promise: Promise | None = None
    promises_made: int = 0
    promises_kept: int = 0
    promises_broken: int = 0
    reminders: int = 0
    handler: Handler | None = None
    closed_on: date | None = None
    closed_because: Closing | None = None


def fold(events: Iterable[CaseEvent]) -> CaseState:
    """Return the state that a case's events lead to; the first of them opens it."""
    state: CaseState | None = None
    for event in events:
        state = opened(event) if state is None else after(state, event)
    assert state is not None, "a case begins with its opening"
    return state


def opened(event: CaseEvent) -> CaseState:
    """Return the state of a case that has just been opened."""
    assert event.kind is CaseEventKind.OPENED, event
    assert event.sequence == 1, event
    return CaseState(event.business_date, event.details["bucket"], 1)


def after(state: CaseState, event: CaseEvent) -> CaseState:
    """Return the state after one more event; one that cannot follow is a mistake."""
    assert event.sequence == state.events + 1, (state, event)
    assert state.closed_on is None, "nothing happens in a closed case"
    return _CHANGES[event.kind](replace(state, events=event.sequence), event)


def _opened_again(_state: CaseState, event: CaseEvent) -> CaseState:
    raise AssertionError(event)


def _moved(state: CaseState, event: CaseEvent) -> CaseState:
    return replace(state, bucket=event.details["bucket"])


def _reminded(state: CaseState, _event: CaseEvent) -> CaseState:
    return replace(state, reminders=state.reminders + 1)


def _promised(state: CaseState, event: CaseEvent) -> CaseState:
    assert state.promise is None, "one promise at a time"
    promise = Promise.from_json(event.details)
    return replace(state, promise=promise, promises_made=state.promises_made + 1)


def _kept(state: CaseState, event: CaseEvent) -> CaseState:
    assert state.promise is not None, event
    return replace(state, promise=None, promises_kept=state.promises_kept + 1)


def _broken(state: CaseState, event: CaseEvent) -> CaseState:
    assert state.promise is not None, event
    return replace(state, promise=None, promises_broken=state.promises_broken + 1)


def _handed_over(state: CaseState, event: CaseEvent) -> CaseState:
    kind = HandlerKind(event.details["handler_kind"])
    return replace(state, handler=Handler(kind, event.details["handler"]))


def _taken_back(state: CaseState, event: CaseEvent) -> CaseState:
    assert state.handler is not None, event
    return replace(state, handler=None)


def _noted(state: CaseState, _event: CaseEvent) -> CaseState:
    return state


def _closed(state: CaseState, event: CaseEvent) -> CaseState:
    because = Closing(event.details["because"])
    return replace(state, closed_on=event.business_date, closed_because=because, promise=None)


_CHANGES: Mapping[CaseEventKind, Callable[[CaseState, CaseEvent], CaseState]] = {
    CaseEventKind.OPENED: _opened_again,
    CaseEventKind.BUCKET_MOVED: _moved,
    CaseEventKind.REMINDED: _reminded,
    CaseEventKind.PROMISED: _promised,
    CaseEventKind.PROMISE_KEPT: _kept,
    CaseEventKind.PROMISE_BROKEN: _broken,
    CaseEventKind.HANDED_OVER: _handed_over,
    CaseEventKind.TAKEN_BACK: _taken_back,
    CaseEventKind.NOTE: _noted,
    CaseEventKind.CLOSED: _closed,
}


def judge(
    promise: Promise, paid_fen: int, day: date, grace_days: int, *, overdue: bool
) -> CaseEventKind | None:
    """Tell at the end of a day whether a promise was kept or broken; None: it still runs.

    Kept is also the promise of one who owes nothing overdue any more.
    """
    if paid_fen - promise.paid_before_fen >= promise.amount_fen or not overdue:
        return CaseEventKind.PROMISE_KEPT
    if day >= promise.pay_by + timedelta(days=grace_days):
        return CaseEventKind.PROMISE_BROKEN
    return None


@dataclass(frozen=True, slots=True)
class Contact:
    """One reminder that may have reached a borrower: over which channel, on which local day."""

    channel: str
    day: date


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides whether a borrower may be reminded now."""

    promise: bool
    paused: bool
    handler: Handler | None
    contacts: tuple[Contact, ...]
    """Those of the last seven days."""


class Blocked(StrEnum):
    """Why a reminder does not go out now."""

    QUIET_HOURS = "quiet_hours"
    PROMISE = "promise"
    PAUSED = "paused"
    WITH_AGENCY = "with_agency"
    DAY_FULL = "day_full"
    WEEK_FULL = "week_full"


WEEK_DAYS = 7


def steps_on(plan: Plan, days: int, bucket: str) -> list[Step]:
    """Return the steps that may go out so many days after the due date, the latest first.

    Of several steps over one channel whose days overlap only the latest is left: a borrower who
    could not be reminded yesterday is not reminded twice today.
    """
    falling = [step for step in plan.steps if step.falls_on(days) and step.bucket == bucket]
    chosen: dict[str, Step] = {}
    for step in sorted(falling, key=lambda one: one.days, reverse=True):
        chosen.setdefault(step.channel, step)
    return list(chosen.values())


def blocked(rule: ContactRule, channel: str, standing: Standing, now: datetime) -> Blocked | None:
    """Return why a borrower may not be reminded over a channel at a moment; None: he may."""
    if not rule.open_at(now.astimezone(SHANGHAI)):
        return Blocked.QUIET_HOURS
    if standing.paused:
        return Blocked.PAUSED
    if standing.promise:
        return Blocked.PROMISE
    if standing.handler is not None and standing.handler.kind is HandlerKind.AGENCY:
        return Blocked.WITH_AGENCY
    today, limit = business_date_of(now), rule.limit(channel)
    first = today - timedelta(days=WEEK_DAYS - 1)
    week = [one.day for one in standing.contacts if one.channel == channel and one.day >= first]
    if sum(day == today for day in week) >= limit.per_day:
        return Blocked.DAY_FULL
    return Blocked.WEEK_FULL if len(week) >= limit.per_7_days else None
