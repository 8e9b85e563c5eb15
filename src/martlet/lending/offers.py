"""From an application to a line: the decision, the offer, the acceptance.

A business has one facility for each product. Accepting a newer offer renews it and never makes it
worse: the limit becomes the higher of the two, the rate for future drawdowns the lower, and the
time to draw begins again. Loans already drawn keep their terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, insert, select, update

from martlet.credit import Application, Outcome, Reason, decide_and_record
from martlet.kernel.errors import Conflict, NotFound, Refused
from martlet.ledger import current_business_date
from martlet.lending.carrying import carried_by
from martlet.lending.facilities import sees
from martlet.lending.lawful import lawful_rate, price_of
from martlet.lending.product import TenorUnit, product_named
from martlet.lending.tables import application, facility, offer
from martlet.store import Prepared

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Connection, Row

    from martlet.credit import Decision
    from martlet.kernel.principal import Principal
    from martlet.lending.disclosure import RateCaps
    from martlet.lending.product import Product
    from martlet.signals import SignalSet
    from martlet.store import Transaction


_ELSEWHERE = Prepared(
    select(func.coalesce(func.sum(facility.c.limit_fen), 0)).where(
        facility.c.tenant_id == bindparam("tenant"),
        facility.c.party_id == bindparam("party"),
        facility.c.product != bindparam("name"),
    )
)
_LINE = Prepared(
    select(facility).where(
        facility.c.tenant_id == bindparam("tenant"),
        facility.c.party_id == bindparam("party"),
        facility.c.product == bindparam("name"),
    )
)
_FIND_OFFER = Prepared(
    select(offer).where(
        offer.c.tenant_id == bindparam("tenant"), offer.c.offer_id == bindparam("the_offer")
    )
)
_APPLICATION = Prepared(insert(application))
_OFFER = Prepared(insert(offer))
_OPEN = Prepared(insert(facility))
_RENEW = Prepared(update(facility).where(facility.c.facility_id == bindparam("line")))
_ACCEPT = Prepared(
    update(offer)
    .where(offer.c.offer_id == bindparam("the_offer"), offer.c.facility_id.is_(None))
    .values(facility_id=bindparam("line"), accepted_at=bindparam("moment"))
)


def committed_elsewhere(connection: Connection, tenant_id: UUID, party_id: UUID, name: str) -> int:
    """Return the limits that a business already has under other products."""
    keys = {"tenant": tenant_id, "party": party_id, "name": name}
    return int(_ELSEWHERE.on(connection, keys).scalar_one())


def decide_application(
    tx: Transaction,
    asked: Application,
    tenor: int,
    signals: SignalSet,
    as_of: datetime,
    caps: RateCaps,
) -> dict[str, Any]:
    """Decide, and keep the application, the decision and the offer in one commit.

    An offer is priced at the law's cap of the day where the decision's price is above it; where
    no price is low enough there is none, and the application is refused with the reason.
    """
    decision_id, decision = decide_and_record(tx, asked, signals, as_of)
    product = product_named(asked.product)
    price = price_under_law(caps, product, decision, asked.applied_on)
    outcome = decision.outcome if price.rate_ppm_per_day is not None else Outcome.REFUSED
    _APPLICATION.on(
        tx.connection,
        {
            "application_id": asked.application_id,
            "tenant_id": tx.tenant_id,
            "party_id": asked.party_id,
            "product": asked.product,
            "requested_fen": asked.requested_fen,
            "tenor": tenor,
            "decision_id": decision_id,
            "outcome": outcome.value,
            "applied_on": asked.applied_on,
            "applied_at": tx.now,
        },
    )
    offered = decision.approved and outcome is Outcome.APPROVED
    made = _make_offer(tx, asked, decision_id, decision, price) if offered else None
    if made is not None and (carried := carried_by(signals, as_of)) is not None:
        made["carrying"] = carried
    notes = [note.as_json() for note in price.notes]
    tx.emit(
        "lending.application_decided",
        f"application:{asked.application_id}",
        {
            "party_id": str(asked.party_id),
            "product": asked.product,
            "requested_fen": asked.requested_fen,
            "decision_id": str(decision_id),
            "outcome": outcome.value,
            "offer_id": made["offer_id"] if made else None,
            "notes": notes,
        },
        business_date=asked.applied_on,
    )
    return {
        "application_id": str(asked.application_id),
        "party_id": str(asked.party_id),
        "product": asked.product,
        "requested_fen": asked.requested_fen,
        "tenor": tenor,
        "applied_on": asked.applied_on.isoformat(),
        "outcome": outcome.value,
        "notes": notes,
        "decision": {"decision_id": str(decision_id), **decision.as_json()},
        "offer": made,
    }


@dataclass(frozen=True, slots=True)
class LawfulPrice:
    """The daily rate of an offer, None where the law allows none, and what must be told of it."""

    rate_ppm_per_day: int | None
    notes: tuple[Reason, ...] = ()


def price_under_law(caps: RateCaps, product: Product, decision: Decision, on: date) -> LawfulPrice:
    """Return the price of a decision as far as the law of a day allows it."""
    asked = decision.rate_ppm_per_day
    if not decision.approved:
        return LawfulPrice(asked)
    tenors = offered_tenors(product, decision)
    rate = lawful_rate(caps, product.name, asked, tenors, on)
    if rate == asked:
        return LawfulPrice(asked)
    cap = caps.in_force(on)
    assert cap is not None, "no rate is too high without a cap"
    figures: dict[str, int | str] = {
        "cap_ppm": cap.annual_ppm,
        "effective_from": cap.effective_from.isoformat(),
    }
    if rate is None:
        least = max(price_of(product.name, 0, tenor, on).highest_ppm for tenor in tenors)
        figures["highest_ppm"] = least
        return LawfulPrice(None, (Reason("lending.no_lawful_price", figures),))
    figures |= {"asked_ppm_per_day": asked, "rate_ppm_per_day": rate}
    return LawfulPrice(rate, (Reason("lending.priced_at_cap", figures),))


def offered_tenors(product: Product, decision: Decision) -> tuple[int, ...]:
    """Return the product's tenors that the decision allows."""
    same_unit = decision.tenor_unit in {"", product.tenor_unit.value}
    allowed = set(decision.tenors) if same_unit else set()
    chosen = tuple(tenor for tenor in product.tenor_options if tenor in allowed)
    return chosen or product.tenor_options


