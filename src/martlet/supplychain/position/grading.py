"""The chain grade, 1 to 10: a firm's place and its technology in points, by an expert's weights.

The invariant: a grade without verified revenue through the chain is no grade; and no figure in it
falls because of one more verified sale or one more patent.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

WORST = 10


@dataclass(frozen=True, slots=True)
class GradeWeights:
    """One version of the expert's points."""

    version: str
    tier_points: tuple[int, ...]
    tenure: tuple[int, int]
    """Points, and months that earn all of them."""
    regular: tuple[int, int]
    technology_points: int
    from_points: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ChainGrade:
    """A grade with the points behind it."""

    grade: int
    points: Mapping[str, int]
    version: str


@cache
def grade_weights() -> GradeWeights:
    """Return the points that ship."""
    text = (files("martlet.supplychain.position") / "grade.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return GradeWeights(
        version=table["version"],
        tier_points=tuple(table["tier_points"]),
        tenure=(table["tenure"]["points"], table["tenure"]["full_months"]),
        regular=(table["regular"]["points"], table["regular"]["full_months"]),
        technology_points=table["technology"]["points"],
        from_points=tuple(table["grades"]["from_points"]),
    )


def chain_grade(
    figures: Mapping[str, int], technology_points: int, weights: GradeWeights | None = None
) -> ChainGrade | None:
    """Return the grade of a firm on a chain; None where no revenue through it is verified."""
    by = weights or grade_weights()
    if not figures.get("chain_revenue_monthly_fen"):
        return None
    tier = figures.get("chain_tiers_count")
    points = {
        "tiers": 0 if tier is None or tier > len(by.tier_points) else by.tier_points[tier - 1],
        "tenure": _up_to(by.tenure, figures.get("chain_tenure_months_count", 0)),
        "regularity": _up_to(by.regular, figures.get("chain_trade_months_count", 0)),
        "technology": technology_points * by.technology_points // 100,
    }
    total = sum(points.values())
    reached = (place for place, least in enumerate(by.from_points, 1) if total >= least)
    return ChainGrade(min(reached, default=WORST), points, by.version)


def _up_to(part: tuple[int, int], months: int) -> int:
    points, full = part
    return points * min(months, full) // full
