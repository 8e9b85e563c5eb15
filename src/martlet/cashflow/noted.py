"""What an owner notes of days ahead: a contract's instalments, a bill, a rise in rent.

The invariant: an item is written once and never changed; taking it back is a row of its own with
its moment, so that an outlook of a past day knows what had been noted by then, and no more.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select

from martlet.cashflow.known_flows import PUNCTUAL, Delay, ItemKind, ItemSource, KnownItem
from martlet.cashflow.limits import KNOWN_ITEMS_MAX
from martlet.cashflow.tables import cashflow_item, cashflow_item_end
from martlet.kernel.calendar import SHANGHAI, add_months, business_date_of
from martlet.kernel.errors import Conflict, Invalid, NotFound
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Connection, Select

    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction

KINDS = (
    *(ItemKind.CONTRACT, ItemKind.BILL, ItemKind.TAX, ItemKind.WAGES),
    *(ItemKind.RENT, ItemKind.RECURRING),
)
"""What an owner may note; loans and savings of this bank it knows by itself."""

TIMES_MAX = 60
"""Months of a contract: five years."""

LATE_DAYS_MAX = 90
LABEL_CHARS_MAX = 200
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def checked(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is to be noted with every bound held; raises `Invalid` on the first it breaks."""
    kind = body["kind"]
    if kind not in {one.value for one in KINDS}:
        known = ", ".join(one.value for one in KINDS)
        raise Invalid("cashflow.item_kind_unknown", kind=str(kind)[:40], known=known)
    bounds = {
        "amount_fen": (-AMOUNT_FEN_MAX, AMOUNT_FEN_MAX),
        "probability_ppm": (1, PPM),
        "late_days": (0, LATE_DAYS_MAX),
        "times": (1, TIMES_MAX),
    }
    for name, (least, most) in bounds.items():
        if not least <= body[name] <= most or (name == "amount_fen" and body[name] == 0):
            raise Invalid("cashflow.change_outside", field=name, least=least, most=most)
    if not _FIRST_YEAR <= body["due_on"].year <= _LAST_YEAR:
        raise Invalid("cashflow.change_outside", field="due_on", least=_FIRST_YEAR, most=_LAST_YEAR)
    return {**body, "label": str(body["label"]).strip()[:LABEL_CHARS_MAX]}


def note(tx: Transaction, party_id: UUID, told: Mapping[str, Any]) -> dict[str, Any]:
    """Write down an item, monthly as often as it is told; return what was noted."""
    open_ones = tx.execute(select(func.count()).select_from(_standing(tx, party_id).subquery()))
    if int(open_ones.scalar_one()) + told["times"] > KNOWN_ITEMS_MAX:
        raise Conflict("cashflow.too_many_items", most=KNOWN_ITEMS_MAX)
    noted = []
    for month in range(told["times"]):
        due = add_months(told["due_on"], month)
        values = {
            "item_id": tx.ids.new(),
            "party_id": party_id,
            "kind": told["kind"],
            "due_on": due,
            "amount_fen": told["amount_fen"],
            "label": told["label"],
            "probability_ppm": told["probability_ppm"],
            "late_days": told["late_days"],
        }
        tx.execute(
            insert(cashflow_item).values(
                tenant_id=tx.tenant_id, noted_at=tx.now, actor=tx.principal.actor, **values
            )
        )
        noted.append({**values, "item_id": str(values["item_id"]), "due_on": due.isoformat()})
    answer = {
        "party_id": str(party_id),
        "items": [{**one, "party_id": str(party_id)} for one in noted],
    }
    tx.emit("cashflow.items_noted", f"party:{party_id}", answer)
    return answer


