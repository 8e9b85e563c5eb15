"""From the conventions that a life-cycle case states to the rules of a product."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from martlet.lending.events import EventKind
from martlet.lending.parts import Component, Frequency, FrequencyUnit
from martlet.lending.plan.rules import (
    FEE,
    INTEREST,
    PENALTY,
    PRINCIPAL,
    Advance,
    Advanced,
    Amortisation,
    ArrearsInterest,
    EarlyInterest,
    Engine,
    FutureRule,
    InterestPeriod,
    InterestType,
    LateFee,
    LaterDrawdowns,
    PlanRules,
    Processing,
    Recalculation,
    Rest,
    Timing,
    Waterfall,
    YearLength,
)
from martlet.lending.plan.story import PlanTerms

if TYPE_CHECKING:
    from collections.abc import Mapping

UNITS = {
    "DAYS": FrequencyUnit.DAYS,
    "WEEKS": FrequencyUnit.WEEKS,
    "MONTHS": FrequencyUnit.MONTHS,
    "YEARS": FrequencyUnit.YEARS,
}
FUTURE = {
    "NEXT_INSTALLMENT": FutureRule.NEXT,
    "LAST_INSTALLMENT": FutureRule.LAST,
    "REAMORTIZATION": FutureRule.SPREAD,
}
TRANSACTIONS = {
    "REPAYMENT": EventKind.REPAID,
    "DOWN_PAYMENT": EventKind.REPAID,
    "GOODWILL_CREDIT": EventKind.GOODWILL_CREDIT,
    "MERCHANT_ISSUED_REFUND": EventKind.MERCHANT_REFUND,
    "PAYOUT_REFUND": EventKind.PAYOUT_REFUND,
}
ADVANCE = {
    "REDUCE_EMI_AMOUNT": Advance.LOWER,
    "REDUCE_NUMBER_OF_INSTALLMENTS": Advance.FEWER,
    "RESCHEDULE_NEXT_REPAYMENTS": Advance.SKIP,
    "ADJUST_LAST_UNPAID_PERIOD": Advance.LAST,
}
AMORTISATIONS = {
    "EQUAL_INSTALLMENTS": Amortisation.LEVEL,
    "EQUAL_PRINCIPAL": Amortisation.EQUAL_PRINCIPAL,
    "EQUAL_PRINCIPAL_PAYMENTS": Amortisation.EQUAL_PRINCIPAL,
}
PARTS = {"PENALTY": PENALTY, "FEE": FEE, "INTEREST": INTEREST, "PRINCIPAL": PRINCIPAL}
PLURALS = {"PENALTIES": PENALTY, "FEES": FEE}
GRACE_DAYS = 3
"""The source counts lateness from three days after the due date on."""
CREDIT_PARTS = (PENALTY, FEE, INTEREST, PRINCIPAL)


def fen(text: str) -> int:
    """Read an amount into minor units, exactly."""
    scaled = Decimal(text) * 100
    assert scaled == scaled.to_integral_value(), text
    return int(scaled)


def terms_of(case: Mapping[str, Any]) -> PlanTerms:
    """Return what was agreed in a case, all of its conventions as fields."""
    loan, said = case["loan"], case["convention"]
    rate = Fraction(Decimal(loan["annual_rate_pct"])) / 100
    multiple = said.get("installment_rounded_to_multiple_of")
    unit_fen = fen(multiple) if multiple else 1
    return PlanTerms(rate, int(loan["installments"]), _rules(loan, said), unit_fen)


def _rules(loan: Mapping[str, Any], said: Mapping[str, Any]) -> PlanRules:
    every, unit = loan["repay_every"]
    progressive = said["schedule_engine"] == "progressive"
    flat = loan["interest_type"] == "FLAT"
    return PlanRules(
        engine=Engine.PROGRESSIVE if progressive else Engine.CUMULATIVE,
        interest_type=InterestType.FLAT if flat else InterestType.DECLINING,
        interest_period=_interest_period(loan, said),
        amortisation=AMORTISATIONS[loan.get("amortization", "EQUAL_INSTALLMENTS")],
        later_drawdowns=LaterDrawdowns.AFTER_IT if progressive else LaterDrawdowns.OVER_TERM,
        frequency=Frequency(int(every), UNITS[unit]),
        year_days=_year_days(said),
        year_length=_year_length(said),
        partial_periods=bool(said.get("partial_period_interest", progressive)),
        principal_grace=int(loan["grace_on_principal_installments"]),
        # The runner of the source writes its third column of grace over its second: interest of
        # the first instalments is asked for later, and the second column has no effect.
        interest_grace=int(loan["interest_free_installments"]),
        down_payment_ppm=_down_payment_ppm(said),
        down_payment_automatic=bool(said.get("auto_down_payment", False)),
        recalculation=_recalculation(said),
        waterfall=_waterfall(loan),
        advanced=_advanced(said) if "payment_allocation" in said else None,
        credit_order=tuple(PARTS[part] for part in said.get("chargeback_credit_order", ())),
        late_fee=_late_fee(said),
        ageing_grace_days=GRACE_DAYS,
    )


def _down_payment_ppm(said: Mapping[str, Any]) -> int:
    return int(Decimal(said.get("down_payment_pct", "0")) * 10_000)


def _interest_period(loan: Mapping[str, Any], said: Mapping[str, Any]) -> InterestPeriod:
    progressive = said["schedule_engine"] == "progressive"
    if str(said.get("day_count", "")).startswith("30/360") or (
        progressive and "30" in _day_count(said)
    ):
        return InterestPeriod.REPAYMENT
    daily = loan["interest_calculation_period"] == "DAILY"
    return InterestPeriod.DAILY if daily else InterestPeriod.REPAYMENT


def _day_count(said: Mapping[str, Any]) -> list[str]:
    """Return the words that say how months and years are counted, in any order: '365/ACTUAL'."""
    days = (said.get("days_in_month", ""), said.get("days_in_year", ""))
    told = str(said.get("day_count", said.get("days", "/".join(str(day) for day in days))))
    return re.findall(r"[A-Z]+|[0-9]+", told.partition(";")[0].partition("(")[0].upper())


def _year_days(said: Mapping[str, Any]) -> int | None:
    """Return the fixed length of a year, where one is said."""
    return next((int(word) for word in _day_count(said) if word in {"360", "364", "365"}), None)


def _year_length(said: Mapping[str, Any]) -> YearLength:
    """Return how long a year of actual days is; a cumulative plan keeps its first year's."""
    first = "first" in str(said.get("days_in_year", ""))
    each = said["schedule_engine"] == "progressive" and not first
    return YearLength.EACH if each else YearLength.FIRST


