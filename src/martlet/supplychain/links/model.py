"""What link inference takes and gives, as frozen values.

The invariant: an inferred link says how likely it is and why, and is never evidence; it becomes
an edge of the graph only through a review, and even then as `inferred`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Pair = tuple[str, str]
"""A product and one of its materials: head and tail."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that may be materials although no edge tells, and what is a kind of what."""

    names: tuple[str, ...] = ()
    kinds: tuple[Pair, ...] = ()
    """Narrower and wider."""
    coined: Mapping[str, float] = field(default_factory=dict)
    """Stretches of products' names that read like a material, with how much so."""


class Ground(StrEnum):
    """Why a material is proposed; the sentence of each is in the catalogue `links`."""

    IN_NAME = "links.in_name"
    NEW_IN_NAME = "links.new_in_name"
    ALIKE = "links.alike"
    KIND = "links.kind"
    TOGETHER = "links.together"
    NAME_LIKE = "links.name_like"
    NAME_LIKE_MATERIAL = "links.name_like_material"
    COMMON = "links.common"
    GENERIC = "links.generic"
    """Said beside another ground: so general that it explains little."""


@dataclass(frozen=True, slots=True)
class Why:
    """A ground and the figures and names that bear it out."""

    ground: Ground
    details: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A material that a product probably needs, inferred: nobody wrote it anywhere."""

    product: str
    material: str
    rank: int
    probability: float
    whys: tuple[Why, ...]
