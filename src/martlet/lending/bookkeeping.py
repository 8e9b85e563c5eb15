"""The way from the lending room's movements to the ledger's transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.ledger import Transfer, post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.postings import Movement
    from martlet.store import Transaction


def record(
    tx: Transaction,
    moves: Sequence[Movement],
    subject: str,
    business_date: date,
    value_date: date | None = None,
) -> None:
    """Post movements as one journal entry dated the open business date."""
    if moves:
        post(tx, transfers(tx, moves, subject, value_date), business_date)


def transfers(
    tx: Transaction, moves: Sequence[Movement], subject: str, value_date: date | None = None
) -> list[Transfer]:
    """Return movements as the transfers of one journal entry."""
    entry_id = tx.ids.new()
    return [
        Transfer(
            id=tx.ids.new(),
            entry_id=entry_id,
            debit=move.debit,
            credit=move.credit,
            amount_fen=move.amount_fen,
            kind=move.kind,
            value_date=value_date,
            subject=subject,
        )
        for move in moves
    ]
