"""What a shadow answers is what a decision by it would have been."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.boosted_examples import challenger
from tests.credit.credit_examples import NOON, STEADY, WEAK, application, known

from martlet.credit import decide, default_policy, expert_scorecard
from martlet.credit.decide import facts_of
from martlet.credit.shadows import Asked, ShadowAnswer, ShadowReplay, answer_of

VALUES = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            kind: st.integers(0, max(2 * value, 10)) for kind, value in (WEAK | STEADY).items()
        },
    ),
    st.just({}),
)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.integers(0, 10**9), st.integers(1, 700), st.sampled_from(["", "nothing"]))
def test_a_scorecard_in_shadow_answers_what_it_would_decide(
    values: dict[str, int], requested_fen: int, base_points: int, product: str
) -> None:
    changes = {"product": product} if product else {}
    asked = Asked(application(requested_fen, **changes), known(values), default_policy(), NOON)
    model = replace(expert_scorecard(), base_points=base_points)
    facts = facts_of(asked.application, asked.signals, asked.policy, asked.as_of)
    answer = answer_of(model, asked, facts)
    decision = decide(asked.application, asked.signals, asked.policy, model, NOON)
    assert (answer.score, answer.pd_ppm) == (decision.score, decision.pd_ppm)
    assert answer.limit_fen == decision.limit_fen
    assert answer.would_approve == decision.approved


def test_a_challenger_says_no_above_the_ceiling_of_the_policy() -> None:
    model = challenger()
    steady = {"invoice_sales_total_fen": 5_000_000, "records_history_days": 500}
    weak = {"invoice_sales_total_fen": 1, "invoice_void_share_ppm": 900_000}
    takings = {"verified_takings_monthly_fen": 10_000_000}
    found = {}
    for name, values in (("steady", steady), ("weak", weak)):
        asked = Asked(application(), known(values | takings), default_policy(), NOON)
        facts = facts_of(asked.application, asked.signals, asked.policy, asked.as_of)
        found[name] = answer_of(model, asked, facts)
    assert found["steady"].pd_ppm < found["weak"].pd_ppm
    assert found["steady"].limit_fen > 0
    assert found["weak"].would_approve == (found["weak"].pd_ppm <= model.neutral_pd_ppm)


def test_a_replay_tells_another_answer_from_the_same() -> None:
    stored = ShadowAnswer("ab", 500, 90_000, 0)
    assert ShadowReplay(stored, stored).identical
    assert not ShadowReplay(stored, replace(stored, pd_ppm=90_001)).identical
    assert not ShadowReplay(stored, ShadowAnswer("ab", error="credit.artefact_lost")).identical
    assert ShadowReplay(ShadowAnswer("ab", error="ZeroDivisionError"), stored).identical
