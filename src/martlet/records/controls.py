"""Totals that a file states of itself, beside those that were found in it.

A difference is a warning, never a refusal: the exports themselves say that their totals follow
another logic, and a file that was cut down by its owner is still true in what it shows.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.kernel.errors import Invalid
from martlet.kernel.money import parse_fen
from martlet.records.limits import CONTROL_SHOWN_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable

    from martlet.records.formats import Format


@dataclass(frozen=True, slots=True)
class ControlTotal:
    """What the file says and what was found, in one direction."""

    of: str
    """in | out | neutral | all"""
    told_count: int | None
    told_fen: int | None
    found_count: int
    found_fen: int

    @property
    def agrees(self) -> bool:
        """Tell whether everything that the file says was found."""
        return (self.told_count is None or self.told_count == self.found_count) and (
            self.told_fen is None or self.told_fen == self.found_fen
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "of": self.of,
            "told_count": self.told_count,
            "told_fen": self.told_fen,
            "found_count": self.found_count,
            "found_fen": self.found_fen,
            "agrees": self.agrees,
        }


class Tally:
    """Adds up what is found while a file is read."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.amounts_fen: Counter[str] = Counter()

    def add(self, rows: pl.DataFrame) -> None:
        """Add rows with `told_flow` and `told_fen`."""
        sums = rows.group_by("told_flow").agg(pl.len(), pl.col("told_fen").sum())
        for flow, number, amount_fen in sums.iter_rows():
            self.counts[flow] += number
            self.amounts_fen[flow] += amount_fen or 0

    def against(self, spec: Format, notes: Iterable[str]) -> tuple[ControlTotal, ...]:
        """Return each total that the file states, beside what was found."""
        totals: list[ControlTotal] = []
        for note in notes:
            for control in spec.controls:
                match = re.search(control.pattern, note.strip(' ,\t"'))
                if match is None or len(totals) >= CONTROL_SHOWN_MAX:
                    continue
                groups = match.groupdict()
                count, amount = groups.get("count"), groups.get("amount")
                every = control.of == "all"
                totals.append(
                    ControlTotal(
                        of=control.of,
                        told_count=int(count) if count else None,
                        told_fen=_fen(amount),
                        found_count=self.counts.total() if every else self.counts[control.of],
                        found_fen=self.amounts_fen.total()
                        if every
                        else self.amounts_fen[control.of],
                    )
                )
        return tuple(totals)


def _fen(amount: str | None) -> int | None:
    if amount is None:
        return None
    try:
        return parse_fen(amount)
    except Invalid:
        return None
