"""Charges that a product asks for by itself: with a drawdown, with every instalment, for lateness.

They follow from the rules and from what happened, so a payment found late takes a late fee away
again. Each has an id of its own, made from the first drawdown's and from what it is for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid5

from martlet.lending.plan.rows import PlannedCharge
from martlet.lending.plan.rules import FEE, PENALTY, FeeAt

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from martlet.lending.events import LoanEvent
    from martlet.lending.plan.rows import Row
    from martlet.lending.plan.rules import LateFee, PlanFee
    from martlet.lending.plan.story import PlanTerms


def drawdown_fees(terms: PlanTerms, drawn: LoanEvent) -> list[PlannedCharge]:
    """Return the fees that a drawdown brings at once."""
    day = drawn.value_date
    return [
        PlannedCharge(uuid5(drawn.event_id, f"fee {number}"), FEE, day, day, amount_fen, fee.name)
        for number, fee in enumerate(terms.rules.fees)
        if fee.at is FeeAt.DRAWDOWN and (amount_fen := _amount(terms, fee, drawn.amount_fen))
    ]


def add_instalment_fees(
    terms: PlanTerms, rows: Iterable[Row], drawn: LoanEvent, *, first: bool
) -> None:
    """Let every row ask for the fees of an instalment; a later drawdown adds its share only."""
    for number, fee in enumerate(terms.rules.fees):
        if fee.at is not FeeAt.INSTALMENT:
            continue
        amount_fen = _amount(terms, fee, drawn.amount_fen) - (0 if first else fee.fixed_fen)
        for row in rows if amount_fen else ():
            event_id = uuid5(drawn.event_id, f"fee {number} {row.due_on}")
            due = (row.due_on, row.due_on, amount_fen, fee.name)
            row.charge(PlannedCharge(event_id, FEE, *due, with_row=True))


def late_fee(
    terms: PlanTerms, fee: LateFee, row: Row, of: tuple[LoanEvent, int], day: date
) -> None:
    """Charge a row that is late on the morning of its late fee, with its own due date.

    Its id is made from the first drawdown and its number among the rows of that morning.
    """
    drawn, number = of
    row.late_asked = True
    amount_fen = terms.share_ppm(sum(row.unpaid(part) for part in fee.on), fee.ppm)
    if amount_fen > 0:
        event_id = uuid5(drawn.event_id, f"late {row.due_on} {number}")
        row.charge(PlannedCharge(event_id, PENALTY, day, row.due_on, amount_fen, fee.name))


def _amount(terms: PlanTerms, fee: PlanFee, drawn_fen: int) -> int:
    return fee.fixed_fen + terms.share_ppm(drawn_fen, fee.ppm)