def take_back(tx: Transaction, item_id: UUID) -> dict[str, Any]:
    """Write down that an item no longer stands; taken back twice, it is taken back once."""
    found = tx.execute(
        select(cashflow_item.c.party_id).where(
            cashflow_item.c.tenant_id == tx.tenant_id, cashflow_item.c.item_id == item_id
        )
    ).first()
    hidden = found is None or (
        tx.principal.party_ids is not None and found.party_id not in tx.principal.party_ids
    )
    if found is None or hidden:
        raise NotFound("cashflow.item_not_found", item_id=str(item_id))
    ended = tx.execute(
        select(cashflow_item_end.c.item_id).where(
            cashflow_item_end.c.tenant_id == tx.tenant_id, cashflow_item_end.c.item_id == item_id
        )
    ).first()
    answer = {"item_id": str(item_id), "party_id": str(found.party_id), "taken_back": True}
    if ended is None:
        tx.execute(
            insert(cashflow_item_end).values(
                item_id=item_id,
                tenant_id=tx.tenant_id,
                ended_at=tx.now,
                actor=tx.principal.actor,
            )
        )
        tx.emit("cashflow.item_taken_back", f"party:{found.party_id}", answer)
    return answer


def _standing(tx: Transaction, party_id: UUID) -> Select[Any]:
    return _known(tx.tenant_id, party_id, tx.now).where(
        cashflow_item.c.due_on > business_date_of(tx.now)
    )


def _known(tenant_id: UUID, party_id: UUID, moment: datetime) -> Select[Any]:
    """Return the items that had been noted by a moment and not been taken back."""
    end = cashflow_item_end
    joined = cashflow_item.outerjoin(
        end, (end.c.tenant_id == cashflow_item.c.tenant_id)
        & (end.c.item_id == cashflow_item.c.item_id),
    )  # fmt: skip
    return (
        select(*cashflow_item.c)
        .select_from(joined)
        .where(
            cashflow_item.c.tenant_id == tenant_id,
            cashflow_item.c.party_id == party_id,
            cashflow_item.c.noted_at <= moment,
            or_(end.c.ended_at.is_(None), end.c.ended_at > moment),
        )
        .order_by(cashflow_item.c.due_on, cashflow_item.c.item_id)
    )


def list_noted(
    connection: Connection, principal: Principal, party_id: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return what stands noted of the days from today on."""
    principal.require_party(party_id)
    known = _known(principal.tenant_id, party_id, now)
    ahead = known.where(cashflow_item.c.due_on >= business_date_of(now)).limit(KNOWN_ITEMS_MAX)
    return [
        {
            "item_id": str(row.item_id),
            "kind": row.kind,
            "due_on": row.due_on.isoformat(),
            "amount_fen": row.amount_fen,
            "label": row.label,
            "probability_ppm": row.probability_ppm,
            "late_days": row.late_days,
        }
        for row in connection.execute(ahead)
    ]


class NotedItems:
    """What owners noted, as items that are known ahead."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def items(
        self, principal: Principal, party_id: UUID, after: date, until: date
    ) -> Sequence[KnownItem]:
        """Return what had been noted by the end of the day before the first ahead.

        Of a day that is not long past, what was noted this morning counts as well.
        """
        principal.require_party(party_id)
        clock = self._database.clock.now()
        recent = after >= business_date_of(clock) - timedelta(days=1)
        end = datetime.combine(after + timedelta(days=1), time(), SHANGHAI)
        moment = clock if recent else min(clock, end)
        query = _known(principal.tenant_id, party_id, moment).where(
            cashflow_item.c.due_on > after, cashflow_item.c.due_on <= until
        )
        with self._database.read() as connection:
            rows = connection.execute(query.limit(KNOWN_ITEMS_MAX)).all()
        return [
            KnownItem(
                ItemKind(row.kind),
                row.due_on,
                row.amount_fen,
                ItemSource.OWNER,
                row.label,
                row.probability_ppm,
                usually_late(row.late_days),
            )
            for row in rows
        ]

    def held_fen(self, principal: Principal, party_id: UUID, as_of: date) -> int | None:
        """Return None: what is noted is not yet money."""
        principal.require_party(party_id)
        del as_of
        return None


def usually_late(days: int) -> Delay:
    """Return the delay of who is usually so late: a quarter on the day, a quarter twice as late."""
    quarter = PPM // 4
    return Delay((0, days, 2 * days), (quarter, 2 * quarter, quarter)) if days else PUNCTUAL
