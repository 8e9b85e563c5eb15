"""The programme in force: written whole at every change, read by its hash at every drawdown.

A process keeps what it has parsed by content, so a drawdown costs one short read where nothing has
changed, and a bank without partners costs nothing more.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, insert, select

from martlet.kernel.canonical import hash_of
from martlet.lending.participation.limits import PROGRAMMES_KEPT
from martlet.lending.participation.model import Agreement, AgreementTerms, Programme, Setting
from martlet.lending.participation.tables import (
    agreement,
    agreement_act,
    partner,
    partner_setting,
    programme,
)
from martlet.store import Prepared

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction

_HASH = Prepared(
    select(programme.c.content_hash).where(programme.c.tenant_id == bindparam("tenant"))
)
_parsed: dict[str, Programme] = {}
_willing: dict[tuple[int, date], tuple[Programme, tuple[Agreement, ...], AsksFor]] = {}


class AsksFor(NamedTuple):
    """What any of some agreements wants to know of a loan beyond the loan itself."""

    place: bool
    pd: bool


@cache
def legal_settings() -> tuple[Setting, ...]:
    """Return the limits of the law that ship with Martlet, each with its first day."""
    text = files(__package__).joinpath("rules.toml").read_text(encoding="utf-8")
    return tuple(Setting.from_json(one) for one in tomllib.loads(text)["settings"])


def programme_of(connection: Connection, tenant_id: UUID) -> Programme | None:
    """Return what a tenant has agreed with partners; None where there never was any."""
    found = _HASH.on(connection, {"tenant": tenant_id}).scalar_one_or_none()
    return None if found is None else _read(connection, tenant_id, found)


def programme_for(tx: Transaction) -> Programme | None:
    """Return the same for a drawdown, by the driver: a bank without partners should not notice."""
    driver = tx.driver
    found = driver.fetch(
        "SELECT content_hash FROM lending_partner_programme WHERE tenant_id = ?",
        (driver.id(tx.tenant_id),),
    )
    return _read(tx.connection, tx.tenant_id, found[0][0]) if found else None


def _read(connection: Connection, tenant_id: UUID, found: str) -> Programme:
    """Return a programme by its hash, parsed once in a process."""
    known = _parsed.get(found)
    if known is None:
        query = select(programme.c.content).where(programme.c.tenant_id == tenant_id)
        known = Programme.from_json(connection.execute(query).scalar_one())
        if len(_parsed) >= PROGRAMMES_KEPT:
            _parsed.clear()
        _parsed[found] = known
    return known


def willing_on(known: Programme, day: date) -> tuple[tuple[Agreement, ...], AsksFor]:
    """Return a day's agreements and what they ask for, worked out once for many drawdowns."""
    kept = _willing.get((id(known), day))
    if kept is None or kept[0] is not known:
        in_force = known.in_force(day)
        wants = [one.terms.eligibility for one in in_force]
        asks_for = AsksFor(
            any(one.regions or one.trades for one in wants), any(one.asks_for_pd for one in wants)
        )
        if len(_willing) >= PROGRAMMES_KEPT:
            _willing.clear()
        kept = _willing[id(known), day] = (known, in_force, asks_for)
    return kept[1], kept[2]


def rewrite(tx: Transaction) -> Programme:
    """Put the programme together from what has been agreed and set, and keep it whole."""
    made = Programme(
        _agreements(tx.connection, tx.tenant_id), settings(tx.connection, tx.tenant_id)
    )
    content: dict[str, Any] = made.as_json()
    tx.execute(delete(programme).where(programme.c.tenant_id == tx.tenant_id))
    tx.execute(
        insert(programme).values(
            tenant_id=tx.tenant_id, content_hash=hash_of(content), content=content
        )
    )
    return made


def settings(connection: Connection, tenant_id: UUID) -> tuple[Setting, ...]:
    """Return the law's settings and the bank's own, in the order in which they were set."""
    query = (
        select(partner_setting)
        .where(partner_setting.c.tenant_id == tenant_id)
        .order_by(partner_setting.c.setting_id)
    )
    own = (
        Setting.from_json(
            {name: row[name] for name in ("name", "value", "effective_from", "source")}
        )
        for row in connection.execute(query).mappings()
    )
    return (*legal_settings(), *own)


def _agreements(connection: Connection, tenant_id: UUID) -> tuple[Agreement, ...]:
    """Return the agreements that were approved and have not ended."""
    approved, ended = agreement_act.alias("approved"), agreement_act.alias("ended")
    of_it = agreement.c.agreement_id
    query = (
        select(agreement, partner.c.slug, partner.c.affiliates)
        .join(partner, partner.c.partner_id == agreement.c.partner_id)
        .join(approved, and_(approved.c.agreement_id == of_it, approved.c.act == "approved"))
        .outerjoin(ended, and_(ended.c.agreement_id == of_it, ended.c.act == "ended"))
        .where(agreement.c.tenant_id == tenant_id, ended.c.agreement_id.is_(None))
        .order_by(partner.c.slug, of_it)
    )
    return tuple(
        Agreement(
            row.agreement_id,
            row.partner_id,
            row.slug,
            row.affiliates,
            AgreementTerms.from_json(row.terms),
        )
        for row in connection.execute(query)
    )
