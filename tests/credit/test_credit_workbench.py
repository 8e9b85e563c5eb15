"""Stored applications decided again: unchanged, nobody moves; changed, every mover is counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import MORNING, TENANT
from tests.credit.credit_examples import NOON, STEADY, WEAK, application, known

from martlet.credit import (
    CreditService,
    LoanOutcome,
    Period,
    StoredDecision,
    decide,
    decide_and_record,
    default_policy,
    expert_scorecard,
    parse_policy,
)
from martlet.credit.outcomes import DecisionOutcome, by_decision
from martlet.credit.segments import Segments
from martlet.credit.workbench import Assumptions, Changed, Move, compare, expected, replayed
from martlet.kernel.errors import Forbidden, Refused
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from martlet.credit import Decision
    from martlet.credit.workbench import Replayed
    from martlet.kernel.clock import ManualClock
    from martlet.store import Database, Transaction

ASKED_AT = MORNING + timedelta(hours=3)
HARSHER = parse_policy(
    default_policy()
    .text.replace('version = "starter-1"', 'version = "harsher"')
    .replace("B = 1_500_000", "B = 1_000_000")
)
DEARER = parse_policy(
    default_policy()
    .text.replace('version = "starter-1"', 'version = "dearer"')
    .replace("rate_ppm_per_day = 280", "rate_ppm_per_day = 300")
)
STRICTER = parse_policy(
    default_policy()
    .text.replace('version = "starter-1"', 'version = "stricter"')
    .replace("at_most = 180", "at_most = 50")
)
GENTLER = replace(expert_scorecard(), version="gentler", base_points=900)


def stored(values: dict[str, int], number: int = 1, requested_fen: int = 50_000_000) -> Any:
    asked = application(requested_fen)
    signals = known(values)
    policy, model = default_policy(), expert_scorecard()
    return StoredDecision(
        decision_id=UUID(int=number),
        application=asked,
        signals=signals,
        policy_hash=policy.content_hash,
        model_hash=model.content_hash,
        as_of=NOON,
        recorded_at=NOON,
        decision=decide(asked, signals, policy, model, NOON),
    )


def again(one: StoredDecision, policy: Any = None, model: Any = None, **more: Any) -> Replayed:
    return replayed(
        one,
        policy or default_policy(),
        model or expert_scorecard(),
        more.get("segments", Segments("浙江", "餐饮", "50k_to_200k")),
        more.get("outcome"),
    )


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(
                st.sampled_from(sorted(STEADY)), st.integers(0, 1_000_000), max_size=len(STEADY)
            ),
            st.integers(1, 10**9),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_nothing_changed_moves_nobody_and_not_one_byte(
    asked: list[tuple[dict[str, int], int]],
) -> None:
    cases = [again(stored(values, n, fen)) for n, (values, fen) in enumerate(asked, 1)]
    found = compare(cases)
    assert found.identical == found.cases == len(asked)
    assert found.movers_count == 0
    assert found.before == found.after


def test_a_harsher_share_lowers_limits_and_says_whose() -> None:
    found = compare([again(stored(STEADY, 1), HARSHER), again(stored(WEAK, 2), HARSHER)])
    down = found.movers[Move.LIMIT_DOWN]
    assert (down.count, down.limit_before_fen, down.limit_after_fen) == (1, 15_000_000, 10_000_000)
    assert [mover.decision_id for mover in down.largest()] == [str(UUID(int=1))]
    assert found.movers_count == 1
    assert found.after.loss_fen < found.before.loss_fen
    assert found.as_json()["after"]["limit_fen"] == 10_000_000


def test_a_dearer_band_is_a_move_in_price_alone() -> None:
    found = compare([again(stored(STEADY), DEARER)])
    assert found.movers[Move.PRICE_UP].count == found.movers_count == 1
    assert found.after.interest_fen > found.before.interest_fen


def test_who_is_refused_now_was_lived_through_and_who_is_approved_now_was_not() -> None:
    quiet = {**STEADY, "records_days_since_last_days": 100}
    bad = DecisionOutcome(date(2026, 3, 3), 8_000_000, True, 5_000_000, 100_000, 2)
    good = DecisionOutcome(date(2026, 3, 3), 8_000_000, False, 0, 300_000, 1)
    cases = [
        again(stored(quiet, 1), STRICTER, outcome=bad),
        again(stored(STEADY, 2), STRICTER, outcome=good),
        again(stored(WEAK, 3), STRICTER, GENTLER),
    ]
    found = compare(cases).as_json()
    assert found["movers"]["newly_refused"]["count"] >= 1
    dropped, kept = found["lived"]["dropped"], found["lived"]["kept"]
    assert (dropped["known_count"], dropped["bad_count"]) == (1, 1)
    assert (dropped["principal_lost_fen"], dropped["earned_fen"]) == (5_000_000, 100_000)
    assert (kept["known_count"], kept["bad_count"], kept["earned_fen"]) == (1, 0, 300_000)


def test_the_newly_approved_have_a_bound_and_no_outcome() -> None:
    weak = again(stored(WEAK), model=GENTLER)
    assert not weak.before.approved
    assert weak.after.approved
    found = compare([weak], Assumptions(lgd_ppm=600_000, drawn_ppm=500_000)).not_lived()
    assert found["newly_approved_count"] == 1
    assert found["loss_least_fen"] == 0
    assert found["loss_most_fen"] == weak.after.limit_fen * 3 // 10
    assert (found["bad_least_ppm"], found["bad_most_ppm"]) == (0, 1_000_000)


def test_a_model_earns_nothing_by_calling_everybody_good() -> None:
    """By its own pd it expects less loss; by the pd of before, on more money, more."""
    found = compare([again(stored(STEADY, 1), model=GENTLER), again(stored({}, 2), model=GENTLER)])
    own, stored_risk = found.after, found.after_by_stored_risk
    assert own.limit_fen == stored_risk.limit_fen > found.before.limit_fen
    assert own.loss_fen < found.before.loss_fen < stored_risk.loss_fen
    dearer = compare([again(stored(STEADY), DEARER)])
    assert dearer.after == dearer.after_by_stored_risk


def test_groups_sum_to_the_whole() -> None:
    cases = [
        again(stored(values, n), DEARER, segments=Segments(region, "餐饮", "unknown"))
        for n, (values, region) in enumerate(
            [(STEADY, "浙江"), (WEAK, "浙江"), ({}, "江苏"), (STEADY, "江苏")], 1
        )
    ]
    found = compare(cases).as_json()
    for groups in found["by"].values():
        for side in ("before", "after"):
            for name in ("cases_count", "approved_count", "limit_fen", "expected_profit_fen"):
                assert sum(group[side][name] for group in groups) == found[side][name]


def test_expected_money_by_hand() -> None:
    """
    ¥150,000 for 360 days at 0.028 %, pd p, lgd 60 %, money at 0.008 % a day, ¥2.30 to make.
    interest  150,000 x 360 x 0.00028 x (1 - p)
    loss      150,000 x p x 0.6
    """
    one = stored(STEADY)
    decision: Decision = one.decision
    money = expected(one.application, decision, Assumptions())
    p, limit = decision.pd_ppm, 15_000_000
    assert money.interest_fen == pytest.approx(limit * 360 * 280 * (10**6 - p) / 10**12, abs=1)
    assert money.loss_fen == pytest.approx(limit * p * 600_000 / 10**12, abs=1)
    assert money.funding_fen == limit * 360 * 80 // 10**6
    assert money.cost_fen == 230
    assert (
        money.profit_fen == money.interest_fen - money.loss_fen - money.funding_fen - money.cost_fen
    )


def test_instalments_bring_the_money_back_evenly() -> None:
    asked = application(product="equal_instalments", tenor_months=12)
    decision = decide(asked, known(STEADY), default_policy(), expert_scorecard(), NOON)
    money = expected(asked, decision, Assumptions(funding_ppm_per_day=100))
    assert money.funding_fen == decision.limit_fen * 13 * 15 * 100 // 10**6


# Over the database.

STAFF = Principal(TENANT, UUID(int=1), ActorKind.STAFF, ALL_SCOPES)


class Lived:
    """A book in which every approved decision was drawn and went bad."""

    def __init__(self, bad: set[UUID]) -> None:
        self.bad = bad

    def definitions(self) -> tuple[()]:
        return ()

    def outcomes(
        self, principal: Principal, drawn_since: date | None = None
    ) -> Iterator[LoanOutcome]:
        for decision_id in self.bad:
            yield LoanOutcome(
                decision_id, decision_id, decision_id, decision_id, date(2026, 3, 3), 1_000,
                date(2026, 9, 1), True, True, date(2026, 7, 1), 91, 1_000, 0,
            )  # fmt: skip


def _recorded(database: Database, clock: ManualClock) -> list[UUID]:
    """Three days, three applications a day."""
    from martlet.store import Command

    found: list[UUID] = []
    for day in range(3):
        clock.set(ASKED_AT + timedelta(days=day))
        for number, values in enumerate((STEADY, WEAK, {})):

            def handler(tx: Transaction, values: dict[str, int] = values) -> dict[str, Any]:
                decision_id, _ = decide_and_record(tx, application(), known(values), tx.now)
                found.append(decision_id)
                return {}

            database.command(Command("test.decide", STAFF, f"{day}-{number}", {}), handler)
    return found


def test_stored_decisions_replay_by_days_and_by_number(
    database: Database, clock: ManualClock
) -> None:
    ids = _recorded(database, clock)
    steady = ids[::3]
    credit = CreditService(database, (), Lived(set(steady)))
    seen: list[tuple[int, int | None]] = []
    found = credit.backtest(STAFF, Changed(), on_progress=lambda *step: seen.append(step))
    assert found.comparison.identical == found.comparison.cases == 9
    assert found.comparison.movers_count == 0
    assert seen == [(9, 9)]
    assert found.comparison.kept.bad == 3

    harsher = credit.backtest(STAFF, Changed(policy=HARSHER))
    assert harsher.comparison.movers[Move.LIMIT_DOWN].count == 3
    assert harsher.as_json()["policy_version"] == "harsher"
    assert harsher.as_json()["model_version"] is None

    day = Period(ASKED_AT + timedelta(days=1), ASKED_AT + timedelta(days=2))
    assert credit.backtest(STAFF, Changed(), day).comparison.cases == 3
    newest = credit.backtest(STAFF, Changed(), Period(newest=4))
    assert newest.comparison.cases == 4
    assert newest.as_json()["stored_count"] == 9


def test_a_portfolio_is_not_for_owners(database: Database) -> None:
    owner = Principal(TENANT, UUID(int=9), ActorKind.OWNER, ALL_SCOPES, frozenset({UUID(int=9)}))
    with pytest.raises(Forbidden, match=r"credit\.portfolio_staff_only"):
        CreditService(database).backtest(owner, Changed())


def test_a_period_that_is_too_long_is_refused(
    database: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _recorded(database, clock)
    monkeypatch.setattr("martlet.credit.history.REPLAY_DECISIONS_MAX", 8)
    monkeypatch.setattr("martlet.credit.history.REPLAY_PAGE", 2)
    credit = CreditService(database)
    with pytest.raises(Refused, match=r"credit\.period_too_long"):
        credit.backtest(STAFF, Changed())
    assert credit.backtest(STAFF, Changed(), Period(newest=7)).comparison.cases == 7


def loan(number: int, *, bad: bool | None, ripe: bool) -> LoanOutcome:
    day = date(2026, 1, number)
    return LoanOutcome(
        UUID(int=number), UUID(int=1), UUID(int=2), UUID(int=3), day, 100, date(2026, 9, 1),
        bad, ripe, day if bad else None, 0, 100 if bad else 0, 7,
    )  # fmt: skip


def test_a_decision_is_judged_by_its_ripe_loans() -> None:
    """Bad is known sooner than good: what is not ripe counts for neither."""
    told = [
        ([loan(1, bad=False, ripe=True), loan(2, bad=None, ripe=False)], False),
        ([loan(1, bad=False, ripe=True), loan(2, bad=True, ripe=True)], True),
        ([loan(1, bad=False, ripe=True), loan(2, bad=True, ripe=False)], False),
        ([loan(1, bad=True, ripe=False), loan(2, bad=None, ripe=False)], None),
    ]
    for loans, bad in told:
        (found,) = by_decision(loans).values()
        assert found.bad is bad
        assert (found.drawn_fen, found.earned_fen, found.loans_count) == (200, 14, 2)
