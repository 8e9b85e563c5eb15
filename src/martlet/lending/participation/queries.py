"""Reads of co-lending: the bank's people see every partner, a partner's key its own alone.

What belongs to another partner, another tenant or nobody is the same `NotFound`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.kernel.errors import Corrupt, NotFound
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.ledger import current_business_date
from martlet.lending.asset_classes import AssetClass
from martlet.lending.loans import POSITION_COLUMNS, position_in
from martlet.lending.loss_rates import loss_rates_on
from martlet.lending.nights.lent_by_partners import partners_parts
from martlet.lending.participation.agreements import find_partner
from martlet.lending.participation.file import (
    SettlementFile,
    collected_fen,
    funded_fen,
    settlement_file,
)
from martlet.lending.participation.limits import LIST_ROWS_MAX
from martlet.lending.participation.model import SettingName
from martlet.lending.participation.payment import find_settlement
from martlet.lending.participation.placement import EVERYBODY, place_of
from martlet.lending.participation.programme import programme_of, settings
from martlet.lending.participation.relief_parts import relief_told
from martlet.lending.participation.settlement import lines_of
from martlet.lending.participation.split import (
    COMPONENTS,
    POSITION_FIELDS,
    Split,
    add,
    outstanding,
    principal_fen,
    principal_share_fen,
    split,
)
from martlet.lending.participation.tables import (
    agreement,
    agreement_act,
    limit_used,
    participation,
    partner,
    relief_part,
    settlement,
    settlement_payment,
)
from martlet.lending.relief.tables import programme as relief_programme
from martlet.lending.tables import loan
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Row


def own_partner(connection: Connection, principal: Principal) -> Row[Any]:
    """Return the partner whose key is asking; any other caller has no own view."""
    principal.require(Scope.PARTNER_OWN)
    if principal.kind is ActorKind.API_KEY and principal.party_ids:
        query = select(partner).where(
            partner.c.tenant_id == principal.tenant_id,
            partner.c.partner_id.in_(sorted(principal.party_ids)),
        )
        rows = connection.execute(query).all()
        if len(rows) == 1:
            return rows[0]
    raise NotFound("lending.no_own_partner")


def partners(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    """Return every partner with what stands in its limit and its cap, by name."""
    query = select(partner).where(partner.c.tenant_id == principal.tenant_id)
    rows = connection.execute(query.order_by(partner.c.slug).limit(LIST_ROWS_MAX)).all()
    used = _limits(connection, principal.tenant_id)
    known = programme_of(connection, principal.tenant_id)
    day = current_business_date(connection, principal.tenant_id)
    caps: dict[str, int] = {}
    for one in known.in_force(day) if known else ():
        caps[one.partner] = max(caps.get(one.partner, 0), one.terms.cap_fen)
    return [_partner_json(row, used, caps.get(row.slug)) for row in rows]


def _partner_json(
    row: Row[Any], used: dict[str, tuple[int, int]], cap_fen: int | None
) -> dict[str, Any]:
    used_fen, own_fen = used.get(place_of(row.slug), (0, 0))
    return {
        "partner_id": str(row.partner_id),
        "partner": row.slug,
        "name": row.name,
        "affiliates": row.affiliates,
        "used_fen": used_fen,
        "cap_fen": cap_fen,
        "available_fen": None if cap_fen is None else max(0, cap_fen - used_fen),
        "own_fen": own_fen,
    }


def _limits(connection: Connection, tenant_id: UUID) -> dict[str, tuple[int, int]]:
    query = select(limit_used).where(limit_used.c.tenant_id == tenant_id)
    return {row.place: (row.used_fen, row.own_fen) for row in connection.execute(query)}


def totals(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return all partners together: what stands in the limits, and the settings in force."""
    tenant_id = principal.tenant_id
    used_fen, own_fen = _limits(connection, tenant_id).get(EVERYBODY, (0, 0))
    day = current_business_date(connection, tenant_id)
    known = programme_of(connection, tenant_id)
    in_force = {name.value: known.setting(name, day) if known else None for name in SettingName}
    count = select(func.count()).select_from(partner).where(partner.c.tenant_id == tenant_id)
    return {
        "business_date": day.isoformat(),
        "partners_count": connection.execute(count).scalar_one(),
        "agreements_count": len(known.in_force(day)) if known else 0,
        "used_fen": used_fen,
        "own_fen": own_fen,
        "settings": in_force,
    }


