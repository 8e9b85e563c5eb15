"""Core firms that a bank follows, and standings: computed in the night or on change, and kept.

A standing that is computed twice from the same graph is the same; killing the night and running it
again loses nothing. The invariant: who reads a standing sees nothing of another's records.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, insert, or_, select, update

from martlet.kernel.calendar import business_date_of
from martlet.kernel.canonical import content_hash
from martlet.kernel.errors import Invalid, NotFound, TooLarge
from martlet.kernel.principal import Scope
from martlet.parties import consents_of_some
from martlet.store import Command, Prepared, PreparedOfSome
from martlet.supplychain.model import NodeKind
from martlet.supplychain.shocks import spread
from martlet.supplychain.standing.compute import (
    Standing,
    explain_from,
    paths_text,
    standing_of,
    told_paths,
)
from martlet.supplychain.standing.limits import (
    CORES_MAX,
    NOTE_CHARS_MAX,
    RENEWED_DAYS,
    STORED_PER_COMMAND,
)
from martlet.supplychain.standing.tables import core_firm, standing
from martlet.supplychain.standing.view import View
from martlet.supplychain.tables import firm_link

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction
    from martlet.supplychain.asof import AskConsents
    from martlet.supplychain.shocks import Event, Spread

_CORES = Prepared(
    select(core_firm)
    .where(
        core_firm.c.tenant_id == bindparam("tenant_id"),
        core_firm.c.followed_at <= bindparam("as_of", type_=core_firm.c.followed_at.type),
        or_(
            core_firm.c.ended_at.is_(None),
            core_firm.c.ended_at > bindparam("as_of", type_=core_firm.c.followed_at.type),
        ),
    )
    .order_by(core_firm.c.firm_key)
)
_LINKED = Prepared(
    select(firm_link.c.party_id, firm_link.c.firm_key)
    .where(
        firm_link.c.tenant_id == bindparam("tenant_id"),
        firm_link.c.ended_at.is_(None),
    )
    .order_by(firm_link.c.party_id, firm_link.c.firm_key)
)
_AGES = PreparedOfSome(
    select(standing.c.party_id, standing.c.computed_at).where(
        standing.c.tenant_id == bindparam("tenant_id")
    ),
    standing.c.party_id,
)
_STORED = Prepared(
    select(standing).where(
        standing.c.tenant_id == bindparam("tenant_id"),
        standing.c.party_id == bindparam("party_id"),
    )
)


class StandingService:
    """What a business is in the chains of the core firms that a bank follows."""

    def __init__(self, database: Database, ask_consents: AskConsents = consents_of_some) -> None:
        self._database = database
        self._ask_consents = ask_consents

    def follow(
        self, principal: Principal, key: str, firm_key: str, note: str = ""
    ) -> dict[str, Any]:
        """Follow a core firm: from the next night on its chain counts. Twice is once."""
        principal.require(Scope.RECORDS_WRITE)
        _require_staff(principal)
        if not firm_key.startswith(f"{NodeKind.FIRM.value}:"):
            raise Invalid("supplychain_line.core_is_firm", key=firm_key[:80])
        body = {"firm_key": firm_key, "note": note[:NOTE_CHARS_MAX]}

        def handler(tx: Transaction) -> dict[str, Any]:
            followed = {row.firm_key for row in _cores(tx.connection, tx.tenant_id, tx.now)}
            if firm_key in followed:
                return body
            if len(followed) >= CORES_MAX:
                raise TooLarge("supplychain_line.cores_too_many", max_count=CORES_MAX)
            tx.execute(
                insert(core_firm).values(
                    core_id=tx.ids.new(),
                    tenant_id=tx.tenant_id,
                    followed_at=tx.now,
                    followed_by=tx.principal.actor,
                    **body,
                )
            )
            tx.emit("supplychain.core_followed", "supplychain", body)
            return body

        command = Command("supplychain.follow_core", principal, key, body)
        return self._database.command(command, handler).value

    def unfollow(self, principal: Principal, key: str, firm_key: str) -> dict[str, Any]:
        """Follow a core firm no longer."""
        principal.require(Scope.RECORDS_WRITE)
        _require_staff(principal)
        body = {"firm_key": firm_key}

        def handler(tx: Transaction) -> dict[str, Any]:
            done = tx.execute(
                update(core_firm)
                .where(
                    core_firm.c.tenant_id == tx.tenant_id,
                    core_firm.c.firm_key == firm_key,
                    core_firm.c.ended_at.is_(None),
                )
                .values(ended_at=tx.now)
            )
            if not done.rowcount:
                raise NotFound("supplychain_line.core_unknown", key=firm_key[:80])
            tx.emit("supplychain.core_left", "supplychain", body)
            return body

        command = Command("supplychain.unfollow_core", principal, key, body)
        return self._database.command(command, handler).value

    def cores(self, principal: Principal, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """Return the core firms that were followed at a moment."""
        principal.require(Scope.RECORDS_READ)
        now = as_of or self._database.clock.now()
        with self._database.read() as connection:
            rows = _cores(connection, principal.tenant_id, now)
        return [
            {"firm_key": r.firm_key, "note": r.note, "since": r.followed_at.isoformat()}
            for r in rows
        ]

    def refresh(self, principal: Principal, party_ids: Collection[UUID] | None = None) -> int:
        """Compute and keep what decisions read: of some businesses, or of all that are due.

        Due is whose standing is missing or a week old. Returns how many were computed.
        """
        principal.require(Scope.RECORDS_WRITE)
        now = self._database.clock.now()
        with self._database.read() as connection:
            linked = _linked(connection, principal, party_ids)
            if party_ids is None:
                linked = _due(connection, principal.tenant_id, linked, now)
        done, parties = 0, sorted(linked, key=str)
        for start in range(0, len(parties), STORED_PER_COMMAND):
            part = parties[start : start + STORED_PER_COMMAND]
            with self._database.read() as connection:
                rows = [
                    _row(
                        party_id, self._computed(connection, principal, party_id, linked, now), now
                    )
                    for party_id in part
                ]
            body = {"hash": content_hash(repr(rows).encode())}
            name = f"standing:{now.isoformat()}:{body['hash'][:24]}"
            command = Command("supplychain.keep_standings", principal, name, body)
            self._database.command(command, partial(_keep, rows=rows))
            done += len(part)
        return done

    def of_party(
        self, principal: Principal, party_id: UUID, as_of: datetime | None = None
    ) -> Standing:
        """Return a business's standing as of a moment, computed now; nothing is kept."""
        principal.require(Scope.RECORDS_READ)
        principal.require_party(party_id)
        now = as_of or self._database.clock.now()
        with self._database.read() as connection:
            linked = _linked(connection, principal, [party_id])
            if party_id not in linked:
                raise NotFound("supplychain.not_linked", party_id=str(party_id))
            return self._computed(connection, principal, party_id, linked, now)

    def stored(self, principal: Principal, party_id: UUID) -> dict[str, Any] | None:
        """Return what decisions read of a business, as it was told when it was computed."""
        principal.require(Scope.RECORDS_READ)
        principal.require_party(party_id)
        keys = {"tenant_id": principal.tenant_id, "party_id": party_id}
        with self._database.read() as connection:
            row = _STORED.on(connection, keys).first()
        if row is None:
            return None
        figures = {kind: value for kind, value, _ in row.figures if kind != "chain_paths"}
        return {**row.told, "figures": figures, "computed_at": row.computed_at.isoformat()}

    def explain(
        self, principal: Principal, firm_key: str, core_key: str, as_of: datetime | None = None
    ) -> dict[str, Any]:
        """Return up to three disjoint paths between two firms, with names; for staff."""
        principal.require(Scope.RECORDS_READ)
        _require_staff(principal)
        moment = as_of or self._database.clock.now()
        with self._database.read() as connection:
            view = View(connection, principal, moment, None, self._ask_consents, whole=True)
            keys = view.canonical([firm_key, core_key])
            found = explain_from(view, keys[firm_key], keys[core_key])
            names = {
                key: view.name_of(key)
                for key in {
                    keys[firm_key],
                    keys[core_key],
                    *(k for p in found.paths for h in p.hops for k in (h.start_key, h.end_key)),
                }
            }
        return {
            **found.as_json(),
            "firm_name": names[found.firm_key],
            "core_name": names[found.core_key],
            "paths": told_paths(found, names),
        }

    def what_if(self, principal: Principal, event: Event, as_of: datetime | None = None) -> Spread:
        """Return whom an event hits, every firm under its one key; for staff, nothing is kept."""
        principal.require(Scope.RECORDS_READ)
        _require_staff(principal)
        moment = as_of or self._database.clock.now()
        with self._database.read() as connection:
            view = View(connection, principal, moment, None, self._ask_consents, whole=True)
            at = replace(event, key=view.canonical([event.key])[event.key])
            return spread(at, view.edges, moment)

    def _computed(
        self,
        connection: Connection,
        principal: Principal,
        party_id: UUID,
        linked: dict[UUID, list[str]],
        as_of: datetime,
    ) -> Standing:
        cores = [row.firm_key for row in _cores(connection, principal.tenant_id, as_of)]
        view = View(connection, principal, as_of, party_id, self._ask_consents)
        return standing_of(view, linked[party_id], cores)


