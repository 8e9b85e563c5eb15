"""The five categories of loans: how good a borrower's debt is, by dated rules that are data.

A borrower stands in the worst category of its loans. The invariant: a category says by which
version of the rules it was given; the rules of a day are those in force on it.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.lending.events import EventKind
from martlet.lending.in_force import in_force

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.columns import Column


class AssetClass(StrEnum):
    """The five categories, the best first."""

    NORMAL = "normal"
    """正常"""
    SPECIAL_MENTION = "special_mention"
    """关注"""
    SUBSTANDARD = "substandard"
    """次级"""
    DOUBTFUL = "doubtful"
    """可疑"""
    LOSS = "loss"
    """损失"""

    @property
    def place(self) -> int:
        """How bad it is: 0 for the best."""
        return _ORDER.index(self)


_ORDER = tuple(AssetClass)


@dataclass(frozen=True, slots=True)
class Threshold:
    """More days overdue than these put a borrower at least into a category."""

    category: AssetClass
    over_days: int
    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """What a restructured loan means for its borrower, and for how long."""

    category: AssetClass
    observation_days: int
    kinds: frozenset[EventKind]
    source: str
    verified: bool

    def __post_init__(self) -> None:
        assert self.observation_days >= 0, self


@dataclass(frozen=True, slots=True)
class ClassRules:
    """One version of the rules."""

    version: str
    effective_from: date
    source: str
    thresholds: tuple[Threshold, ...]
    restructured: Observation

    def __post_init__(self) -> None:
        days = [one.over_days for one in self.thresholds]
        assert days == sorted(set(days)), self.version
        assert tuple(one.category for one in self.thresholds) == _ORDER[1:], self.version


@cache
def class_rules() -> tuple[ClassRules, ...]:
    """Return every version of the rules, the earliest first."""
    table = tomllib.loads((files("martlet.lending") / "asset_classes.toml").read_text("utf-8"))
    return tuple(sorted(map(_read, table["rules"]), key=lambda one: one.effective_from))


def _read(entry: dict[str, Any]) -> ClassRules:
    observed = entry["restructured"]
    return ClassRules(
        version=entry["version"],
        effective_from=entry["effective_from"],
        source=entry["source"],
        thresholds=tuple(
            Threshold(**{**one, "category": AssetClass(one["category"])})
            for one in entry["thresholds"]
        ),
        restructured=Observation(
            **{
                **observed,
                "category": AssetClass(observed["category"]),
                "kinds": frozenset(map(EventKind, observed["kinds"])),
            }
        ),
    )


def class_rules_on(day: date) -> ClassRules:
    """Return the rules in force on a day."""
    return in_force(class_rules(), day)


def classify(
    days_overdue: int, rules: ClassRules, *, restructured: bool = False, charged_off: bool = False
) -> AssetClass:
    """Return the category of a borrower whose oldest unpaid debt is so many days overdue."""
    reached = [one.category for one in rules.thresholds if days_overdue > one.over_days]
    floors = [AssetClass.NORMAL]
    if restructured:
        floors.append(rules.restructured.category)
    if charged_off:
        floors.append(AssetClass.LOSS)
    return max(*reached, *floors, floors[0], key=lambda one: one.place)


def classify_columns(
    days_overdue: Column, rules: ClassRules, restructured: Column, charged_off: Column
) -> Column:
    """Return the place of each borrower's category, as `classify` gives it; flags are 0 or 1."""
    over = np.array([one.over_days for one in rules.thresholds], np.int64)
    reached = np.searchsorted(over, days_overdue, side="left").astype(np.int64)
    floors = np.maximum(
        restructured * rules.restructured.category.place, charged_off * AssetClass.LOSS.place
    )
    return np.maximum(reached, floors)
