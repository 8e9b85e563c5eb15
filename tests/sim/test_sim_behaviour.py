"""What a merchant wants depends on what it sees of its loans, and on its own nature."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from martlet.sim import calibration, merchants
from martlet.sim.behaviour import Apply, Draw, PayDue, PayOff, Will
from martlet.sim.world import REVOLVING

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
    return {"loan_id": str(LOAN), "state": "posted", "oldest_due_on": None} | otherwise


def test_it_applies_once_on_its_day_for_three_months_of_takings() -> None:
    will = Will(SOUND, 5, PUNCTUAL)
    assert will.wishes(START - timedelta(days=1), []) == []
    assert will.wishes(START, []) == [Apply(REVOLVING, 9_000_000)]
    assert will.wishes(START, []) == []
    will.refused(START)
    assert will.wishes(START + timedelta(days=89), []) == []
    assert will.wishes(START + timedelta(days=90), []) == [Apply(REVOLVING, 9_000_000)]


def test_a_punctual_merchant_pays_on_the_day() -> None:
    will = Will(replace(SOUND, applies_on=None), 5, PUNCTUAL)
    due = START + timedelta(days=30)
    loan = _loan(oldest_due_on=due.isoformat())
    assert will.wishes(due - timedelta(days=1), [loan]) == []
    assert will.wishes(due, [loan]) == [PayDue(LOAN)]
    assert will.wishes(due, [_loan(state="pending", oldest_due_on=due.isoformat())]) == []


def test_a_late_one_pays_within_its_days() -> None:
    late = replace(PUNCTUAL, late_share_ppm=1_000_000)
    will = Will(replace(SOUND, applies_on=None), 5, late)
    loan = _loan(oldest_due_on=START.isoformat())
    paid = [n for n in range(30) if will.wishes(START + timedelta(days=n), [loan])]
    assert 1 <= paid[0] <= late.late_days_max


def test_an_early_one_pays_off_before_maturity() -> None:
    will = Will(replace(SOUND, applies_on=None), 5, replace(PUNCTUAL, early_share_ppm=1_000_000))
    will.drew(LOAN, START + timedelta(days=90), START)
    wanted = [will.wishes(START + timedelta(days=n), [_loan()]) for n in range(90)]
    assert [PayOff(LOAN)] in wanted
    assert wanted[:3] == [[], [], []]


def test_a_sinking_merchant_draws_all_and_a_failed_one_pays_nothing() -> None:
    ends = START + timedelta(days=100)
    will = Will(replace(SOUND, applies_on=None, fails_on=ends), 5, PUNCTUAL)
    will.accepted(LINE, START)
    will.draws_on = ends - timedelta(days=60)
    assert will.wishes(will.draws_on, []) == [Draw(LINE, 1_000_000, one_yuan=False)]
    gone = ends - timedelta(days=PUNCTUAL.decline_days // 3)
    assert will.wishes(gone, [_loan(oldest_due_on=START.isoformat())]) == []


def test_a_lapsed_line_is_asked_for_anew() -> None:
    will = Will(replace(SOUND, applies_on=None), 5, PUNCTUAL)
    will.accepted(LINE, START)
    will.lapsed(START)
    assert will.wishes(START, []) == [Apply(REVOLVING, 9_000_000)]


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
