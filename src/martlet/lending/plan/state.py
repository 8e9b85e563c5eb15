"""From the account of a loan with a plan to the state that the rest of the room reads.

The state is what the fold by the day gives too, so the ledger, the night and the pages know no
difference: what is earned follows one exact line, what is owed is what rows ask for.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.kernel.rates import PPM, TICKS_PER_FEN
from martlet.lending.events import CREDITS, MONEY_OUT, EventKind
from martlet.lending.loan import (
    Allocation,
    Charge,
    Instalment,
    LoanState,
    LoanStatus,
    recognised_fen,
)
from martlet.lending.plan.line import flat_line, line_of
from martlet.lending.plan.progressive import ProgressiveAccount
from martlet.lending.plan.replay import begin, replay
from martlet.lending.plan.rules import FEE, INTEREST, PENALTY, PRINCIPAL, EarlyEnd
from martlet.lending.plan.story import PlanTerms, tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import AccrualLine, LoanTerms
    from martlet.lending.parts import Component
    from martlet.lending.plan.account import Account
    from martlet.lending.plan.rows import Row

ALLOCATED = CREDITS | MONEY_OUT | {EventKind.WAIVED, EventKind.WRITTEN_OFF, EventKind.RECOVERED}


def plan_terms(terms: LoanTerms) -> PlanTerms:
    """Return what a loan's terms say of its plan."""
    agreed = terms.conventions
    assert agreed.plan is not None, "a loan by the day has no plan"
    per_year = terms.annual_rate_ppm
    if per_year is None:
        per_year = terms.rate_ppm_per_day * agreed.days_per_year
    return PlanTerms(
        annual_rate=Fraction(per_year, PPM),
        instalments=terms.tenor,
        rules=agreed.plan,
        unit_fen=agreed.instalment_unit_fen,
        mode=agreed.rounding_mode,
        days_per_year=agreed.days_per_year,
    )


def plan_state(terms: LoanTerms, events: Sequence[LoanEvent], as_of: date) -> LoanState:
    """Return the state at the start of a day of a loan that was paid out by then."""
    agreed = plan_terms(terms)
    account = replay(agreed, events, as_of)
    line = _line(agreed, account, events, as_of)
    if isinstance(account, ProgressiveAccount):
        account.finish(as_of)
    return _state(account, line, as_of)


def plan_schedule(
    terms: LoanTerms, events: Sequence[LoanEvent], as_of: date
) -> tuple[Instalment, ...]:
    """Return the instalments still to come."""
    agreed = plan_terms(terms)
    account = replay(agreed, events, as_of, (as_of,))
    coming = [
        (number, row) for number, row in enumerate(account.rows, start=1) if row.due_on > as_of
    ]
    if agreed.rules.early_end is EarlyEnd.DAYS:
        # The loan ends with the last row that asks for more than fees of its own day.
        while coming and 0 < coming[-1][1].due_fen == coming[-1][1].uncharged(as_of):
            coming.pop()
    return tuple(_instalment(number, row) for number, row in coming)


def plan_oldest_unpaid(
    terms: LoanTerms, events: Sequence[LoanEvent], as_of: date
) -> list[tuple[date, date | None]]:
    """Return the oldest day fallen due and unpaid, before each event and on a day, in one pass."""
    agreed, story = plan_terms(terms), tell(events, as_of)
    account, found = begin(agreed, story), []
    for event in story.events:
        account.fall_late(event.value_date)
        found.append((event.value_date, account.oldest_due_on(event.value_date)))
        account.apply(event)
    account.fall_late(as_of)
    return [*found[1:], (as_of, account.oldest_due_on(as_of))]


def _line(
    terms: PlanTerms, account: Account, events: Iterable[LoanEvent], as_of: date
) -> AccrualLine:
    """Return how interest is earned: no more from the day of a charge-off or a write-off on."""
    ends = [day for day in (account.charged_off_on, account.written_off_on) if day is not None]
    if not ends:
        return line_of(account, as_of)
    earlier = [event for event in events if event.kind not in ENDING]
    stopped = min(ends)
    before = replay(terms, earlier, stopped)
    ticks = line_of(before, stopped).interest_at(stopped, terms.mode)
    had = sum(row.paid[INTEREST] - row.raised[INTEREST] for row in account.rows)
    had += account.waived[INTEREST]
    return flat_line(max(ticks, had * TICKS_PER_FEN), as_of)


ENDING = frozenset({EventKind.CHARGED_OFF, EventKind.WRITTEN_OFF})


