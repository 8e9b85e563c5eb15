"""Reads of the lending room: every one takes a principal and stays within what it may see."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from martlet.kernel.errors import Invalid
from martlet.kernel.principal import Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.facilities import find_facility
from martlet.lending.growth import growth_of
from martlet.lending.limits import (
    PORTFOLIO_ROWS_MAX,
    QUOTE_DAYS_MAX,
    RECEIPTS_SHOWN_MAX,
    STATEMENT_LOANS_MAX,
)
from martlet.lending.loans import event_rows, events_of, find_loan, terms_of
from martlet.lending.marks import recognised_until
from martlet.lending.nights.tables import receipt
from martlet.lending.offers import find_offer, price_under_law
from martlet.lending.product import product_named, products
from martlet.lending.projection import pay_off, project
from martlet.lending.tables import (
    application,
    facility,
    fee_owed,
    interest_owed,
    loan,
    offer,
    penalty_owed,
    principal_owed,
)
from martlet.lending.views import (
    LOAN_LINE_COLUMNS,
    application_json,
    balances_json,
    facility_json,
    loan_json,
    loan_line,
    offer_json,
    statement_lines,
)

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Select, Table

    from martlet.credit import StoredDecision
    from martlet.lending.disclosure import RateCaps


def _own(principal: Principal, table: Table, party_id: UUID | None = None) -> Select[Any]:
    """Select what the principal may see of a table, of one business or of all its businesses."""
    principal.require(Scope.LENDING_READ)
    query = select(table).where(table.c.tenant_id == principal.tenant_id)
    if party_id is not None:
        principal.require_party(party_id)
        return query.where(table.c.party_id == party_id)
    if principal.party_ids is not None:
        return query.where(table.c.party_id.in_(sorted(principal.party_ids)))
    return query


def list_products() -> list[dict[str, Any]]:
    """Return what the bank sells."""
    return [
        {
            "product": product.name,
            "version": product.version,
            "name": {"en": product.en, "zh-CN": product.zh_cn},
            "currency": product.currency,
            "revolving": product.revolving,
            "tenor_unit": product.tenor_unit.value,
            "tenors": list(product.tenor_options),
            "tenor_default": product.tenor_default,
            "draw_min_fen": product.draw_min_fen,
            "conventions": product.conventions.as_json(),
        }
        for product in products().values()
    ]


def applications(
    connection: Connection, principal: Principal, party_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return applications, the latest first."""
    query = _own(principal, application, party_id)
    query = query.order_by(application.c.applied_at.desc(), application.c.application_id.desc())
    rows = connection.execute(query.limit(PORTFOLIO_ROWS_MAX))
    return [application_json(row) for row in rows]


def open_offers(
    connection: Connection,
    principal: Principal,
    party_id: UUID,
    at: Any,  # noqa: ANN401
) -> list[dict[str, Any]]:
    """Return the offers that can still be accepted at a moment, the latest first."""
    query = _own(principal, offer, party_id).where(
        offer.c.facility_id.is_(None), offer.c.expires_at > at
    )
    rows = connection.execute(query.order_by(offer.c.offer_id.desc()).limit(PORTFOLIO_ROWS_MAX))
    return [offer_json(row) for row in rows]


def answer_to(
    connection: Connection, principal: Principal, decision: StoredDecision, caps: RateCaps
) -> dict[str, Any]:
    """Return what an application came to beyond its decision: the offer made, and what was noted.

    What was noted follows again from the decision, its day and the caps, as it did then.
    """
    keys = decision.decision_id
    asked = connection.execute(
        _own(principal, application, decision.application.party_id).where(
            application.c.decision_id == keys
        )
    ).first()
    if asked is None:
        return {"outcome": decision.decision.outcome.value, "offer": None, "notes": ()}
    made = connection.execute(
        _own(principal, offer, asked.party_id).where(offer.c.decision_id == keys)
    ).first()
    product = product_named(asked.product)
    price = price_under_law(caps, product, decision.decision, asked.applied_on)
    return {
        "outcome": asked.outcome,
        "offer": offer_json(made) if made is not None else None,
        "notes": price.notes,
    }


