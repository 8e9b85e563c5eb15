"""Reads of relief: programmes with where they stand, progress, what a loan or a business was given.

Every one takes a principal and stays within what it may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select

from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import Principal, Scope
from martlet.lending.loans import find_loan
from martlet.lending.relief.limits import LIST_PROGRAMMES_MAX
from martlet.lending.relief.model import Programme, Stage, steps_from
from martlet.lending.relief.moves import find_programme, moves_of
from martlet.lending.relief.reading import parse_programme
from martlet.lending.relief.tables import cohort, entry, preview, programme, total
from martlet.store import Job, read_job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement, Connection, Row


def require_reader(principal: Principal) -> None:
    """Refuse whoever does not work for the bank: programmes are the whole book's."""
    principal.require(Scope.LEDGER_READ)
    if principal.party_ids is not None:
        raise Forbidden("kernel.scope_missing", scope=Scope.LEDGER_READ.value)


def programmes(connection: Connection, principal: Principal) -> list[dict[str, Any]]:
    """Return every programme with where it stands, the latest first."""
    require_reader(principal)
    query = select(programme).where(programme.c.tenant_id == principal.tenant_id)
    query = query.order_by(programme.c.programme_id.desc()).limit(LIST_PROGRAMMES_MAX)
    return [_line(connection, principal, row) for row in connection.execute(query)]


def one_programme(
    connection: Connection, principal: Principal, programme_id: UUID
) -> dict[str, Any]:
    """Return one programme: its text, moves, latest preview and progress."""
    require_reader(principal)
    row = find_programme(connection, principal.tenant_id, programme_id)
    moves = moves_of(connection, principal.tenant_id, programme_id)
    return {
        **_line(connection, principal, row),
        "text": row.text,
        "content_hash": row.content_hash,
        "what": [_step_json(step) for step in parse_programme(row.text).what],
        "moves": [
            {
                "stage": one.stage,
                "business_date": one.business_date.isoformat(),
                "from_on": one.from_on.isoformat() if one.from_on else None,
                "moved_at": one.moved_at.isoformat(),
                "moved_by": one.moved_by,
                "note": one.note,
            }
            for one in moves
        ],
        "preview": latest_preview(connection, principal.tenant_id, programme_id),
        "progress": progress(connection, principal, programme_id),
    }


def _step_json(step: Any) -> dict[str, Any]:  # noqa: ANN401 - a measure
    return {
        "kind": step.kind.value,
        "months": step.months,
        "days": step.days,
        "rate_ppm": step.rate_ppm,
        "component": step.component.value if step.component else None,
        "share_ppm": step.share_ppm,
        "up_to_fen": step.up_to_fen,
        "instalments": step.instalments,
    }


def _line(connection: Connection, principal: Principal, row: Row[Any]) -> dict[str, Any]:
    read = parse_programme(row.text)
    moves = moves_of(connection, principal.tenant_id, row.programme_id)
    booked = totals_of(connection, principal.tenant_id, row.programme_id)
    return {
        "programme_id": str(row.programme_id),
        "name": row.name,
        "title": {"en": read.title.en, "zh-CN": read.title.zh_cn},
        "sentence": {"en": read.sentence.en, "zh-CN": read.sentence.zh_cn},
        "stage": moves[-1].stage,
        "note": moves[-1].note,
        "payer": read.payer.value,
        "payer_name": read.payer_name,
        "cost_account": read.cost_account,
        "budget_fen": read.budget_fen,
        "open_from": read.open_from.isoformat(),
        "open_until": read.open_until.isoformat(),
        "drafted_at": row.drafted_at.isoformat(),
        "drafted_by": row.drafted_by,
        **booked,
    }


def totals_of(connection: Connection, tenant_id: UUID, programme_id: UUID) -> dict[str, int]:
    """Return how many loans a programme has helped, and what of its cost is booked and given."""
    found = connection.execute(
        select(total.c.loans, total.c.cost_fen).where(
            total.c.tenant_id == tenant_id, total.c.programme_id == programme_id
        )
    ).first()
    given = select(func.coalesce(func.sum(cohort.c.given_fen), 0)).where(
        cohort.c.tenant_id == tenant_id, cohort.c.programme_id == programme_id
    )
    return {
        "loans": found.loans if found else 0,
        "cost_fen": found.cost_fen if found else 0,
        "forgone_fen": int(connection.execute(given).scalar_one()),
    }


