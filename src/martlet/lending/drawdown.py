"""The drawdown in two phases: promised in one commit, settled or undone by the rail's report.

The promise takes the limit by a conditional update and the money by a hold, writes the loan as
pending and the order to pay, all in one transaction. Nothing accrues before the rail says that the
money has left. What a rail says again changes nothing; what contradicts an outcome already booked
is written down, told to people, and refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, or_, select, update

from martlet.kernel.errors import NotFound, Refused
from martlet.ledger import current_business_date, hold, release, settle
from martlet.lending.advances.rules import NOTHING_KNOWN
from martlet.lending.agreed import agreed_terms, promised_json
from martlet.lending.bookkeeping import record, transfers
from martlet.lending.disclosure import disclose
from martlet.lending.events import EventKind, LoanEvent
from martlet.lending.facilities import find_facility, give_back, take
from martlet.lending.lawful import refuse_unlawful
from martlet.lending.limits import REFERENCE_CHARS_MAX
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import (
    accounts_of,
    accrued_day,
    add_event,
    copy_of,
    find_loan,
    keep_state,
    position_in,
    terms_of,
)
from martlet.lending.participation import placement
from martlet.lending.postings import Accounts, Movement, movements, position_of
from martlet.lending.product import product_named
from martlet.lending.projection import project
from martlet.lending.rail import Outcome, PayoutOrder
from martlet.lending.tables import loan, payout, payout_report
from martlet.store import Prepared

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.lending.advances.rules import Carrying
    from martlet.lending.disclosure import RateCaps
    from martlet.lending.loan import LoanTerms
    from martlet.store import Transaction


_ARREARS = Prepared(
    select(loan.c.loan_id, loan.c.written_off_on)
    .where(
        loan.c.tenant_id == bindparam("tenant"),
        loan.c.party_id == bindparam("party"),
        or_(
            and_(loan.c.live == 1, loan.c.oldest_due_on < bindparam("today")),
            loan.c.written_off_on.is_not(None),
        ),
    )
    .limit(1)
)
_ORDER = Prepared(insert(payout))
_PROMISE = Prepared(insert(loan))
_REPORT = Prepared(insert(payout_report))
_FIND_ORDER = Prepared(
    select(payout).where(
        payout.c.tenant_id == bindparam("tenant"), payout.c.order_id == bindparam("the_order")
    )
)
_SETTLE_ORDER = Prepared(
    update(payout)
    .where(payout.c.order_id == bindparam("the_order"), payout.c.state == "ordered")
    .values(state=bindparam("outcome"))
)
_CANCEL = Prepared(
    update(loan)
    .where(loan.c.loan_id == bindparam("the_loan"))
    .values(status=bindparam("cancelled"), live=0)
)


def promise(
    tx: Transaction,
    facility_id: UUID,
    amount_fen: int,
    tenor: int | None,
    rail: str,
    caps: RateCaps,
    carrying: Carrying = NOTHING_KNOWN,
) -> dict[str, Any]:
    """Take the limit and the money and promise the loan, or refuse and change nothing."""
    line = find_facility(tx.connection, tx.principal, facility_id)
    product, today = product_named(line.product), current_business_date(tx.connection, tx.tenant_id)
    if amount_fen < product.draw_min_fen:
        raise Refused("lending.draw_too_small", min_fen=product.draw_min_fen)
    if today > line.available_until:
        raise Refused("lending.facility_lapsed", available_until=line.available_until.isoformat())
    _refuse_arrears(tx, line, today)
    chosen = product.check_tenor(tenor, line.tenors)
    terms = agreed_terms(product, amount_fen, line.rate_ppm_per_day, chosen, carrying)
    refuse_unlawful(caps, line.product, line.rate_ppm_per_day, [chosen], today)
    if terms.takings is not None:
        # How soon its takings repay it is this loan's own: so is its price.
        caps.check(disclose(terms, today, ()), today)
    take(tx, line, amount_fen)
    loan_id, order_id = tx.ids.new(), tx.ids.new()
    # A fee that is earned as takings come in is the bank's own risk: advances are not shared.
    alone = terms.takings is not None
    shared = None if alone else placement.place(tx, line, terms, loan_id, today)
    _hold_and_order(tx, line, terms, loan_id, order_id, rail)
    _write_loan(tx, line, terms, loan_id, rail, today, shared=shared is not None)
    answer = {
        "loan_id": str(loan_id),
        "order_id": str(order_id),
        "facility_id": str(facility_id),
        "party_id": str(line.party_id),
        "product": line.product,
        "state": "pending",
        "amount_fen": amount_fen,
        "tenor_unit": product.tenor_unit.value,
        **promised_json(terms),
        "business_date": today.isoformat(),
        "ordered_at": tx.now.isoformat(),
        "facility": {
            "limit_fen": line.limit_fen,
            "used_fen": line.used_fen + amount_fen,
            "available_fen": line.limit_fen - line.used_fen - amount_fen,
        },
    }
    if shared is not None:
        answer["partners"] = [shared]
    told = {name: value for name, value in answer.items() if name not in {"state", "facility"}}
    tx.emit("lending.loan_promised", f"loan:{loan_id}", told, business_date=today)
    return answer


def _refuse_arrears(tx: Transaction, line: Row[Any], today: date) -> None:
    """Refuse new money to a business that has left something unpaid, or cost the bank a loss."""
    keys = {"tenant": tx.tenant_id, "party": line.party_id, "today": today}
    overdue = _ARREARS.on(tx.connection, keys).first()
    if overdue is not None and overdue.written_off_on is not None:
        raise Refused("lending.loss_before", loan_id=str(overdue.loan_id))
    if overdue is not None:
        raise Refused("lending.arrears_first", loan_id=str(overdue.loan_id))


def _hold_and_order(
    tx: Transaction, line: Row[Any], terms: LoanTerms, loan_id: UUID, order_id: UUID, rail: str
) -> None:
    accounts = Accounts(line.product, rail)
    move = Movement(
        accounts.principal, accounts.settlement, terms.principal_fen, "lending.disbursement"
    )
    (held,) = transfers(tx, [move], f"loan:{loan_id}")
    hold(tx, [held], current_business_date(tx.connection, tx.tenant_id))
    _ORDER.on(
        tx.connection,
        {
            "order_id": order_id,
            "tenant_id": tx.tenant_id,
            "party_id": line.party_id,
            "loan_id": loan_id,
            "rail": rail,
            "hold_id": held.id,
            "amount_fen": terms.principal_fen,
            "state": "ordered",
            "ordered_at": tx.now,
        },
    )


def _write_loan(
    tx: Transaction,
    line: Row[Any],
    terms: LoanTerms,
    loan_id: UUID,
    rail: str,
    today: date,
    *,
    shared: bool,
) -> None:
    _PROMISE.on(
        tx.connection,
        {
            "loan_id": loan_id,
            "tenant_id": tx.tenant_id,
            "party_id": line.party_id,
            "facility_id": line.facility_id,
            "product": line.product,
            "product_version": product_named(line.product).version,
            "rail": rail,
            "terms": terms.as_json(),
            "rounding_mode": terms.conventions.rounding_mode.value,
            "principal_agreed_fen": terms.principal_fen,
            "created_on": today,
            "events": 0,
            "shared": int(shared),
            **copy_of(project(terms, (), today)),
        },
    )


def book_report(
    tx: Transaction, order_id: UUID, outcome: Outcome, reference: str
) -> dict[str, Any]:
    """Book the rail's word on an order: the first settles or undoes, a repeat changes nothing."""
    order = _FIND_ORDER.on(tx.connection, {"tenant": tx.tenant_id, "the_order": order_id}).first()
    if order is None:
        raise NotFound("lending.order_not_found", order_id=str(order_id))
    today = current_business_date(tx.connection, tx.tenant_id)
    if order.state == "ordered":
        verdict = "applied"
        changed = _SETTLE_ORDER.on(tx.connection, {"the_order": order_id, "outcome": outcome.value})
        assert changed.rowcount == 1, "one writer: what was open when read is open when written"
        (_disbursed if outcome is Outcome.POSTED else _undone)(tx, order, today, reference)
    else:
        verdict = "repeated" if order.state == outcome.value else "contradicted"
    state = outcome.value if verdict == "applied" else order.state
    answer = {
        "order_id": str(order_id),
        "loan_id": str(order.loan_id),
        "verdict": verdict,
        "state": state,
    }
    _REPORT.on(
        tx.connection,
        {
            "report_id": tx.ids.new(),
            "tenant_id": tx.tenant_id,
            "order_id": order_id,
            "outcome": outcome.value,
            "reference": reference[:REFERENCE_CHARS_MAX],
            "verdict": verdict,
            "received_at": tx.now,
        },
    )
    if verdict == "contradicted":
        told = {**answer, "reported": outcome.value, "reference": reference[:REFERENCE_CHARS_MAX]}
        tx.emit("lending.rail_contradicted", f"loan:{order.loan_id}", told, business_date=today)
    return answer


