"""An advance on takings: 10,000 yuan for a fee of 800, repaid by a tenth of what the till takes."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.lending.advances.curve import income_curve
from martlet.lending.advances.fold import share_on
from martlet.lending.advances.terms import TakingsTerms
from martlet.lending.events import (
    ChargedBack,
    Component,
    EventKind,
    LoanEvent,
    Reasoned,
    Reversed,
    ShareChanged,
    Waived,
)
from martlet.lending.loan import LoanState, LoanStatus, LoanTerms
from martlet.lending.product import product_named
from martlet.lending.projection import oldest_unpaid, project, schedule

START = date(2026, 3, 2)
ADVANCE = TakingsTerms(
    fee_fen=80_000,
    share_ppm=100_000,
    expected_daily_fen=6_000,
    minimum_every_days=60,
    minimum_ppm=250_000,
)
TERMS = LoanTerms(1_000_000, 0, 365, product_named("revolving_daily").conventions, takings=ADVANCE)


def event(
    sequence: int, kind: EventKind, day: int, amount_fen: int = 0, details: object = None
) -> LoanEvent:
    return LoanEvent(
        UUID(int=sequence),
        sequence,
        kind,
        START + timedelta(day),
        amount_fen,
        details,  # type: ignore[arg-type]
    )


DRAWN = event(1, EventKind.DISBURSED, 0, 1_000_000)


def state(*events: LoanEvent, day: int = 1) -> LoanState:
    return project(TERMS, [DRAWN, *events], START + timedelta(day))


def repaid(sequence: int, day: int, amount_fen: int) -> LoanEvent:
    return event(sequence, EventKind.REPAID, day, amount_fen)


def test_the_fee_is_owed_from_the_first_day_and_grows_no_more() -> None:
    for day in (0, 30, 59):
        assert state(day=day).outstanding_fen == 1_080_000
    assert state(day=59).status is LoanStatus.LIVE


def test_the_fee_is_earned_as_cash_comes_in_more_of_it_early() -> None:
    first = state(repaid(2, 1, 540_000))
    rest = state(repaid(2, 1, 540_000), repaid(3, 2, 540_000), day=3)
    assert first.fee_paid_fen > 40_000
    assert (rest.fee_paid_fen, rest.principal_paid_fen) == (80_000, 1_000_000)
    assert rest.status is LoanStatus.CLOSED
    assert rest.closed_on == START + timedelta(2)


def test_the_effective_rate_is_that_of_the_expected_payments() -> None:
    """180 payments of 60 yuan for 10,000: 0.0862 % a day, 36.9 % a year, by pyxirr's measure."""
    from pyxirr import irr

    curve = income_curve(1_000_000, 80_000, 6_000)
    rate = irr([-1_000_000, *[6_000] * 180])
    assert float(curve.rate_per_payment) == pytest.approx(rate, abs=1e-9)
    assert float(curve.effective_annual_rate) == pytest.approx((1 + rate) ** 365 - 1, rel=1e-6)


def test_a_quarter_must_be_paid_every_sixty_days() -> None:
    short = state(repaid(2, 30, 200_000), day=61)
    assert short.status is LoanStatus.OVERDUE
    assert (short.due_fen, short.days_overdue) == (70_000, 1)
    cured = state(repaid(2, 30, 200_000), repaid(3, 62, 70_000), day=63)
    assert (cured.status, cured.due_fen) == (LoanStatus.LIVE, 0)
    assert state(day=366).due_fen == 1_080_000


def test_what_is_still_to_be_paid_is_shown_by_day() -> None:
    paid = [DRAWN, repaid(2, 30, 300_000)]
    coming = schedule(TERMS, paid, START + timedelta(40))
    assert [(row.due_on - START).days for row in coming] == [120, 180, 365]
    assert [row.unpaid_fen for row in coming] == [240_000, 270_000, 270_000]
    late = oldest_unpaid(TERMS, [*paid, repaid(3, 130, 1)], START + timedelta(131))
    second = START + timedelta(120)
    assert late == [
        (START + timedelta(30), None),
        (START + timedelta(130), second),
        (START + timedelta(131), second),
    ]


