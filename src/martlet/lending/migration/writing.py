"""One batch of prepared loans, written in one transaction: lines, loans, events, entries, names.

The invariant: a loan comes in with all of it or not at all, and a name that is known already comes
in never again. A line of a migrated loan grants nothing new: it holds what is drawn and is closed
to drawing until this bank has decided.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from martlet.kernel.errors import Conflict
from martlet.ledger import current_business_date, post
from martlet.lending.bookkeeping import transfers
from martlet.lending.events import details_json
from martlet.lending.loans import LIVE, copy_of
from martlet.lending.migration.tables import migrated_loan, migrated_party
from martlet.lending.tables import facility, loan, loan_event

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.lending.migration.preparing import Frame, Prepared
    from martlet.store import Transaction

Lines = dict[tuple["UUID", str], "UUID"]


def known_loans(
    connection: Connection, principal: Principal, source: str, references: Sequence[str]
) -> dict[str, str]:
    """Return the fingerprints of the loans that came in before, by their names."""
    query = select(migrated_loan.c.reference, migrated_loan.c.fingerprint).where(
        migrated_loan.c.tenant_id == principal.tenant_id,
        migrated_loan.c.source == source,
        migrated_loan.c.reference.in_(references),
    )
    return {row.reference: row.fingerprint for row in connection.execute(query)}


def known_parties(
    connection: Connection, principal: Principal, source: str, references: Sequence[str]
) -> dict[str, UUID]:
    """Return the businesses that came in before, by their names."""
    query = select(migrated_party.c.reference, migrated_party.c.party_id).where(
        migrated_party.c.tenant_id == principal.tenant_id,
        migrated_party.c.source == source,
        migrated_party.c.reference.in_(references),
    )
    return {row.reference: row.party_id for row in connection.execute(query)}


def write_parties(tx: Transaction, source: str, parties: Mapping[str, UUID]) -> dict[str, Any]:
    """Remember which business another system's name stands for."""
    rows = [
        {"tenant_id": tx.tenant_id, "source": source, "reference": name, "party_id": party_id}
        for name, party_id in parties.items()
    ]
    tx.execute(insert(migrated_party), rows)
    tx.emit("lending.parties_taken_over", f"migration:{source}", {"businesses_count": len(rows)})
    return {"businesses_count": len(rows)}


def write_loans(
    tx: Transaction, batch: Sequence[tuple[Prepared, UUID]], frame: Frame
) -> dict[str, Any]:
    """Write loans with the businesses they belong to, and say what they add up to."""
    today = current_business_date(tx.connection, tx.tenant_id)
    if today != frame.today:
        raise Conflict("lending.migration_day_moved", on=frame.today.isoformat())
    lines = _lines(tx, batch, frame)
    loan_rows: list[dict[str, Any]] = []
    event_rows: list[dict[str, Any]] = []
    names: list[dict[str, Any]] = []
    posted = []
    for item, party_id in batch:
        loan_id = tx.ids.new()
        facility_id = lines[party_id, item.source.product.name]
        loan_rows.append(_loan_row(tx, item, (loan_id, facility_id, party_id), frame))
        event_rows += _event_rows(tx, item, loan_id)
        names.append(
            {
                "tenant_id": tx.tenant_id,
                "source": frame.source,
                "reference": item.source.reference,
                "loan_id": loan_id,
                "fingerprint": item.fingerprint,
                "taken_over_on": today,
            }
        )
        posted += transfers(tx, item.opening.moves, f"loan:{loan_id}") if item.opening.moves else []
    tx.execute(insert(loan), loan_rows)
    tx.execute(insert(loan_event), event_rows)
    tx.execute(insert(migrated_loan), names)
    if posted:
        post(tx, posted, today)
    told = {
        "source": frame.source,
        "loans_count": len(loan_rows),
        "events_count": len(event_rows),
        "principal_fen": sum(item.state.principal_fen for item, _ in batch),
        "suspense_fen": sum(item.opening.suspense_fen for item, _ in batch),
        "differences_count": sum(len(item.differences) for item, _ in batch),
    }
    tx.emit("lending.loans_taken_over", f"migration:{frame.source}", told, business_date=today)
    return told


def _loan_row(
    tx: Transaction, item: Prepared, ids: tuple[UUID, UUID, UUID], frame: Frame
) -> dict[str, Any]:
    loan_id, facility_id, party_id = ids
    terms, product = item.source.terms, item.source.product
    return {
        "loan_id": loan_id,
        "tenant_id": tx.tenant_id,
        "party_id": party_id,
        "facility_id": facility_id,
        "product": product.name,
        "product_version": product.version,
        "rail": frame.rail,
        "terms": terms.as_json(),
        "rounding_mode": terms.conventions.rounding_mode.value,
        "principal_agreed_fen": terms.principal_fen,
        "created_on": item.source.disbursed_on,
        "disbursed_on": item.source.disbursed_on,
        "events": len(item.events),
        **copy_of(item.state),
    }


def _event_rows(tx: Transaction, item: Prepared, loan_id: UUID) -> list[dict[str, Any]]:
    return [
        {
            "event_id": event.event_id,
            "tenant_id": tx.tenant_id,
            "loan_id": loan_id,
            "sequence": event.sequence,
            "kind": event.kind.value,
            "value_date": event.value_date,
            "business_date": booked_on,
            "amount_fen": event.amount_fen,
            "details": details_json(event.details),
            "reference": note,
            "recorded_at": tx.now,
        }
        for event, booked_on, note in zip(item.events, item.booked_on, item.notes, strict=True)
    ]


def _lines(tx: Transaction, batch: Sequence[tuple[Prepared, UUID]], frame: Frame) -> Lines:
    """Return the line of every loan, opened or with the loan's share of it added."""
    used: dict[tuple[UUID, str], int] = defaultdict(int)
    terms_of = {}
    for item, party_id in batch:
        key = (party_id, item.source.product.name)
        used[key] += _share(item)
        terms_of[key] = item.source.terms
    query = select(facility.c.facility_id, facility.c.party_id, facility.c.product).where(
        facility.c.tenant_id == tx.tenant_id,
        facility.c.party_id.in_({party_id for party_id, _ in used}),
    )
    lines = {(row.party_id, row.product): row.facility_id for row in tx.execute(query)}
    opened: list[dict[str, Any]] = []
    for key, share_fen in used.items():
        if key in lines:
            if share_fen:
                more = update(facility).where(
                    facility.c.tenant_id == tx.tenant_id, facility.c.facility_id == lines[key]
                )
                tx.execute(more.values(used_fen=facility.c.used_fen + share_fen))
            continue
        lines[key] = tx.ids.new()
        opened.append(
            {
                "facility_id": lines[key],
                "tenant_id": tx.tenant_id,
                "party_id": key[0],
                "product": key[1],
                "limit_fen": share_fen,
                "used_fen": share_fen,
                "rate_ppm_per_day": terms_of[key].rate_ppm_per_day,
                "tenors": [terms_of[key].tenor],
                "offer_id": lines[key],
                "opened_on": frame.today,
                "available_until": frame.today - timedelta(days=1),
            }
        )
    if opened:
        tx.execute(insert(facility), opened)
    return lines


def _share(item: Prepared) -> int:
    """Return what a loan takes up of its line."""
    if item.source.product.revolving:
        return item.state.principal_fen
    return item.source.terms.principal_fen if item.state.status in LIVE else 0
