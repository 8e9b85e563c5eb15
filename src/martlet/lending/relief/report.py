"""What a programme has done: for each group the plan of the preview beside what was booked.

Numbers ready for a page, and the same as CSV. Booked is summed from the entries, never copied from
the plan.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from martlet.lending.participation.tables import relief_part
from martlet.lending.relief.bearing import borne_by
from martlet.lending.relief.limits import PREVIEW_GROUPS_MAX
from martlet.lending.relief.queries import latest_preview, one_programme
from martlet.lending.relief.tables import entry

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal

Booked = tuple[int, int, int]
"""Loans, their cost, and the partners' part of it."""
NOTHING: Booked = (0, 0, 0)

GROUPED = ("region", "trade", "product", "arrears")
"""What entries know of a loan; the size of the line is in the preview alone."""

CSV_COLUMNS = (
    *("group", "name", "planned_loans", "planned_cost_fen", "booked_loans", "booked_cost_fen"),
    *("difference_fen", "planned_partners_fen", "booked_partners_fen"),
)
"""The partners' parts are within the cost: what is left of it is the lead's."""


def report(connection: Connection, principal: Principal, programme_id: UUID) -> dict[str, Any]:
    """Return the plan and the booked figures of a programme, in all and by group."""
    about = one_programme(connection, principal, programme_id)
    plan = latest_preview(connection, principal.tenant_id, programme_id)
    groups = {
        name: _rows(connection, principal.tenant_id, programme_id, name, plan) for name in GROUPED
    }
    planned_fen = plan["cost_fen"] if plan else 0
    partners = borne_by(connection, principal.tenant_id, programme_id)
    return {
        "programme_id": str(programme_id),
        "title": about["title"],
        "stage": about["stage"],
        "budget_fen": about["budget_fen"],
        "planned_loans": plan["loans"] if plan else 0,
        "planned_cost_fen": planned_fen,
        "booked_loans": about["loans"],
        "booked_cost_fen": about["cost_fen"],
        "forgone_fen": about["forgone_fen"],
        "difference_fen": about["cost_fen"] - planned_fen,
        "planned_partners_fen": plan.get("partners_fen", 0) if plan else 0,
        "booked_partners_fen": sum(one["forgone_fen"] for one in partners),
        "partners": partners,
        "groups": groups,
    }


def report_csv(figures: dict[str, Any]) -> str:
    """Return a report as CSV, one line a group; text that a sheet would compute is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    writer.writerow(["all", "", *(figures[name] for name in CSV_COLUMNS[2:])])
    for group, rows in figures["groups"].items():
        for row in rows:
            name = row["name"]
            safe = f"'{name}" if name[:1] in "=+-@" else name
            writer.writerow([group, safe, *(row[column] for column in CSV_COLUMNS[2:])])
    return out.getvalue()


def _rows(
    connection: Connection,
    tenant_id: UUID,
    programme_id: UUID,
    group: str,
    plan: dict[str, Any] | None,
) -> list[dict[str, Any]]:
    column = entry.c[group]
    theirs = (
        select(
            relief_part.c.loan_id,
            relief_part.c.kind,
            func.sum(relief_part.c.forgone_fen).label("partners_fen"),
        )
        .where(relief_part.c.tenant_id == tenant_id, relief_part.c.programme_id == programme_id)
        .group_by(relief_part.c.loan_id, relief_part.c.kind)
        .subquery()
    )
    query = (
        select(
            column.label("name"),
            func.sum(case((entry.c.kind == "granted", 1), else_=0)).label("loans"),
            func.sum(entry.c.cost_fen).label("cost_fen"),
            func.coalesce(func.sum(theirs.c.partners_fen), 0).label("partners_fen"),
        )
        .outerjoin(theirs, (theirs.c.loan_id == entry.c.loan_id) & (theirs.c.kind == entry.c.kind))
        .where(entry.c.tenant_id == tenant_id, entry.c.programme_id == programme_id)
        .group_by(column)
    )
    booked = {
        row.name: (int(row.loans), int(row.cost_fen), int(row.partners_fen))
        for row in connection.execute(query)
    }
    planned = {row["name"]: row for row in plan["groups"][group]} if plan else {}
    names = sorted(planned.keys() | booked.keys(), key=lambda name: (-_loans(name, booked), name))
    return [
        _row(name, planned.get(name), booked.get(name, NOTHING))
        for name in names[:PREVIEW_GROUPS_MAX]
    ]


def _loans(name: str, booked: dict[str, Booked]) -> int:
    return booked.get(name, NOTHING)[0]


def _row(name: str, planned: dict[str, Any] | None, booked: Booked) -> dict[str, Any]:
    planned_fen = planned["cost_fen"] if planned else 0
    return {
        "name": name,
        "planned_loans": planned["loans"] if planned else 0,
        "planned_cost_fen": planned_fen,
        "booked_loans": booked[0],
        "booked_cost_fen": booked[1],
        "difference_fen": booked[1] - planned_fen,
        "planned_partners_fen": planned.get("partners_fen", 0) if planned else 0,
        "booked_partners_fen": booked[2],
    }