def _disbursed(tx: Transaction, order: Row[Any], today: date, reference: str) -> None:
    """The money has left: the hold becomes a posting and the loan begins today."""
    row = find_loan(tx.connection, tx.principal, order.loan_id)
    settle(tx, [order.hold_id], today)
    event = LoanEvent(tx.ids.new(), row.events + 1, EventKind.DISBURSED, today, order.amount_fen)
    add_event(tx, row, event, today, reference[:REFERENCE_CHARS_MAX])
    # Where the night's interest is on the ledger already, this loan's first night goes there too.
    state = project(terms_of(row), [event], max(today, accrued_day(row)))
    earned = movements(position_in(row), position_of(state), accounts_of(row))
    record(tx, earned, f"loan:{row.loan_id}", today)
    keep_state(tx, row, state, events=event.sequence, disbursed_on=today)
    tx.emit(
        "lending.loan_disbursed",
        f"loan:{row.loan_id}",
        {
            "loan_id": str(row.loan_id),
            "party_id": str(row.party_id),
            "facility_id": str(row.facility_id),
            "product": row.product,
            "amount_fen": order.amount_fen,
            "value_date": today.isoformat(),
            "matures_on": state.matures_on.isoformat() if state.matures_on else None,
        },
        business_date=today,
    )


def _undone(tx: Transaction, order: Row[Any], today: date, reference: str) -> None:
    """The money has not left: the hold ends, the limit is free again, the loan never was."""
    release(tx, [order.hold_id], today)
    row = find_loan(tx.connection, tx.principal, order.loan_id)
    keys = {"the_loan": order.loan_id, "cancelled": LoanStatus.CANCELLED.value}
    _CANCEL.on(tx.connection, keys)
    give_back(tx, row.facility_id, order.amount_fen)
    if row.shared:
        placement.cancel(tx, order.loan_id)
    tx.emit(
        "lending.loan_cancelled",
        f"loan:{order.loan_id}",
        {
            "loan_id": str(order.loan_id),
            "party_id": str(order.party_id),
            "amount_fen": order.amount_fen,
            "reference": reference[:REFERENCE_CHARS_MAX],
        },
        business_date=today,
    )


def state_of(connection: Connection, principal: Principal, order_id: UUID) -> str:
    """Return how far an order is: pending, posted or voided."""
    keys = {"tenant": principal.tenant_id, "the_order": order_id}
    state = _FIND_ORDER.on(connection, keys).one().state
    return "pending" if state == "ordered" else str(state)


def open_orders(connection: Connection, principal: Principal, limit: int) -> list[PayoutOrder]:
    """Return the orders on which the rail has not reported yet, oldest first."""
    query = select(payout).where(
        payout.c.tenant_id == principal.tenant_id, payout.c.state == "ordered"
    )
    return [
        PayoutOrder(
            row.order_id, row.tenant_id, row.party_id, row.loan_id, row.amount_fen, row.ordered_at
        )
        for row in connection.execute(query.order_by(payout.c.order_id).limit(limit))
    ]
