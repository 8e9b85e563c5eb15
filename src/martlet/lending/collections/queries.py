"""Reads of collections: the board, cases, one case's timeline, roll rates; each for a principal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, select

from martlet.kernel.calendar import add_months
from martlet.kernel.errors import Invalid
from martlet.kernel.principal import Scope
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide
from martlet.ledger import current_business_date
from martlet.lending.collections.arrears import arrears_of, live_loans, on_relief, overdue
from martlet.lending.collections.cases import (
    event_rows,
    events_of,
    find_case,
    open_cases,
    state_of,
)
from martlet.lending.collections.limits import CASES_PAGE_MAX, HANDLERS_MAX, ROLL_MONTHS_MAX
from martlet.lending.collections.model import fold
from martlet.lending.collections.reminding import paused_parties
from martlet.lending.collections.rules import rules
from martlet.lending.collections.tables import (
    collections_case,
    collections_event,
    collections_handler,
    collections_reminder,
)
from martlet.lending.tables import PRINCIPAL_OWED, loan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Row

    from martlet.kernel.principal import Principal
    from martlet.lending.collections.arrears import Arrears
    from martlet.lending.collections.rules import Bucket


def _visible(principal: Principal) -> list[ColumnElement[bool]]:
    """Return what narrows cases to those of a principal's businesses."""
    principal.require(Scope.COLLECTIONS_READ)
    narrowed: list[ColumnElement[bool]] = [collections_case.c.tenant_id == principal.tenant_id]
    if principal.party_ids is not None:
        narrowed.append(collections_case.c.party_id.in_(sorted(principal.party_ids)))
    return narrowed


def board(connection: Connection, principal: Principal) -> dict[str, Any]:
    """Return how many borrowers and loans lie in each bucket, and how much principal."""
    principal.require(Scope.COLLECTIONS_READ)
    today = current_business_date(connection, principal.tenant_id)
    sets = rules().on(today).buckets
    loans = select(
        loan.c.party_id,
        loan.c.oldest_due_on,
        PRINCIPAL_OWED.label("principal_fen"),
    ).where(overdue(principal.tenant_id, today))
    if principal.party_ids is not None:
        loans = loans.where(loan.c.party_id.in_(sorted(principal.party_ids)))
    each = loans.subquery()
    borrowers = (
        select(
            each.c.party_id,
            func.min(each.c.oldest_due_on).label("oldest_due_on"),
            func.sum(each.c.principal_fen).label("principal_fen"),
        )
        .group_by(each.c.party_id)
        .subquery()
    )
    counted = {
        "borrowers": _counted(connection, borrowers, sets.borrower, today),
        "loans": _counted(connection, each, sets.loan, today),
    }
    sums = ("count", "principal_fen")
    return {
        "business_date": today.isoformat(),
        **counted,
        "totals": {
            name: {part: sum(row[part] for row in rows) for part in sums}
            for name, rows in counted.items()
        },
        "cases": _case_counts(connection, principal),
        "rules": {
            "effective_from": sets.effective_from.isoformat(),
            "source": sets.source,
            "verified": sets.verified,
        },
    }


def _counted(
    connection: Connection,
    rows: Any,  # noqa: ANN401 - a subquery with the columns named below
    buckets: Sequence[Bucket],
    today: date,
) -> list[dict[str, Any]]:
    """Count rows by bucket: a bucket begins with the due dates so many days back."""
    wheres = [
        (rows.c.oldest_due_on <= today - timedelta(days=bucket.from_days), bucket.code)
        for bucket in reversed(buckets)
    ]
    code = case(*wheres, else_="").label("bucket")
    query = select(
        code,
        func.count().label("rows_count"),
        func.sum(rows.c.principal_fen).label("principal_fen"),
    ).group_by(code)
    found = {row.bucket: row for row in connection.execute(query)}
    return [
        {
            "bucket": bucket.code,
            "name": {"en": bucket.en, "zh-CN": bucket.zh_cn},
            "count": int(found[bucket.code].rows_count) if bucket.code in found else 0,
            "principal_fen": int(found[bucket.code].principal_fen) if bucket.code in found else 0,
        }
        for bucket in buckets
    ]


