"""Every code of the room has a sentence in both languages, filled with the figures it gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.credit.credit_examples import NOON, STEADY, WEAK, application, known, signal

import martlet.credit
from martlet.credit import decide, default_policy, expert_scorecard, explanation
from martlet.credit.model import Reason
from martlet.credit.sentences import reason_text
from martlet.kernel.i18n import Locale, explain, has_sentence
from martlet.signals import KINDS, SignalSet, Unit

ROOM = Path(martlet.credit.__file__).parent
_CODE = re.compile(r'f?"(credit\.[a-z_]+)(\{[a-z_.]+\})?"')
_ENDINGS = {
    "credit.chain_": ("revenue", "need", "grade"),
    "credit.tenor_not_offered_": ("days", "months"),
    "credit.cap_": ("committed", "exposure", "product", "requested"),
}
_EVENTS = {
    "credit.decide_batch",
    "credit.decided",
    "credit.model_moved",
    "credit.policy_published",
    "credit.register_model",
    "credit.promote_model",
    "credit.publish_policy",
}


def codes() -> set[str]:
    found: set[str] = set()
    for path in ROOM.rglob("*.py"):
        for code, ending in _CODE.findall(path.read_text(encoding="utf-8")):
            found |= {code + end for end in _ENDINGS[code]} if ending else {code}
    return found - _EVENTS


@pytest.mark.parametrize("locale", list(Locale))
def test_every_code_has_a_sentence(locale: Locale) -> None:
    assert len(codes()) > 30
    assert [code for code in sorted(codes()) if not has_sentence(code, locale)] == []


@pytest.mark.parametrize("locale", list(Locale))
def test_sentences_are_filled_to_the_last_figure(locale: Locale) -> None:
    for values in (STEADY, WEAK, {}, STEADY | {"records_history_days": 20}):
        for requested_fen in (50, 10_000, 10**9):
            decision = decide(
                application(requested_fen),
                known(values),
                default_policy(),
                expert_scorecard(),
                NOON,
            )
            words = explanation(decision, locale)
            for line in (*words.steps, *words.reasons):
                assert "{" not in line.sentence + line.way_out
                assert "credit." not in line.sentence + line.way_out
            assert decision.approved or words.reasons[0].way_out


def test_a_way_out_reads_as_advice() -> None:
    decision = decide(application(), known(WEAK), default_policy(), expert_scorecard(), NOON)
    words = explanation(decision, Locale.ZH_CN)
    assert words.reasons[0].way_out == (
        "“近一年月均可核实收入”达到 ¥100,000.00 及以上（目前 ¥600.00），结果就会改变。"
    )


EXCLUSIONS = [kind for kind, told in KINDS.items() if told.role == "exclusion"]


@pytest.mark.parametrize("locale", list(Locale))
@pytest.mark.parametrize("kind", EXCLUSIONS)
def test_an_exclusion_says_what_was_seen_and_what_to_send(kind: str, locale: Locale) -> None:
    """In words of its own for each kind, and without the words of an accusation."""
    signals = known(STEADY).merged(SignalSet((signal(kind, 300_000),)))
    decision = decide(application(), signals, default_policy(), expert_scorecard(), NOON)
    [reason] = explanation(decision, locale).reasons
    assert (decision.approved, reason.code) == (False, "credit.excluded")
    generic = {explain("credit.excluded", {"kind": kind, "provider": "x"}, locale)}
    assert reason.sentence not in generic
    assert reason.way_out
    assert len({sentence_of(other, locale) for other in EXCLUSIONS}) == len(EXCLUSIONS)
    accusing = ("fraud", "forg", "fake", "欺诈", "造假", "虚假", "作弊")
    assert not any(word in (reason.sentence + reason.way_out).lower() for word in accusing)


def sentence_of(kind: str, locale: Locale) -> str:
    return reason_text(Reason("credit.excluded", {"kind": kind, "provider": "x"}), locale)


def test_context_is_shown_and_never_counts() -> None:
    plain = decide(application(), known(STEADY), default_policy(), expert_scorecard(), NOON)
    context = {
        kind: "words" if told.unit is Unit.TEXT else min(900_000, told.maximum or 900_000)
        for kind, told in KINDS.items()
        if told.role == "context"
    }
    assert len(context) >= 7
    shown = SignalSet(tuple(signal(kind, value) for kind, value in context.items()))
    seen = known(STEADY).merged(shown)
    again = decide(application(), seen, default_policy(), expert_scorecard(), NOON)
    assert (again.limit_fen, again.score, again.reasons) == (
        plain.limit_fen,
        plain.score,
        plain.reasons,
    )
