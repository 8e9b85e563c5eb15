"""Consents: nothing of a business's own records is read without one in force.

Giving and withdrawing are two append-only tables; what is in force at a moment is computed from
them, so a withdrawal works at once and the history can never be tidied up.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, insert, or_, select

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Forbidden, Invalid, NotFound, TooLarge
from martlet.parties.limits import CONSENT_DAYS_MAX, CONSENTS_IN_ONE_COMMAND_MAX
from martlet.parties.model import BANK_ITSELF, Consent, Purpose, RecordKind
from martlet.parties.tables import business, consent, consent_withdrawal
from martlet.store import Prepared, PreparedOfSome
from martlet.store.schema import Day, Moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Select

    from martlet.kernel.principal import Principal
    from martlet.store import Transaction


def give(
    tx: Transaction,
    party_ids: Sequence[UUID],
    records: Sequence[RecordKind],
    purpose: Purpose,
    grantee: str,
    until: date,
) -> list[UUID]:
    """Record what businesses allow; return the consents' ids, business by business."""
    today = business_date_of(tx.now)
    if not today <= until <= today + timedelta(days=CONSENT_DAYS_MAX):
        raise Invalid(
            "parties.consent_period_invalid", until=until.isoformat(), max_days=CONSENT_DAYS_MAX
        )
    if len(party_ids) * len(records) > CONSENTS_IN_ONE_COMMAND_MAX:
        raise TooLarge(
            "parties.too_many_rows",
            rows_count=len(party_ids) * len(records),
            max_count=CONSENTS_IN_ONE_COMMAND_MAX,
        )
    _require_known(tx, party_ids)
    made: list[dict[str, Any]] = []
    for party_id in party_ids:
        made.extend(
            {
                "tenant_id": tx.tenant_id,
                "consent_id": tx.ids.new(),
                "party_id": party_id,
                "record": record.value,
                "purpose": purpose.value,
                "grantee": grantee,
                "until": until,
                "given_at": tx.now,
                "given_by": tx.principal.actor,
            }
            for record in records
        )
        tx.emit(
            "parties.consent_given",
            f"party:{party_id}",
            {
                "party_id": str(party_id),
                "records": [record.value for record in records],
                "purpose": purpose.value,
                "grantee": grantee,
                "until": until.isoformat(),
            },
        )
    if made:
        tx.execute(insert(consent), made)
    return [row["consent_id"] for row in made]


def withdraw(
    tx: Transaction, party_id: UUID, records: Sequence[RecordKind], purpose: Purpose | None
) -> list[UUID]:
    """Withdraw at once every consent in force for these records; return which they were."""
    _require_known(tx, [party_id])
    chosen = [consent.c.party_id == party_id, consent.c.record.in_([r.value for r in records])]
    if purpose is not None:
        chosen.append(consent.c.purpose == purpose.value)
    asked = {"tenant_id": tx.tenant_id, "at": tx.now, "today": business_date_of(tx.now)}
    rows = tx.execute(_in_force(*chosen), asked).all()
    if not rows:
        return []
    tx.execute(
        insert(consent_withdrawal),
        [
            {
                "tenant_id": tx.tenant_id,
                "consent_id": row.consent_id,
                "withdrawn_at": tx.now,
                "withdrawn_by": tx.principal.actor,
            }
            for row in rows
        ],
    )
    tx.emit(
        "parties.consent_withdrawn",
        f"party:{party_id}",
        {
            "party_id": str(party_id),
            "records": sorted({row.record for row in rows}),
            "purposes": sorted({row.purpose for row in rows}),
        },
    )
    return [row.consent_id for row in rows]


def consents_in_force(
    connection: Connection,
    principal: Principal,
    party_id: UUID,
    at: datetime,
    purpose: Purpose = Purpose.CREDIT,
    grantee: str = BANK_ITSELF,
) -> frozenset[str]:
    """Return the kinds of records of one business that may be read at a moment for a purpose."""
    if principal.party_ids is not None and party_id not in principal.party_ids:
        return frozenset()
    asked = {"party_id": party_id, **_asked(principal, at, purpose, grantee)}
    rows = _OF_ONE.on(connection, asked)
    return frozenset(row.record for row in rows)


def consents_of_some(
    connection: Connection,
    principal: Principal,
    party_ids: Sequence[UUID],
    at: datetime,
    purpose: Purpose = Purpose.CREDIT,
    grantee: str = BANK_ITSELF,
) -> dict[UUID, frozenset[str]]:
    """Return the same for some businesses in one question; those that allow nothing are absent."""
    asked = _asked(principal, at, purpose, grantee)
    return _by_party(_OF_SOME.on(connection, asked, party_ids), principal)