def test_a_day_pays_its_share_and_never_more_than_is_left() -> None:
    assert ADVANCE.kept_of(63_215, 1_000_000) == 6_321
    assert ADVANCE.kept_of(63_215, 5_000) == 5_000
    changed = event(2, EventKind.SHARE_CHANGED, 5, 0, ShareChanged(START + timedelta(10), 50_000))
    assert share_on(TERMS, [DRAWN, changed], START + timedelta(9)) == 100_000
    assert share_on(TERMS, [DRAWN, changed], START + timedelta(10)) == 50_000


def test_what_is_waived_comes_off_the_end() -> None:
    waived = event(2, EventKind.WAIVED, 3, 30_000, Waived(Component.FEE))
    assert state(waived, day=4).outstanding_fen == 1_050_000
    done = state(waived, repaid(3, 4, 1_060_000), day=5)
    assert (done.fee_paid_fen, done.principal_paid_fen, done.overpaid_fen) == (
        50_000,
        1_000_000,
        10_000,
    )


def test_a_written_off_advance_is_a_loss_of_what_is_left_and_may_be_recovered() -> None:
    lost = event(3, EventKind.WRITTEN_OFF, 200, 0, Reasoned("shop closed"))
    back = event(4, EventKind.RECOVERED, 300, 5_000)
    gone = state(repaid(2, 1, 280_000), lost, back, day=301)
    assert gone.status is LoanStatus.WRITTEN_OFF
    assert gone.principal_written_off_fen + gone.fee_written_off_fen == 800_000
    assert (gone.outstanding_fen, gone.recovered_fen) == (0, 5_000)
    undone = event(5, EventKind.REVERSED, 301, 0, Reversed(lost.event_id))
    assert state(repaid(2, 1, 280_000), lost, undone, day=301).outstanding_fen == 800_000


PAYMENTS = st.lists(st.integers(1, 300_000), max_size=12)


@given(PAYMENTS)
def test_the_same_cash_in_whatever_portions_leaves_the_same_account(amounts: list[int]) -> None:
    whole = sum(amounts)
    portions = state(*(repaid(2 + at, 1, amount) for at, amount in enumerate(amounts)))
    at_once = state(*([repaid(2, 1, whole)] if whole else []))
    for figure in ("principal_paid_fen", "fee_paid_fen", "overpaid_fen", "outstanding_fen"):
        assert getattr(portions, figure) == getattr(at_once, figure)


@given(PAYMENTS, st.integers(1, 2_000_000))
def test_what_is_taken_back_is_owed_again(amounts: list[int], taken_fen: int) -> None:
    paid = [repaid(2 + at, 1, amount) for at, amount in enumerate(amounts)]
    taken_fen = min(taken_fen, sum(amounts)) or 1
    if not amounts:
        paid, amounts = [repaid(2, 1, 1)], [1]
    back = event(50, EventKind.CHARGED_BACK, 2, taken_fen, ChargedBack())
    left = max(sum(amounts) - taken_fen, 0)
    after, plain = state(*paid, back, day=3), state(*([repaid(2, 1, left)] if left else []), day=3)
    for figure in ("outstanding_fen", "overpaid_fen", "due_fen", "status"):
        assert getattr(after, figure) == getattr(plain, figure)


@given(st.integers(1, 10**9), st.integers(0, 10**8), st.integers(1, 10**7), st.integers(0, 10**9))
def test_earned_fee_rises_with_cash_never_faster_than_it(
    principal_fen: int, fee_fen: int, expected_fen: int, cash_fen: int
) -> None:
    fee_fen = min(fee_fen, principal_fen)  # more is no advance
    total = principal_fen + fee_fen
    expected_fen = max(expected_fen, total // 3_000 + 1)
    curve = income_curve(principal_fen, fee_fen, expected_fen)
    cash_fen %= total
    earned, more = curve.earned_at(cash_fen), curve.earned_at(cash_fen + 1)
    assert earned <= more <= earned + 1
    assert (curve.earned_at(0), curve.earned_at(total)) == (0, fee_fen)
