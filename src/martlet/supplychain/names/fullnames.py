"""Full names with a slip: a character lost, doubled or wrong, a place or legal form left out.

The invariant: places that contradict each other (北京 beside 上海) make two firms, however alike
the rest is. The probabilities are set by hand, not learnt: confirmed pairs of this kind are rare.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from martlet.kernel.errors import missing_extra
from martlet.supplychain.names.places import leading_places, place_at
from martlet.supplychain.names.register import parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.names.gathering import Source

FULL_CHARS_MIN = 7
"""A name shorter than this is read as a short form even where it ends in 公司."""

SAME_CORE = 0.97
OTHER_FORM = 0.7
"""The same core under another legal form: converted, or a sister."""

ONE_SLIP = 0.85
ONE_WRONG = 0.6
"""One character of the core exchanged: a slip, or a namesake one character away."""

TWO_SLIPS = 0.5
SLIP_CORE_MIN = 4
TWO_SLIPS_CORE_MIN = 8


@dataclass(frozen=True, slots=True)
class _Cut:
    """A full name by its parts."""

    places: frozenset[str]
    provinces: frozenset[str]
    core: str
    form: str


def is_full(key: str) -> bool:
    """Tell whether a name is written like a full one."""
    return len(key) >= FULL_CHARS_MIN and key.endswith("公司")


def near_names(source: Source, keys: Sequence[str]) -> list[list[tuple[int, float]]]:
    """Return for each full name the rows that it may be with a slip, the likeliest first."""
    register = source.register
    found, _ = source.index.candidates(register.encode(keys), most=20)
    answers = []
    for key, rows in zip(keys, found, strict=True):
        asked = _cut(key)
        odds = [
            (int(row), _chance(asked, _cut(register.parts[row].key))) for row in rows[rows >= 0]
        ]
        likely = sorted((pair for pair in odds if pair[1] > 0), key=lambda pair: -pair[1])
        answers.append(_beside_each_other(likely))
    return answers


def _beside_each_other(odds: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """Return probabilities that weigh the rivals: several likely ones take from each other."""
    weights = np.array([chance / (1 - chance) for _, chance in odds])
    whole = 1 + weights.sum()
    return [(row, float(weight / whole)) for (row, _), weight in zip(odds, weights, strict=True)]


@lru_cache(maxsize=65_536)
def _cut(key: str) -> _Cut:
    parts = parts_of(key)
    found, _ = leading_places(key[: parts.core_end])
    places = {place.name for place in found}
    provinces = {place.province for place in found}
    core = key[parts.core_start : parts.core_end]
    for inside in re.findall(r"\(([^()]*)\)", core):
        place = place_at(inside)
        if place is not None:
            places.add(place[0].name)
            provinces.add(place[0].province)
            core = core.replace(f"({inside})", "")
    core = re.sub(r"[()]", "", core)
    return _Cut(frozenset(places), frozenset(provinces), core, key[parts.core_end :])


def _chance(asked: _Cut, firm: _Cut) -> float:
    if not _places_agree(asked, firm):
        return 0.0
    slips, exchanged = _slips(asked.core, firm.core)
    size = min(len(asked.core), len(firm.core))
    if slips == 0:
        return SAME_CORE if asked.form.strip("()") == firm.form.strip("()") else OTHER_FORM
    if slips == 1 and size >= SLIP_CORE_MIN:
        return ONE_WRONG if exchanged else ONE_SLIP
    return TWO_SLIPS if slips == 2 and size >= TWO_SLIPS_CORE_MIN else 0.0  # noqa: PLR2004 - a count


def _places_agree(asked: _Cut, firm: _Cut) -> bool:
    """Tell whether two names may sit in one place; a name without one says nothing."""
    if not asked.places or not firm.places:
        return True
    if asked.places <= firm.places or firm.places <= asked.places:
        return True
    # 广东 beside 深圳: a province and its own city.
    return asked.provinces == firm.provinces and bool(
        (asked.places | firm.places) & asked.provinces
    )


def _slips(some: str, other: str) -> tuple[int, bool]:
    """Return how many characters must change, and whether one is exchanged for another."""
    try:
        from rapidfuzz.distance import OSA, Indel  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise missing_extra("supplychain", "rapidfuzz") from error
    slips = int(OSA.distance(some, other, score_cutoff=3))
    return slips, slips < int(Indel.distance(some, other))
