"""Logging in: a code sent to the phone, or a one-time link; both end in a session.

Whether a phone is known is never told: a code is made, stored and throttled for an unknown phone
as for a known one; it is only never sent. A refused try is counted, so these functions answer
`None` instead of raising, which would undo the count.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from martlet.kernel.errors import TooMany
from martlet.parties.limits import (
    CODE_ATTEMPTS_MAX,
    CODE_INTERVAL,
    CODE_KEPT,
    CODE_LIFE,
    CODES_PER_MINUTE_MAX,
    CODES_PER_PHONE_PER_HOUR_MAX,
    LINK_LIFE,
    SESSION_LIFE,
)
from martlet.parties.model import PersonKind
from martlet.parties.tables import login_code, login_link, owner, session, staff
from martlet.parties.tokens import same

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Select

    from martlet.store import Transaction

_HOUR = timedelta(hours=1)
_MINUTE = timedelta(minutes=1)


def store_code(tx: Transaction, phone_index: str, code_id: UUID, code_hash: str) -> None:
    """Keep a fresh code for a phone, known or not; raise `TooMany` when there were too many."""
    tx.execute(
        delete(login_code).where(
            login_code.c.tenant_id == tx.tenant_id, login_code.c.requested_at < tx.now - CODE_KEPT
        )
    )
    to_phone = login_code.c.phone_index == phone_index
    if (
        _codes_since(tx, tx.now - CODE_INTERVAL, to_phone) > 0
        or _codes_since(tx, tx.now - _HOUR, to_phone) >= CODES_PER_PHONE_PER_HOUR_MAX
        or _codes_since(tx, tx.now - _MINUTE) >= CODES_PER_MINUTE_MAX
    ):
        raise TooMany(
            "parties.code_throttled", retry_after_seconds=int(CODE_INTERVAL.total_seconds())
        )
    tx.execute(
        insert(login_code).values(
            tenant_id=tx.tenant_id,
            code_id=code_id,
            phone_index=phone_index,
            code_hash=code_hash,
            requested_at=tx.now,
            expires_at=tx.now + CODE_LIFE,
            attempts=0,
        )
    )


def _codes_since(tx: Transaction, since: datetime, *which: ColumnElement[bool]) -> int:
    counted = tx.execute(
        select(func.count())
        .select_from(login_code)
        .where(login_code.c.tenant_id == tx.tenant_id, login_code.c.requested_at > since, *which)
    )
    return int(counted.scalar_one())


def last_code_id(connection: Connection, tenant_id: UUID, phone_index: str) -> UUID | None:
    """Return the last code asked for a phone: only that one is ever accepted."""
    return connection.execute(
        select(login_code.c.code_id)
        .where(login_code.c.tenant_id == tenant_id, login_code.c.phone_index == phone_index)
        .order_by(login_code.c.requested_at.desc(), login_code.c.code_id.desc())
        .limit(1)
    ).scalar()


def try_code(tx: Transaction, phone_index: str, code_id: UUID, code_hash: str) -> UUID | None:
    """Count a try; return the owner if the code is right, in time and unused, else None."""
    this_code = (login_code.c.tenant_id == tx.tenant_id, login_code.c.code_id == code_id)
    counted = tx.execute(
        update(login_code)
        .where(
            *this_code,
            login_code.c.attempts < CODE_ATTEMPTS_MAX,
            login_code.c.expires_at > tx.now,
            login_code.c.used_at.is_(None),
        )
        .values(attempts=login_code.c.attempts + 1)
    )
    if counted.rowcount != 1:
        return None
    stored = tx.execute(select(login_code.c.code_hash).where(*this_code)).scalar_one()
    if not same(stored, code_hash):
        return None
    tx.execute(update(login_code).where(*this_code).values(used_at=tx.now))
    return tx.execute(
        select(owner.c.owner_id).where(
            owner.c.tenant_id == tx.tenant_id,
            owner.c.phone_index == phone_index,
            owner.c.active == 1,
        )
    ).scalar()


def store_link(
    tx: Transaction, link_id: UUID, kind: PersonKind, person_id: UUID, token_hash: str
) -> None:
    """Keep a one-time link for a person."""
    tx.execute(
        insert(login_link).values(
            tenant_id=tx.tenant_id,
            link_id=link_id,
            person_kind=kind.value,
            person_id=person_id,
            token_hash=token_hash,
            expires_at=tx.now + LINK_LIFE,
        )
    )


def use_link(tx: Transaction, token_hash: str) -> tuple[PersonKind, UUID] | None:
    """Use a link up; return whose it is, or None if it is unknown, late or used."""
    row = tx.execute(
        update(login_link)
        .where(
            login_link.c.tenant_id == tx.tenant_id,
            login_link.c.token_hash == token_hash,
            login_link.c.expires_at > tx.now,
            login_link.c.used_at.is_(None),
        )
        .values(used_at=tx.now)
        .returning(login_link.c.person_kind, login_link.c.person_id)
    ).first()
    if row is None:
        return None
    kind = PersonKind(row.person_kind)
    active = tx.execute(active_person(tx.tenant_id, kind, row.person_id)).first()
    return (kind, row.person_id) if active is not None else None


def active_person(tenant_id: UUID, kind: PersonKind, person_id: UUID) -> Select[tuple[int]]:
    """Select 1 where a person is known and not disabled."""
    table, key = (
        (owner, owner.c.owner_id) if kind is PersonKind.OWNER else (staff, staff.c.staff_id)
    )
    return select(table.c.active).where(
        table.c.tenant_id == tenant_id, key == person_id, table.c.active == 1
    )


def open_session(tx: Transaction, kind: PersonKind, person_id: UUID, token_hash: str) -> UUID:
    """Open a session for a person; its token is the caller's and only its hash is kept."""
    session_id = tx.ids.new()
    tx.execute(
        insert(session).values(
            tenant_id=tx.tenant_id,
            session_id=session_id,
            person_kind=kind.value,
            person_id=person_id,
            token_hash=token_hash,
            opened_at=tx.now,
            seen_at=tx.now,
            expires_at=tx.now + SESSION_LIFE,
        )
    )
    tx.emit(
        "parties.session_opened",
        f"{kind.value}:{person_id}",
        {"session_id": str(session_id), "person_kind": kind.value, "person_id": str(person_id)},
    )
    return session_id


def touch_session(tx: Transaction, session_id: UUID) -> None:
    """Note that a session is in use."""
    tx.execute(
        update(session)
        .where(session.c.tenant_id == tx.tenant_id, session.c.session_id == session_id)
        .values(seen_at=tx.now)
    )


def end_session(tx: Transaction, token_hash: str) -> bool:
    """End the session of a token; tell whether there was one open."""
    ended = tx.execute(
        update(session)
        .where(
            session.c.tenant_id == tx.tenant_id,
            session.c.token_hash == token_hash,
            session.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    )
    return ended.rowcount == 1


def end_sessions_of(tx: Transaction, person_id: UUID) -> int:
    """End every open session of a person; return how many there were."""
    return tx.execute(
        update(session)
        .where(
            session.c.tenant_id == tx.tenant_id,
            session.c.person_id == person_id,
            session.c.ended_at.is_(None),
        )
        .values(ended_at=tx.now)
    ).rowcount
