"""Buy-back: the lead takes a partner's part of loans over at what is outstanding of it.

First the part is settled up to now, then its outstanding principal, interest and penalty are
bought: both in one line of the next file, with its entries. What happens to the loan afterwards is
the lead's alone.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from martlet.kernel.errors import Invalid, NotFound
from martlet.ledger import current_business_date
from martlet.lending.bookkeeping import record
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import POSITION_COLUMNS, position_in
from martlet.lending.participation.agreements import find_agreement, find_partner
from martlet.lending.participation.limits import BUY_BACK_LOANS_MAX
from martlet.lending.participation.placement import stand
from martlet.lending.participation.settlement import (
    keep_settled,
    line_of,
    subject_of,
    told_of,
    write_lines,
)
from martlet.lending.participation.split import (
    Split,
    add,
    bought_out,
    change,
    movements,
    split,
)
from martlet.lending.participation.tables import participation, partner, settlement
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

    from martlet.store import Transaction

_COLUMNS: tuple[Any, ...] = (
    participation,
    partner.c.slug,
    partner.c.affiliates,
    loan.c.product,
    *POSITION_COLUMNS,
)


def buy_back(
    tx: Transaction, whom: Row[Any], loan_ids: Sequence[UUID], reason: str
) -> dict[str, Any]:
    """Take over a partner's part of loans; all of them, or none when one is not shared with it."""
    wanted = sorted(set(loan_ids))
    if not 0 < len(wanted) <= BUY_BACK_LOANS_MAX:
        raise Invalid("lending.buy_back_batch", max_count=BUY_BACK_LOANS_MAX)
    rows = _parts(tx, whom, wanted)
    missing = sorted(set(wanted) - {row.loan_id for row in rows})
    if missing:
        raise NotFound("lending.participation_not_found", loan_id=str(missing[0]))
    today = current_business_date(tx.connection, tx.tenant_id)
    settled_on = _next_file(tx, whom.partner_id, today)
    moved_all: Split = {}
    bought_all: Split = {}
    lines, settled = [], []
    told = told_of(tx, whom.partner_id, rows)
    for row in rows:
        parts = {**split(position_in(row), row.share_ppm), **told.get(row.loan_id, {})}
        bought = bought_out(parts)
        parts.update(bought)
        moved = change(row.settled, parts)
        add(moved_all, moved)
        add(bought_all, bought)
        if moved:
            lines.append(line_of(tx, row, "buy_back", settled_on, moved, parts))
        settled.append((parts, False, row))
        stand(tx, row, 0, 0, still_open=False)
    if lines:
        write_lines(tx, lines)
    keep_settled(tx, settled)
    _end(tx, whom.partner_id, wanted, today)
    record(tx, movements(moved_all, whom.slug), subject_of(whom.slug, settled_on), today)
    done = {
        "partner": whom.slug,
        "loans_count": len(rows),
        "bought": bought_all,
        "bought_fen": sum(bought_all.values()),
        "settled_on": settled_on.isoformat(),
        "reason": reason,
        "business_date": today.isoformat(),
    }
    loans = {"loan_ids": [str(one) for one in wanted]}
    tx.emit(
        "lending.participation_bought", f"partner:{whom.slug}", {**done, **loans},
        business_date=today,
    )  # fmt: skip
    return done


def _parts(tx: Transaction, whom: Row[Any], loan_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    query = (
        select(*_COLUMNS)
        .join(partner, partner.c.partner_id == participation.c.partner_id)
        .join(loan, loan.c.loan_id == participation.c.loan_id)
        .where(
            participation.c.tenant_id == tx.tenant_id,
            participation.c.partner_id == whom.partner_id,
            participation.c.loan_id.in_(loan_ids),
            participation.c.ended_on.is_(None),
            loan.c.status.not_in([LoanStatus.PENDING.value, LoanStatus.CANCELLED.value]),
        )
    )
    return tx.execute(query.order_by(participation.c.loan_id)).all()


def _next_file(tx: Transaction, partner_id: UUID, today: date) -> date:
    """Return the date of the file that is not sealed yet: today's, or tomorrow's at night."""
    query = select(settlement.c.settled_on).where(
        settlement.c.tenant_id == tx.tenant_id,
        settlement.c.partner_id == partner_id,
        settlement.c.settled_on == today,
    )
    return today if tx.execute(query).first() is None else today + timedelta(days=1)


def _end(tx: Transaction, partner_id: UUID, loan_ids: Sequence[UUID], today: date) -> None:
    tx.execute(
        update(participation)
        .where(
            participation.c.tenant_id == tx.tenant_id,
            participation.c.partner_id == partner_id,
            participation.c.loan_id.in_(loan_ids),
        )
        .values(ended_on=today)
    )


def next_batch(tx: Transaction, agreement_id: UUID, reason: str) -> dict[str, Any]:
    """Take over the next loans that are still shared under an agreement."""
    found = find_agreement(tx.connection, tx.tenant_id, agreement_id)
    whom = find_partner(tx.connection, tx.tenant_id, found.slug)
    loan_ids = _shared_loans(tx, agreement_id)
    if not loan_ids:
        return {"loans_count": 0, "bought_fen": 0, "more": False}
    done = buy_back(tx, whom, loan_ids, reason)
    return {**done, "more": len(loan_ids) == BUY_BACK_LOANS_MAX}


def _shared_loans(tx: Transaction, agreement_id: UUID) -> list[UUID]:
    query = (
        select(participation.c.loan_id)
        .join(loan, loan.c.loan_id == participation.c.loan_id)
        .where(
            participation.c.tenant_id == tx.tenant_id,
            participation.c.agreement_id == agreement_id,
            participation.c.open == 1,
            loan.c.live == 1,
        )
    )
    query = query.order_by(participation.c.loan_id).limit(BUY_BACK_LOANS_MAX)
    return list(tx.execute(query).scalars())
