"""What a simulated time came to, in one flat value: every figure of synthetic merchants."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True)
class SimReport:
    """The counts and sums of one world, and the hash at the end of its chain."""

    synthetic: bool = True
    seed: int = 0
    merchants: int = 0
    first_day: str = ""
    last_day: str = ""
    days: int = 0
    records_rows: int = 0
    applications: int = 0
    approved: int = 0
    declined: int = 0
    facilities: int = 0
    loans: int = 0
    one_yuan_loans: int = 0
    draws_refused: int = 0
    payouts_failed: int = 0
    drawn_fen: int = 0
    repayments: int = 0
    received_fen: int = 0
    repaid: int = 0
    overdue: int = 0
    overdue_principal_fen: int = 0
    outstanding_fen: int = 0
    merchants_failed: int = 0
    commands_sent_twice: int = 0
    months_checked: int = 0
    chain_links: int = 0
    chain_hash: str = ""
    trial_balance_difference_fen: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {one.name: getattr(self, one.name) for one in fields(self)}
