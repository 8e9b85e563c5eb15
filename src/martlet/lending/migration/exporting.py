"""A bank's own loans written as the two files that an import reads: nobody is locked in.

The invariant: what is written is enough to build every loan again; imported into an empty bank on
the same business date, it reconciles without a difference.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec import to_builtins
from sqlalchemy import select

from martlet.kernel.principal import Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.events import details_json
from martlet.lending.limits import CHUNK_LOANS
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.migration.reconciliation import computed_fen
from martlet.lending.migration.rows import COMPONENTS
from martlet.lending.product import product_named
from martlet.lending.projection import project
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.lending.events import LoanEvent
    from martlet.lending.loan import LoanTerms
    from martlet.parties import PartiesService
    from martlet.store import Database

_PARTY = ("party_reference", "party_name", "owner_phone", "owner_name", "trade", "region")
_STATED = tuple(f"stated_{name}_fen" for name in COMPONENTS)
_LOAN = (
    *("loan_id", *_PARTY, "product", "conventions", "principal_fen"),
    *("rate_ppm_per_day", "annual_rate_ppm", "disbursed_on", "tenor", "first_due_on", "due_dates"),
    *("takings", "stated_on", *_STATED),
)
_EVENT = (*("loan_id", "event_id", "value_date", "kind", "amount_fen", "details"),)


@dataclass(frozen=True, slots=True)
class Exported:
    """How much was written, and as of when."""

    on: date
    loans_count: int
    events_count: int


def export_portfolio(
    database: Database, parties: PartiesService, principal: Principal, loans: Path, events: Path
) -> Exported:
    """Write every loan that was paid out, with its business, its history and its balances."""
    principal.require(Scope.LENDING_READ)
    principal.require(Scope.PARTIES_READ)
    loans_count = events_count = 0
    with database.read() as connection:
        today = current_business_date(connection, principal.tenant_id)
    with (
        loans.open("w", encoding="utf-8-sig", newline="") as loans_file,
        events.open("w", encoding="utf-8-sig", newline="") as events_file,
    ):
        loan_rows, event_rows = (
            csv.DictWriter(loans_file, _LOAN),
            csv.DictWriter(events_file, _EVENT),
        )
        loan_rows.writeheader()
        event_rows.writeheader()
        for row, history in _histories(database, principal):
            known = _party(parties, principal, row.party_id)
            cells = loan_cells(row.loan_id, row.product, terms_of(row), history, today)
            loan_rows.writerow({**known, **cells})
            told = [event_cells(row.loan_id, event) for event in history]
            event_rows.writerows(told)
            loans_count, events_count = loans_count + 1, events_count + len(told)
    return Exported(today, loans_count, events_count)


def _histories(
    database: Database, principal: Principal
) -> Iterator[tuple[Row[Any], list[LoanEvent]]]:
    after: UUID | None = None
    while True:
        with database.read() as connection:
            rows = _page(connection, principal, after)
            histories = events_by_loan(connection, [row.loan_id for row in rows])
        for row in rows:
            yield row, histories[row.loan_id]
        if len(rows) < CHUNK_LOANS:
            return
        after = rows[-1].loan_id


def _page(connection: Connection, principal: Principal, after: UUID | None) -> Sequence[Row[Any]]:
    query = (
        select(loan)
        .where(loan.c.tenant_id == principal.tenant_id, loan.c.disbursed_on.is_not(None))
        .order_by(loan.c.loan_id)
        .limit(CHUNK_LOANS)
    )
    if principal.party_ids is not None:
        query = query.where(loan.c.party_id.in_(sorted(principal.party_ids)))
    if after is not None:
        query = query.where(loan.c.loan_id > after)
    return connection.execute(query).all()


def _party(parties: PartiesService, principal: Principal, party_id: UUID) -> dict[str, str]:
    business = parties.business(principal, party_id)
    owner = parties.owners(principal, party_id)[0]
    return {
        "party_reference": str(party_id),
        "party_name": business.name.reveal(),
        "owner_phone": owner.phone.reveal(),
        "owner_name": owner.name.reveal(),
        "trade": business.trade,
        "region": business.region,
    }


def loan_cells(
    loan_id: UUID, product: str, terms: LoanTerms, history: Sequence[LoanEvent], today: date
) -> dict[str, Any]:
    """Return a loan as the cells of a row: its terms, and its balances as they stand."""
    state = project(terms, history, today)
    yearly, agreed = terms.annual_rate_ppm, terms.conventions
    own = agreed if agreed != product_named(product).conventions else None
    return {
        "loan_id": str(loan_id),
        "product": product,
        "conventions": "" if own is None else json.dumps(own.as_json(), ensure_ascii=False),
        "principal_fen": terms.principal_fen,
        "rate_ppm_per_day": terms.rate_ppm_per_day if yearly is None else "",
        "annual_rate_ppm": "" if yearly is None else yearly,
        "disbursed_on": min(event.value_date for event in history).isoformat(),
        "tenor": terms.tenor,
        "first_due_on": terms.first_due_on.isoformat() if terms.first_due_on else "",
        "due_dates": ";".join(day.isoformat() for day in terms.due_dates),
        "takings": "" if terms.takings is None else json.dumps(to_builtins(terms.takings)),
        "stated_on": today.isoformat(),
        **{f"stated_{name}_fen": computed_fen(state, name) for name in COMPONENTS},
    }


def event_cells(loan_id: UUID, event: LoanEvent) -> dict[str, Any]:
    """Return an event as the cells of a row."""
    details = details_json(event.details)
    return {
        "loan_id": str(loan_id),
        "event_id": str(event.event_id),
        "value_date": event.value_date.isoformat(),
        "kind": event.kind.value,
        "amount_fen": event.amount_fen,
        "details": json.dumps(details, ensure_ascii=False) if details is not None else "",
    }
