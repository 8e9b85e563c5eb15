"""What a buyer owes and will pay: an order that settles, or a sale agreed before the goods exist.

The invariant: never more is lent against a receivable than the agreed share of what its buyer is
still to pay, and what he pays goes to its loans first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from martlet.lending.product import Product


class ReceivableState(StrEnum):
    """How a receivable stands."""

    OPEN = "open"
    SETTLED = "settled"
    """Its buyer has paid."""
    CANCELLED = "cancelled"
    """The order or the sale fell through; what was lent is still owed, by its own due date."""


@dataclass(frozen=True, slots=True)
class Receivable:
    """What is known of one order or sale."""

    expected_fen: int
    """Its whole price."""
    deposit_fen: int
    """Paid by the buyer beforehand."""
    settled_fen: int
    """Paid by the buyer since."""
    state: ReceivableState

    def __post_init__(self) -> None:
        assert 0 < self.expected_fen <= AMOUNT_FEN_MAX, self
        assert 0 <= self.deposit_fen <= self.expected_fen, self
        assert self.settled_fen >= 0, self

    @property
    def to_come_fen(self) -> int:
        """What the buyer is still to pay."""
        if self.state is not ReceivableState.OPEN:
            return 0
        return max(self.expected_fen - self.deposit_fen - self.settled_fen, 0)

    def releases_fen(self, product: Product) -> int:
        """Return how much may be owed against it: nothing before the deposit is large enough."""
        needed = divide(self.expected_fen * product.deposit_min_ppm, PPM, RoundingMode.UP)
        if self.deposit_fen < needed:
            return 0
        return divide(self.to_come_fen * product.advance_share_ppm, PPM, RoundingMode.DOWN)

    def deposit_missing_fen(self, product: Product) -> int:
        """Return how much more the buyer must pay beforehand."""
        needed = divide(self.expected_fen * product.deposit_min_ppm, PPM, RoundingMode.UP)
        return max(needed - self.deposit_fen, 0)


def shared_out(amount_fen: int, owed: Sequence[tuple[UUID, int]]) -> tuple[dict[UUID, int], int]:
    """Return what of a buyer's payment each loan gets, oldest first, and what is the seller's."""
    parts: dict[UUID, int] = {}
    left = amount_fen
    for loan_id, owed_fen in owed:
        if part := min(left, owed_fen):
            parts[loan_id] = part
            left -= part
    return parts, left