def _make_offer(
    tx: Transaction,
    asked: Application,
    decision_id: UUID,
    decision: Decision,
    price: LawfulPrice,
) -> dict[str, Any]:
    product = product_named(asked.product)
    offer_id, tenors = tx.ids.new(), offered_tenors(product, decision)
    _OFFER.on(
        tx.connection,
        {
            "offer_id": offer_id,
            "tenant_id": tx.tenant_id,
            "party_id": asked.party_id,
            "application_id": asked.application_id,
            "decision_id": decision_id,
            "product": product.name,
            "limit_fen": decision.limit_fen,
            "rate_ppm_per_day": price.rate_ppm_per_day,
            "tenors": list(tenors),
            "expires_at": decision.expires_at,
        },
    )
    return {
        "offer_id": str(offer_id),
        "product": product.name,
        "limit_fen": decision.limit_fen,
        "rate_ppm_per_day": price.rate_ppm_per_day,
        "tenors": list(tenors),
        "tenor_unit": product.tenor_unit.value,
        "components": [part.as_json() for part in decision.components],
        "reasons": [reason.as_json() for reason in (*decision.reasons, *price.notes)],
        "expires_at": decision.expires_at.isoformat(),
    }


def application_of(
    principal: Principal,
    application_id: UUID,
    body: dict[str, Any],
    **known: Any,  # noqa: ANN401
) -> Application:
    """Return the request as the decision reads it; the tenor goes where its unit says."""
    product = product_named(body["product"])
    unit = "tenor_days" if product.tenor_unit is TenorUnit.DAYS else "tenor_months"
    principal.require_party(known["party_id"])
    return Application(
        application_id=application_id,
        product=product.name,
        requested_fen=body["requested_fen"],
        **{unit: body["tenor"]},
        **known,
    )


def find_offer(connection: Connection, principal: Principal, offer_id: UUID) -> Row[Any]:
    """Return an offer's row; another's offer does not exist."""
    keys = {"tenant": principal.tenant_id, "the_offer": offer_id}
    row: Row[Any] | None = _FIND_OFFER.on(connection, keys).first()
    if row is None or not sees(principal, row.party_id):
        raise NotFound("lending.offer_not_found", offer_id=str(offer_id))
    return row


def accept_offer(tx: Transaction, offer_id: UUID) -> dict[str, Any]:
    """Turn an offer into a line, or renew the line that is there."""
    found = find_offer(tx.connection, tx.principal, offer_id)
    if found.facility_id is not None:
        raise Conflict("lending.offer_already_accepted", facility_id=str(found.facility_id))
    if tx.now >= found.expires_at:
        raise Refused("lending.offer_expired", expired_on=found.expires_at.date().isoformat())
    product = product_named(found.product)
    today = current_business_date(tx.connection, tx.tenant_id)
    until = today + timedelta(days=product.facility_days)
    line = _line_of(tx, found)
    values = {
        "limit_fen": max(found.limit_fen, line.limit_fen if line else 0),
        "rate_ppm_per_day": min(
            found.rate_ppm_per_day, line.rate_ppm_per_day if line else found.rate_ppm_per_day
        ),
        "tenors": found.tenors,
        "offer_id": offer_id,
        "available_until": until,
    }
    if line is None:
        facility_id, used_fen = tx.ids.new(), 0
        _OPEN.on(
            tx.connection,
            {
                "facility_id": facility_id,
                "tenant_id": tx.tenant_id,
                "party_id": found.party_id,
                "product": found.product,
                "used_fen": 0,
                "opened_on": today,
                **values,
            },
        )
    else:
        facility_id, used_fen = line.facility_id, line.used_fen
        _RENEW.on(tx.connection, {"line": facility_id, **values})
    keys = {"the_offer": offer_id, "line": facility_id, "moment": tx.now}
    changed = _ACCEPT.on(tx.connection, keys).rowcount
    assert changed == 1, "one writer: what was open when read is open when written"
    answer = {
        "facility_id": str(facility_id),
        "offer_id": str(offer_id),
        "party_id": str(found.party_id),
        "product": found.product,
        "limit_fen": values["limit_fen"],
        "used_fen": used_fen,
        "available_fen": values["limit_fen"] - used_fen,
        "rate_ppm_per_day": values["rate_ppm_per_day"],
        "tenors": found.tenors,
        "tenor_unit": product.tenor_unit.value,
        "available_until": until.isoformat(),
        "renewed": line is not None,
    }
    kind = "lending.facility_renewed" if line else "lending.facility_opened"
    tx.emit(kind, f"facility:{facility_id}", answer, business_date=today)
    return answer


def _line_of(tx: Transaction, found: Row[Any]) -> Row[Any] | None:
    keys = {"tenant": tx.tenant_id, "party": found.party_id, "name": found.product}
    line: Row[Any] | None = _LINE.on(tx.connection, keys).first()
    return line
