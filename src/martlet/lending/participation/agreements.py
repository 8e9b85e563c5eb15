"""Partners, what is agreed with them, and the bank's dated settings; each kept for ever.

An agreement counts once a second person has approved it, and never for days before. Nothing is
changed afterwards: other terms are another agreement, and an end is one more entry.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from martlet.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from martlet.ledger import current_business_date
from martlet.lending.participation.limits import (
    AGREEMENTS_MAX,
    NAME_CHARS_MAX,
    PARTNERS_MAX,
    REASON_CHARS_MAX,
)
from martlet.lending.participation.model import AgreementTerms, SettingName
from martlet.lending.participation.programme import rewrite, settings
from martlet.lending.participation.tables import (
    agreement,
    agreement_act,
    partner,
    partner_setting,
)
from martlet.lending.product import product_named

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row, Table

    from martlet.store import Transaction

_SLUG = re.compile(r"[a-z][a-z0-9_]{0,39}")
"""As the chart of accounts writes a partner."""


def register_partner(tx: Transaction, slug: str, name: str, affiliates: str) -> dict[str, Any]:
    """Register a partner institution; its short name stands in its accounts and files."""
    owner = affiliates or slug
    if not _SLUG.fullmatch(slug) or not _SLUG.fullmatch(owner):
        raise Invalid("lending.partner_slug_malformed", slug=slug[:NAME_CHARS_MAX])
    label = name.strip()
    if not 0 < len(label) <= NAME_CHARS_MAX or not label.isprintable():
        raise Invalid("lending.partner_name_malformed", max_chars=NAME_CHARS_MAX)
    _bound(tx, partner, PARTNERS_MAX)
    if partner_row(tx.connection, tx.tenant_id, slug) is not None:
        raise Conflict("lending.partner_exists", slug=slug)
    told = {
        "partner_id": str(partner_id := tx.ids.new()),
        "partner": slug,
        "name": label,
        "affiliates": owner,
    }
    tx.execute(
        insert(partner).values(
            partner_id=partner_id,
            tenant_id=tx.tenant_id,
            slug=slug,
            name=label,
            affiliates=owner,
            registered_by=tx.principal.actor,
            registered_at=tx.now,
        )
    )
    tx.emit("lending.partner_registered", f"partner:{slug}", told)
    return told


def _bound(tx: Transaction, table: Table, rows_max: int) -> None:
    query = select(func.count()).select_from(table).where(table.c.tenant_id == tx.tenant_id)
    if tx.execute(query).scalar_one() >= rows_max:
        raise Refused("lending.partners_too_many", max_count=rows_max)


def partner_row(connection: Connection, tenant_id: UUID, slug: str) -> Row[Any] | None:
    """Return a partner's row by its short name, or None."""
    query = select(partner).where(partner.c.tenant_id == tenant_id, partner.c.slug == slug)
    return connection.execute(query).first()


def find_partner(connection: Connection, tenant_id: UUID, slug: str) -> Row[Any]:
    """Return a partner's row; one of another tenant does not exist."""
    row = partner_row(connection, tenant_id, slug)
    if row is None:
        raise NotFound("lending.partner_not_found", slug=slug[:NAME_CHARS_MAX])
    return row


def propose(tx: Transaction, slug: str, terms: AgreementTerms) -> dict[str, Any]:
    """Write down what one person proposes to agree with a partner; it counts for nothing yet."""
    row = find_partner(tx.connection, tx.tenant_id, slug)
    for name in terms.eligibility.products:
        if product_named(name).defers_fees:
            raise Refused("lending.agreement_product_alone", product=name)
    _bound(tx, agreement, AGREEMENTS_MAX)
    agreement_id = tx.ids.new()
    tx.execute(
        insert(agreement).values(
            agreement_id=agreement_id,
            tenant_id=tx.tenant_id,
            partner_id=row.partner_id,
            terms=terms.as_json(),
            proposed_by=tx.principal.actor,
            proposed_at=tx.now,
        )
    )
    told = {"agreement_id": str(agreement_id), "partner": slug, "terms": terms.as_json()}
    tx.emit("lending.agreement_proposed", f"partner:{slug}", told)
    return {**told, "state": "proposed"}


def approve(tx: Transaction, agreement_id: UUID) -> dict[str, Any]:
    """Put an agreement in force: by another person than proposed it, within the law's limits."""
    row = find_agreement(tx.connection, tx.tenant_id, agreement_id)
    if row.proposed_by == tx.principal.actor:
        raise Forbidden("lending.agreement_needs_second_person")
    today = current_business_date(tx.connection, tx.tenant_id)
    terms = AgreementTerms.from_json(row.terms)
    _check_law(tx, terms, max(today, terms.effective_from))
    return _act(tx, row, "approved", "", today)


