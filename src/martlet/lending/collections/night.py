"""The step of the night in which cases are opened, moved, judged and closed.

Runs after loans are aged, over borrowers in the order of their ids. What a case should be follows
from the loans' rows and the open case alone, and only a difference is read in full and written: a
step done again does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from martlet.lending.collections.arrears import (
    Arrears,
    arrears_of,
    late_parties_after,
    paid_by_loan,
    paid_fen,
    written_off_parties,
)
from martlet.lending.collections.cases import (
    CaseFile,
    open_cases,
    open_many,
    open_parties_after,
)
from martlet.lending.collections.model import CaseEventKind, Closing, judge
from martlet.lending.collections.rules import rules
from martlet.store import Progress

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Row

    from martlet.lending.collections.rules import RulesOfDay
    from martlet.lending.nights.night import Night
    from martlet.store import Transaction
    from martlet.store.driver import Driver

_TOTALS = ("cases_opened", "cases_moved", "cases_closed", "promises_kept", "promises_broken")


def collect_step(tx: Transaction, cursor: str, night: Night) -> Progress:
    """Bring the cases of one chunk of borrowers to where their loans stand on a morning."""
    after, until, chunk = UUID(cursor) if cursor else None, night.until, night.chunk_loans
    late = late_parties_after(tx.driver, tx.tenant_id, until, after, chunk)
    running = open_parties_after(tx.driver, tx.tenant_id, after, chunk)
    ends = [found[-1][0] for found in (late, running) if len(found) == chunk]
    last = min(ends) if ends else None
    arrears = {party: oldest for party, oldest in late if last is None or party <= last}
    cases = {party: case for party, *case in running if last is None or party <= last}
    buckets = _Buckets(tx.driver, rules().on(until), until)
    new = [party for party in arrears if party not in cases]
    moved = [
        party
        for party, (bucket, promised) in cases.items()
        if promised or party not in arrears or buckets.of(arrears[party]) != bucket
    ]
    totals = _bring_onward(tx, night, _ids(tx.driver, new), _ids(tx.driver, moved))
    return Progress(str(tx.driver.to_id(last)) if last is not None else None, totals)


class _Buckets:
    """The bucket of a borrower whose oldest day is given as the database keeps it."""

    def __init__(self, driver: Driver, rules_of_day: RulesOfDay, until: date) -> None:
        self._driver, self._rules, self._until = driver, rules_of_day, until
        self._known: dict[Any, str] = {}

    def of(self, oldest: Any) -> str:  # noqa: ANN401 - the database's own form
        """Return its code."""
        code = self._known.get(oldest)
        if code is None:
            day = self._driver.to_day(oldest)
            assert day is not None
            code = self._rules.buckets.of_borrower((self._until - day).days).code
            self._known[oldest] = code
        return code


def _ids(driver: Driver, parties: list[Any]) -> list[UUID]:
    return [driver.to_id(party) for party in parties]


def _bring_onward(
    tx: Transaction, night: Night, new: list[UUID], moved: list[UUID]
) -> dict[str, int]:
    """Open the cases of some borrowers, and judge, move or close those of others."""
    totals = dict.fromkeys(_TOTALS, 0)
    if not new and not moved:
        return totals
    arrears = arrears_of(tx.connection, tx.tenant_id, night.until, [*new, *moved])
    cases = open_cases(tx.connection, tx.tenant_id, moved) if moved else {}
    chunk = _Chunk(tx, night, arrears, cases)
    totals["cases_opened"] = chunk.open_new()
    for party_id in sorted(cases):
        for name in chunk.look_at(party_id):
            totals[name] += 1
    return totals


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
