"""Posting and holding: whole batches, all or nothing, each transfer once.

A batch costs one look for known identifiers, one read and one update for each account that it
touches, and one row for each transfer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.collector import collector_at_rest
from martlet.kernel.errors import Invalid, Refused, TooLarge
from martlet.ledger.accounts import change_totals, touch
from martlet.ledger.days import require_open
from martlet.ledger.draft import Draft, unposted
from martlet.ledger.limits import COLLECTOR_RESTS_FROM, TRANSFERS_PER_BATCH_MAX
from martlet.ledger.model import Phase

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.ledger.model import Transfer
    from martlet.store import Transaction


def post(tx: Transaction, transfers: Sequence[Transfer], business_date: date) -> None:
    """Post transfers on the open business date, all of them or none.

    A transfer known with the same body is left as it is; with another body it is a `Conflict`.
    Guards are judged on the totals after the whole batch.
    """
    write(tx, transfers, business_date, Phase.POSTED)


def hold(
    tx: Transaction,
    transfers: Sequence[Transfer],
    business_date: date,
    expires_on: date | None = None,
    *,
    said_hash: str | None = None,
) -> None:
    """Hold the amounts: they can no longer be spent, and move only when settled.

    After `expires_on` a hold can no longer be settled, and `release_expired` ends it.
    """
    if expires_on is not None and expires_on < business_date:
        raise Invalid("ledger.expires_before_it_begins", expires_on=str(expires_on))
    written = write(tx, transfers, business_date, Phase.PENDING, said_hash=said_hash)
    tenant, last_day = tx.driver.id(tx.tenant_id), expires_on and tx.driver.day(expires_on)
    tx.driver.load(
        "ledger_hold",
        ("number", "tenant_id", "expires_on"),
        [(number, tenant, last_day) for number in written],
    )


def write(
    tx: Transaction,
    transfers: Sequence[Transfer],
    business_date: date,
    phase: Phase,
    *,
    said_hash: str | None = None,
    day_is_open: bool = False,
) -> range:
    """Write the transfers that are new and return the numbers that they got.

    `said_hash` is their `content_hash` where the caller has it already; `day_is_open` that it has
    just read that day as the open one.
    """
    if len(transfers) > TRANSFERS_PER_BATCH_MAX:
        raise TooLarge("ledger.batch_too_large", max_count=TRANSFERS_PER_BATCH_MAX)
    with collector_at_rest(worth_it=len(transfers) >= COLLECTOR_RESTS_FROM):
        fresh = unposted(tx, transfers, phase)
        if not fresh:
            return range(0)
        if not day_is_open:
            require_open(tx, business_date)
        paths = {path for transfer in fresh for path in (transfer.debit, transfer.credit)}
        accounts = touch(tx, paths, business_date)
        draft = Draft(tx, phase, business_date)
        for transfer in fresh:
            debit, credit = accounts[transfer.debit], accounts[transfer.credit]
            if debit.currency != credit.currency:
                raise Refused("ledger.currency_differs", debit=debit.path, credit=credit.path)
            if phase is Phase.PENDING:
                debit.debits_pending += transfer.amount_fen
                credit.credits_pending += transfer.amount_fen
            else:
                debit.debits += transfer.amount_fen
                credit.credits += transfer.amount_fen
            draft.add(transfer, debit, credit)
        change_totals(tx, accounts.values())
        return draft.write(said_hash if fresh is transfers else None)