def latest_preview(
    connection: Connection, tenant_id: UUID, programme_id: UUID
) -> dict[str, Any] | None:
    """Return the newest preview of a programme, or None."""
    query = select(preview).where(
        preview.c.tenant_id == tenant_id, preview.c.programme_id == programme_id
    )
    row = connection.execute(query.order_by(preview.c.preview_id.desc()).limit(1)).first()
    if row is None:
        return None
    return {**row.figures, "made_at": row.made_at.isoformat(), "made_by": row.made_by}


def launch_job(programme_id: UUID, starts_on: date) -> Job:
    """Return the job of a launch."""
    return Job(f"relief.launch.{programme_id}", starts_on)


def reversal_job(programme_id: UUID, from_on: date) -> Job:
    """Return the job of a reversal."""
    return Job(f"relief.reverse.{programme_id}", from_on)


def progress(connection: Connection, principal: Principal, programme_id: UUID) -> dict[str, Any]:
    """Return how far the newest launch and the reversal have come."""
    require_reader(principal)
    find_programme(connection, principal.tenant_id, programme_id)
    moves = moves_of(connection, principal.tenant_id, programme_id)
    shown: dict[str, Any] = {
        "stage": moves[-1].stage,
        "note": moves[-1].note,
        **totals_of(connection, principal.tenant_id, programme_id),
    }
    newest = latest_preview(connection, principal.tenant_id, programme_id)
    expected = newest["live_loans"] if newest else 0
    for stage, job_of in ((Stage.LAUNCHED, launch_job), (Stage.REVERSED, reversal_job)):
        starts = [one.from_on for one in moves if one.stage == stage.value]
        if not starts:
            continue
        report = read_job(connection, principal, job_of(programme_id, starts[-1]))
        seen = report.totals.get("seen", 0)
        shown[stage.value] = {
            "from_on": starts[-1].isoformat(),
            "done": report.done,
            "seen": seen,
            "expected": max(seen, expected if stage is Stage.LAUNCHED else shown["loans"]),
            **{name: amount for name, amount in report.totals.items() if name != "seen"},
        }
    return shown


def under_relief(connection: Connection, tenant_id: UUID, party_id: UUID, on: date) -> bool:
    """Tell whether any loan of a business is under relief on a day."""
    query = select(exists().where(entry.c.party_id == party_id, *_running(tenant_id, on)))
    return bool(connection.execute(query).scalar_one())


def _running(tenant_id: UUID, on: date) -> Sequence[ColumnElement[bool]]:
    """Return what is true of a grant that runs on a day."""
    ended = entry.alias()
    return (
        entry.c.tenant_id == tenant_id,
        entry.c.kind == "granted",
        entry.c.from_on <= on,
        entry.c.until_on > on,
        ~exists().where(
            ended.c.programme_id == entry.c.programme_id,
            ended.c.loan_id == entry.c.loan_id,
            ended.c.kind == "reversed",
            ended.c.from_on <= on,
        ),
    )


def relief_of_loan(
    connection: Connection, principal: Principal, loan_id: UUID, on: date
) -> list[dict[str, Any]]:
    """Return the relief that runs on a loan: in words, until when, and what it saves."""
    principal.require(Scope.LENDING_READ)
    find_loan(connection, principal, loan_id)
    query = select(entry, programme.c.text).join(
        programme, programme.c.programme_id == entry.c.programme_id
    )
    query = query.where(entry.c.loan_id == loan_id, *_running(principal.tenant_id, on))
    return [_relief_json(row) for row in connection.execute(query)]


def _relief_json(row: Row[Any]) -> dict[str, Any]:
    read: Programme = parse_programme(row.text)
    return {
        "programme_id": str(row.programme_id),
        "title": {"en": read.title.en, "zh-CN": read.title.zh_cn},
        "sentence": {"en": read.sentence.en, "zh-CN": read.sentence.zh_cn},
        "from_on": row.from_on.isoformat(),
        "until_on": row.until_on.isoformat(),
        "saved_fen": row.cost_fen,
        "steps": [
            {
                "kind": step.measure.kind.value,
                "from_on": step.begins.isoformat(),
                "until_on": step.ends.isoformat(),
                "rate_ppm": step.measure.rate_ppm,
            }
            for step in steps_from(read, row.from_on)
        ],
    }