def _check_law(tx: Transaction, terms: AgreementTerms, day: date) -> None:
    """Refuse a share that the law forbids, and any before the bank's capital is known."""
    known: dict[SettingName, int] = {}
    for one in sorted(settings(tx.connection, tx.tenant_id), key=lambda one: one.effective_from):
        if one.effective_from <= day:
            known[one.name] = one.value
    least = known.get(SettingName.PARTNER_SHARE_MIN_PPM, 0)
    if terms.share_ppm < least:
        raise Refused("lending.agreement_share_below_law", share_ppm=terms.share_ppm, min_ppm=least)
    if SettingName.TIER1_CAPITAL_FEN not in known:
        raise Refused("lending.capital_unknown")


def reject(tx: Transaction, agreement_id: UUID, reason: str) -> dict[str, Any]:
    """Turn a proposal down; it can never be approved afterwards."""
    row = find_agreement(tx.connection, tx.tenant_id, agreement_id)
    today = current_business_date(tx.connection, tx.tenant_id)
    return _act(tx, row, "rejected", _sentence(reason), today)


def end(tx: Transaction, agreement_id: UUID, reason: str) -> dict[str, Any]:
    """End an agreement: from now on no loan is shared under it; those that are run on."""
    row = find_agreement(tx.connection, tx.tenant_id, agreement_id)
    if "approved" not in acts_of(tx.connection, tx.tenant_id, agreement_id):
        raise Conflict("lending.agreement_not_in_force", agreement_id=str(agreement_id))
    today = current_business_date(tx.connection, tx.tenant_id)
    return _act(tx, row, "ended", _sentence(reason), today)


def _sentence(text: str) -> str:
    said = text.strip()
    if not 0 < len(said) <= REASON_CHARS_MAX:
        raise Invalid("lending.reason_malformed", max_chars=REASON_CHARS_MAX)
    return said


def _act(tx: Transaction, row: Row[Any], act: str, reason: str, today: date) -> dict[str, Any]:
    done = acts_of(tx.connection, tx.tenant_id, row.agreement_id)
    if act in done or "rejected" in done or (act == "rejected" and done):
        raise Conflict("lending.agreement_already", act=done[-1])
    tx.execute(
        insert(agreement_act).values(
            agreement_id=row.agreement_id,
            act=act,
            tenant_id=tx.tenant_id,
            reason=reason,
            acted_by=tx.principal.actor,
            acted_at=tx.now,
            business_date=today,
        )
    )
    rewrite(tx)
    told = {
        "agreement_id": str(row.agreement_id),
        "partner": row.slug,
        "state": act,
        "reason": reason,
        "business_date": today.isoformat(),
    }
    tx.emit(f"lending.agreement_{act}", f"partner:{row.slug}", told, business_date=today)
    return told


def find_agreement(connection: Connection, tenant_id: UUID, agreement_id: UUID) -> Row[Any]:
    """Return an agreement's row with its partner's; one of another tenant does not exist."""
    query = (
        select(agreement, partner.c.slug)
        .join(partner, partner.c.partner_id == agreement.c.partner_id)
        .where(agreement.c.tenant_id == tenant_id, agreement.c.agreement_id == agreement_id)
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("lending.agreement_not_found", agreement_id=str(agreement_id))
    return row


def acts_of(connection: Connection, tenant_id: UUID, agreement_id: UUID) -> list[str]:
    """Return what has become of a proposal, in its order."""
    query = (
        select(agreement_act.c.act)
        .where(agreement_act.c.tenant_id == tenant_id, agreement_act.c.agreement_id == agreement_id)
        .order_by(agreement_act.c.acted_at, agreement_act.c.act)
    )
    return list(connection.execute(query).scalars())


def set_setting(
    tx: Transaction, name: SettingName, value: int, effective_from: date, source: str
) -> dict[str, Any]:
    """Set a limit or a figure from a day on, never for the past; earlier ones stay known."""
    today = current_business_date(tx.connection, tx.tenant_id)
    if effective_from < today:
        raise Refused("lending.setting_backdated", business_date=today.isoformat())
    said = _sentence(source)
    tx.execute(
        insert(partner_setting).values(
            setting_id=tx.ids.new(),
            tenant_id=tx.tenant_id,
            name=name.value,
            value=value,
            effective_from=effective_from,
            source=said,
            set_by=tx.principal.actor,
            set_at=tx.now,
        )
    )
    rewrite(tx)
    told = {
        "name": name.value,
        "value": value,
        "effective_from": effective_from.isoformat(),
        "source": said,
    }
    tx.emit("lending.partner_setting_set", "partners", told, business_date=today)
    return told
