"""The laws of a decision, tried on thousands of businesses that nobody would think of."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.credit_examples import NOON, application, known, signal

from martlet.credit import Outcome, decide, default_policy, expert_scorecard
from martlet.credit.scorecard import Characteristic, Direction, Scorecard
from martlet.kernel.canonical import canonical_json
from martlet.signals import KINDS, SignalSet, Unit

POLICY, MODEL = default_policy(), expert_scorecard()
PARTS = {part.kind: part for part in MODEL.characteristics}
SEVERE = replace(MODEL, base_points=380)
"""A model by which a business of which nothing is known is beyond the last band."""
MOST = {Unit.FEN: 10**12, Unit.PPM: 1_000_000, Unit.DAYS: 4_000, Unit.COUNT: 12}


def _value_of(kind: str) -> st.SearchStrategy[int]:
    known_kind, part = KINDS[kind], PARTS[kind]
    low = known_kind.minimum or 0
    high = known_kind.maximum or MOST[known_kind.unit]
    near = [v for edge in part.edges for v in (edge - 1, edge) if low <= v <= high]
    return st.one_of(st.integers(low, high), st.sampled_from(near))


VALUES = st.fixed_dictionaries({}, optional={kind: _value_of(kind) for kind in PARTS})
REQUESTS = st.integers(0, 10**10)


def _is_safer(part: Characteristic, value: int, than: int | None) -> bool:
    if than is None:
        return part.points_of(value) >= part.missing_points
    return value >= than if part.direction is Direction.HIGHER else value <= than


@settings(max_examples=400, deadline=None)
@given(VALUES, REQUESTS, st.data(), st.sampled_from([MODEL, SEVERE]))
def test_a_good_signal_never_lowers_the_limit_nor_raises_the_pd(
    values: dict[str, int], requested_fen: int, data: st.DataObject, model: Scorecard
) -> None:
    kind = data.draw(st.sampled_from(sorted(PARTS)))
    value = data.draw(_value_of(kind))
    if not _is_safer(PARTS[kind], value, values.get(kind)):
        return
    asked = application(requested_fen)
    before = decide(asked, known(values), POLICY, model, NOON)
    after = decide(asked, known(values | {kind: value}), POLICY, model, NOON)
    assert after.limit_fen >= before.limit_fen
    assert after.pd_ppm <= before.pd_ppm
    if before.approved:
        assert after.rate_ppm_per_day <= before.rate_ppm_per_day


@settings(max_examples=200, deadline=None)
@given(VALUES, REQUESTS)
def test_every_answer_adds_up_and_repeats_itself(
    values: dict[str, int], requested_fen: int
) -> None:
    asked = application(requested_fen)
    decision = decide(asked, known(values), POLICY, MODEL, NOON)
    assert decision.limit_fen == sum(step.amount_fen for step in decision.components)
    assert decision.limit_fen <= requested_fen
    assert decision.reasons
    takings = values.get("verified_takings_monthly_fen", 0)
    assert decision.limit_fen <= max(100, takings * 5 // 2)
    again = decide(asked, known(dict(reversed(values.items()))), POLICY, MODEL, NOON)
    assert canonical_json(again.as_json()) == canonical_json(decision.as_json())


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_the_way_out_of_a_refusal_leads_out(values: dict[str, int]) -> None:
    decision = decide(application(), known(values), POLICY, MODEL, NOON)
    if decision.outcome is not Outcome.REFUSED:
        return
    while decision.outcome is Outcome.REFUSED:
        change = decision.reasons[0].would_change
        assert change is not None
        values = values | {part.kind: part.needed for part in change.changes}
        better = decide(application(), known(values), POLICY, MODEL, NOON)
        assert better.pd_ppm < decision.pd_ppm or better.reasons != decision.reasons
        decision = better


@settings(deadline=None)
@given(VALUES)
def test_signals_that_say_no_more_than_their_absence_change_nothing(
    values: dict[str, int],
) -> None:
    plain = decide(application(), SignalSet(), POLICY, MODEL, NOON)
    expired = tuple(signal(k, v, expires_at=NOON) for k, v in sorted(values.items()))
    decision = decide(application(), SignalSet(expired), POLICY, MODEL, NOON)
    assert decision.components == plain.components
    assert (decision.score, decision.reasons) == (plain.score, plain.reasons)


@settings(deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=20))
def test_columns_score_as_single_businesses_do(businesses: list[dict[str, int]]) -> None:
    frame = pl.DataFrame(
        {kind: [values.get(kind) for values in businesses] for kind in PARTS},
        schema=dict.fromkeys(PARTS, pl.Int64),
    )
    scored = MODEL.score_columns(frame)
    assert scored["score"].to_list() == [MODEL.score(values) for values in businesses]
    assert scored["pd_ppm"].to_list() == [MODEL.pd_ppm(s) for s in scored["score"]]
