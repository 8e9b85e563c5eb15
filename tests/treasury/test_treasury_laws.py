"""The laws of a position, on sequences that nobody thought of."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from martlet.treasury import Event, EventKind, Position, Yield, advance, product_named, replay
from martlet.treasury.model import MONEY_IN
from martlet.treasury.postings import accounts_of, movements

START = date(2026, 3, 2)
AMOUNTS = st.integers(1, 30_000_000_00)


def day(number: int) -> date:
    return START + timedelta(days=number)


YIELDS = st.dictionaries(
    st.integers(0, 60), st.tuples(st.integers(0, 60_000), st.integers(0, 20)), max_size=60
).map(lambda told: {day(n): Yield(ppm, day(n + late)) for n, (ppm, late) in told.items()})

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in", "confirm", "out", "at_once", "pay", "return", "end"]),
        st.integers(0, 9),
        AMOUNTS,
    ),
    max_size=30,
)


def told(name: str, steps: list[tuple[str, int, int]], yields: dict[date, Yield]) -> list[Event]:
    """Turn a wild list of wishes into the events that a bank could have written."""
    terms = TERMS[name]
    events = [Event(1, EventKind.SUBSCRIBED, START, 5_000_000, due_on=day(1))]
    for wish, pause, amount in steps:
        now = events[-1].day + timedelta(days=pause)
        if now > day(60):
            break
        standing = replay(terms, events, yields, now)
        event = _next(name, standing, len(events) + 1, now, wish, amount)
        if event is not None:
            events.append(event)
    return events


def _next(
    name: str, standing: Position, number: int, now: date, wish: str, amount: int
) -> Event | None:
    part = min(amount, standing.standing_fen)
    if wish == "in":
        return Event(number, EventKind.SUBSCRIBED, now, amount, due_on=now)
    if wish == "confirm" and standing.pending:
        one = standing.pending[0]
        return Event(number, EventKind.CONFIRMED, now, one.amount_fen, one.sequence, day(45))
    if wish in {"out", "at_once"} and part:
        kind = EventKind.REDEEMED if name == "yulibao" else EventKind.BROKEN
        return Event(number, kind, now, part, due_on=now, at_once=wish == "at_once")
    if wish == "pay" and standing.waiting:
        one = standing.waiting[0]
        return Event(number, EventKind.PAID_OUT, now, one.amount_fen, one.sequence)
    if wish == "return" and standing.waiting and name == "yulibao":
        one = standing.waiting[-1]
        return Event(number, EventKind.RETURNED, now, one.amount_fen, one.sequence)
    if wish == "end" and standing.lots and name != "yulibao":
        return Event(number, EventKind.MATURED, now, due_on=now)
    return None


TERMS = {
    "yulibao": product_named("yulibao").terms(START),
    "wenlibao": product_named("wenlibao").terms(START, tenor_days=28),
    "yuelibao": product_named("yuelibao").terms(START, plan=(100_000, 12)),
}
NAMES = st.sampled_from(sorted(TERMS))


@given(NAMES, STEPS, YIELDS)
@settings(deadline=None)
def test_what_came_in_and_was_earned_is_what_went_out_and_stands(
    name: str, steps: list[tuple[str, int, int]], yields: dict[date, Yield]
) -> None:
    events = told(name, steps, yields)
    end = replay(TERMS[name], events, yields, day(90))
    came = sum(one.amount_fen for one in events if one.kind in MONEY_IN)
    went = sum(one.amount_fen for one in events if one.kind is EventKind.PAID_OUT)
    assert end.paid_fen == went
    assert came + end.earned_fen == went + end.value_fen
    assert end.conserved()


@given(NAMES, STEPS, YIELDS, st.data())
@settings(deadline=None)
def test_going_on_from_anywhere_is_the_same_as_replaying_everything(
    name: str, steps: list[tuple[str, int, int]], yields: dict[date, Yield], data: st.DataObject
) -> None:
    """At night only the yields known so far are there; the rest arrives later."""
    terms, events = TERMS[name], told(name, steps, yields)
    position = replay(terms, events[:1], {}, START)
    rest = events[1:]
    for now in sorted(data.draw(st.sets(st.integers(1, 90), max_size=12))):
        due = [one for one in rest if one.day <= day(now)]
        rest = rest[len(due) :]
        known = {on: one for on, one in yields.items() if one.known_on < day(now)}
        position = advance(terms, position, due, known, day(now))
    position = advance(terms, position, rest, yields, day(95))
    assert position == replay(terms, events, yields, day(95))


@given(STEPS, YIELDS)
@settings(deadline=None)
def test_nothing_is_earned_that_no_yield_has_said(
    steps: list[tuple[str, int, int]], yields: dict[date, Yield]
) -> None:
    """The bound by fractions: each day's whole holding times the day's yield, if one is known."""
    terms, events = TERMS["yulibao"], told("yulibao", steps, yields)
    bound = Fraction(0)
    for number in range(91):
        so_far = [event for event in events if event.day <= day(number)]
        if so_far and (one := yields.get(day(number))) is not None:
            held_fen = replay(terms, so_far, yields, day(number)).value_fen
            bound += Fraction(held_fen * one.ppm_per_year, 365_000_000)
    assert replay(terms, events, yields, day(91)).earned_fen <= bound


@given(NAMES, STEPS, YIELDS)
@settings(deadline=None)
def test_the_movements_lead_from_any_position_to_any_later_one(
    name: str, steps: list[tuple[str, int, int]], yields: dict[date, Yield]
) -> None:
    """Each sub-account of the ledger stands at the position's own figure at every step."""
    terms, events = TERMS[name], told(name, steps, yields)
    accounts, book = accounts_of(product_named(name)), defaultdict[str, int](int)
    before = None
    for count, event in enumerate(events, 1):
        after = replay(terms, events[:count], yields, event.day)
        for move in movements(before, after, accounts, "balance"):
            assert move.amount_fen > 0
            book[move.debit] -= move.amount_fen
            book[move.credit] += move.amount_fen
        if event.kind is EventKind.PAID_OUT:
            book[accounts.waiting] -= event.amount_fen
            book["rail"] += event.amount_fen
        figures = ("pending", "standing", "accrued", "waiting")
        shown = {part: book[getattr(accounts, part)] for part in figures}
        assert shown == {part: getattr(after, f"{part}_fen") for part in figures}
        assert sum(book.values()) == 0
        before = after
