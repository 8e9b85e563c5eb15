"""What a loan costs its borrower a year: what has been paid, what is due, what is still to come.

The flows are the borrower's own: what the bank pays itself lowers his cost and is no payment of
his. Held against the cap are the nominal rate in force and the internal rate of the flows; of
each payment a fen is rounding and no price, so a loan of one yuan is not dear for its last fen.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Refused
from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending.disclosure import RatesShown, internal_rate_ppm
from martlet.lending.events import CREDITS, MONEY_OUT, EventKind, RateChanged, Rescheduled
from martlet.lending.product import InterestMethod
from martlet.lending.projection import in_order, project, schedule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.disclosure import CapInForce, RateCaps
    from martlet.lending.events import LoanEvent, Rate
    from martlet.lending.loan import LoanState, LoanTerms

Flow = tuple["date", int]

AGREED = frozenset(
    {
        EventKind.DISBURSED,
        EventKind.FEE_CHARGED,
        EventKind.PENALTY_CHARGED,
        EventKind.RATE_CHANGED,
        EventKind.RESCHEDULED,
        EventKind.RE_AGED,
        EventKind.RE_AMORTISED,
        EventKind.EXTENDED,
    }
)
"""What the bank does to the price of a loan; what the borrower pays, and when, is a fact."""

GIVEN = frozenset({EventKind.WAIVED, EventKind.INTEREST_PAUSED, EventKind.GOODWILL_CREDIT})
"""What makes a loan cheaper: to undo one of these makes it dearer again."""

PAID = CREDITS - {EventKind.GOODWILL_CREDIT} | {EventKind.RECOVERED}
"""What the borrower pays, or others for him; a goodwill credit is the bank's own money."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The rates of a loan by its own flows, and the figure of them that the cap is held against."""

    shown: RatesShown
    held_ppm: int


@dataclass(frozen=True, slots=True)
class CostChange:
    """What an event makes of a loan's cost, and the cap of the day from which it counts."""

    before: Cost
    after: Cost
    cap: CapInForce | None

    @property
    def unlawful(self) -> bool:
        """Whether it makes the loan dearer and lets it cost more than the law allows."""
        dearer = self.after.held_ppm > self.before.held_ppm
        return self.cap is not None and dearer and self.after.held_ppm > self.cap.annual_ppm

    def refuse_unlawful(self) -> None:
        """Refuse what lets a loan cost more than the cap: which one, since when, the rate found."""
        if self.unlawful:
            assert self.cap is not None
            raise Refused(
                "lending.event_above_cap",
                before_ppm=self.before.shown.highest_ppm,
                highest_ppm=self.after.shown.highest_ppm,
                cap_ppm=self.cap.annual_ppm,
                effective_from=self.cap.effective_from.isoformat(),
            )

    def as_json(self) -> dict[str, Any]:
        """Return the rates before and after, and the cap beside them."""
        cap = self.cap
        return {
            "before": self.before.shown.as_json(),
            "after": self.after.shown.as_json(),
            "cap_ppm": cap.annual_ppm if cap else None,
            "cap_effective_from": cap.effective_from.isoformat() if cap else None,
            "cap_verified": cap is not None and cap.verified,
            "above_cap": self.unlawful,
        }


def cost_change(
    terms: LoanTerms,
    known: Sequence[LoanEvent],
    event: LoanEvent,
    caps: RateCaps,
    as_of: date,
    undone: LoanEvent | None = None,
) -> CostChange | None:
    """Return what an event makes of the cost; None where it is none of the bank's own doing.

    The cap is that of the day from which the event counts, so that one entered late is judged by
    the law under which it was agreed.
    """
    if event.kind not in AGREED and (undone is None or undone.kind not in AGREED | GIVEN):
        return None
    counts_from = _counts_from(undone or event)
    before = cost_of(terms, known, as_of, counts_from)
    after = cost_of(terms, [*known, event], as_of, counts_from)
    return CostChange(before, after, caps.in_force(counts_from))


