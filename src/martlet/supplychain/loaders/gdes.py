"""GDES: who supplied whom, in half-yearly snapshots of anonymous firms.

Each snapshot is a statement of its day that holds until the next one is due: an edge that a later
snapshot no longer tells is over, and nobody could have known that earlier.
"""

from __future__ import annotations

import calendar
import json
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.kernel.errors import Invalid
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.limits import DOCUMENT_BYTES_MAX, SNAPSHOT_MONTHS
from martlet.supplychain.loaders.rows import Columns, rows_of
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, keyed
from martlet.supplychain.model import Node, NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SNAPSHOT = re.compile(r"(?:.*_)?(\d{4})[_-](\d{1,2})[_-](\d{1,2})\.csv", re.IGNORECASE)
_COLUMNS = Columns(
    {"supplier": ("supplier", "source", "from", "供应商"),
     "customer": ("customer", "target", "to", "客户", "采购商")},
    ("supplier", "customer"),
)  # fmt: skip


def load(place: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of a folder of snapshots, or of one of them; the oldest first."""
    folder = place if place.is_dir() else place.parent
    names = _names(folder / "node_index.json")
    paths = sorted(folder.iterdir()) if place.is_dir() else [place]
    snapshots = sorted((day, path) for path in paths if (day := _day(path)) is not None)
    if not snapshots:
        raise Invalid("supplychain.form_not_here", form="gdes", file="A_2022_06_30.csv")
    for day, path in snapshots:
        yield from _snapshot(path, day, names, moments)


def _day(path: Path) -> date | None:
    match = _SNAPSHOT.fullmatch(path.name)
    try:
        return None if match is None else date(*(int(part) for part in match.groups()))
    except ValueError:
        return None


def last_day(day: date) -> date:
    """Return until when a snapshot speaks: the day before the next one is due."""
    at_end = day.day == calendar.monthrange(day.year, day.month)[1]
    due = add_months(day, SNAPSHOT_MONTHS, 31 if at_end else None)
    return due - timedelta(days=1)


def _names(path: Path) -> dict[str, str]:
    """Return the firms' ids by their numbers; none where the file does not tell."""
    if not path.is_file() or path.stat().st_size > DOCUMENT_BYTES_MAX:
        return {}
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
        return {str(number): str(name) for name, number in told.items()}
    except (ValueError, AttributeError) as error:
        raise Invalid("supplychain.json_unreadable", file=path.name) from error


def _snapshot(path: Path, day: date, names: dict[str, str], moments: Moments) -> Iterator[Fact]:
    source = Source(SourceKind.DATASET, "gdes")
    known_at, period = moments.of(day), (day, last_day(day))
    made: dict[str, Node] = {}

    def firm(number: str) -> Node:
        if number not in made:
            name = names.get(number, number)
            made[number] = keyed(NodeKind.FIRM, f"gdes/{name}", name)
        return made[number]

    for row in rows_of(path, _COLUMNS):
        if isinstance(row, Finding):
            yield row
            continue
        if not row["supplier"] or not row["customer"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "customer")
            continue
        ends = (firm(row["supplier"]), firm(row["customer"]))
        edge = source.edge(ends[0].key, Relation.SUPPLIES, ends[1].key, known_at, period)
        yield Told(path.name, row.number, ends, (edge,))
