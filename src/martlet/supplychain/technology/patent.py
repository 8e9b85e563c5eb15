"""One patent as a lender reads it: type, dates, state, whose it is and since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.supplychain.technology.limits import DESIGN_YEARS, INVENTION_YEARS, UTILITY_YEARS

if TYPE_CHECKING:
    from collections.abc import Mapping


class PatentType(StrEnum):
    """What the office examined."""

    INVENTION = "invention"
    UTILITY = "utility"
    DESIGN = "design"


class LegalState(StrEnum):
    """Whether it holds."""

    GRANTED = "granted"
    PENDING = "pending"
    ENDED = "ended"
    """Refused, withdrawn, lapsed for fees, expired or declared void."""


class Ownership(StrEnum):
    """How the firm came to it and whether it may dispose of it."""

    OWN = "own"
    JOINT = "joint"
    BOUGHT = "bought"
    PLEDGED = "pledged"


YEARS = {
    PatentType.INVENTION: INVENTION_YEARS,
    PatentType.UTILITY: UTILITY_YEARS,
    PatentType.DESIGN: DESIGN_YEARS,
}
_DAYS_A_YEAR = 365
_FIELD_SIGNS = 4
"""Signs of a class that name its field: C08L of C08L 77/02."""


@dataclass(frozen=True, slots=True)
class Patent:
    """A patent or an application, as of the day that its state was read."""

    number: str
    title: str
    type: PatentType
    state: LegalState
    filed_on: date | None
    granted_on: date | None = None
    ownership: Ownership = Ownership.OWN
    acquired_on: date | None = None
    """Since when the firm holds it, where it did not file it itself."""
    classes: tuple[str, ...] = ()
    lapsed_fees: bool = False

    def in_force(self, today: date) -> bool:
        """Tell whether it was granted, still holds and has not outlived its term."""
        granted = self.granted_on is None or self.granted_on <= today
        alive = self.filed_on is None or self.days_left(today) > 0
        return self.state is LegalState.GRANTED and granted and alive

    def days_left(self, today: date) -> int:
        """Return the days until its term ends; 0 after it, and where no filing day is known."""
        if self.filed_on is None:
            return 0
        return max(YEARS[self.type] * _DAYS_A_YEAR - (today - self.filed_on).days, 0)

    @property
    def fields(self) -> frozenset[str]:
        """The fields of technology that its classes name."""
        return frozenset(one.replace(" ", "")[:_FIELD_SIGNS].upper() for one in self.classes if one)


_TYPES = {"发明": PatentType.INVENTION, "实用新型": PatentType.UTILITY, "外观": PatentType.DESIGN,
          "invention": PatentType.INVENTION, "utility": PatentType.UTILITY,
          "design": PatentType.DESIGN}  # fmt: skip
_ENDED = (
    *("失效", "无效", "终止", "撤回", "驳回", "届满", "放弃", "未缴"),
    *("lapsed", "expired", "refused", "withdrawn", "void", "invalid", "ended", "ceased"),
)
_FEES = ("未缴", "费用", "fee")
_GRANTED = ("有效", "授权", "维持", "granted", "active", "in force", "valid")


def patent_of(number: str, title: str, told: Mapping[str, str]) -> Patent:
    """Read a patent from what a file says of it; what is not said counts against nobody but it.

    A type that is not named is a utility model, a state that is not named is pending: what a
    patent is worth has to be told.
    """
    kind = next((v for k, v in _TYPES.items() if k in told.get("type", "").lower()), None)
    state = told.get("state", "").lower()
    granted_on = _day(told.get("granted_on"))
    return Patent(
        number=number,
        title=title,
        type=kind or PatentType.UTILITY,
        state=_state(state),
        filed_on=_day(told.get("filed_on")),
        granted_on=granted_on,
        ownership=_ownership(told),
        acquired_on=_day(told.get("acquired_on")),
        classes=tuple(filter(None, told.get("classes", "").replace("；", ";").split(";"))),
        lapsed_fees=any(word in state for word in _FEES),
    )


def _state(text: str) -> LegalState:
    if any(word in text for word in _ENDED):
        return LegalState.ENDED
    if any(word in text for word in _GRANTED):
        return LegalState.GRANTED
    return LegalState.PENDING


def _ownership(told: Mapping[str, str]) -> Ownership:
    named = told.get("ownership", "")
    if named in set(Ownership):
        return Ownership(named)
    return Ownership.BOUGHT if told.get("acquired_on") else Ownership.OWN


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