def dated_settings(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    """Return every limit and figure with its first day and its source."""
    return [one.as_json() for one in settings(connection, principal.tenant_id)]


def agreements(
    connection: Connection, principal: Principal, slug: str | None = None
) -> list[dict[str, Any]]:
    """Return agreements with what became of each, the latest first."""
    query = (
        select(agreement, partner.c.slug)
        .join(partner, partner.c.partner_id == agreement.c.partner_id)
        .where(agreement.c.tenant_id == principal.tenant_id)
        .order_by(agreement.c.agreement_id.desc())
        .limit(LIST_ROWS_MAX)
    )
    if slug is not None:
        query = query.where(partner.c.slug == slug)
    rows = connection.execute(query).all()
    acts = select(agreement_act).where(agreement_act.c.tenant_id == principal.tenant_id)
    by_agreement: dict[UUID, list[Row[Any]]] = {}
    for act in connection.execute(acts.order_by(agreement_act.c.acted_at)):
        by_agreement.setdefault(act.agreement_id, []).append(act)
    return [_agreement_json(row, by_agreement.get(row.agreement_id, [])) for row in rows]


def _agreement_json(row: Row[Any], acts: list[Row[Any]]) -> dict[str, Any]:
    return {
        "agreement_id": str(row.agreement_id),
        "partner": row.slug,
        "state": acts[-1].act if acts else "proposed",
        "terms": row.terms,
        "proposed_by": row.proposed_by,
        "proposed_at": row.proposed_at.isoformat(),
        "history": [
            {
                "act": act.act,
                "by": act.acted_by,
                "at": act.acted_at.isoformat(),
                "business_date": act.business_date.isoformat(),
                "reason": act.reason,
            }
            for act in acts
        ],
    }


def positions(
    connection: Connection, whom: Row[Any], after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Return a partner's part of each loan as the last night or event left it, a page of them."""
    query = (
        select(
            participation,
            loan.c.product,
            *POSITION_COLUMNS,
        )
        .join(loan, loan.c.loan_id == participation.c.loan_id)
        .where(
            participation.c.tenant_id == whom.tenant_id,
            participation.c.partner_id == whom.partner_id,
        )
        .order_by(participation.c.loan_id)
        .limit(min(limit, LIST_ROWS_MAX))
    )
    if after is not None:
        query = query.where(participation.c.loan_id > after)
    rows = connection.execute(query).all()
    span = (rows[0].loan_id, rows[-1].loan_id) if rows else ()
    told = relief_told(connection, whom.tenant_id, whom.partner_id, span) if rows else {}
    return [_position_json(row, told.get(row.loan_id, {})) for row in rows]


def _position_json(row: Row[Any], told: Mapping[str, int]) -> dict[str, Any]:
    ended = row.ended_on is not None
    parts = row.settled if ended else {**split(position_in(row), row.share_ppm), **told}
    return {
        "loan_id": str(row.loan_id),
        "product": row.product,
        "status": "bought_back" if ended else row.status,
        "share_ppm": row.share_ppm,
        "taken_on": row.taken_on.isoformat(),
        "ended_on": row.ended_on.isoformat() if ended else None,
        **{f"{part.name}_fen": outstanding(parts, part) for part in COMPONENTS},
        "moved": parts,
        "settled": row.settled,
    }


def loan_split(connection: Connection, principal: Principal, loan_id: UUID) -> dict[str, Any]:
    """Return how a loan's position is split between the lead and its partners; sums are exact."""
    query = select(loan.c.product, *POSITION_COLUMNS).where(
        loan.c.tenant_id == principal.tenant_id, loan.c.loan_id == loan_id
    )
    row = connection.execute(query).first()
    if row is None:
        raise NotFound("lending.loan_not_found", loan_id=str(loan_id))
    position = position_in(row)
    parts_query = (
        select(participation, partner.c.slug)
        .join(partner, partner.c.partner_id == participation.c.partner_id)
        .where(participation.c.loan_id == loan_id, participation.c.ended_on.is_(None))
        .order_by(partner.c.slug)
    )
    shares = {
        part.slug: {
            "share_ppm": part.share_ppm,
            "moved": split(position, part.share_ppm),
            "principal_fen": principal_share_fen(position, part.share_ppm),
        }
        for part in connection.execute(parts_query)
    }
    theirs = sum(part["principal_fen"] for part in shares.values())
    return {
        "loan_id": str(loan_id),
        "product": row.product,
        "whole": {name: getattr(position, name) for name in POSITION_FIELDS},
        "partners": shares,
        "lead": {"principal_fen": principal_fen(position) - theirs},
    }


def settlements(
    connection: Connection,
    tenant_id: UUID,
    whom: Row[Any] | None = None,
    settled_on: date | None = None,
) -> list[dict[str, Any]]:
    """Return files with their totals and whether they are paid, the latest first."""
    query = (
        select(settlement, partner.c.slug, settlement_payment.c.paid_at)
        .join(partner, partner.c.partner_id == settlement.c.partner_id)
        .outerjoin(
            settlement_payment,
            (settlement_payment.c.partner_id == settlement.c.partner_id)
            & (settlement_payment.c.settled_on == settlement.c.settled_on),
        )
        .where(settlement.c.tenant_id == tenant_id)
        .order_by(settlement.c.settled_on.desc(), partner.c.slug)
        .limit(LIST_ROWS_MAX)
    )
    if whom is not None:
        query = query.where(settlement.c.partner_id == whom.partner_id)
    if settled_on is not None:
        query = query.where(settlement.c.settled_on == settled_on)
    return [_settlement_json(row) for row in connection.execute(query)]


def _settlement_json(row: Row[Any]) -> dict[str, Any]:
    return {
        "partner": row.slug,
        "settled_on": row.settled_on.isoformat(),
        "lines_count": row.lines_count,
        "totals": row.totals,
        "partner_pays_fen": funded_fen(row.totals),
        "bank_pays_fen": collected_fen(row.totals),
        "content_hash": row.content_hash,
        "made_at": row.made_at.isoformat(),
        "paid_at": row.paid_at.isoformat() if row.paid_at else None,
    }


def made_again(
    connection: Connection, tenant_id: UUID, whom: Row[Any], settled_on: date
) -> SettlementFile:
    """Make a sealed file from its lines again; it is the same bytes every time."""
    sealed = find_settlement(connection, tenant_id, whom, settled_on)
    lines = lines_of(connection, whom, settled_on)
    made = settlement_file(whom.slug, settled_on, sealed.columns, lines)
    if made.content_hash != sealed.content_hash:
        raise Corrupt(
            "lending.participation_differs",
            what="file hash",
            where=f"{whom.slug}:{settled_on}",
            expected=sealed.content_hash,
            found=made.content_hash,
        )
    return made


def partner_view(connection: Connection, principal: Principal, whom: Row[Any]) -> dict[str, Any]:
    """Return one partner: its limit, its agreements, and the sum of all its files."""
    known = next(one for one in partners(connection, principal) if one["partner"] == whom.slug)
    return {
        **known,
        "agreements": agreements(connection, principal, whom.slug),
        "settled": _settled(connection, whom),
        "expected_loss": _expected_loss(connection, whom),
        "relief": _relief(connection, whom),
    }


def _relief(connection: Connection, whom: Row[Any]) -> list[dict[str, Any]]:
    """Return a partner's part of what each relief programme costs, and what is claimed for it."""
    query = (
        select(
            relief_programme.c.name,
            func.count(relief_part.c.loan_id.distinct()).label("loans"),
            func.sum(relief_part.c.forgone_fen).label("forgone"),
            func.sum(relief_part.c.claimed_fen).label("claimed"),
        )
        .join(relief_programme, relief_programme.c.programme_id == relief_part.c.programme_id)
        .where(
            relief_part.c.tenant_id == whom.tenant_id,
            relief_part.c.partner_id == whom.partner_id,
        )
        .group_by(relief_programme.c.name)
        .order_by(relief_programme.c.name)
    )
    return [
        {
            "programme": row.name,
            "loans": row.loans,
            "forgone_fen": int(row.forgone),
            "claimed_fen": int(row.claimed),
        }
        for row in connection.execute(query)
    ]


def _expected_loss(connection: Connection, whom: Row[Any]) -> dict[str, Any]:
    """Return a partner's part of what is owed this morning, by class, and what may be lost of it.

    By the bank's own categories and rates: the bank provides on its part, the partner on this one.
    """
    morning = current_business_date(connection, whom.tenant_id)
    rates = loss_rates_on(morning)
    driver = Driver(connection)
    parts = partners_parts(driver, whom.tenant_id, morning, rates, whom.partner_id)
    classes = {category.value: {"owed_fen": 0, "expected_loss_fen": 0} for category in AssetClass}
    for (_, cell), owed_fen in parts.items():
        of_class = classes[cell.category.value]
        of_class["owed_fen"] += owed_fen
        of_class["expected_loss_fen"] += rates.provision_fen(cell, owed_fen)
    return {
        "business_date": morning.isoformat(),
        "rates_version": rates.version,
        "rates_verified": rates.verified,
        "classes": classes,
    }


def own_view(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return what a partner may know of itself; who acted at the bank is not its business."""
    whom = own_partner(connection, principal)
    seen = partner_view(connection, principal, whom)
    shown = ("agreement_id", "state", "terms")
    return {
        **{name: value for name, value in seen.items() if name != "own_fen"},
        "agreements": [{name: one[name] for name in shown} for one in seen["agreements"]],
    }


def _settled(connection: Connection, whom: Row[Any]) -> dict[str, Any]:
    query = select(settlement.c.totals).where(
        settlement.c.tenant_id == whom.tenant_id, settlement.c.partner_id == whom.partner_id
    )
    moved: Split = {}
    for totals_of_day in connection.execute(query).scalars():
        add(moved, totals_of_day)
    return {
        "moved": {name: amount for name, amount in sorted(moved.items()) if amount},
        **{f"{part.name}_fen": outstanding(moved, part) for part in COMPONENTS},
    }


def partner_named(connection: Connection, principal: Principal, slug: str) -> Row[Any]:
    """Return a partner of the caller's own tenant by its short name."""
    return find_partner(connection, principal.tenant_id, slug)
