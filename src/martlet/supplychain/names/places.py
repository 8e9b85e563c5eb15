"""Where a firm's name says it sits: provinces, cities and their one-character names.

The invariant: a place is read only from the front of a name or from its brackets, where registers
write it; a brand that happens to contain a city's characters is no place.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("places.toml")
_LEVELS = 3
"""Province, city, county: deeper no register goes."""

_RANKS = ("特别行政区", "自治区", "自治州", "地区", "省", "市", "县", "区", "州")


@dataclass(frozen=True, slots=True)
class Place:
    """A province or city as a name begins with it."""

    name: str
    province: str
    shorts: str
    """One-character names of it and of its province."""


@cache
def places() -> dict[str, Place]:
    """Return every known place by its name without a rank."""
    data = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    own = data["own"]
    found: dict[str, Place] = {}
    for province in data["province"]:
        name, short = province["name"], province["short"]
        for city in (name, *province["cities"].split()):
            found.setdefault(city, Place(city, name, own.get(city, "") + short))
    return found


@cache
def _lengths() -> tuple[int, ...]:
    return tuple(sorted({len(name) for name in places()}, reverse=True))


def place_at(name: str, start: int = 0) -> tuple[Place, int] | None:
    """Return the place that stands at a position and where it ends, its rank included."""
    known = places()
    for length in _lengths():
        place = known.get(name[start : start + length])
        if place is None:
            continue
        end = start + length
        rank = next((word for word in _RANKS if name.startswith(word, end)), "")
        return place, end + len(rank)
    return None


def leading_places(name: str) -> tuple[tuple[Place, ...], int]:
    """Return the places that a name begins with (广东省深圳市…) and where the rest begins."""
    found: list[Place] = []
    end = 0
    while len(found) < _LEVELS:
        step = place_at(name, end)
        if step is None or step[1] >= len(name):
            break
        found.append(step[0])
        end = step[1]
    return tuple(found), end