def _recalculation(said: Mapping[str, Any]) -> Recalculation | None:
    if not said.get("interest_recalculation"):
        return None
    advance = str(said.get("advance_payment_adjustment", "REDUCE_EMI_AMOUNT")).split(" ")[0]
    rest = said.get("recalculation_rest", "DAILY")
    arrears = ArrearsInterest.EVERY_DAY
    if said["schedule_engine"] == "cumulative":
        arrears = ArrearsInterest.WHEN_TOUCHED
    elif not said.get("overdue_principal_bears_interest", True):
        arrears = ArrearsInterest.NEVER
    return Recalculation(
        rest=Rest.PERIOD if rest == "SAME_AS_REPAYMENT_PERIOD" else Rest.DAILY,
        advance=ADVANCE[advance],
        compounding_day=_compounding_day(str(said.get("compounding", "NONE"))),
        arrears=arrears,
        early=_early(str(said.get("preclosure", "TILL_PRE_CLOSE_DATE"))),
    )


def _early(told: str) -> EarlyInterest:
    """Read up to when a row paid before its day costs: 'TILL_REST_FREQUENCY_DATE'."""
    by_period = told.startswith("TILL_REST_FREQUENCY")
    return EarlyInterest.TO_THE_DUE_DATE if by_period else EarlyInterest.TO_THE_DAY


def _compounding_day(told: str) -> int | None:
    """Read 'INTEREST monthly, on day 1'."""
    if told.startswith("NONE"):
        return None
    return int(told.rsplit("day ", 1)[1]) if "day " in told else 1


def _waterfall(loan: Mapping[str, Any]) -> Waterfall:
    strategy = loan["payment_strategy"]
    if strategy.startswith("DUE_") and "_IN_ADVANCE_" in strategy:
        due, ahead = strategy.removeprefix("DUE_").split("_IN_ADVANCE_")
        return Waterfall(_parts(due), _parts(ahead), due_charges_first=_parts(due) != _parts(ahead))
    order = _parts(strategy.removesuffix("_ORDER"))
    return Waterfall(order, order)


def _parts(told: str) -> tuple[Component, ...]:
    known = {**PARTS, **PLURALS}
    found = tuple(known[word] for word in told.split("_") if word in known)
    return (*found, *(part for part in CREDIT_PARTS if part not in found))


def _advanced(said: Mapping[str, Any]) -> Advanced:
    told, processing = said["payment_allocation"], str(said.get("processing", "HORIZONTAL"))
    order = []
    for word in told["order"]:
        timing = next(one for one in Timing if word.startswith(one.value.upper()))
        order.append((timing, PARTS[word.removeprefix(f"{timing.value.upper()}_")]))
    rules = told.get("future_installments", {})
    return Advanced(
        order=tuple(order),
        processing=Processing(processing.lower()),
        default=FUTURE[rules.get("DEFAULT", "NEXT_INSTALLMENT")],
        by_kind=tuple(
            (TRANSACTIONS[name], FUTURE[rule]) for name, rule in rules.items() if name != "DEFAULT"
        ),
    )


def _late_fee(said: Mapping[str, Any]) -> LateFee | None:
    """Read 'penalty of 1.5% of the overdue principal, ...'."""
    told = said.get("late_fee")
    if told is None:
        return None
    share, of_what = told.split("penalty of ")[1].split("% of ", 1)
    what = of_what.split(",")[0]
    if "instal" in what:
        parts: tuple[Component, ...] = (PRINCIPAL, INTEREST)
    else:
        named = {"principal": PRINCIPAL, "interest": INTEREST, "fee": FEE}
        parts = tuple(part for name, part in named.items() if name in what) or (PRINCIPAL,)
    return LateFee(int(Decimal(share) * 10_000), parts)
