"""What goes into a decision and what comes out: frozen values, written as JSON and read back.

The invariant: a decision's limit is the sum of its components, and a refusal has a reason. Every
figure is a whole number (fen, ppm, points), so the bytes of a decision are the same anywhere.
Structs, because some twenty are made for each decision, in a quarter of a dataclass's time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec

from martlet.kernel.canonical import canonical_json
from martlet.kernel.limits import AMOUNT_FEN_MAX

if TYPE_CHECKING:
    from collections.abc import Mapping

Parameter = int | str | bool | None


class Outcome(StrEnum):
    """What a decision says."""

    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Application:
    """What a business asks for, and what the bank has already promised it elsewhere."""

    application_id: UUID
    party_id: UUID
    product: str
    requested_fen: int
    applied_on: date
    tenor_days: int | None = None
    tenor_months: int | None = None
    committed_fen: int = 0
    """Limits of its other facilities; what they use up is not given twice."""
    _text: str = field(default="", init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        assert 0 <= self.requested_fen <= AMOUNT_FEN_MAX, self.requested_fen
        assert 0 <= self.committed_fen <= AMOUNT_FEN_MAX, self.committed_fen
        assert self.tenor_days is None or self.tenor_months is None, "one tenor, not two"

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "application_id": str(self.application_id),
            "party_id": str(self.party_id),
            "product": self.product,
            "requested_fen": self.requested_fen,
            "applied_on": self.applied_on.isoformat(),
            "tenor_days": self.tenor_days,
            "tenor_months": self.tenor_months,
            "committed_fen": self.committed_fen,
        }

    def text(self) -> str:
        """Return its canonical text: written once, then hashed and kept as it is."""
        if not self._text:
            object.__setattr__(self, "_text", canonical_json(self.as_json()).decode())
        return self._text

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Application:
        """Read back what `as_json` wrote."""
        return cls(
            application_id=UUID(value["application_id"]),
            party_id=UUID(value["party_id"]),
            product=value["product"],
            requested_fen=value["requested_fen"],
            applied_on=date.fromisoformat(value["applied_on"]),
            tenor_days=value["tenor_days"],
            tenor_months=value["tenor_months"],
            committed_fen=value["committed_fen"],
        )


class Change(msgspec.Struct, frozen=True, gc=False):
    """One thing that would have to be different: a kind, what it is, what it would have to be."""

    kind: str
    current: int | None
    needed: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"kind": self.kind, "current": self.current, "needed": self.needed}


class WouldChange(msgspec.Struct, frozen=True):
    """The smallest change found that turns the answer, and the pd it leads to if it moves it."""

    changes: tuple[Change, ...]
    pd_ppm: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"changes": [change.as_json() for change in self.changes], "pd_ppm": self.pd_ppm}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WouldChange:
        """Read back what `as_json` wrote."""
        return cls(tuple(Change(**change) for change in value["changes"]), value["pd_ppm"])


class Reason(msgspec.Struct, frozen=True):
    """Why: a code with figures (the sentence is made in the reader's language), and a way out."""

    code: str
    params: Mapping[str, Parameter] = msgspec.field(default_factory=dict)
    would_change: WouldChange | None = None

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "code": self.code,
            "params": dict(self.params),
            "would_change": None if self.would_change is None else self.would_change.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Reason:
        """Read back what `as_json` wrote."""
        change = value["would_change"]
        return cls(
            value["code"],
            dict(value["params"]),
            None if change is None else WouldChange.from_json(change),
        )


class Component(msgspec.Struct, frozen=True):
    """One step of the waterfall; caps that bite are steps with a negative amount."""

    source: str
    amount_fen: int
    before_cap_fen: int
    cap_applied: str
    reason: Reason

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "source": self.source,
            "amount_fen": self.amount_fen,
            "before_cap_fen": self.before_cap_fen,
            "cap_applied": self.cap_applied,
            "reason": self.reason.as_json(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Component:
        """Read back what `as_json` wrote."""
        return cls(
            value["source"],
            value["amount_fen"],
            value["before_cap_fen"],
            value["cap_applied"],
            Reason.from_json(value["reason"]),
        )


class Decision(msgspec.Struct, frozen=True):
    """The bank's answer to an application, with everything needed to explain it."""

    outcome: Outcome
    limit_fen: int
    rate_ppm_per_day: int
    tenors: tuple[int, ...]
    tenor_unit: str
    score: int
    pd_ppm: int
    band: str
    components: tuple[Component, ...]
    reasons: tuple[Reason, ...]
    policy_version: str
    model_version: str
    inputs_hash: str
    decided_at: datetime
    expires_at: datetime

    def __post_init__(self) -> None:
        total = sum(component.amount_fen for component in self.components)
        assert self.limit_fen == total, f"limit {self.limit_fen}, components {total}"
        if self.outcome is Outcome.REFUSED:
            assert self.limit_fen == 0, self.limit_fen
            assert self.reasons, "a refusal without a reason"
        else:
            assert self.limit_fen > 0, self.limit_fen

    @property
    def approved(self) -> bool:
        """Tell whether the answer is yes."""
        return self.outcome is Outcome.APPROVED

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "outcome": self.outcome.value,
            "limit_fen": self.limit_fen,
            "rate_ppm_per_day": self.rate_ppm_per_day,
            "tenors": list(self.tenors),
            "tenor_unit": self.tenor_unit,
            "score": self.score,
            "pd_ppm": self.pd_ppm,
            "band": self.band,
            "components": [component.as_json() for component in self.components],
            "reasons": [reason.as_json() for reason in self.reasons],
            "policy_version": self.policy_version,
            "model_version": self.model_version,
            "inputs_hash": self.inputs_hash,
            "decided_at": self.decided_at.isoformat(),
            "expires_at": self.expires_at.isoformat(),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Decision:
        """Read back what `as_json` wrote."""
        return cls(
            outcome=Outcome(value["outcome"]),
            limit_fen=value["limit_fen"],
            rate_ppm_per_day=value["rate_ppm_per_day"],
            tenors=tuple(value["tenors"]),
            tenor_unit=value["tenor_unit"],
            score=value["score"],
            pd_ppm=value["pd_ppm"],
            band=value["band"],
            components=tuple(Component.from_json(part) for part in value["components"]),
            reasons=tuple(Reason.from_json(reason) for reason in value["reasons"]),
            policy_version=value["policy_version"],
            model_version=value["model_version"],
            inputs_hash=value["inputs_hash"],
            decided_at=datetime.fromisoformat(value["decided_at"]),
            expires_at=datetime.fromisoformat(value["expires_at"]),
        )
