"""The step of the night in which cases are opened, moved, judged and closed.

Runs after loans are aged, over borrowers in the order of their ids. What a case should be follows
from the loans' rows and the open case alone, and only a difference is written: a step done again
does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from martlet.lending.collections.arrears import (
    Arrears,
    arrears_after,
    paid_by_loan,
    paid_fen,
    written_off_parties,
)
from martlet.lending.collections.cases import CaseFile, open_many
from martlet.lending.collections.model import CaseEventKind, Closing, judge
from martlet.lending.collections.rules import rules
from martlet.lending.collections.tables import collections_case
from martlet.store import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from martlet.lending.collections.rules import RulesOfDay
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction

_TOTALS = ("cases_opened", "cases_moved", "cases_closed", "promises_kept", "promises_broken")


def collect_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Bring the cases of one chunk of borrowers to where their loans stand on a morning."""
    after, until, chunk = UUID(cursor) if cursor else None, night.until, night.chunk_loans
    late = arrears_after(tx.connection, tx.tenant_id, until, after, chunk)
    running = _open_after(tx, after, chunk)
    ends = [found[-1].party_id for found in (late, running) if len(found) == chunk]
    last = min(ends) if ends else None
    arrears = {one.party_id: one for one in late if last is None or one.party_id <= last}
    cases = {row.party_id: row for row in running if last is None or row.party_id <= last}
    totals = dict.fromkeys(_TOTALS, 0)
    chunk_of = _Chunk(tx, night, arrears, cases)
    totals["cases_opened"] = chunk_of.open_new()
    for party_id in sorted(cases):
        for name in chunk_of.look_at(party_id):
            totals[name] += 1
    return Progress(str(last) if last is not None else None, totals)


def _open_after(tx: Transaction, after: UUID | None, limit: int) -> Sequence[Row[Any]]:
    """Return open cases in the order of their borrowers."""
    query = select(collections_case).where(
        collections_case.c.tenant_id == tx.tenant_id, collections_case.c.closed_on.is_(None)
    )
    if after is not None:
        query = query.where(collections_case.c.party_id > after)
    return tx.execute(query.order_by(collections_case.c.party_id).limit(limit)).all()


class _Chunk:
    """One chunk's borrowers: where their loans stand and what their cases say."""

    def __init__(
        self,
        tx: Transaction,
        night: Night,
        arrears: dict[UUID, Arrears],
        cases: dict[UUID, Row[Any]],
    ) -> None:
        self._tx = tx
        self._day = night.business_date
        self._until = night.until
        self._arrears = arrears
        self._cases = cases
        self._rules: RulesOfDay = rules().on(night.until)
        promised = [party_id for party_id, row in cases.items() if row.promise is not None]
        self._paid = paid_by_loan(tx.connection, tx.tenant_id, promised) if promised else {}
        gone = [party_id for party_id in cases if party_id not in arrears]
        self._written_off = (
            written_off_parties(tx.connection, tx.tenant_id, gone) if gone else set()
        )

    def open_new(self) -> int:
        """Open the cases of those who have none; return how many they are."""
        found = sorted(self._arrears.keys() - self._cases.keys())
        standings = [(party_id, self._standing(self._arrears[party_id])) for party_id in found]
        open_many(self._tx, self._day, standings)
        return len(found)

    def look_at(self, party_id: UUID) -> list[str]:
        """Write what has changed in a case; return the totals to add to."""
        late, row = self._arrears.get(party_id), self._cases[party_id]
        file = CaseFile(self._tx, row)
        done = self._judged(file, late)
        if late is None:
            off = party_id in self._written_off
            because = Closing.WRITTEN_OFF if off else Closing.CURED
            file.add(CaseEventKind.CLOSED, self._day, because=because.value)
            done.append("cases_closed")
        else:
            standing = self._standing(late)
            if standing["bucket"] != row.bucket:
                file.add(CaseEventKind.BUCKET_MOVED, self._day, **standing)
                done.append("cases_moved")
        if done:
            file.keep()
        return done

    def _judged(self, file: CaseFile, late: Arrears | None) -> list[str]:
        """Judge a promise that runs, by what has been paid since it was given."""
        promise = file.state.promise
        if promise is None:
            return []
        paid = paid_fen(self._paid[file.party_id], promise.loan_id)
        off = file.party_id in self._written_off
        verdict = judge(
            promise,
            paid,
            self._day,
            self._rules.promise.grace_days,
            overdue=late is not None or off,
        )
        if verdict is None:
            return []
        since_fen = max(paid - promise.paid_before_fen, 0)
        file.add(verdict, self._day, amount_fen=promise.amount_fen, paid_fen=since_fen)
        kept = verdict is CaseEventKind.PROMISE_KEPT
        return ["promises_kept" if kept else "promises_broken"]

    def _standing(self, late: Arrears) -> dict[str, Any]:
        """Return what an event says of a borrower's arrears on the morning."""
        days = (self._until - late.oldest_due_on).days
        return {
            "bucket": self._rules.buckets.of_borrower(days).code,
            "days_overdue": days,
            "oldest_due_on": late.oldest_due_on.isoformat(),
            "loans_count": late.loans,
            "principal_fen": late.principal_fen,
        }
