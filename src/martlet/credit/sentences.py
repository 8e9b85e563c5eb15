"""A decision in words: the waterfall, the reasons, and what would change them, in either language.

Codes and figures come in; sentences go out. A figure that belongs to a kind of signal is written
in that kind's unit and under its name. Nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.i18n import Locale, explain, yuan
from martlet.kernel.rates import percent_text
from martlet.signals import KINDS, Unit

if TYPE_CHECKING:
    from martlet.credit.model import Change, Decision, Reason

_ADVICE = {
    "credit.product_not_offered": "credit.advice_product",
    "credit.tenor_not_offered_days": "credit.advice_tenor",
    "credit.tenor_not_offered_months": "credit.advice_tenor",
    "credit.request_too_small": "credit.advice_request",
    "credit.excluded": "credit.advice_excluded",
    "credit.limit_too_small": "credit.advice_risk",
    "credit.cap_committed": "credit.advice_limit",
    "credit.cap_exposure": "credit.advice_limit",
    "credit.risk_too_high": "credit.advice_risk",
}
"""What a person can do where no figure of its records would turn the answer."""
_SEEN = {
    "integrity_circular_trade_ppm": ("credit.seen_circular_trade", "credit.advice_trade_proof"),
    "integrity_mirrored_invoices_ppm": ("credit.seen_mirrored", "credit.advice_trade_proof"),
    "integrity_self_dealing_ppm": ("credit.seen_self_dealing", "credit.advice_partner_proof"),
    "integrity_sales_burst_ppm": ("credit.seen_burst", "credit.advice_goods_proof"),
    "integrity_borrowed_invoices_ppm": ("credit.seen_borrowed", "credit.advice_invoice_proof"),
    "integrity_owner_excluded_count": ("credit.seen_owner", "credit.advice_owner_proof"),
}
"""Exclusions that say in plain words what was seen and what to send; they accuse nobody."""
_OF_THE_KIND = ("value", "needed", "current")
"""Parameters written in the unit of the kind that the reason names."""


@dataclass(frozen=True, slots=True)
class ExplainedStep:
    """One step of the waterfall in words."""

    source: str
    amount_fen: int
    sentence: str
    way_out: str


@dataclass(frozen=True, slots=True)
class ExplainedReason:
    """One reason in words, with what would change it."""

    code: str
    sentence: str
    way_out: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision in one language."""

    headline: str
    steps: tuple[ExplainedStep, ...]
    reasons: tuple[ExplainedReason, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "headline": self.headline,
            "steps": [
                {
                    "source": step.source,
                    "amount_fen": step.amount_fen,
                    "sentence": step.sentence,
                    "way_out": step.way_out,
                }
                for step in self.steps
            ],
            "reasons": [
                {"code": reason.code, "sentence": reason.sentence, "way_out": reason.way_out}
                for reason in self.reasons
            ],
        }


def explanation(decision: Decision, locale: Locale) -> Explanation:
    """Return a decision in words."""
    params = {
        "limit_fen": decision.limit_fen,
        "rate_ppm_per_day": decision.rate_ppm_per_day,
        "pd_ppm": decision.pd_ppm,
    }
    code = "credit.headline_approved" if decision.approved else "credit.headline_refused"
    return Explanation(
        headline=explain(code, params, locale),
        steps=tuple(
            ExplainedStep(
                step.source,
                step.amount_fen,
                reason_text(step.reason, locale),
                way_out_text(step.reason, locale),
            )
            for step in decision.components
        ),
        reasons=tuple(
            ExplainedReason(
                reason.code,
                reason_text(reason, locale),
                way_out_text(reason, locale),
            )
            for reason in decision.reasons
        ),
    )


def reason_text(reason: Reason, locale: Locale) -> str:
    """Return the sentence of a reason."""
    code = _seen(reason)[0] or reason.code
    return explain(code, _written(reason, locale), locale)


def way_out_text(reason: Reason, locale: Locale) -> str:
    """Return what would change the answer, as a sentence; empty where there is nothing to do."""
    change = reason.would_change
    if change is None or not change.changes:
        advice = _seen(reason)[1] or _ADVICE.get(reason.code)
        return "" if advice is None else explain(advice, _written(reason, locale), locale)
    if reason.code == "credit.capacity_share":
        needed = value_text(change.changes[0].kind, change.changes[0].needed, locale)
        return explain("credit.change_for_all", {"needed": needed}, locale)
    joint = explain("credit.change_joint", {}, locale)
    return joint.join(_change_text(part, locale) for part in change.changes)


def _seen(reason: Reason) -> tuple[str, str]:
    """Return the words for an exclusion of its own kind, and for what to do; else nothing."""
    kind = reason.params.get("kind") if reason.code == "credit.excluded" else None
    return _SEEN.get(kind, ("", "")) if isinstance(kind, str) else ("", "")


def _written(reason: Reason, locale: Locale) -> dict[str, object]:
    """Return a reason's parameters, those that belong to its kind in the kind's unit."""
    params: dict[str, object] = dict(reason.params)
    kind = params.get("kind")
    if isinstance(kind, str):
        for name in _OF_THE_KIND:
            if name in params:
                params[name] = value_text(kind, params[name], locale)
        params["kind"] = label(kind, locale)
    return params


def _change_text(change: Change, locale: Locale) -> str:
    params: dict[str, object] = {
        "kind": label(change.kind, locale),
        "needed": value_text(change.kind, change.needed, locale),
    }
    if change.current is None:
        return explain("credit.change_unknown", params, locale)
    params["current"] = value_text(change.kind, change.current, locale)
    more = change.needed > change.current
    kind = KINDS.get(change.kind)
    if more and kind is not None and kind.unit is Unit.DAYS:
        params["more_days"] = change.needed - change.current
        return explain("credit.change_more_days", params, locale)
    code = "credit.change_at_least" if more else "credit.change_at_most"
    return explain(code, params, locale)


def label(kind: str, locale: Locale) -> str:
    """Return a kind's name in a language; one no longer known shows its slug."""
    known = KINDS.get(kind)
    return kind if known is None else known.label(locale)


def value_text(kind: str, value: object, locale: Locale) -> str:
    """Write a value in its kind's unit."""
    known = KINDS.get(kind)
    if not isinstance(value, int) or known is None:
        return "—" if value is None else str(value)
    match known.unit:
        case Unit.FEN:
            return yuan(value)
        case Unit.PPM:
            return f"{percent_text(value, 1)}%"
        case Unit.DAYS:
            return explain("credit.days", {"number_days": value}, locale)
        case _:
            return f"{value:,}"
