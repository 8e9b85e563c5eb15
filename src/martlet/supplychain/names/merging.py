"""Accepted names as proposals to merge: an ALIAS_OF edge with its reason, for a person to confirm.

The invariant: an abstention proposes nothing; a proposal says in both languages why, how likely and
by which matcher, and what was accepted is taken back by the review queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.i18n import Locale, explain
from martlet.supplychain.facts import firm_key, named_key
from martlet.supplychain.model import PPM, Node, NodeKind
from martlet.supplychain.review import merge_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from martlet.supplychain.names.model import Answer, Candidate
    from martlet.supplychain.review import Proposal

REFERENCE = "names 1"
"""The matcher and its version, as the source of a merge."""


def told(candidate: Candidate, locale: Locale) -> str:
    """Return a candidate's reasons as sentences of a language."""
    return " ".join(explain(reason.code, reason.details, locale) for reason in candidate.reasons)


def merges_of(answers: Iterable[Answer], known_at: datetime) -> list[Proposal]:
    """Return a proposal for each name that was resolved to a firm called otherwise."""
    proposals = []
    for answer in answers:
        if answer.register_id is None:
            continue
        firm = next(one for one in answer.candidates if one.register_id == answer.register_id)
        alias = named_key(NodeKind.FIRM, answer.asked)
        registered = firm_key(firm.name)
        if alias == registered:
            continue
        rival = next((one for one in answer.candidates if one is not firm), None)
        explanation = {
            "asked": answer.asked,
            "registered": firm.name,
            "register_id": firm.register_id,
            "probability": f"{firm.probability:.4f}",
            "next_best": "" if rival is None else f"{rival.name} ({rival.probability:.4f})",
            "en": told(firm, Locale.EN),
            "zh": told(firm, Locale.ZH_CN),
        }
        proposals.append(
            merge_of(
                Node(alias, NodeKind.FIRM, answer.asked, {}),
                Node(registered, NodeKind.FIRM, firm.name, {}),
                known_at,
                reference=REFERENCE,
                confidence_ppm=round(firm.probability * PPM),
                explanation=explanation,
            )
        )
    return proposals
