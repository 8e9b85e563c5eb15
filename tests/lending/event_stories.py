"""Random lives of a loan, for the laws: any event on any day, in any order of becoming known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import strategies as st
from tests.lending.loan_stories import START, day

from martlet.kernel.rounding import RoundingMode
from martlet.lending import EventKind, LoanEvent, LoanTerms, Rate, products
from martlet.lending.agreed import agreed_terms
from martlet.lending.events import (
    Charged,
    ChargedBack,
    Extended,
    InterestPaused,
    RateChanged,
    ReAged,
    Reasoned,
    Rescheduled,
    Waived,
)
from martlet.lending.product import Component, Frequency, FrequencyUnit, Prepayment

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.events import Details

AMOUNTS = st.integers(1, 3_000_000)
MONEY_ONLY = (
    EventKind.REPAID,
    EventKind.MERCHANT_REFUND,
    EventKind.PAYOUT_REFUND,
    EventKind.GOODWILL_CREDIT,
    EventKind.REFUNDED_IN_CASH,
    EventKind.OVERPAYMENT_REFUNDED,
    EventKind.DISBURSED,
    EventKind.RECOVERED,
)


@st.composite
def loans(draw: st.DrawFn) -> LoanTerms:
    """Terms of any product, rounding mode, order of allocation and tenor."""
    product = products()[draw(st.sampled_from(sorted(products())))]
    conventions = replace(
        product.conventions,
        rounding_mode=draw(st.sampled_from(sorted(RoundingMode))),
        prepayment=draw(st.sampled_from(sorted(Prepayment))),
        grace_days=draw(st.sampled_from([0, 3])),
        allocation_order=tuple(draw(st.permutations(sorted(Component)))),
    )
    principal_fen = draw(st.one_of(st.just(100), st.integers(100, 2_000_000)))
    tenor = draw(st.sampled_from(product.tenor_options))
    if conventions.takings is not None:
        rate = draw(st.integers(0, 1_000))
        return agreed_terms(replace(product, conventions=conventions), principal_fen, rate, tenor)
    if draw(st.booleans()):
        return LoanTerms.yearly(principal_fen, draw(st.integers(0, 360_000)), tenor, conventions)
    return LoanTerms(principal_fen, draw(st.integers(0, 1_000)), tenor, conventions)


@st.composite
def happenings(draw: st.DrawFn, count_max: int = 9) -> list[tuple[int, EventKind, int, Details]]:
    """Some events as (day number, kind, amount, details)."""
    found = []
    for _ in range(draw(st.integers(0, count_max))):
        number = draw(st.integers(0, 500))
        kind = draw(st.sampled_from(_KINDS))
        found.append((number, kind, *_what(draw, kind, day(number))))
    return found


def told(terms: LoanTerms, events: list[tuple[int, EventKind, int, Details]]) -> list[LoanEvent]:
    """The disbursement on START and then these events."""
    first = LoanEvent(UUID(int=1), 1, EventKind.DISBURSED, START, terms.principal_fen)
    return [
        first,
        *(
            LoanEvent(UUID(int=number), number, kind, day(on), amount_fen, details)
            for number, (on, kind, amount_fen, details) in enumerate(events, start=2)
        ),
    ]


_OTHERS = {EventKind.REVERSED, EventKind.SHARE_CHANGED}
"""Told by themselves: what undoes others, and what has a meaning for advances on takings alone."""
_KINDS = tuple(kind for kind in EventKind if kind not in _OTHERS) + (EventKind.REPAID,) * 6


def _what(draw: st.DrawFn, kind: EventKind, on: date) -> tuple[int, Details | None]:
    """Return an amount and the details of one kind of event."""
    later = st.integers(0, 90).map(lambda days: on + timedelta(days=days))
    few = st.integers(1, 6)
    if kind in MONEY_ONLY:
        return draw(AMOUNTS), None
    match kind:
        case EventKind.FEE_CHARGED | EventKind.PENALTY_CHARGED:
            return draw(st.integers(1, 20_000)), Charged("合成费用", draw(st.none() | later))
        case EventKind.WAIVED:
            part = draw(st.sampled_from([Component.INTEREST, Component.FEE, Component.PENALTY]))
            return draw(st.integers(0, 9_000)), Waived(part)
        case EventKind.CHARGED_BACK:
            which = draw(st.none() | st.integers(2, 8).map(lambda number: UUID(int=number)))
            return draw(AMOUNTS), ChargedBack(which)
        case EventKind.RATE_CHANGED:
            return 0, RateChanged(draw(later), Rate(draw(st.integers(0, 1_000))))
        case EventKind.INTEREST_PAUSED:
            begins = draw(later)
            return 0, InterestPaused(begins, begins + timedelta(days=draw(st.integers(0, 60))))
        case EventKind.RESCHEDULED:
            rate = draw(st.none() | st.integers(0, 1_000).map(Rate))
            moved = draw(st.none() | later)
            grace = (draw(st.integers(0, 2)), draw(st.integers(0, 2)))
            return 0, Rescheduled(draw(later), moved, draw(st.integers(0, 3)), rate, *grace)
        case EventKind.RE_AGED:
            each = Frequency(draw(st.integers(1, 3)), draw(st.sampled_from(sorted(FrequencyUnit))))
            return 0, ReAged(draw(later), draw(few), each)
        case EventKind.EXTENDED:
            return 0, Extended(draw(few))
        case _:
            return 0, Reasoned("合成")
