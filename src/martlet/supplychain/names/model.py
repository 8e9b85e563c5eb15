"""What is asked of the name matcher and what it answers, as frozen values.

The invariant: an answer either names one firm of the register or none; where it abstains, the best
candidates and the reason of abstaining are in it, and nothing is guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Asked:
    """A name that somebody wrote, to be found in the register."""

    query_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Registered:
    """A firm as the register has it."""

    register_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A name that is known to mean a firm of the register."""

    name: str
    register_id: str


class Ground(StrEnum):
    """What an answer rests on."""

    CONFIRMED = "confirmed"
    """The very name is among the confirmed pairs."""
    SAME_NAME = "same_name"
    """It is a registered name, written in whatever way."""
    NEAR_NAME = "near_name"
    """It is a full name with a slip of the pen."""
    SHORT_NAME = "short_name"
    """It reads as a short form of a registered name."""


class Abstention(StrEnum):
    """Why no firm is named."""

    BLANK = "blank"
    NO_CANDIDATE = "no_candidate"
    NOT_SURE = "not_sure"
    """The best candidate is less likely than the threshold."""
    SAME_NAME_TWICE = "same_name_twice"
    """Several firms of the register carry the very name."""
    CONFIRMED_TWICE = "confirmed_twice"
    """The confirmed pairs contradict each other about this name."""
    LEFT_REGISTER = "left_register"
    """The confirmed firm is not in this register."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One statement about a candidate: a code of the catalogue and what fills it in."""

    code: str
    details: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A registered firm that a name may mean."""

    register_id: str
    name: str
    probability: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a name means, or why it is not told."""

    query_id: str
    asked: str
    register_id: str | None
    probability: float
    """Of the best candidate, whether it is named or not."""
    ground: Ground
    abstention: Abstention | None = None
    candidates: tuple[Candidate, ...] = ()
    """The best first."""


class NamesPerFirm(StrEnum):
    """How many names of a firm are expected among confirmed pairs and queries together."""

    AUTO = "auto"
    """One, if the confirmed pairs are many and have it so."""
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Setting:
    """How names are resolved."""

    threshold: float = 0.5
    """Least probability at which a firm is named: more likely right than wrong."""
    always: bool = False
    """Name the best candidate however unlikely it is."""
    unknown_share: float | None = None
    """Share of queries whose firm the register lacks; estimated from the batch without it."""
    names_per_firm: NamesPerFirm = NamesPerFirm.AUTO
    candidates_shown: int = 3

    def as_json(self) -> dict[str, Any]:
        """Return what was asked for, for a report."""
        return {
            "threshold": self.threshold,
            "always": self.always,
            "unknown_share": self.unknown_share,
            "names_per_firm": self.names_per_firm.value,
        }