def one_offer(connection: Connection, principal: Principal, offer_id: UUID) -> dict[str, Any]:
    """Return one offer."""
    principal.require(Scope.LENDING_READ)
    return offer_json(find_offer(connection, principal, offer_id))


def receipts(
    connection: Connection, principal: Principal, state: str, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return receipts in a state, in the order of their identifiers, after one."""
    principal.require(Scope.END_OF_DAY)
    query = select(receipt).where(
        receipt.c.tenant_id == principal.tenant_id, receipt.c.state == state
    )
    if after is not None:
        query = query.where(receipt.c.receipt_id > after)
    rows = connection.execute(
        query.order_by(receipt.c.receipt_id).limit(min(limit, RECEIPTS_SHOWN_MAX))
    )
    return [
        {
            "receipt_id": str(row.receipt_id),
            "loan_id": str(row.loan_id),
            "amount_fen": row.amount_fen,
            "value_date": row.value_date.isoformat(),
            "reference": row.reference,
            "state": row.state,
            "reason": row.reason,
        }
        for row in rows
    ]


def facilities(
    connection: Connection, principal: Principal, party_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return the lines of a business, or of all that the principal may see."""
    today = current_business_date(connection, principal.tenant_id)
    query = _own(principal, facility, party_id).order_by(facility.c.facility_id)
    rows = connection.execute(query.limit(PORTFOLIO_ROWS_MAX))
    return [facility_json(row, today) for row in rows]


def one_facility(connection: Connection, principal: Principal, facility_id: UUID) -> dict[str, Any]:
    """Return one line."""
    principal.require(Scope.LENDING_READ)
    row = find_facility(connection, principal, facility_id)
    return facility_json(row, current_business_date(connection, principal.tenant_id))


def loans(
    connection: Connection,
    principal: Principal,
    *,
    party_id: UUID | None = None,
    facility_id: UUID | None = None,
    status: str | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[dict[str, Any]]:
    """Return loans in the order of their making, as the last night or event left them."""
    query = _own(principal, loan, party_id)
    if facility_id is not None:
        query = query.where(loan.c.facility_id == facility_id)
    if status is not None:
        query = query.where(loan.c.status == status)
    if after is not None:
        query = query.where(loan.c.loan_id > after)
    read: list[ColumnElement[Any]] = [loan.c[name] for name in LOAN_LINE_COLUMNS]
    query = query.with_only_columns(*[*read, recognised_until()])
    query = query.order_by(loan.c.loan_id).limit(min(limit, PORTFOLIO_ROWS_MAX))
    return [loan_line(row) for row in connection.execute(query)]


def one_loan(connection: Connection, principal: Principal, loan_id: UUID) -> dict[str, Any]:
    """Return a loan as it stands today."""
    principal.require(Scope.LENDING_READ)
    row = find_loan(connection, principal, loan_id)
    today = current_business_date(connection, principal.tenant_id)
    return loan_json(row, events_of(event_rows(connection, loan_id)), today)


def payoff_quote(
    connection: Connection, principal: Principal, loan_id: UUID, on: date | None = None
) -> dict[str, Any]:
    """Return what would pay a loan off on a day, today or later."""
    principal.require(Scope.LENDING_READ)
    row = find_loan(connection, principal, loan_id)
    today = current_business_date(connection, principal.tenant_id)
    day = on or today
    if not today <= day <= today + timedelta(days=QUOTE_DAYS_MAX):
        raise Invalid("lending.quote_day_outside", on=day.isoformat(), max_days=QUOTE_DAYS_MAX)
    terms, events = terms_of(row), events_of(event_rows(connection, loan_id))
    paid, state = pay_off(terms, events, day), project(terms, events, day)
    return {
        "loan_id": str(loan_id),
        "on": day.isoformat(),
        **{part: getattr(paid or state, part) for part in _PARTS},
        "total_fen": state.outstanding_fen if paid is None else paid.amount_fen,
    }


_PARTS = ("principal_fen", "interest_fen", "fee_fen", "penalty_fen")


def loan_statement(connection: Connection, principal: Principal, loan_id: UUID) -> dict[str, Any]:
    """Return a loan's events, what fell due, how payments were applied, and the balances."""
    principal.require(Scope.LENDING_READ)
    row = find_loan(connection, principal, loan_id)
    today = current_business_date(connection, principal.tenant_id)
    rows = event_rows(connection, loan_id)
    events = events_of(rows)
    state = project(terms_of(row), events, today)
    return {
        "loan": loan_json(row, events, today),
        "as_of": today.isoformat(),
        "lines": statement_lines(rows, state),
        "balances": balances_json(state),
        "earned": {
            "interest_fen": state.interest_accrued_fen,
            "penalty_fen": state.penalty_accrued_fen,
        },
    }


def facility_statement(
    connection: Connection, principal: Principal, facility_id: UUID
) -> dict[str, Any]:
    """Return a line with the statements of its loans, the latest drawdown first."""
    line = one_facility(connection, principal, facility_id)
    query = _own(principal, loan).where(loan.c.facility_id == facility_id)
    rows = connection.execute(query.order_by(loan.c.loan_id.desc()).limit(STATEMENT_LOANS_MAX))
    found = [loan_statement(connection, principal, row.loan_id) for row in rows.all()]
    names = found[0]["balances"] if found else {}
    totals = {name: sum(one["balances"][name] for one in found) for name in names}
    return {"facility": line, "loans": found, "balances": totals}


def portfolio(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return the book by product and status, as the last night or event left it."""
    principal.require(Scope.LENDING_READ)
    own = _own(principal, loan).subquery()
    query = select(
        own.c.product,
        own.c.status,
        func.count().label("loans_count"),
        _sum(own.c.disbursed_fen, "disbursed_fen"),
        _sum(principal_owed(own.c), "principal_fen"),
        _sum(interest_owed(own.c), "interest_fen"),
        _sum(fee_owed(own.c), "fee_fen"),
        _sum(penalty_owed(own.c), "penalty_fen"),
        _sum(
            own.c.interest_accrued_fen
            + own.c.penalty_accrued_fen
            + own.c.penalty_charged_fen
            + _fees_earned(own.c),
            "earned_fen",
        ),
        _sum(own.c.principal_written_off_fen, "principal_written_off_fen"),
        _sum(own.c.recovered_fen, "recovered_fen"),
    ).group_by(own.c.product, own.c.status)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    grown = growth_of(connection, principal.tenant_id, principal.party_ids)
    for row in rows:
        interest_fen, penalty_fen = grown.get((row["product"], row["status"]), (0, 0))
        row["interest_fen"] += interest_fen
        row["penalty_fen"] += penalty_fen
        row["earned_fen"] += interest_fen + penalty_fen
        row.update({name: int(value) for name, value in row.items() if name.endswith("_fen")})
    rows.sort(key=lambda row: (row["product"], row["status"]))
    lines = _own(principal, facility).subquery()
    granted = connection.execute(
        select(func.count(), _sum(lines.c.limit_fen, "limit"), _sum(lines.c.used_fen, "used"))
    ).one()
    sums = [name for name in rows[0] if name not in {"product", "status"}] if rows else []
    return {
        "business_date": current_business_date(connection, principal.tenant_id).isoformat(),
        "rows": rows,
        "totals": {name: sum(row[name] for row in rows) for name in sums},
        "facilities": {
            "facilities_count": granted[0],
            "limit_fen": int(granted[1]),
            "used_fen": int(granted[2]),
        },
    }


def _fees_earned(columns: Any) -> Any:  # noqa: ANN401 - columns and an expression of them
    """Return the fees that are income: all that were charged, or what of them has been paid."""
    deferred = columns.product.in_([name for name, one in products().items() if one.defers_fees])
    paid = columns.fee_paid_fen - columns.fee_raised_fen
    return case((deferred, paid), else_=columns.fee_charged_fen)


def _sum(column: Any, label: str) -> Any:  # noqa: ANN401 - a column's expression
    return func.coalesce(func.sum(column), 0).label(label)
