"""One business date's end as a value, and what a step of it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.lending.limits import COLUMN_LOANS_FOR_ONE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from uuid import UUID

    from martlet.store import Progress, Transaction


@dataclass(frozen=True, slots=True)
class Night:
    """One business date's end, and how many loans a step projects one by one."""

    business_date: date
    chunk_loans: int

    @property
    def until(self) -> date:
        """The next morning: interest is recognised up to its start."""
        return self.business_date + timedelta(days=1)

    @property
    def column_loans(self) -> int:
        """How many loans a step takes as columns."""
        return self.chunk_loans * COLUMN_LOANS_FOR_ONE

    @property
    def subject(self) -> str:
        """How the journal names what the night posts."""
        return f"end-of-day:{self.business_date.isoformat()}"

    def tell(
        self, tx: Transaction, kind: str, loan_id: UUID, party_id: UUID, **facts: str | int
    ) -> None:
        """Put on the record what the night has done to a loan."""
        told = {"loan_id": str(loan_id), "party_id": str(party_id), **facts}
        tx.emit(kind, f"loan:{loan_id}", told, business_date=self.business_date)


@dataclass(frozen=True, slots=True)
class NightStep:
    """A part of the night: its name, and its handler, which is given where it stopped."""

    name: str
    run: Callable[[Transaction, str, Night], Progress]
