"""Two files of records in, a file of links out, each with the columns that speak for it.

The invariant: a record of either file stands in at most one link; nothing else is written.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.kernel.i18n import explain
from martlet.supplychain.names.linking import link_records
from martlet.supplychain.names.record_columns import ColumnKind, read_records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from martlet.kernel.i18n import Locale
    from martlet.supplychain.names.linking import Link


@dataclass(frozen=True, slots=True)
class RecordFiles:
    """What is linked, and how its columns are to be read."""

    left: Path
    right: Path
    out: Path
    identifier: str = ""
    """The identifier's column; the first without it."""
    keys: tuple[str, ...] = ()
    """Columns whose equality alone makes a link."""
    kinds: Mapping[str, ColumnKind] | None = None
    """Kinds of columns that are not to be guessed."""


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of it."""

    left_count: int
    right_count: int
    links_count: int
    exact_count: int
    """Links by equal keys, or by equality in all columns."""
    columns: Mapping[str, str]
    """The kind that each column was compared as."""


def link_files(files: RecordFiles, threshold: float, locale: Locale) -> Linked:
    """Link two files and write `left_id, right_id, probability, reason`."""
    records = read_records(files.left, files.right, files.identifier, files.kinds or {})
    links = link_records(records, files.keys, threshold)
    _write(files.out, links, locale)
    return Linked(
        records.left.height,
        records.right.height,
        len(links),
        sum(not link.close and not link.different for link in links),
        {header: kind.value for _, header, kind in records.columns()},
    )


def _write(path: Path, links: Sequence[Link], locale: Locale) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["left_id", "right_id", "probability", "reason"])
        for link in links:
            parts = (
                ("names.columns_same", link.same),
                ("names.columns_close", link.close),
                ("names.columns_different", link.different),
            )
            reason = " ".join(
                explain(code, {"columns": ", ".join(columns)}, locale)
                for code, columns in parts
                if columns
            )
            writer.writerow([link.left_id, link.right_id, f"{link.probability:.6f}", reason])
