"""The weights of the technology grade: data, read once, with the version that a grade names."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Part:
    """Points of one part, and how much of its figure earns all of them."""

    points: int
    full: int
    kept_a_year: int = 0


@dataclass(frozen=True, slots=True)
class Weights:
    """One version of the expert's weights."""

    version: str
    of_type: Mapping[str, int]
    of_state: Mapping[str, int]
    ownership: Mapping[str, int]
    relevance: Mapping[str, int]
    registered_weight_max: int
    points: Mapping[str, Part]
    from_points: tuple[int, ...]

    def __post_init__(self) -> None:
        assert sum(part.points for part in self.points.values()) == 100, "points of 100"  # noqa: PLR2004 - per cent
        assert list(self.from_points) == sorted(self.from_points, reverse=True)


@cache
def expert_weights() -> Weights:
    """Return the weights that ship."""
    text = (files("martlet.supplychain.technology") / "weights.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return Weights(
        version=table["version"],
        of_type=table["of_type"],
        of_state=table["of_state"],
        ownership=table["ownership"],
        relevance=table["relevance"],
        registered_weight_max=table["flood"]["registered_weight_max"],
        points={
            name: Part(one["points"], one.get("full", 1), one.get("kept_a_year", 0))
            for name, one in table["points"].items()
        },
        from_points=tuple(table["grades"]["from_points"]),
    )
