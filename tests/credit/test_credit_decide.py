"""A decision as a business sees it: the limit step by step, the price, and the way out of a no."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.credit.credit_examples import (
    NOON,
    OTHER_SHOP,
    STEADY,
    WEAK,
    application,
    known,
    signal,
)

from martlet.credit import Decision, Outcome, decide, default_policy, expert_scorecard
from martlet.kernel.canonical import canonical_json, parse_json
from martlet.signals import KINDS, SignalSet, Unit

POLICY, MODEL = default_policy(), expert_scorecard()


def decided(signals: SignalSet, requested_fen: int = 50_000_000, **changes: object) -> Decision:
    return decide(application(requested_fen, **changes), signals, POLICY, MODEL, NOON)


def test_a_steady_shop_borrows_a_share_of_its_takings() -> None:
    decision = decided(known(STEADY))
    assert decision.outcome is Outcome.APPROVED
    assert decision.band == "B"
    assert decision.limit_fen == 15_000_000
    assert [(step.source, step.amount_fen) for step in decision.components] == [
        ("verified_takings_monthly_fen", 15_000_000),
        ("starter", 0),
    ]
    assert decision.rate_ppm_per_day == 280
    assert decision.tenors == (30, 90, 180, 360)


def test_a_limit_below_the_request_says_which_takings_would_carry_it_all() -> None:
    takings = "verified_takings_monthly_fen"
    change = decided(known(STEADY)).components[0].reason.would_change
    assert change is not None
    needed = change.changes[0].needed
    assert needed == 33_333_334
    assert decided(known(STEADY | {takings: needed})).limit_fen == 50_000_000
    assert decided(known(STEADY), requested_fen=100).components[0].reason.would_change is None


def test_caps_are_steps_of_their_own() -> None:
    decision = decided(known(STEADY), requested_fen=2_000_050, committed_fen=1_000_000)
    assert [(step.source, step.amount_fen) for step in decision.components] == [
        ("verified_takings_monthly_fen", 15_000_000),
        ("starter", 0),
        ("committed", -1_000_000),
        ("requested", -12_000_000),
    ]
    assert decision.limit_fen == 2_000_000


@pytest.mark.parametrize(
    ("values", "limit_fen"),
    [
        ({}, 100),
        ({"records_history_days": 10}, 100),
        ({"records_history_days": 10, "verified_takings_monthly_fen": 300_000}, 20_000),
        ({"records_history_days": 45, "verified_takings_monthly_fen": 300_000}, 90_000),
        ({"records_history_days": 61, "verified_takings_monthly_fen": 2_000_000}, 300_000),
    ],
)
def test_a_business_with_hardly_any_history_starts_from_one_yuan(
    values: dict[str, int], limit_fen: int
) -> None:
    decision = decided(known(values))
    assert (decision.outcome, decision.limit_fen) == (Outcome.APPROVED, limit_fen)


def test_three_records_in_a_lifetime_are_too_few_to_be_held_against_anyone() -> None:
    thin = SignalSet(
        tuple(signal(kind, value, sample_size=3) for kind, value in sorted(WEAK.items()))
    )
    assert decided(thin).approved


def test_a_refusal_says_why_and_what_would_turn_it() -> None:
    decision = decided(known(WEAK))
    assert decision.outcome is Outcome.REFUSED
    assert decision.limit_fen == 0
    verdict, *causes = decision.reasons
    assert verdict.code == "credit.risk_too_high"
    assert len(causes) == 4
    assert verdict.would_change is not None
    better = WEAK | {change.kind: change.needed for change in verdict.would_change.changes}
    again = decided(known(better))
    assert again.approved
    assert again.pd_ppm == verdict.would_change.pd_ppm


def test_removing_a_cause_lowers_the_pd_to_what_was_promised() -> None:
    decision = decided(known(WEAK))
    for reason in decision.reasons[1:]:
        assert reason.would_change is not None
        (change,) = reason.would_change.changes
        again = decided(known(WEAK | {change.kind: change.needed}))
        assert again.pd_ppm == reason.would_change.pd_ppm < decision.pd_ppm


def test_what_may_not_count_does_not() -> None:
    plain = decided(SignalSet())
    for changes in (
        {"known_at": NOON + timedelta(seconds=1)},
        {"expires_at": NOON},
        {"confidence_ppm": 100_000},
        {"party_id": OTHER_SHOP},
        {"as_of": (NOON + timedelta(days=1)).date()},
    ):
        useless = SignalSet((signal("verified_takings_monthly_fen", 10**9, **changes),))
        decision = decided(useless)
        assert (decision.limit_fen, decision.pd_ppm) == (plain.limit_fen, plain.pd_ppm)


def test_an_unknown_product_or_tenor_is_refused_with_what_is_offered() -> None:
    assert decided(known(STEADY), product="gold").reasons[0].code == "credit.product_not_offered"
    other = decided(known(STEADY), tenor_days=31)
    assert other.reasons[0].code == "credit.tenor_not_offered_days"
    assert other.reasons[0].params["offered"] == "30, 90, 180, 360"
    months = decided(known(STEADY), tenor_months=3)
    assert months.reasons[0].code == "credit.tenor_not_offered_days"
    assert decided(known(STEADY), tenor_days=90).tenors == (30, 90)


def test_a_request_of_less_than_a_yuan_is_refused() -> None:
    assert decided(known(STEADY), requested_fen=99).reasons[0].code == "credit.request_too_small"
    assert decided(known(STEADY), requested_fen=100).limit_fen == 100


def test_a_dormant_business_is_told_how_recent_its_records_must_be() -> None:
    decision = decided(known(STEADY | {"records_days_since_last_days": 200}))
    (reason,) = decision.reasons
    assert reason.code == "credit.rule_at_most"
    assert reason.would_change is not None
    assert reason.would_change.changes[0].needed == 180


def test_a_decision_is_read_back_as_it_was_written() -> None:
    for values in (STEADY, WEAK, {}):
        decision = decided(known(values))
        written = canonical_json(decision.as_json())
        assert Decision.from_json(parse_json(written)) == decision
        assert canonical_json(decided(known(values)).as_json()) == written


def test_an_exclusion_forbids_credit_whatever_else_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    circular = replace(KINDS["records_sources_count"], unit=Unit.FLAG, role="exclusion")
    monkeypatch.setitem(KINDS, "circular_trade", circular)  # type: ignore[arg-type]
    found = signal("circular_trade", value=True)
    decision = decided(SignalSet((*known(STEADY).signals, found)))
    assert [reason.code for reason in decision.reasons] == ["credit.excluded"]
    cleared = signal("circular_trade", value=False)
    assert decided(SignalSet((*known(STEADY).signals, cleared))).limit_fen == 15_000_000
    hearsay = signal("circular_trade", value=True, confidence_ppm=100_000)
    assert decided(SignalSet((*known(STEADY).signals, hearsay))).approved


def test_whatever_goes_into_a_decision_changes_its_hash() -> None:
    plain = decided(known(STEADY))
    hashes = {
        plain.inputs_hash,
        decided(known(STEADY), requested_fen=49_999_999).inputs_hash,
        decided(known(STEADY | {"records_history_days": 501})).inputs_hash,
        decided(SignalSet(known(STEADY).signals[1:])).inputs_hash,
        decide(application(), known(STEADY), POLICY, replace(MODEL, version="2"), NOON).inputs_hash,
        decide(
            application(), known(STEADY), POLICY, MODEL, NOON + timedelta(seconds=1)
        ).inputs_hash,
    }
    assert len(hashes) == 6


def test_a_policy_that_gives_nothing_away_refuses_with_the_step_that_took_it() -> None:
    decision = decided(known(STEADY), committed_fen=10**12)
    assert decision.outcome is Outcome.REFUSED
    assert [reason.code for reason in decision.reasons] == [
        "credit.limit_too_small",
        "credit.cap_committed",
    ]
