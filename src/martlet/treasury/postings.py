"""What changed between two positions, as movements on the ledger: a pure function of both.

Money of a product borne by a partner is mirrored by what is placed with that partner; a product
of the bank's own has its yield as an expense. Payouts are not here: they are holds, settled when
the rail has spoken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.treasury.product import BorneBy

PLACES = "assets/treasury/"
"""Where everything the bank has with its partners stands."""

OWED = "liabilities/treasury/"
"""Where everything the bank owes to positions stands."""

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from martlet.treasury.model import Position
    from martlet.treasury.product import Product


@dataclass(frozen=True, slots=True)
class Movement:
    """One amount from one account to another."""

    debit: str
    credit: str
    amount_fen: int
    kind: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts on which a product's positions stand."""

    product: str
    partner: bool

    @property
    def pending(self) -> str:
        """Subscribed and not yet confirmed."""
        return f"liabilities/treasury/pending/{self.product}"

    @property
    def standing(self) -> str:
        """Confirmed, with what has joined it."""
        return f"liabilities/treasury/standing/{self.product}"

    @property
    def accrued(self) -> str:
        """Earned and paid at the end of a term."""
        return f"liabilities/treasury/accrued/{self.product}"

    @property
    def waiting(self) -> str:
        """Redeemed and not yet paid out."""
        return f"liabilities/treasury/waiting/{self.product}"

    @property
    def placed(self) -> str:
        """What the partner holds for the bank's customers."""
        return f"assets/treasury/placed/{self.product}"

    @property
    def clearing(self) -> str:
        """What is to be settled with the partner, one way or the other."""
        return f"assets/treasury/clearing/{self.product}"

    @property
    def fee_due(self) -> str:
        """The partner's fee, earned and not yet received."""
        return f"assets/treasury/fees/{self.product}"

    @property
    def fee_income(self) -> str:
        """The partner's fee as income."""
        return f"income/treasury/fees/{self.product}"

    @property
    def source(self) -> str:
        """Where a yield comes from: the fund, or the bank's own expense."""
        return self.placed if self.partner else f"expenses/treasury/yield/{self.product}"


def accounts_of(product: Product) -> Accounts:
    """Return the accounts of a product."""
    return Accounts(product.name, product.borne_by is BorneBy.PARTNER)


def balance_of(party_id: UUID) -> str:
    """Return the account of a business's own money kept with the bank."""
    return f"liabilities/customers/balance/{party_id}"


def settlement(rail: str) -> str:
    """Return the account of money at a rail."""
    return f"assets/settlement/{rail}"


def movements(
    before: Position | None, after: Position, accounts: Accounts, balance: str
) -> list[Movement]:
    """Return the movements that lead from one position to another, without what was paid out."""
    subscribed = after.subscribed_fen - (before.subscribed_fen if before else 0)
    confirmed = subscribed - _change(before, after, "pending_fen")
    earned = after.earned_fen - (before.earned_fen if before else 0)
    joined = earned - _change(before, after, "accrued_fen")
    paid = after.paid_fen - (before.paid_fen if before else 0)
    redeemed = _change(before, after, "waiting_fen") + paid
    assert _change(before, after, "standing_fen") == confirmed + joined - redeemed, (before, after)
    return list(_told(accounts, balance, subscribed, confirmed, earned, joined, redeemed))


def _change(before: Position | None, after: Position, name: str) -> int:
    was = getattr(before, name) if before else 0
    return int(getattr(after, name) - was)


def _told(
    accounts: Accounts,
    balance: str,
    subscribed: int,
    confirmed: int,
    earned: int,
    joined: int,
    redeemed: int,
) -> Iterator[Movement]:
    yield from _moved(balance, accounts.pending, subscribed, "treasury.subscription")
    yield from _moved(accounts.pending, accounts.standing, confirmed, "treasury.confirmation")
    if earned == joined:
        # Daily crediting: what a day has earned joins what stands at once.
        yield from _moved(accounts.source, accounts.standing, earned, "treasury.yield")
    else:
        yield from _moved(accounts.source, accounts.accrued, earned, "treasury.yield")
        yield from _moved(accounts.accrued, accounts.standing, joined, "treasury.yield_joined")
    yield from _moved(accounts.standing, accounts.waiting, redeemed, "treasury.redemption")
    if accounts.partner:
        placed = confirmed - redeemed
        yield from _moved(accounts.placed, accounts.clearing, placed, "treasury.placement")


def _moved(debit: str, credit: str, amount_fen: int, kind: str) -> Iterator[Movement]:
    """Move an amount, or its opposite back."""
    if amount_fen > 0:
        yield Movement(debit, credit, amount_fen, kind)
    elif amount_fen < 0:
        yield Movement(credit, debit, -amount_fen, kind)
