"""What a programme has done: for each group the plan of the preview beside what was booked.

Numbers ready for a page, and the same as CSV. Booked is summed from the entries, never copied from
the plan.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from martlet.lending.relief.limits import PREVIEW_GROUPS_MAX
from martlet.lending.relief.queries import latest_preview, one_programme
from martlet.lending.relief.tables import entry

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.kernel.principal import Principal

GROUPED = ("region", "trade", "product", "arrears")
"""What entries know of a loan; the size of the line is in the preview alone."""

CSV_COLUMNS = (
    *("group", "name", "planned_loans", "planned_cost_fen", "booked_loans", "booked_cost_fen"),
    "difference_fen",
)


def report(connection: Connection, principal: Principal, programme_id: UUID) -> dict[str, Any]:
    """Return the plan and the booked figures of a programme, in all and by group."""
    about = one_programme(connection, principal, programme_id)
    plan = latest_preview(connection, principal.tenant_id, programme_id)
    groups = {
        name: _rows(connection, principal.tenant_id, programme_id, name, plan) for name in GROUPED
    }
    planned_fen = plan["cost_fen"] if plan else 0
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
    query = (
        select(
            column.label("name"),
            func.sum(case((entry.c.kind == "granted", 1), else_=0)).label("loans"),
            func.sum(entry.c.cost_fen).label("cost_fen"),
        )
        .where(entry.c.tenant_id == tenant_id, entry.c.programme_id == programme_id)
        .group_by(column)
    )
    booked = {row.name: (int(row.loans), int(row.cost_fen)) for row in connection.execute(query)}
    planned = {row["name"]: row for row in plan["groups"][group]} if plan else {}
    names = sorted(planned.keys() | booked.keys(), key=lambda name: (-_loans(name, booked), name))
    return [
        _row(name, planned.get(name), booked.get(name, (0, 0)))
        for name in names[:PREVIEW_GROUPS_MAX]
    ]


def _loans(name: str, booked: dict[str, tuple[int, int]]) -> int:
    return booked.get(name, (0, 0))[0]


def _row(name: str, planned: dict[str, Any] | None, booked: tuple[int, int]) -> dict[str, Any]:
    planned_fen = planned["cost_fen"] if planned else 0
    return {
        "name": name,
        "planned_loans": planned["loans"] if planned else 0,
        "planned_cost_fen": planned_fen,
        "booked_loans": booked[0],
        "booked_cost_fen": booked[1],
        "difference_fen": booked[1] - planned_fen,
    }
