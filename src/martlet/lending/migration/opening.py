"""What the ledger must hold of a loan that was lent elsewhere, as entries against a suspense.

A loan's whole past is one position; posted from nothing it would claim money that this bank never
paid and income that it never earned. So only what stands on the books of loans and customers is
kept, and everything else falls to the suspense account. What the other system stated is taken over
into equity from the same suspense: what stays there is exactly the differences that are listed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.lending.postings import Movement, Position, movements

if TYPE_CHECKING:
    from martlet.lending.postings import Accounts

_KEPT = ("assets/loans/", "liabilities/customers/", "liabilities/unearned/")


@dataclass(frozen=True, slots=True)
class Opening:
    """A loan's opening entries, and what they leave on the suspense account."""

    moves: tuple[Movement, ...]
    suspense_fen: int
    """More stated than computed: a debit; less: a credit."""


def suspense(source: str) -> str:
    """Return the account over which loans of another system come in."""
    return f"assets/suspense/{source}"


def taken_over(source: str) -> str:
    """Return the account of what another system's loans were stated to be worth."""
    return f"equity/taken_over/{source}"


def opening(position: Position, accounts: Accounts, source: str, stated_more_fen: int) -> Opening:
    """Return the entries that open a loan's books, for what was stated more than is computed."""
    net: Counter[str] = Counter()
    for move in movements(Position(), position, accounts):
        net[move.debit] += move.amount_fen
        net[move.credit] -= move.amount_fen
    net[accounts.principal] += position.disbursed_fen
    kept = {path: amount for path, amount in net.items() if path.startswith(_KEPT) and amount}
    over = suspense(source)
    moves = [_move(path, over, amount) for path, amount in sorted(kept.items())]
    stated_fen = sum(kept.values()) + stated_more_fen
    if stated_fen:
        moves.append(_move(over, taken_over(source), stated_fen))
    return Opening(tuple(moves), stated_more_fen)


def _move(path: str, other: str, amount_fen: int) -> Movement:
    """Return a debit of an account, or its credit where the amount is negative."""
    kind = "lending.taken_over"
    if amount_fen > 0:
        return Movement(path, other, amount_fen, kind)
    return Movement(other, path, -amount_fen, kind)
