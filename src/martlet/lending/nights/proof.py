"""The last steps of a night: add up the book, compare it with the loans, close the date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.errors import Corrupt
from martlet.ledger import close_day, trial_balance
from martlet.lending.marks import read_mark
from martlet.lending.verify import verify_controls
from martlet.store import Progress

if TYPE_CHECKING:
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction


def trial_balance_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Add up the whole book; a difference stops the night."""
    book = trial_balance(tx.connection, tx.principal, night.business_date)
    if book.difference_fen != 0:
        raise Corrupt("lending.trial_balance_differs", difference_fen=book.difference_fen)
    return Progress(
        None,
        {
            "debits_fen": book.debits_fen,
            "credits_fen": book.credits_fen,
            "difference_fen": book.difference_fen,
        },
    )


def verify_step(tx: Transaction, _cursor: str, _night: Night) -> Progress:
    """Compare the sums over all loans with the control accounts."""
    sums = verify_controls(tx.connection, tx.tenant_id)
    return Progress(None, {f"{part}_fen": amount for part, amount in sums.items()})


def close_step(tx: Transaction, _cursor: str, night: Night) -> Progress:
    """Close the date, of which every loan's interest is on the ledger, and open the next."""
    mark = read_mark(tx.connection, tx.tenant_id)
    assert mark.covers(night.until.toordinal()), "the night's interest comes before its end"
    close_day(tx, night.business_date)
    day = night.business_date.isoformat()
    told = {"business_date": day}
    tx.emit("lending.day_ended", f"end-of-day:{day}", told, business_date=night.business_date)
    return Progress(None, {})