def consents_of_many(
    connection: Connection,
    principal: Principal,
    at: datetime,
    purpose: Purpose = Purpose.CREDIT,
    grantee: str = BANK_ITSELF,
) -> dict[UUID, frozenset[str]]:
    """Return the same for every business that the principal sees and that allows anything."""
    return _by_party(_OF_MANY.on(connection, _asked(principal, at, purpose, grantee)), principal)


def _by_party(rows: Iterable[Any], principal: Principal) -> dict[UUID, frozenset[str]]:
    allowed: dict[UUID, set[str]] = {}
    for row in rows:
        if principal.party_ids is None or row.party_id in principal.party_ids:
            allowed.setdefault(row.party_id, set()).add(row.record)
    return {party_id: frozenset(records) for party_id, records in allowed.items()}


def require_consent(
    connection: Connection,
    principal: Principal,
    party_id: UUID,
    record: RecordKind,
    at: datetime,
    purpose: Purpose = Purpose.CREDIT,
) -> None:
    """Refuse to go on unless this kind of record may be read now."""
    if record.value not in consents_in_force(connection, principal, party_id, at, purpose):
        raise Forbidden(
            "parties.consent_missing",
            party_id=str(party_id),
            record=record.value,
            purpose=purpose.value,
        )


def consent_history(
    connection: Connection, principal: Principal, party_id: UUID
) -> tuple[Consent, ...]:
    """Return all that a business ever allowed, oldest first, with what it took back and when."""
    principal.require_party(party_id)
    rows = connection.execute(
        select(consent, consent_withdrawal.c.withdrawn_at)
        .join_from(consent, consent_withdrawal, _withdrawn(), isouter=True)
        .where(consent.c.tenant_id == principal.tenant_id, consent.c.party_id == party_id)
        .order_by(consent.c.given_at, consent.c.consent_id)
    )
    return tuple(
        Consent(
            row.consent_id,
            row.party_id,
            RecordKind(row.record),
            Purpose(row.purpose),
            row.grantee,
            row.given_at,
            row.given_by,
            row.until,
            row.withdrawn_at,
        )
        for row in rows
    )


def _withdrawn() -> ColumnElement[bool]:
    return and_(
        consent_withdrawal.c.tenant_id == consent.c.tenant_id,
        consent_withdrawal.c.consent_id == consent.c.consent_id,
    )


def _in_force(*chosen: ColumnElement[bool]) -> Select[Any]:
    """Select the consents in force at a moment: given, not run out, not yet withdrawn."""
    at = bindparam("at", type_=Moment)
    return (
        select(consent.c.consent_id, consent.c.party_id, consent.c.record, consent.c.purpose)
        .join_from(consent, consent_withdrawal, _withdrawn(), isouter=True)
        .where(
            consent.c.tenant_id == bindparam("tenant_id"),
            consent.c.given_at <= at,
            consent.c.until >= bindparam("today", type_=Day),
            or_(
                consent_withdrawal.c.withdrawn_at.is_(None),
                consent_withdrawal.c.withdrawn_at > at,
            ),
            *chosen,
        )
    )


def _asked(principal: Principal, at: datetime, purpose: Purpose, grantee: str) -> dict[str, Any]:
    """Return what fills in the statements below."""
    return {
        "tenant_id": principal.tenant_id,
        "at": at,
        "today": business_date_of(at),
        "purpose": purpose.value,
        "grantee": grantee,
    }


_FOR_PURPOSE = _in_force(
    consent.c.purpose == bindparam("purpose"), consent.c.grantee == bindparam("grantee")
)
_OF_MANY = Prepared(_FOR_PURPOSE)
_OF_SOME = PreparedOfSome(_FOR_PURPOSE, consent.c.party_id)
_OF_ONE = Prepared(_FOR_PURPOSE.where(consent.c.party_id == bindparam("party_id")))
"""Written once: this is asked at every decision."""


def _require_known(tx: Transaction, party_ids: Sequence[UUID]) -> None:
    """Refuse a business that the tenant does not have or the principal does not see."""
    for party_id in party_ids:
        tx.principal.require_party(party_id)
    known = set(
        tx.execute(
            select(business.c.party_id).where(
                business.c.tenant_id == tx.tenant_id, business.c.party_id.in_(set(party_ids))
            )
        ).scalars()
    )
    for party_id in party_ids:
        if party_id not in known:
            raise NotFound("parties.business_not_found", party_id=str(party_id))