def _require_staff(principal: Principal) -> None:
    if principal.party_ids is not None:
        raise NotFound("supplychain_line.for_staff")


def _cores(connection: Connection, tenant_id: UUID, as_of: datetime) -> list[Any]:
    return list(_CORES.on(connection, {"tenant_id": tenant_id, "as_of": as_of}))


def _linked(
    connection: Connection, principal: Principal, party_ids: Collection[UUID] | None
) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for row in _LINKED.on(connection, {"tenant_id": principal.tenant_id}):
        if party_ids is None or row.party_id in party_ids:
            found.setdefault(row.party_id, []).append(row.firm_key)
    return found


def _due(
    connection: Connection, tenant_id: UUID, linked: dict[UUID, list[str]], now: datetime
) -> dict[UUID, list[str]]:
    since = now - timedelta(days=RENEWED_DAYS)
    rows: Iterable[Any] = _AGES.on(connection, {"tenant_id": tenant_id}, list(linked))
    young = {row.party_id for row in rows if row.computed_at > since}
    return {party_id: keys for party_id, keys in linked.items() if party_id not in young}


def _row(party_id: UUID, found: Standing, now: datetime) -> dict[str, Any]:
    """Return a standing as it is kept: figures by kind, and all that was told beside them."""
    months = 0 if found.position is None else found.position.trades_count
    patents = found.technology.figures.get("technology_patents_count", 0)
    rows: list[tuple[str, int | str, int]] = [
        (kind, value, patents if kind.startswith("technology_") else months)
        for kind, value in sorted(found.figures.items())
    ]
    text = "" if found.explanation is None else paths_text(found.explanation, found.names)
    if text and found.explanation is not None:
        rows.append(("chain_paths", text, len(found.explanation.paths)))
    today = business_date_of(now)
    return {
        "party_id": party_id,
        "as_of": today.replace(day=1) - timedelta(days=1),
        "known_at": now,
        "computed_at": now,
        "confidence_ppm": found.confidence_ppm,
        "kinds": list(found.sources),
        "figures": tuple(rows),
        "told": found.as_json(),
        "evidence": [content_hash(text.encode())] if text else [],
    }


def _keep(tx: Transaction, rows: list[dict[str, Any]]) -> dict[str, int]:
    for row in rows:
        done = tx.execute(
            update(standing)
            .where(standing.c.tenant_id == tx.tenant_id, standing.c.party_id == row["party_id"])
            .values(**row)
        )
        if not done.rowcount:
            tx.execute(insert(standing).values(tenant_id=tx.tenant_id, **row))
    tx.emit("supplychain.standings_kept", "supplychain", {"businesses_count": len(rows)})
    return {"businesses_count": len(rows)}
