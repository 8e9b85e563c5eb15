"""A partner's part of what relief costs: its share of each loan's cost, rounded down.

A partner's income follows the loan's position: it earns less by itself while relief runs. What is
kept here says how much of a cost is therefore not the lead's, and how much of it whoever pays for
the relief owes for the partner. The invariant: a part is the share of the loan's cost that is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from martlet.kernel.rates import PPM
from martlet.lending.participation.split import RELIEF_CLAIMED, RELIEF_FORGONE, Split
from martlet.lending.participation.tables import partner, relief_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.store import Transaction
    from martlet.store.driver import Driver

# The partners come first: a bank without partners asks nothing of its loans.
_SHARES = (
    "SELECT p.loan_id, p.partner_id, q.slug, p.share_ppm FROM lending_partner q"
    " CROSS JOIN lending_participation p"
    " WHERE q.tenant_id = ? AND p.tenant_id = q.tenant_id AND p.partner_id = q.partner_id"
    " AND p.loan_id >= ? AND p.loan_id <= ? AND p.ended_on IS NULL ORDER BY p.loan_id, q.slug"
)
_COLUMNS = (
    *("partner_id", "loan_id", "programme_id", "kind", "tenant_id", "share_ppm"),
    *("forgone_fen", "claimed_fen"),
)


class Share(NamedTuple):
    """Who takes part in a loan with how much; the id is in the database's own form."""

    partner_id: Any
    partner: str
    share_ppm: int


class Part(NamedTuple):
    """A partner's part of one loan's cost, and what of it is claimed for the partner."""

    share: Share
    forgone_fen: int
    claimed_fen: int


def part_fen(amount_fen: int, share_ppm: int) -> int:
    """Return a partner's part of an amount; the remainder of a fen is the lead's."""
    return amount_fen * share_ppm // PPM


def shares_between(
    driver: Driver, tenant_id: object, first: object, last: object
) -> dict[Any, tuple[Share, ...]]:
    """Return who takes part in the loans from one to another; ids are the database's own form."""
    found: dict[Any, tuple[Share, ...]] = {}
    for loan_id, *share in driver.fetch(_SHARES, (tenant_id, first, last)):
        found[loan_id] = (*found.get(loan_id, ()), Share(*share))
    return found


def write_parts(
    tx: Transaction, programme_id: UUID, kind: str, parts: Iterable[tuple[Any, Part]]
) -> None:
    """Write down partners' parts of loans, or what a reversal changes of them."""
    driver = tx.driver
    programme, tenant = driver.id(programme_id), driver.id(tx.tenant_id)
    rows = [
        (part.share.partner_id, loan_id, programme, kind, tenant, part.share.share_ppm,
         part.forgone_fen, part.claimed_fen)
        for loan_id, part in parts
    ]  # fmt: skip
    if rows:
        driver.load("lending_relief_part", _COLUMNS, rows)


def settle_again(tx: Transaction, parts: Sequence[tuple[Any, Part]]) -> None:
    """Let the next files tell of parts that changed, also of loans that have ended."""
    if parts:
        tx.driver.run_many(
            "UPDATE lending_participation SET open = 1"
            " WHERE loan_id = ? AND partner_id = ? AND ended_on IS NULL",
            [(loan_id, part.share.partner_id) for loan_id, part in parts],
        )


def granted_parts(
    tx: Transaction, programme_id: UUID, loan_ids: Sequence[UUID]
) -> dict[UUID, list[Part]]:
    """Return partners' parts of what a programme granted on loans, by loan."""
    query = (
        select(relief_part, partner.c.slug)
        .join(partner, partner.c.partner_id == relief_part.c.partner_id)
        .where(
            relief_part.c.tenant_id == tx.tenant_id,
            relief_part.c.programme_id == programme_id,
            relief_part.c.kind == "granted",
            relief_part.c.loan_id.in_(loan_ids),
        )
    )
    found: dict[UUID, list[Part]] = {}
    for row in tx.execute(query.order_by(partner.c.slug)):
        share = Share(tx.driver.id(row.partner_id), row.slug, row.share_ppm)
        part = Part(share, row.forgone_fen, row.claimed_fen)
        found.setdefault(row.loan_id, []).append(part)
    return found


def relief_told(
    connection: Connection, tenant_id: UUID, partner_id: UUID, loan_ids: Sequence[UUID] = ()
) -> Mapping[UUID, Split]:
    """Return what a partner's files tell of relief by loan: all, or from the first to the last."""
    query = select(
        relief_part.c.loan_id,
        func.sum(relief_part.c.forgone_fen).label("forgone"),
        func.sum(relief_part.c.claimed_fen).label("claimed"),
    ).where(relief_part.c.tenant_id == tenant_id, relief_part.c.partner_id == partner_id)
    if loan_ids:
        query = query.where(relief_part.c.loan_id.between(loan_ids[0], loan_ids[-1]))
    told: dict[UUID, Split] = {}
    for row in connection.execute(query.group_by(relief_part.c.loan_id)):
        named = {RELIEF_FORGONE: int(row.forgone), RELIEF_CLAIMED: int(row.claimed)}
        told[row.loan_id] = {name: amount for name, amount in named.items() if amount}
    return told
