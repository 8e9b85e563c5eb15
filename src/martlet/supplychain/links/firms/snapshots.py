"""Dated snapshots of who supplies whom, from a folder of files such as `A_2021_06_30.csv`.

The invariant: a snapshot's day is in its file's name and nowhere else; a row that is no pair (an
end blank, both ends one firm, the same pair again) is left out and counted. Files come with any
case of headers, a byte-order mark, in UTF-8 or GB 18030.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid, TooLarge
from martlet.supplychain.encoding import decoded
from martlet.supplychain.links.firms.limits import (
    PAIRS_MAX,
    QUERIES_MAX,
    SNAPSHOT_BYTES_MAX,
    SNAPSHOTS_MAX,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from martlet.supplychain.links.firms.past import Numbers

_DAY = re.compile(r"(\d{4})[_-](\d{2})[_-](\d{2})\.csv$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Pairs by day, oldest first; a pair is one number, `supplier * firms + customer`."""

    days: tuple[date, ...]
    pairs: tuple[Numbers, ...]
    names: tuple[str, ...]
    """Firms by their numbers, sorted."""
    left_out: dict[str, int]

    def until(self, day: date) -> Snapshots:
        """Return the snapshots of a day and before."""
        count = sum(one <= day for one in self.days)
        return Snapshots(self.days[:count], self.pairs[:count], self.names, self.left_out)

    def number(self) -> dict[str, int]:
        """Return the firms' numbers by name."""
        return {name: place for place, name in enumerate(self.names)}


def read_snapshots(folder: Path) -> Snapshots:
    """Return all snapshots of a folder; refuse a folder that holds none."""
    files = _files(folder)
    if not files:
        raise Invalid("firmlinks.no_snapshots", folder=str(folder))
    if len(files) > SNAPSHOTS_MAX:
        raise TooLarge("firmlinks.too_many_snapshots", count=len(files), most=SNAPSHOTS_MAX)
    left_out = {"blank_count": 0, "self_loops_count": 0, "repeats_count": 0}
    by_day: dict[date, set[tuple[str, str]]] = {}
    total = 0
    for day, those in sorted(files.items()):
        pairs: set[tuple[str, str]] = set()
        for supplier, customer in (row for file in those for row in _pairs(file)):
            if not supplier or not customer:
                left_out["blank_count"] += 1
            elif supplier == customer:
                left_out["self_loops_count"] += 1
            else:
                before = len(pairs)
                pairs.add((supplier, customer))
                left_out["repeats_count"] += len(pairs) == before
        total += len(pairs)
        if total > PAIRS_MAX:
            raise TooLarge("firmlinks.too_many_pairs", count=total, most=PAIRS_MAX)
        by_day[day] = pairs
    names = tuple(sorted({name for pairs in by_day.values() for pair in pairs for name in pair}))
    number = {name: place for place, name in enumerate(names)}
    codes = tuple(_codes(pairs, number) for pairs in by_day.values())
    return Snapshots(tuple(by_day), codes, names, left_out)


def _files(folder: Path) -> dict[date, list[Path]]:
    """Return a folder's snapshot files by the day in their names."""
    files: dict[date, list[Path]] = defaultdict(list)
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        found = _DAY.search(file.name)
        if found:
            try:
                files[date(*map(int, found.groups()))].append(file)
            except ValueError as error:
                raise Invalid("firmlinks.no_day", file=file.name) from error
    return files


def read_queries(file: Path) -> list[tuple[str, str | None]]:
    """Return the pairs, or the suppliers alone (customer None), that a file asks about."""
    found: dict[tuple[str, str | None], None] = {}
    for row in _rows(file, ("supplier",)):
        supplier, customer = row.get("supplier", ""), row.get("customer")
        if supplier and customer != "":
            found[supplier, customer] = None
        if len(found) > QUERIES_MAX:
            raise TooLarge("firmlinks.too_many_queries", most=QUERIES_MAX)
    return list(found)


def _codes(pairs: set[tuple[str, str]], number: dict[str, int]) -> Numbers:
    size = len(number)
    codes = [number[supplier] * size + number[customer] for supplier, customer in pairs]
    return np.sort(np.array(codes, np.int64))


def _pairs(file: Path) -> Iterator[tuple[str, str]]:
    for row in _rows(file, ("supplier", "customer")):
        yield row.get("supplier", ""), row.get("customer", "")


def _rows(file: Path, needed: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Give a file's rows by lower-case headers, values stripped; an empty file has none."""
    try:
        size = file.stat().st_size
        raw = file.read_bytes() if size <= SNAPSHOT_BYTES_MAX else b""
    except OSError as error:
        raise Invalid("firmlinks.unreadable", file=file.name) from error
    if size > SNAPSHOT_BYTES_MAX:
        raise TooLarge("firmlinks.too_large", file=file.name, most=SNAPSHOT_BYTES_MAX)
    text = decoded(raw)
    if text is None:
        raise Invalid("firmlinks.unreadable", file=file.name)
    rows = csv.reader(io.StringIO(text, newline=""))
    header = next(rows, None)
    if header is None:
        return
    names = [name.strip().lower() for name in header]
    missing = [name for name in needed if name not in names]
    if missing:
        raise Invalid("firmlinks.column_missing", file=file.name, names=", ".join(missing))
    for row in rows:
        if row:
            values = [value.strip() for value in row] + [""] * (len(names) - len(row))
            yield dict(zip(names, values, strict=False))
