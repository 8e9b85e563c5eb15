"""What a merchant wants depends on what it sees of its loans, and on its own nature."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from martlet.sim import calibration, merchants
from martlet.sim.behaviour import Apply, Draw, Look, Pay, PayOff, Will
from martlet.sim.world import REVOLVING

if TYPE_CHECKING:
    from martlet.sim.calibration import Assumed

START = date(2026, 1, 1)
SHAPE = calibration()
LOAN, LINE = UUID(int=1), UUID(int=2)
SOUND = replace(
    merchants(5, 1, START, 365, SHAPE)[0],
    fails_on=None,
    applies_on=START,
    product=REVOLVING,
    level_fen_per_day=100_000,
)
PUNCTUAL = replace(SHAPE.assumed, late_share_ppm=0, early_share_ppm=0)


def _loan(**otherwise: object) -> dict[str, object]:
    return {
        "loan_id": str(LOAN),
        "state": "posted",
        "status": "live",
        "due_fen": 0,
        "oldest_due_on": None,
        "next_due_on": (START + timedelta(days=30)).isoformat(),
    } | otherwise


def _due(on: date) -> dict[str, object]:
    return _loan(due_fen=700, oldest_due_on=on.isoformat(), next_due_on=None)


def _borrower(assumed: Assumed, **otherwise: object) -> Will:
    """A merchant that drew on the first day, for ninety days."""
    will = Will(replace(SOUND, applies_on=None, **otherwise), 5, assumed)
    dues = [{"due_on": (START + timedelta(days=n)).isoformat()} for n in (30, 60, 90)]
    will.drew(LOAN, dues, START)
    return will


def test_it_applies_once_on_its_day_for_three_months_of_takings() -> None:
    will = Will(SOUND, 5, PUNCTUAL)
    assert will.wishes(START - timedelta(days=1)) == []
    assert will.wishes(START) == [Apply(REVOLVING, 9_000_000)]
    assert will.wishes(START) == []
    will.refused(START)
    assert will.wishes(START + timedelta(days=89)) == []
    assert will.wishes(START + timedelta(days=90)) == [Apply(REVOLVING, 9_000_000)]


def test_it_looks_on_the_day_and_pays_what_is_due() -> None:
    will, due = _borrower(PUNCTUAL), START + timedelta(days=30)
    assert will.wishes(due - timedelta(days=1)) == []
    assert will.wishes(due) == [Look(LOAN)]
    coming = _due(due) | {"next_due_on": (START + timedelta(days=60)).isoformat()}
    assert will.seen(coming, due) == Pay(LOAN, 700)
    assert will.wishes(START + timedelta(days=59)) == []
    last = START + timedelta(days=60)
    assert will.wishes(last) == [Look(LOAN)]
    assert will.seen(_due(last), last) == Pay(LOAN, 700)
    assert will.plans == {}


def test_while_the_rail_is_silent_it_looks_every_day() -> None:
    will, day = _borrower(PUNCTUAL), START + timedelta(days=30)
    for offset in range(3):
        assert will.seen(_loan(state="pending"), day + timedelta(days=offset)) is None
        assert will.wishes(day + timedelta(days=offset + 1)) == [Look(LOAN)]


@pytest.mark.parametrize("end", [{"state": "voided", "status": "cancelled"}, {"status": "closed"}])
def test_what_is_over_is_forgotten(end: dict[str, str]) -> None:
    will = _borrower(PUNCTUAL)
    assert will.seen(_loan(**end), START + timedelta(days=1)) is None
    assert will.plans == {}


def test_a_late_one_pays_within_its_days() -> None:
    late = replace(PUNCTUAL, late_share_ppm=1_000_000)
    will = _borrower(late)
    days = [START + timedelta(days=30 + n) for n in range(30)]
    waited = next(n for n, day in enumerate(days) if will.seen(_due(days[0]), day))
    assert 1 <= waited <= late.late_days_max


def test_an_early_one_pays_off_before_maturity() -> None:
    will = _borrower(replace(PUNCTUAL, early_share_ppm=1_000_000))
    last = (START + timedelta(days=90)).isoformat()
    wanted = [
        will.seen(_loan(next_due_on=last), START + timedelta(days=n))
        for n in range(1, 90)
        if will.wishes(START + timedelta(days=n))
    ]
    assert wanted[-1] == PayOff(LOAN)
    assert wanted[0] is None


def test_a_sinking_merchant_draws_all_and_a_failed_one_does_nothing() -> None:
    ends = START + timedelta(days=100)
    will = _borrower(PUNCTUAL, fails_on=ends)
    will.accepted(LINE, START)
    will.draws_on = ends - timedelta(days=72)
    assert will.wishes(will.draws_on) == [Draw(LINE, 1_000_000, one_yuan=False)]
    gone = ends - timedelta(days=PUNCTUAL.decline_days // 3)
    assert will.wishes(gone) == []


def test_a_lapsed_line_is_asked_for_anew() -> None:
    will = Will(replace(SOUND, applies_on=None), 5, PUNCTUAL)
    will.accepted(LINE, START)
    will.lapsed(START)
    assert will.wishes(START) == [Apply(REVOLVING, 9_000_000)]


@pytest.mark.parametrize(
    ("free_fen", "share_ppm", "one_yuan", "amount_fen"),
    [
        (100_000, 500_000, False, 50_000),
        (100_099, 1_000_000, False, 100_000),
        (150, 500_000, False, 0),
        (100, 500_000, True, 100),
        (99, 500_000, True, 0),
    ],
)
def test_a_drawdown_is_whole_yuan(
    free_fen: int, share_ppm: int, one_yuan: bool, amount_fen: int
) -> None:
    assert Draw(LINE, share_ppm, one_yuan=one_yuan).amount_fen(free_fen) == amount_fen
