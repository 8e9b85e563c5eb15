"""Made-up products and lives of loans with a plan, for tests: synthetic, every one of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING
from uuid import UUID

from hypothesis import strategies as st

from martlet.kernel.rates import PPM
from martlet.lending.events import (
    Charged,
    ChargedBack,
    EventKind,
    LoanEvent,
    ReAged,
    Reasoned,
    Rescheduled,
)
from martlet.lending.loan import LoanTerms
from martlet.lending.parts import Component, Frequency, FrequencyUnit
from martlet.lending.plan.rules import (
    FEE,
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Advance,
    Advanced,
    Amortisation,
    EarlyInterest,
    Engine,
    FutureRule,
    InterestPeriod,
    InterestType,
    LaterDrawdowns,
    PlanRules,
    Processing,
    Recalculation,
    Rest,
    Timing,
    Waterfall,
)
from martlet.lending.plan.story import PlanTerms
from martlet.lending.product import (
    Conventions,
    DayCount,
    Prepayment,
    Remainder,
    ScheduleKind,
    TenorUnit,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.lending.events import Details

START = date(2024, 1, 31)
ALL_PARTS = (PENALTY, FEE, PRINCIPAL, INTEREST)
ORDER = tuple((timing, part) for timing in Timing for part in ALL_PARTS)
MONTHLY = Frequency(1, FrequencyUnit.MONTHS)
FORTNIGHTLY = Frequency(15, FrequencyUnit.DAYS)


def yuan(amount: str) -> int:
    """Read an amount of a test into fen."""
    whole, _, cents = amount.partition(".")
    return int(whole) * 100 + int((cents + "00")[:2])


def happened(
    *told: tuple[EventKind, date, int] | tuple[EventKind, date, int, Details],
) -> list[LoanEvent]:
    """Return events in the order in which they are told."""
    found = []
    for number, one in enumerate(told, start=1):
        kind, on, amount_fen, *details = one
        said = details[0] if details else None
        found.append(LoanEvent(UUID(int=number), number, kind, on, amount_fen, said))
    return found


def progressive(**changes: object) -> PlanRules:
    """Return rules of a progressive product without interest, paid fortnightly."""
    rules = PlanRules(engine=Engine.PROGRESSIVE, frequency=FORTNIGHTLY, advanced=Advanced(ORDER))
    return replace(rules, **changes)  # type: ignore[arg-type]


def orders() -> st.SearchStrategy[tuple[Component, ...]]:
    """Draw an order of parts."""
    return st.permutations(ALL_PARTS).map(tuple)


def waterfalls() -> st.SearchStrategy[Waterfall]:
    """Draw a fixed order, one for what is due and one for what is to come."""
    return st.builds(Waterfall, orders(), orders(), st.booleans())


def advanced() -> st.SearchStrategy[Advanced]:
    """Draw an order by timing and part, with a rule for the future."""
    order = st.permutations(ORDER).map(tuple)
    return st.builds(Advanced, order, st.sampled_from(Processing), st.sampled_from(FutureRule))


def _rules(engine: Engine) -> st.SearchStrategy[PlanRules]:
    cumulative = engine is Engine.CUMULATIVE
    made = st.builds(
        Recalculation,
        rest=st.sampled_from(Rest),
        advance=st.sampled_from(
            (Advance.LOWER, Advance.FEWER, Advance.SKIP) if cumulative else (Advance.LAST,)
        ),
        compounding_day=st.none() | st.integers(1, 28),
        early=st.sampled_from(EarlyInterest),
    )
    return st.builds(
        PlanRules,
        engine=st.just(engine),
        interest_type=st.sampled_from(InterestType) if cumulative else st.just(DECLINING),
        interest_period=st.sampled_from(InterestPeriod),
        amortisation=st.sampled_from(Amortisation) if cumulative else st.just(Amortisation.LEVEL),
        later_drawdowns=(
            st.sampled_from(LaterDrawdowns) if cumulative else st.just(LaterDrawdowns.AFTER_IT)
        ),
        frequency=st.sampled_from((MONTHLY, FORTNIGHTLY)),
        principal_grace=st.integers(0, 2) if cumulative else st.just(0),
        interest_grace=st.integers(0, 2) if cumulative else st.just(0),
        interest_free=st.integers(0, 1) if cumulative else st.just(0),
        down_payment_ppm=st.sampled_from((0, 250_000)),
        recalculation=st.none() | made,
        waterfall=waterfalls(),
        advanced=st.none() if cumulative else st.none() | advanced(),
    )


DECLINING = InterestType.DECLINING


def terms() -> st.SearchStrategy[PlanTerms]:
    """Draw what was agreed for a loan."""
    return st.sampled_from(Engine).flatmap(
        lambda engine: st.builds(
            PlanTerms,
            annual_rate=st.sampled_from((Fraction(0), Fraction(12, 100), Fraction(24, 100))),
            instalments=st.integers(3, 8),
            rules=_rules(engine),
            unit_fen=st.sampled_from((1, 100)),
        )
    )


PAYING = (
    EventKind.REPAID,
    EventKind.REPAID,
    EventKind.GOODWILL_CREDIT,
    EventKind.MERCHANT_REFUND,
    EventKind.PAYOUT_REFUND,
)
OTHER = (
    EventKind.DISBURSED,
    EventKind.FEE_CHARGED,
    EventKind.PENALTY_CHARGED,
    EventKind.CHARGED_BACK,
    EventKind.REFUNDED_IN_CASH,
    EventKind.OVERPAYMENT_REFUNDED,
    EventKind.CHARGED_OFF,
    EventKind.RESCHEDULED,
    EventKind.RE_AGED,
    EventKind.RE_AMORTISED,
)


@st.composite
def lives(draw: st.DrawFn) -> list[LoanEvent]:
    """Draw what happens to a loan: a drawdown, and after it whatever may happen."""
    told = draw(
        st.lists(
            st.tuples(
                st.sampled_from((*PAYING, *OTHER)), st.integers(0, 150), st.integers(1, 90_000)
            ),
            max_size=9,
        )
    )
    events = happened((EventKind.DISBURSED, START, draw(st.integers(10_000, 100_000))))
    for kind, day, amount_fen in told:
        events.append(_event(events, kind, START + timedelta(days=day), amount_fen))
    return events


def _event(events: Sequence[LoanEvent], kind: EventKind, on: date, amount_fen: int) -> LoanEvent:
    number, details = len(events) + 1, None
    moves_money = True
    match kind:
        case EventKind.FEE_CHARGED | EventKind.PENALTY_CHARGED:
            details: Details | None = Charged("made up", on + timedelta(days=amount_fen % 40))
        case EventKind.CHARGED_BACK:
            details = ChargedBack(None)
        case EventKind.CHARGED_OFF | EventKind.RE_AMORTISED:
            details, moves_money = Reasoned(), False
        case EventKind.RESCHEDULED:
            details, moves_money = Rescheduled(on, extra_terms=amount_fen % 3), False
        case EventKind.RE_AGED:
            details = ReAged(on + timedelta(days=5), 1 + amount_fen % 4, MONTHLY)
            moves_money = False
        case _:
            details = None
    return LoanEvent(UUID(int=number), number, kind, on, amount_fen if moves_money else 0, details)


def loan_terms(agreed: PlanTerms) -> LoanTerms:
    """Return the terms of a loan whose product has these rules."""
    conventions = Conventions(
        schedule=ScheduleKind.EQUAL_INSTALMENTS,
        tenor_unit=TenorUnit.MONTHS,
        day_count=DayCount.ACTUAL,
        days_per_year=360,
        rounding_mode=agreed.mode,
        instalment_unit_fen=agreed.unit_fen,
        remainder=Remainder.LAST_INSTALMENT,
        prepayment=Prepayment.RELEVEL,
        allocation_order=ALL_PARTS,
        grace_days=0,
        penalty_multiplier_ppm=0,
        plan=agreed.rules,
    )
    per_year = int(agreed.annual_rate * PPM)
    return LoanTerms.yearly(10_000_000, per_year, agreed.instalments, conventions)
