"""Every code of the room has a sentence in both languages, filled with the figures it gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.credit.credit_examples import NOON, STEADY, WEAK, application, known

import martlet.credit
from martlet.credit import decide, default_policy, expert_scorecard, explanation
from martlet.kernel.i18n import Locale, has_sentence

ROOM = Path(martlet.credit.__file__).parent
_CODE = re.compile(r'f?"(credit\.[a-z_]+)(\{[a-z_.]+\})?"')
_ENDINGS = {
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