def _state(account: Account, line: AccrualLine, as_of: date) -> LoanState:
    mode, rows = account.terms.mode, account.rows
    ticks = line.interest_at(as_of, mode)
    paid, raised = _sum(rows, "paid"), _sum(rows, "raised")
    fallen = [row for row in rows if row.due_on <= as_of]
    coming = min((row.due_on for row in rows if row.due_on > as_of), default=None)
    due = {part: sum(row.unpaid(part) for row in fallen) for part in paid}
    charged = {part: _charged(rows, part, as_of) for part in (FEE, PENALTY)}
    earned = recognised_fen(ticks, mode)
    lost = dict(account.lost)
    owed = earned + raised[INTEREST] - paid[INTEREST] - account.waived[INTEREST]
    if account.charged_off_on is not None:
        due[INTEREST] = min(due[INTEREST], owed)
    if account.written_off_on is not None:
        lost[INTEREST] = owed
    oldest = account.oldest_due_on(as_of)
    return LoanState(
        as_of=as_of,
        status=_status(account, oldest, as_of),
        disbursed_fen=account.disbursed_fen,
        principal_paid_fen=paid[PRINCIPAL],
        interest_paid_fen=paid[INTEREST],
        penalty_paid_fen=paid[PENALTY],
        overpaid_fen=account.overpaid_fen,
        interest_ticks=ticks,
        penalty_ticks=0,
        interest_accrued_fen=earned,
        penalty_accrued_fen=0,
        principal_due_fen=due[PRINCIPAL],
        interest_due_fen=due[INTEREST],
        advance_fen=sum(row.paid_fen for row in rows if row.due_on == coming),
        oldest_due_on=oldest,
        next_due_on=None if account.closed_on is not None else coming,
        matures_on=max(row.due_on for row in rows),
        closed_on=account.closed_on,
        instalments=tuple(
            _instalment(number, row)
            for number, row in enumerate(rows, start=1)
            if row.due_on <= as_of
        ),
        allocations=_allocations(account),
        line=line,
        fee_charged_fen=charged[FEE],
        fee_paid_fen=paid[FEE],
        penalty_charged_fen=charged[PENALTY],
        interest_waived_fen=account.waived[INTEREST],
        fee_waived_fen=account.waived[FEE],
        penalty_waived_fen=account.waived[PENALTY],
        principal_raised_fen=raised[PRINCIPAL],
        interest_raised_fen=raised[INTEREST],
        fee_raised_fen=raised[FEE],
        penalty_raised_fen=raised[PENALTY],
        principal_written_off_fen=lost[PRINCIPAL],
        interest_written_off_fen=lost[INTEREST],
        fee_written_off_fen=lost[FEE],
        penalty_written_off_fen=lost[PENALTY],
        goodwill_fen=_goodwill(account),
        recovered_fen=account.recovered_fen,
        fee_due_fen=due[FEE],
        penalty_not_due_fen=sum(row.unpaid(PENALTY) for row in rows if row.due_on > as_of),
        charged_off_on=account.charged_off_on,
        written_off_on=account.written_off_on,
        charges=_charges(rows, as_of),
    )


def _sum(rows: Iterable[Row], what: str) -> dict[Component, int]:
    totals = {PENALTY: 0, FEE: 0, INTEREST: 0, PRINCIPAL: 0}
    for row in rows:
        for part, amount_fen in getattr(row, what).items():
            totals[part] += amount_fen
    return totals


def _charged(rows: Iterable[Row], part: Component, day: date) -> int:
    """Return what was charged by a day; what comes with a row only as its day comes."""
    whole = sum(row.due[part] - row.raised[part] for row in rows)
    return whole - sum(row.uncharged(day) for row in rows if part is FEE)


def _status(account: Account, oldest: date | None, as_of: date) -> LoanStatus:
    if account.written_off_on is not None:
        return LoanStatus.WRITTEN_OFF
    if account.closed_on is not None:
        return LoanStatus.CLOSED
    if oldest is not None and oldest < as_of:
        return LoanStatus.OVERDUE
    return LoanStatus.LIVE


def _instalment(number: int, row: Row) -> Instalment:
    return Instalment(
        number=number,
        due_on=row.due_on,
        principal_fen=row.due[PRINCIPAL],
        interest_fen=row.due[INTEREST],
        principal_paid_fen=row.paid[PRINCIPAL],
        interest_paid_fen=row.paid[INTEREST],
        fee_fen=row.due[FEE],
        penalty_fen=row.due[PENALTY],
        fee_paid_fen=row.paid[FEE],
        penalty_paid_fen=row.paid[PENALTY],
        interest_waived_fen=row.given_up[INTEREST] - row.lost[INTEREST],
        fee_waived_fen=row.given_up[FEE] - row.lost[FEE],
        penalty_waived_fen=row.given_up[PENALTY] - row.lost[PENALTY],
        written_off_fen=sum(row.lost.values()),
    )


def _allocations(account: Account) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(
            event_id=entry.event_id,
            value_date=entry.value_date,
            amount_fen=entry.amount_fen,
            penalty_fen=entry.parts[PENALTY],
            interest_fen=entry.parts[INTEREST],
            principal_fen=entry.parts[PRINCIPAL],
            overpaid_fen=entry.amount_fen - sum(entry.parts.values()) - entry.recovered_fen,
            fee_fen=entry.parts[FEE],
            kind=entry.kind,
            recovered_fen=entry.recovered_fen,
        )
        for entry in account.entries
        if entry.kind in ALLOCATED
    )


def _goodwill(account: Account) -> int:
    given = (entry for entry in account.entries if entry.kind is EventKind.GOODWILL_CREDIT)
    return sum(entry.amount_fen for entry in given)


def _charges(rows: Iterable[Row], day: date) -> tuple[Charge, ...]:
    """Return the charges with what became of each: within a row the earliest is paid first."""
    found = []
    for row in rows:
        left = {
            part: [row.paid[part], row.given_up[part] - row.lost[part], row.lost[part]]
            for part in (FEE, PENALTY)
        }
        # What comes with a row to come was paid first: see `Row.uncharged`.
        order = sorted(row.charges, key=lambda one: (not one.with_row, one.due_on))
        for made in order:
            became, rest = [], made.amount_fen
            for place, amount_fen in enumerate(left[made.part]):
                became.append(min(rest, amount_fen))
                left[made.part][place] -= became[-1]
                rest -= became[-1]
            if made.with_row and row.due_on > day and rest == made.amount_fen:
                continue
            kind = EventKind.FEE_CHARGED if made.part is FEE else EventKind.PENALTY_CHARGED
            head = (made.event_id, kind, made.name, made.due_on)
            found.append(Charge(*head, made.amount_fen, *became))
    return tuple(found)
