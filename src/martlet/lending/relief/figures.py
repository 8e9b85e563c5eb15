"""The figures of a programme by group: how many loans, how much they owe, what relief costs.

Sums of whole numbers only; groups beyond a bound are added up under one name, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martlet.lending.relief.limits import PREVIEW_GROUPS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable

GROUPINGS = ("region", "trade", "product", "arrears", "size")
OTHERS = "(others)"


@dataclass(slots=True)
class Sums:
    """Loans counted, what they owe, what their relief costs, and the partners' part of that."""

    loans: int = 0
    principal_fen: int = 0
    cost_fen: int = 0
    partners_fen: int = 0

    def add(self, principal_fen: int, cost_fen: int, partners_fen: int) -> None:
        """Count one more loan."""
        self.loans += 1
        self.principal_fen += principal_fen
        self.cost_fen += cost_fen
        self.partners_fen += partners_fen

    def merge(self, other: Sums) -> None:
        """Count the loans of another sum."""
        self.loans += other.loans
        self.principal_fen += other.principal_fen
        self.cost_fen += other.cost_fen
        self.partners_fen += other.partners_fen

    def as_json(self) -> dict[str, int]:
        """Return it as a JSON value."""
        return {
            "loans": self.loans,
            "principal_fen": self.principal_fen,
            "cost_fen": self.cost_fen,
            "partners_fen": self.partners_fen,
        }


@dataclass(slots=True)
class Figures:
    """All sums of one preview: a cell for each combination of names, added up when asked for."""

    cells: dict[tuple[str, ...], Sums] = field(default_factory=dict)
    businesses: set[Any] = field(default_factory=set)

    def add(
        self,
        party: object,
        names: tuple[str, ...],
        principal_fen: int,
        cost_fen: int,
        partners_fen: int,
    ) -> None:
        """Count one loan under its names, in the order of GROUPINGS."""
        self.businesses.add(party)
        if (sums := self.cells.get(names)) is None:
            assert len(names) == len(GROUPINGS), names
            sums = self.cells[names] = Sums()
        sums.add(principal_fen, cost_fen, partners_fen)

    @property
    def whole(self) -> Sums:
        """The sum over all loans."""
        return _together(self.cells.values())

    def as_json(self) -> dict[str, Any]:
        """Return the figures as a JSON value, the groups with most loans first."""
        return {
            **self.whole.as_json(),
            "businesses": len(self.businesses),
            "groups": {name: _rows(self._by(place)) for place, name in enumerate(GROUPINGS)},
        }

    def _by(self, place: int) -> dict[str, Sums]:
        found: dict[str, Sums] = {}
        for names, sums in self.cells.items():
            found.setdefault(names[place], Sums()).merge(sums)
        return found


def _rows(table: dict[str, Sums]) -> list[dict[str, Any]]:
    ranked = sorted(table.items(), key=lambda item: (-item[1].loans, item[0]))
    rows = [{"name": name, **sums.as_json()} for name, sums in ranked[:PREVIEW_GROUPS_MAX]]
    if len(ranked) > PREVIEW_GROUPS_MAX:
        rows.append(
            {"name": OTHERS, **_together(s for _, s in ranked[PREVIEW_GROUPS_MAX:]).as_json()}
        )
    return rows


def _together(many: Iterable[Sums]) -> Sums:
    found = Sums()
    for sums in many:
        found.merge(sums)
    return found


SIZE_BOUNDS_FEN = (1_000_000, 5_000_000, 20_000_000, 100_000_000)
"""Bands of the approved line: 10,000, 50,000, 200,000 and 1,000,000 yuan."""


def size_name(limit_fen: int) -> str:
    """Return the band of an approved line, which stands for the size of a business."""
    for bound in SIZE_BOUNDS_FEN:
        if limit_fen < bound:
            return f"under_{bound // 100}"
    return f"from_{SIZE_BOUNDS_FEN[-1] // 100}"
