"""Shadows: models that are asked about every live application and never obeyed.

The invariant: a shadow harms nobody. It sees the same signals under the same policy as the
champion, after the decision is made; whatever goes wrong in it is a row that says so, and the
decision stands. What it answered can be answered again, to the byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from martlet.credit import queries
from martlet.credit.decide import facts_of, limit_under, pd_ceiling
from martlet.credit.defaults import model_of
from martlet.credit.limits import SHADOW_ERROR_CHARS_MAX, SHADOW_MODELS_KEPT
from martlet.credit.tables import credit_shadow
from martlet.kernel.errors import Corrupt, MartletError
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Connection

    from martlet.credit.artefact import CreditModel
    from martlet.credit.decide import Facts
    from martlet.credit.model import Application
    from martlet.credit.policy import Policy
    from martlet.signals import SignalSet
    from martlet.store import Transaction


@dataclass(frozen=True, slots=True)
class Asked:
    """What the champion was asked, and so what each shadow is asked."""

    application: Application
    signals: SignalSet
    policy: Policy
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ShadowAnswer:
    """What one model in shadow would have answered; no figures where it failed."""

    model_hash: str
    score: int | None = None
    pd_ppm: int | None = None
    limit_fen: int | None = None
    """0: it would have refused."""
    error: str = ""

    @property
    def would_approve(self) -> bool | None:
        """Whether it would have said yes; None where it failed."""
        return None if self.limit_fen is None else self.limit_fen > 0

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "model_hash": self.model_hash,
            "score": self.score,
            "pd_ppm": self.pd_ppm,
            "would_approve": self.would_approve,
            "limit_fen": self.limit_fen,
            "error": self.error,
        }


def answer_of(model: CreditModel, asked: Asked, facts: Facts) -> ShadowAnswer:
    """Return what a model would have answered under the policy."""
    score = model.score(facts.scored)
    pd_ppm = model.pd_ppm(score)
    ceiling_ppm = pd_ceiling(asked.policy, model)
    limit_fen = limit_under(asked.application, facts, asked.policy, pd_ppm, ceiling_ppm)
    return ShadowAnswer(model.content_hash, score, pd_ppm, limit_fen)


def answers_of(
    connection: Connection, tenant_id: UUID, hashes: Sequence[str], asked: Asked
) -> list[ShadowAnswer]:
    """Return what each shadow would have answered; one that fails answers with its error."""
    facts = facts_of(asked.application, asked.signals, asked.policy, asked.as_of)
    answers = []
    for model_hash in hashes:
        try:
            model = _model(connection, tenant_id, model_hash)
            answers.append(answer_of(model, asked, facts))
        except Exception as error:  # noqa: BLE001 - whatever it is, the decision stands
            told = error.code if isinstance(error, MartletError) else type(error).__name__
            answers.append(ShadowAnswer(model_hash, error=told[:SHADOW_ERROR_CHARS_MAX]))
    return answers


_ANSWER = Prepared(insert(credit_shadow))
"""Written once: every decision with a shadow keeps some."""


def keep_answers(tx: Transaction, decision_id: UUID, hashes: Sequence[str], asked: Asked) -> None:
    """Ask each shadow and keep what it answered, in the transaction of the decision."""
    for answer in answers_of(tx.connection, tx.tenant_id, hashes, asked):
        would = answer.would_approve
        _ANSWER.on(
            tx.connection,
            {
                "tenant_id": tx.tenant_id,
                "decision_id": decision_id,
                "model_hash": answer.model_hash,
                "score": answer.score,
                "pd_ppm": answer.pd_ppm,
                "would_approve": None if would is None else int(would),
                "limit_fen": answer.limit_fen,
                "error": answer.error,
                "recorded_at": tx.now,
            },
        )


def kept_answers(connection: Connection, tenant_id: UUID, decision_id: UUID) -> list[ShadowAnswer]:
    """Return what the shadows answered beside a decision."""
    table = credit_shadow.c
    rows = connection.execute(
        select(credit_shadow)
        .where(table.tenant_id == tenant_id, table.decision_id == decision_id)
        .order_by(table.model_hash)
    )
    return [
        ShadowAnswer(row.model_hash, row.score, row.pd_ppm, row.limit_fen, row.error)
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ShadowReplay:
    """What a shadow answered beside a decision, and what it answers now."""

    stored: ShadowAnswer
    recomputed: ShadowAnswer

    @property
    def identical(self) -> bool:
        """Whether it is the same answer; a failure then has nothing to be compared with."""
        return bool(self.stored.error) or self.stored == self.recomputed

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "model_hash": self.stored.model_hash,
            "identical": self.identical,
            "stored": self.stored.as_json(),
            "recomputed": self.recomputed.as_json(),
        }


def replay_shadows(
    connection: Connection, tenant_id: UUID, decision_id: UUID, asked: Asked
) -> tuple[ShadowReplay, ...]:
    """Ask the shadows of a stored decision again, each by the model that answered then."""
    kept = kept_answers(connection, tenant_id, decision_id)
    hashes = [answer.model_hash for answer in kept]
    again = answers_of(connection, tenant_id, hashes, asked) if kept else []
    return tuple(map(ShadowReplay, kept, again))


_held: dict[str, CreditModel] = {}
"""Models by the hash of their content, which never means anything else; read once a process."""


def _model(connection: Connection, tenant_id: UUID, model_hash: str) -> CreditModel:
    """Return a tenant's model by its hash, proven to be the one that was registered."""
    found = _held.get(model_hash)
    if found is None:
        found = model_of(queries.artefact_body(connection, tenant_id, model_hash))
        if found.content_hash != model_hash:
            raise Corrupt("credit.artefact_lost", content_hash=model_hash)
        if len(_held) >= SHADOW_MODELS_KEPT:
            _held.clear()
        _held[model_hash] = found
    return found
