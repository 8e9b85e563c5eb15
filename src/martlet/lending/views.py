"""What the room answers: plain JSON of whole numbers and texts, made from values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.lending.advances.shown import agreed_json, standing_json
from martlet.lending.columns import LINE_FIELDS
from martlet.lending.disclosure import disclose, shipped_rate_caps
from martlet.lending.events import CREDITS, MONEY_OUT, EventKind, LoanEvent, standing
from martlet.lending.loan import LoanTerms
from martlet.lending.loans import events_of, position_in
from martlet.lending.postings import FIGURES
from martlet.lending.product import product_named
from martlet.lending.projection import agreed_schedule, project, schedule
from martlet.lending.tables import fee_owed, interest_owed, penalty_owed, principal_owed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.lending.disclosure import Fee, RateCaps
    from martlet.lending.loan import Charge, Instalment, LoanState


def day_text(day: date | None) -> str | None:
    """Write a day, or nothing."""
    return day.isoformat() if day else None


def instalment_json(row: Instalment) -> dict[str, Any]:
    """Return one instalment."""
    return {
        "number": row.number,
        "due_on": row.due_on.isoformat(),
        "principal_fen": row.principal_fen,
        "interest_fen": row.interest_fen,
        "fee_fen": row.fee_fen,
        "due_fen": row.due_fen,
    }


def forecast(
    terms: LoanTerms,
    start: date,
    loan_id: UUID,
    caps: RateCaps | None = None,
    fees: Sequence[Fee] = (),
) -> dict[str, Any]:
    """Return the schedule and the honest rates of a loan paid out on a day and paid on its days.

    Beside the rates stands the most that the law of the day allows, by the caps that bind the bank.
    """
    paid_out = LoanEvent(loan_id, 1, EventKind.DISBURSED, start, terms.principal_fen)
    rows = agreed_schedule(terms, paid_out)
    cap = (caps or shipped_rate_caps()).in_force(start)
    fixed_fen = sum(row.fee_fen for row in rows)
    if terms.takings is not None:
        fixed_fen = terms.takings.fee_fen
    return {
        "schedule": [instalment_json(row) for row in rows],
        "rates": {
            **disclose(terms, start, rows, fees).as_json(),
            "cap_ppm": cap.annual_ppm if cap else None,
            "cap_verified": cap is not None and cap.verified,
        },
        "total_interest_fen": sum(row.interest_fen for row in rows),
        "total_fees_fen": sum(fee.amount_fen for fee in fees) + fixed_fen,
        "takings": None if terms.takings is None else agreed_json(terms),
    }


def facility_json(row: Row[Any], today: date) -> dict[str, Any]:
    """Return a line as it stands."""
    product = product_named(row.product)
    return {
        "facility_id": str(row.facility_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "product_name": {"en": product.en, "zh-CN": product.zh_cn},
        "revolving": product.revolving,
        "limit_fen": row.limit_fen,
        "used_fen": row.used_fen,
        "available_fen": max(0, row.limit_fen - row.used_fen),
        "rate_ppm_per_day": row.rate_ppm_per_day,
        "tenors": row.tenors,
        "tenor_unit": product.tenor_unit.value,
        "draw_min_fen": product.draw_min_fen,
        "opened_on": row.opened_on.isoformat(),
        "available_until": row.available_until.isoformat(),
        "lapsed": today > row.available_until,
        "offer_id": str(row.offer_id),
    }


def offer_json(row: Row[Any]) -> dict[str, Any]:
    """Return an offer as it stands; the decision behind it is read by its id."""
    return {
        "offer_id": str(row.offer_id),
        "application_id": str(row.application_id),
        "decision_id": str(row.decision_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "limit_fen": row.limit_fen,
        "rate_ppm_per_day": row.rate_ppm_per_day,
        "tenors": row.tenors,
        "tenor_unit": product_named(row.product).tenor_unit.value,
        "expires_at": row.expires_at.isoformat(),
        "facility_id": str(row.facility_id) if row.facility_id else None,
    }


def application_json(row: Row[Any]) -> dict[str, Any]:
    """Return an application and what became of it."""
    return {
        "application_id": str(row.application_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "requested_fen": row.requested_fen,
        "tenor": row.tenor,
        "decision_id": str(row.decision_id),
        "outcome": row.outcome,
        "applied_on": row.applied_on.isoformat(),
    }


def payout_state(row: Row[Any]) -> str:
    """Return how far the paying out is: pending, posted or voided."""
    if row.disbursed_on is not None:
        return "posted"
    return "voided" if row.status == "cancelled" else "pending"


LOAN_LINE_COLUMNS = (
    "loan_id",
    "facility_id",
    "party_id",
    "product",
    "status",
    "principal_agreed_fen",
    *FIGURES,
    "live",
    "rounding_mode",
    "accrued_until",
    *LINE_FIELDS,
    "created_on",
    "disbursed_on",
    "next_due_on",
    "oldest_due_on",
    "matures_on",
    "closed_on",
)
"""What `loan_line` reads beside the mark: no JSON."""


def loan_line(row: Row[Any]) -> dict[str, Any]:
    """Return a loan in a list, as the last night or event left it."""
    position = position_in(row)
    return {
        "loan_id": str(row.loan_id),
        "facility_id": str(row.facility_id),
        "party_id": str(row.party_id),
        "product": row.product,
        "state": payout_state(row),
        "status": row.status,
        "amount_fen": row.principal_agreed_fen,
        "principal_outstanding_fen": principal_owed(row),
        "interest_fen": interest_owed(position),
        "fee_fen": fee_owed(row),
        "penalty_fen": penalty_owed(position),
        "created_on": row.created_on.isoformat(),
        "disbursed_on": day_text(row.disbursed_on),
        "next_due_on": day_text(row.next_due_on),
        "oldest_due_on": day_text(row.oldest_due_on),
        "matures_on": day_text(row.matures_on),
        "closed_on": day_text(row.closed_on),
    }


def loan_json(row: Row[Any], events: Sequence[LoanEvent], today: date) -> dict[str, Any]:
    """Return a loan as it stands today, with what has fallen due and what is to come."""
    terms = LoanTerms.from_json(row.terms)
    state = project(terms, events, today)
    coming = _coming_json(terms, state, schedule(terms, events, today))
    advance = terms.takings is not None and row.disbursed_on is not None
    return {
        **loan_line(row),
        "as_of": today.isoformat(),
        "status": row.status if row.disbursed_on is None else state.status.value,
        "rate_ppm_per_day": terms.rate_ppm_per_day,
        "tenor": terms.tenor,
        "tenor_unit": terms.conventions.tenor_unit.value,
        **balances_json(state),
        "days_overdue": state.days_overdue,
        "next_due_on": day_text(state.next_due_on),
        "next_due_fen": coming[0]["unpaid_fen"] if coming else 0,
        "overpaid_fen": state.overpaid_fen,
        "paid": {
            "principal_fen": state.principal_paid_fen,
            "interest_fen": state.interest_paid_fen,
            "fee_fen": state.fee_paid_fen,
            "penalty_fen": state.penalty_paid_fen,
        },
        "charges": [charge_json(charge) for charge in state.charges],
        "charged_off_on": day_text(state.charged_off_on),
        "written_off_on": day_text(state.written_off_on),
        "recovered_fen": state.recovered_fen,
        "fallen_due": _fallen_json(state),
        "schedule": coming,
        "takings": standing_json(terms, events, state) if advance else None,
    }


def whole_schedule(
    terms: LoanTerms, events: Sequence[LoanEvent], state: LoanState
) -> dict[str, Any]:
    """Return what has fallen due by the day of a state, what is to come, what was charged."""
    return {
        "fallen_due": _fallen_json(state),
        "coming": _coming_json(terms, state, schedule(terms, events, state.as_of)),
        "charges": [charge_json(charge) for charge in state.charges],
    }


def _fallen_json(state: LoanState) -> list[dict[str, Any]]:
    return [
        {**instalment_json(item), "paid_fen": item.paid_fen, "unpaid_fen": item.unpaid_fen}
        for item in state.instalments
    ]


def _coming_json(
    terms: LoanTerms, state: LoanState, coming: Sequence[Instalment]
) -> list[dict[str, Any]]:
    """Return the instalments to come; of the next one a part may have been paid ahead.

    The minimums of an advance say themselves what of them has been paid.
    """
    found = []
    for row in coming:
        ahead_fen = state.advance_fen if row.due_on == state.next_due_on else 0
        if terms.takings is not None:
            ahead_fen = row.paid_fen
        paid = {"paid_fen": ahead_fen, "unpaid_fen": row.due_fen - ahead_fen}
        found.append({**instalment_json(row), **paid})
    return found


def balances_json(state: LoanState) -> dict[str, int]:
    """Return what is owed and what of it is due."""
    return {
        "principal_outstanding_fen": state.principal_fen,
        "interest_fen": state.interest_fen,
        "fee_fen": state.fee_fen,
        "penalty_fen": state.penalty_fen,
        "outstanding_fen": state.outstanding_fen,
        "due_fen": state.due_fen,
        "principal_due_fen": state.principal_due_fen,
        "interest_due_fen": state.interest_due_fen,
        "fee_due_fen": state.fee_due_fen,
        "penalty_due_fen": state.penalty_due_fen,
    }


def charge_json(charge: Charge) -> dict[str, Any]:
    """Return a fee or a penalty that was charged, and what became of it."""
    return {
        "event_id": str(charge.event_id),
        "kind": charge.kind.value,
        "name": charge.name,
        "due_on": charge.due_on.isoformat(),
        "amount_fen": charge.amount_fen,
        "paid_fen": charge.paid_fen,
        "waived_fen": charge.waived_fen,
        "written_off_fen": charge.written_off_fen,
        "unpaid_fen": charge.unpaid_fen,
    }


_LOWERS = frozenset({*CREDITS, EventKind.RECOVERED, EventKind.WRITTEN_OFF})
"""What lowers the principal outstanding; money out raises it again."""


def statement_lines(rows: Sequence[Row[Any]], state: LoanState) -> list[dict[str, Any]]:
    """Return a loan's events in the order in which they count, with the balance after each.

    What was undone stays on the statement, marked, and moves no balance.
    """
    applied = {part.event_id: part for part in state.allocations}
    stands = {event.event_id for event in standing(events_of(rows))}
    balance_fen, lines = 0, []
    for row in sorted(rows, key=lambda event: (event.value_date, event.sequence)):
        part = applied.get(row.event_id)
        if row.kind == EventKind.DISBURSED.value and row.event_id in stands:
            balance_fen += row.amount_fen
        if part is not None:
            sign = -1 if part.kind in _LOWERS else 1 if part.kind in MONEY_OUT else 0
            balance_fen += sign * part.principal_fen
        lines.append(
            {
                "event_id": str(row.event_id),
                "kind": row.kind,
                "value_date": row.value_date.isoformat(),
                "business_date": row.business_date.isoformat(),
                "amount_fen": row.amount_fen,
                "details": row.details,
                "undone": row.event_id not in stands and row.kind != EventKind.REVERSED.value,
                "penalty_fen": part.penalty_fen if part else 0,
                "fee_fen": part.fee_fen if part else 0,
                "interest_fen": part.interest_fen if part else 0,
                "principal_fen": part.principal_fen if part else 0,
                "overpaid_fen": part.overpaid_fen if part else 0,
                "recovered_fen": part.recovered_fen if part else 0,
                "principal_outstanding_fen": balance_fen,
                "reference": row.reference,
            }
        )
    return lines