def cost_of(
    terms: LoanTerms, events: Sequence[LoanEvent], as_of: date, rate_from: date | None = None
) -> Cost:
    """Return what a loan costs a year, all paid on its day from `as_of` on."""
    rate = _highest_rate(terms, events, as_of, rate_from or as_of)
    days_per_year = terms.conventions.days_per_year
    nominal_ppm = divide(rate.ppm * days_per_year, rate.days, RoundingMode.HALF_UP)
    flows = borrower_flows(terms, events, as_of)
    shown = RatesShown(
        rate_ppm_per_day=divide(rate.ppm, rate.days, RoundingMode.HALF_UP),
        simple_annual_ppm=nominal_ppm,
        internal_annual_ppm=internal_rate_ppm(flows),
    )
    less_a_fen = [(day, amount - (amount > 0)) for day, amount in flows]
    return Cost(shown, max(nominal_ppm, internal_rate_ppm(less_a_fen) or 0))


def borrower_flows(terms: LoanTerms, events: Sequence[LoanEvent], as_of: date) -> list[Flow]:
    """Return what the borrower got (negative) and paid or is still to pay, added up by day."""
    flows: dict[date, int] = defaultdict(int)
    for event in in_order(events, as_of):
        if event.kind is EventKind.DISBURSED or event.kind in MONEY_OUT:
            flows[event.value_date] -= event.amount_fen
        elif event.kind in PAID:
            flows[event.value_date] += event.amount_fen
    state = project(terms, events, as_of)
    rows, charges = _rows_to_come(terms, events, state), _charges_to_come(terms, state)
    # Past the last due date interest runs on without one: it is owed with what is due.
    now_fen = state.due_fen if rows else state.outstanding_fen - sum(fen for _, fen in charges)
    for day, amount_fen in ((as_of, now_fen - state.overpaid_fen), *rows, *charges):
        flows[day] += amount_fen
    return sorted((day, amount) for day, amount in flows.items() if amount)


def _rows_to_come(terms: LoanTerms, events: Sequence[LoanEvent], state: LoanState) -> list[Flow]:
    coming = schedule(terms, events, state.as_of)
    if _rows_tell_all(terms):
        return [(row.due_on, row.unpaid_fen) for row in coming]
    return [
        (row.due_on, row.due_fen - (state.advance_fen if row.due_on == state.next_due_on else 0))
        for row in coming
    ]


def _charges_to_come(terms: LoanTerms, state: LoanState) -> list[Flow]:
    """Return the charges that fall due later, where they stand beside the rows."""
    if _rows_tell_all(terms):
        return []
    return [
        (charge.due_on, charge.unpaid_fen)
        for charge in state.charges
        if charge.due_on > state.as_of and charge.unpaid_fen
    ]


def _rows_tell_all(terms: LoanTerms) -> bool:
    """Tell whether the rows of a schedule hold the charges, and what is paid of them."""
    by_plan = terms.conventions.interest_method is InterestMethod.BY_PLAN
    return by_plan or terms.takings is not None


def _counts_from(event: LoanEvent) -> date:
    details = event.details
    return details.effective_on if isinstance(details, RateChanged) else event.value_date


def _highest_rate(terms: LoanTerms, events: Sequence[LoanEvent], as_of: date, since: date) -> Rate:
    """Return the highest of the rates in force on a day and foretold after it."""
    dated = [(since.min, 0, terms.rate)]
    for event in in_order(events, as_of):
        details = event.details
        if isinstance(details, RateChanged):
            dated.append((details.effective_on, event.sequence, details.rate))
        elif isinstance(details, Rescheduled) and details.rate is not None:
            dated.append((details.from_due_on, event.sequence, details.rate))
    dated.sort(key=lambda entry: entry[:2])
    then = [rate for day, _, rate in dated if day <= since][-1:]
    later = [rate for day, _, rate in dated if day > since]
    return max((*then, *later), key=lambda rate: Fraction(rate.ppm, rate.days))
