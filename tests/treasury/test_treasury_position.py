"""What a position is worth on a day: by examples that a person can reckon on paper."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from martlet.treasury import Event, EventKind, Yield, early_end, product_named, replay
from martlet.treasury.earning import kept_fen
from martlet.treasury.model import Lot
from martlet.treasury.product import Breakage, Kept

MONDAY = date(2026, 3, 2)


def on(number: int) -> date:
    return MONDAY + timedelta(days=number)


def surplus(*more: Event) -> list[Event]:
    """¥10,000 subscribed on Monday and confirmed on Tuesday."""
    return [
        Event(1, EventKind.SUBSCRIBED, MONDAY, 1_000_000, due_on=on(1)),
        Event(2, EventKind.CONFIRMED, on(1), 1_000_000, of=1),
        *more,
    ]


SURPLUS = product_named("yulibao").terms(MONDAY)
DAILY = {on(n): Yield(18_250, on(n)) for n in range(40)}
"""1.825 % a year: 50 fen a day on ¥10,000."""


def test_takings_earn_from_the_day_on_which_they_are_confirmed() -> None:
    assert replay(SURPLUS, surplus(), DAILY, on(1)).earned_fen == 0
    assert replay(SURPLUS, surplus(), DAILY, on(2)).earned_fen == 50
    later = replay(SURPLUS, surplus(), DAILY, on(3))
    assert later.standing_fen == 1_000_100
    assert later.ticks == 500_000 + 500_025, "what was earned earns, and its parts are carried on"


def test_what_is_paid_at_once_does_not_earn_that_day_and_what_waits_does() -> None:
    at_once = Event(3, EventKind.REDEEMED, on(1), 400_000, due_on=on(1), at_once=True)
    waits = Event(3, EventKind.REDEEMED, on(1), 400_000, due_on=on(2))
    assert replay(SURPLUS, surplus(at_once), DAILY, on(2)).earned_fen == 30
    assert replay(SURPLUS, surplus(waits), DAILY, on(2)).earned_fen == 50


def test_a_day_without_a_yield_pays_nothing_until_somebody_publishes_it() -> None:
    silent = {day: one for day, one in DAILY.items() if day != on(1)}
    standing = replay(SURPLUS, surplus(), silent, on(3))
    assert standing.earned_fen == 50, "Wednesday's alone"
    assert [one.day for one in standing.unyielded] == [on(1)]
    late = {**silent, on(1): Yield(18_250, on(4))}
    assert replay(SURPLUS, surplus(), late, on(4)).earned_fen == 100
    made_good = replay(SURPLUS, surplus(), late, on(5))
    assert made_good.earned_fen == 200
    assert not made_good.unyielded


def test_a_yield_of_nothing_is_known_and_pays_nothing() -> None:
    silent = {**DAILY, on(1): Yield(0, on(1))}
    standing = replay(SURPLUS, surplus(), silent, on(2))
    assert standing.earned_fen == 0
    assert not standing.unyielded


TERM = product_named("wenlibao").terms(MONDAY, tenor_days=28)


def term(*more: Event) -> list[Event]:
    """¥36,500 for 28 days at 1.4 %: 1.40 yuan a day."""
    return [
        Event(1, EventKind.SUBSCRIBED, MONDAY, 3_650_000, due_on=MONDAY, ppm_per_year=14_000),
        Event(2, EventKind.CONFIRMED, MONDAY, 3_650_000, of=1, due_on=on(28)),
        *more,
    ]


def test_a_term_accrues_day_by_day_and_is_paid_in_one_sum() -> None:
    assert replay(TERM, term(), {}, on(10)).accrued_fen == 1_400
    assert replay(TERM, term(), {}, on(27)).accrued_fen == 27 * 140
    ended = replay(TERM, term(Event(3, EventKind.MATURED, on(28))), {}, on(28))
    assert ended.waiting_fen == 3_650_000 + 28 * 140
    paid = Event(4, EventKind.PAID_OUT, on(28), of=3)
    over = replay(TERM, term(Event(3, EventKind.MATURED, on(28)), paid), {}, on(60))
    assert over.paid_fen == 3_653_920
    assert not over.is_open


@pytest.mark.parametrize(("earns", "days"), [(True, 30), (False, 28)])
def test_a_term_that_ends_on_a_day_off_earns_until_it_is_paid_where_the_product_says_so(
    earns: bool, days: int
) -> None:
    terms = msgspec.structs.replace(TERM, earns_past_term=earns)
    events = [term()[0], msgspec.structs.replace(term()[1], due_on=on(30))]
    assert replay(terms, events, {}, on(40)).accrued_fen == days * 140


@pytest.mark.parametrize(
    ("breakage", "kept"),
    [
        (Breakage(allowed=True), 0),
        (Breakage(allowed=True, kept=Kept.SHARE, share_ppm=250_000), 350),
        (Breakage(allowed=True, kept=Kept.OTHER_YIELD, ppm_per_year=2_000), 200),
        (Breakage(allowed=True, kept=Kept.OTHER_YIELD, ppm_per_year=90_000), 1_400),
        (Breakage(allowed=True, kept=Kept.LESS_DAYS, lost_days=3), 980),
        (Breakage(allowed=True, kept=Kept.LESS_DAYS, lost_days=30), 0),
    ],
)
def test_breaking_a_term_is_priced_by_the_products_own_rule(breakage: Breakage, kept: int) -> None:
    """Ten days at 1.40 yuan are 14 yuan; the fourth rule is dearer than the term, and capped."""
    terms = msgspec.structs.replace(TERM, breakage=breakage)
    standing = replay(terms, term(), {}, on(10))
    end = early_end(terms, standing, 3_650_000)
    assert (end.earned_fen, end.kept_fen) == (1_400, kept)
    assert kept_fen(terms, standing.lots[0], 10) == kept
    broken = replay(terms, term(Event(3, EventKind.BROKEN, on(10), 3_650_000)), {}, on(10))
    assert broken.waiting_fen == 3_650_000 + kept
    assert broken.lost_fen == 1_400 - kept
    assert broken.earned_fen == kept


def test_a_part_that_is_broken_leaves_the_rest_as_if_it_had_always_been_alone() -> None:
    part = replay(TERM, term(Event(3, EventKind.BROKEN, on(10), 1_650_000)), {}, on(28))
    alone = [msgspec.structs.replace(one, amount_fen=2_000_000) for one in term()]
    assert part.accrued_fen == replay(TERM, alone, {}, on(28)).accrued_fen
    assert part.lots == (Lot(MONDAY, 2_000_000, 14_000),)


PLAN = product_named("yuelibao").terms(MONDAY, plan=(100_000, 6))


def plan(months: int) -> list[Event]:
    events: list[Event] = []
    for number in range(months):
        day = date(2026, 3 + number, 2)
        first = len(events) + 1
        events.append(Event(first, EventKind.INSTALMENT, day, 100_000, due_on=day))
        ends = date(2026, 9, 2)
        events.append(Event(first + 1, EventKind.CONFIRMED, day, 100_000, of=first, due_on=ends))
    return events


def test_each_instalment_earns_from_its_own_day_to_the_end_of_the_plan() -> None:
    standing = replay(PLAN, plan(6), {}, date(2026, 9, 2))
    days = [(date(2026, 9, 2) - date(2026, 3 + number, 2)).days for number in range(6)]
    assert standing.accrued_fen == sum(100_000 * 16_000 * n // (365 * 1_000_000) for n in days)
    assert standing.instalments_paid == 6


def test_a_plan_lapses_with_one_missed_instalment_more_than_it_allows() -> None:
    missed = [Event(3 + n, EventKind.MISSED, date(2026, 4 + n, 2)) for n in range(3)]
    assert not replay(PLAN, [*plan(1), *missed[:2]], {}, date(2026, 6, 1)).lapsed
    assert replay(PLAN, [*plan(1), *missed], {}, date(2026, 7, 1)).lapsed
