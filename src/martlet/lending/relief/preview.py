"""How many loans a programme would help, how much it would cost, and for whom; nothing is changed.

The figures are exact for every loan on the day they are made: the launch of the same day books
the same sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.ledger import current_business_date
from martlet.lending.participation.relief_parts import part_fen
from martlet.lending.relief.figures import Figures, size_name
from martlet.lending.relief.limits import PREVIEW_CHUNK_LOANS
from martlet.lending.relief.selection import classes_of, read_chunk
from martlet.lending.relief.valuing import Days, uuid_of, value
from martlet.lending.tables import loan
from martlet.store.driver import Driver

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.lending.relief.model import Programme
    from martlet.lending.relief.selection import Chunk
    from martlet.lending.relief.valuing import Valued

    OnProgress = Callable[[int, int], None]


def live_loans(connection: Connection, tenant_id: UUID) -> int:
    """Return how many live loans a tenant has."""
    query = select(func.count()).where(loan.c.tenant_id == tenant_id, loan.c.live == 1)
    return int(connection.execute(query).scalar_one())


def preview(
    connection: Connection,
    tenant_id: UUID,
    programme_id: UUID,
    programme: Programme,
    new_id: Callable[[], UUID],
    on_progress: OnProgress | None = None,
) -> dict[str, Any]:
    """Walk through the whole book and return the figures of a programme started today."""
    today = current_business_date(connection, tenant_id)
    driver = Driver(connection)
    total = live_loans(connection, tenant_id)
    days = Days(today, today, today.toordinal())
    figures, after, seen, alone, checked = Figures(), None, 0, 0, 0
    while True:
        chunk = read_chunk(driver, tenant_id, programme_id, after, PREVIEW_CHUNK_LOANS, today)
        if chunk.rows:
            found = value(connection, chunk, programme, days, new_id)
            count(figures, chunk, found)
            seen += len(chunk.rows)
            alone += len(found.alone)
            checked += found.checked
            after = uuid_of(chunk.rows[-1].loan_id)
        if on_progress is not None:
            on_progress(seen, max(total, seen))
        if chunk.last:
            break
    return {
        "business_date": today.isoformat(),
        "live_loans": seen,
        "valued_alone": alone,
        "checked": checked,
        "budget_fen": programme.budget_fen,
        "within_budget": figures.whole.cost_fen <= programme.budget_fen,
        **figures.as_json(),
    }


def count(figures: Figures, chunk: Chunk, found: Valued) -> None:
    """Add the loans of a chunk that get something to the figures."""
    today = found.today
    classes = classes_of(chunk, today)
    costs = found.cost_fen.tolist()
    for place in found.places.tolist():
        row = chunk.rows[place]
        shares = chunk.shares.get(row.loan_id, ())
        theirs_fen = sum(part_fen(costs[place], share.share_ppm) for share in shares)
        names = (row.region, row.trade, row.product, classes[place], size_name(row.limit_fen))
        figures.add(row.party_id, names, row.outstanding_fen, costs[place], theirs_fen)
