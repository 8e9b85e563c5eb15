"""A recorded decision told to a person: the waterfall, the reasons, what would change it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.cli.words import LANGUAGE, say, sentence
from martlet.signals import kind_of

if TYPE_CHECKING:
    from martlet.credit.model import Decision, Reason
    from martlet.credit.queries import StoredDecision


def explained(stored: StoredDecision) -> dict[str, Any]:
    """Return a decision as facts and tables with sentences in the terminal's language."""
    decision = stored.decision
    return {
        "decision_id": str(stored.decision_id),
        "party_id": str(stored.application.party_id),
        "requested_fen": stored.application.requested_fen,
        **_facts(decision),
        "waterfall": [
            {
                "step": say(component.source.replace("_", " ")),
                "amount_fen": component.amount_fen,
                "cap": component.cap_applied or "—",
                "why": sentence(component.reason.code, component.reason.params),
            }
            for component in decision.components
        ],
        "reasons": [told(reason) for reason in decision.reasons],
        "signals": [
            {
                "signal": kind_of(signal.kind).label(LANGUAGE),
                "value": signal.value,
                "known_at": signal.known_at.isoformat(timespec="minutes"),
                "sample_size": signal.sample_size,
            }
            for signal in stored.signals.signals
        ],
    }


def _facts(decision: Decision) -> dict[str, Any]:
    return {
        "outcome": decision.outcome.value,
        "limit_fen": decision.limit_fen,
        "rate_ppm_per_day": decision.rate_ppm_per_day,
        "score": decision.score,
        "pd_ppm": decision.pd_ppm,
        "policy_version": decision.policy_version,
        "model_version": decision.model_version,
        "decided_at": decision.decided_at.isoformat(timespec="seconds"),
        "expires_at": decision.expires_at.isoformat(timespec="seconds"),
    }


def told(reason: Reason) -> dict[str, Any]:
    """Return a reason's sentence and what would change it."""
    changes = "—"
    if reason.would_change is not None:
        changes = "; ".join(
            f"{kind_of(change.kind).label(LANGUAGE)}: {change.current} → {change.needed}"
            for change in reason.would_change.changes
        )
    return {"why": sentence(reason.code, reason.params), "would_change": changes}