def _case_counts(connection: Connection, principal: Principal) -> dict[str, int]:
    table = collections_case.c
    query = select(
        func.count().label("open_count"),
        func.count(table.promise).label("promised_count"),
        func.count(table.handler).label("handed_over_count"),
    ).where(*_visible(principal), table.closed_on.is_(None))
    return {name: int(value) for name, value in connection.execute(query).mappings().one().items()}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases a list shows, and from where on."""

    party_id: UUID | None = None
    bucket: str | None = None
    handler_kind: str | None = None
    handler: str | None = None
    promised: bool | None = None
    closed: bool = False
    after: UUID | None = None
    limit: int = 50


def cases(connection: Connection, principal: Principal, wanted: CaseFilter) -> list[dict[str, Any]]:
    """Return cases in the order of their opening, as they stand, a page at a time."""
    table, narrowed = collections_case.c, _visible(principal)
    if wanted.party_id is not None:
        principal.require_party(wanted.party_id)
    for name in ("party_id", "bucket", "handler_kind", "handler"):
        if (value := getattr(wanted, name)) is not None:
            narrowed.append(table[name] == value)
    if wanted.promised is not None:
        kept = table.promise.is_not(None) if wanted.promised else table.promise.is_(None)
        narrowed.append(kept)
    if wanted.after is not None:
        narrowed.append(table.case_id > wanted.after)
    closed = table.closed_on.is_not(None) if wanted.closed else table.closed_on.is_(None)
    query = select(collections_case).where(*narrowed, closed).order_by(table.case_id)
    rows = connection.execute(query.limit(min(wanted.limit, CASES_PAGE_MAX))).all()
    today = current_business_date(connection, principal.tenant_id)
    who = sorted({row.party_id for row in rows})
    late = arrears_of(connection, principal.tenant_id, today, who) if who else {}
    return [_case_line(row, late.get(row.party_id), today) for row in rows]


def _case_line(row: Row[Any], late: Arrears | None, today: date) -> dict[str, Any]:
    state, open_still = state_of(row), row.closed_on is None
    counted = late if open_still else None
    return {
        "case_id": str(row.case_id),
        "party_id": str(row.party_id),
        "opened_on": state.opened_on.isoformat(),
        "bucket": state.bucket,
        "days_overdue": (today - counted.oldest_due_on).days if counted else 0,
        "oldest_due_on": counted.oldest_due_on.isoformat() if counted else None,
        "loans_count": counted.loans if counted else 0,
        "principal_fen": counted.principal_fen if counted else 0,
        "promise": _promise_json(row.promise),
        "promises_made": state.promises_made,
        "promises_kept": state.promises_kept,
        "promises_broken": state.promises_broken,
        "reminders_count": state.reminders,
        "handler_kind": row.handler_kind,
        "handler": row.handler,
        "closed_on": row.closed_on.isoformat() if row.closed_on else None,
        "closed_because": row.closed_because,
    }


def _promise_json(stored: dict[str, Any] | None) -> dict[str, Any] | None:
    if stored is None:
        return None
    return {name: stored[name] for name in ("amount_fen", "pay_by", "loan_id")}


def one_case(connection: Connection, principal: Principal, case_id: UUID) -> dict[str, Any]:
    """Return a case with its timeline, the loans behind it and the reminders about them."""
    principal.require(Scope.COLLECTIONS_READ)
    row = find_case(connection, principal, case_id)
    today, tenant_id = current_business_date(connection, principal.tenant_id), principal.tenant_id
    events = event_rows(connection, tenant_id, case_id)
    assert fold(events_of(events)) == state_of(row), case_id
    late = arrears_of(connection, tenant_id, today, [row.party_id])
    loans = live_loans(connection, tenant_id, [row.party_id], today)[row.party_id]
    paused = paused_parties(connection, tenant_id, [row.party_id], today)
    paused |= on_relief(connection, tenant_id, [row.party_id], today)
    shown = ("loan_id", "product", "due_fen", "outstanding_fen", "oldest_due_on", "days_overdue")
    return {
        **_case_line(row, late.get(row.party_id), today),
        "business_date": today.isoformat(),
        "due_fen": sum(one["due_fen"] for one in loans if one["days_overdue"] > 0),
        "paused": bool(paused),
        "loans": [{name: one[name] for name in shown} for one in loans if one["days_overdue"] > 0],
        "timeline": [
            {
                "sequence": event.sequence,
                "kind": event.kind,
                "business_date": event.business_date.isoformat(),
                "recorded_at": event.recorded_at.isoformat(),
                "actor": event.actor,
                "details": event.details,
            }
            for event in events
        ],
        "reminders": _reminders(connection, principal, row.party_id, events[0].recorded_at),
    }


def _reminders(
    connection: Connection, principal: Principal, party_id: UUID, since: datetime
) -> list[dict[str, Any]]:
    """Return the reminders since the case was opened, the latest first."""
    table = collections_reminder.c
    query = (
        select(collections_reminder)
        .where(
            table.tenant_id == principal.tenant_id,
            table.party_id == party_id,
            table.tried_at >= since,
        )
        .order_by(table.tried_at.desc(), table.reminder_id.desc())
        .limit(CASES_PAGE_MAX)
    )
    return [
        {
            "reminder_id": str(one.reminder_id),
            "step": one.step,
            "channel": one.channel,
            "state": one.state,
            "attempts": one.attempts,
            "tried_at": one.tried_at.isoformat(),
            "due_fen": one.due_fen,
            "texts": one.texts,
        }
        for one in connection.execute(query)
    ]


def own_promise(connection: Connection, principal: Principal, party_id: UUID) -> dict[str, Any]:
    """Return whether a business may promise now, the promise that runs, and the rules of one."""
    principal.require(Scope.LENDING_READ)
    principal.require_party(party_id)
    today = current_business_date(connection, principal.tenant_id)
    row = open_cases(connection, principal.tenant_id, [party_id]).get(party_id)
    rule = rules().on(today).promise
    return {
        "case_open": row is not None,
        "promise": _promise_json(row.promise) if row is not None else None,
        "promises_left": max(rule.owner_promises_max - row.promises_made, 0) if row else 0,
        "earliest": today.isoformat(),
        "latest": (today + timedelta(days=rule.owner_days_max)).isoformat(),
    }


def handlers(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    """Return the teams and agencies that the bank has named."""
    principal.require(Scope.COLLECTIONS_READ)
    table = collections_handler.c
    query = select(collections_handler).where(table.tenant_id == principal.tenant_id)
    return [
        {"kind": row.kind, "name": row.name, "title": row.title, "active": bool(row.active)}
        for row in connection.execute(query.order_by(table.kind, table.name).limit(HANDLERS_MAX))
    ]


def roll_rates(connection: Connection, principal: Principal, months: int = 6) -> dict[str, Any]:
    """Return, month by month, into which bucket the borrowers of each bucket had moved at its end.

    From the first day of a month to the first of the next, the running month up to today. "none"
    is a borrower without arrears; cured and written off are told apart.
    """
    principal.require(Scope.COLLECTIONS_READ)
    if not 1 <= months <= ROLL_MONTHS_MAX:
        raise Invalid("lending.months_outside", max_count=ROLL_MONTHS_MAX)
    today = current_business_date(connection, principal.tenant_id)
    first = today.replace(day=1)
    starts = [add_months(first, -back) for back in range(months - 1, -1, -1)]
    found = []
    for start in starts:
        end = min(add_months(start, 1), today)
        rows = _rolled(connection, principal, start, end)
        whole: dict[str, int] = {}
        for row in rows:
            whole[row["from"]] = whole.get(row["from"], 0) + row["count"]
        for row in rows:
            share = divide(row["count"] * PPM, whole[row["from"]], RoundingMode.HALF_EVEN)
            row["share_ppm"] = share if row["from"] != NONE else None
        found.append({"month": start.isoformat()[:7], "until": end.isoformat(), "rolls": rows})
    return {
        "business_date": today.isoformat(),
        "buckets": [
            {"bucket": one.code, "name": {"en": one.en, "zh-CN": one.zh_cn}}
            for one in rules().on(today).buckets.borrower
        ],
        "months": found,
    }


NONE = "none"


def _rolled(
    connection: Connection, principal: Principal, start: date, end: date
) -> list[dict[str, Any]]:
    """Count borrowers by where they stood at two mornings; who stood nowhere at both is left out.

    A case's standing on a morning is its last move before it.
    """
    before = _standing_before(principal, start)
    at_end = _standing_before(principal, end)
    begun = func.coalesce(before.c.bucket, NONE)
    ended = func.coalesce(at_end.c.bucket, NONE)
    table = collections_case.c
    still = before.c.kind.is_(None) | (before.c.kind != "closed")
    query = (
        select(
            begun.label("begun"),
            case((at_end.c.kind == "closed", table.closed_because), else_=ended).label("ended"),
            func.count().label("cases"),
            func.sum(func.coalesce(before.c.principal_fen, 0)).label("principal_fen"),
        )
        .select_from(collections_case)
        .outerjoin(before, before.c.case_id == table.case_id)
        .join(at_end, at_end.c.case_id == table.case_id)
        .where(*_visible(principal), still)
        .group_by("begun", "ended")
    )
    rows = [
        {
            "from": row.begun,
            "to": row.ended,
            "count": int(row.cases),
            "principal_fen": int(row.principal_fen),
        }
        for row in connection.execute(query)
    ]
    return sorted(rows, key=lambda row: (row["from"], row["to"]))


def _standing_before(principal: Principal, morning: date) -> Any:  # noqa: ANN401 - a subquery
    """Return the last move of each case before a morning."""
    table = collections_event.c
    last = (
        select(table.case_id, func.max(table.sequence).label("sequence"))
        .where(
            table.tenant_id == principal.tenant_id,
            table.business_date < morning,
            table.kind.in_(["opened", "bucket_moved", "closed"]),
        )
        .group_by(table.case_id)
        .subquery()
    )
    return (
        select(table.case_id, table.kind, table.bucket, table.principal_fen)
        .join(last, and_(table.case_id == last.c.case_id, table.sequence == last.c.sequence))
        .subquery()
    )
