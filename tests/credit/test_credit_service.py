"""Decisions kept and replayed, policies published, models promoted by two people."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from tests.conftest import MORNING, TENANT
from tests.credit.boosted_examples import challenger
from tests.credit.credit_examples import OTHER_SHOP, SHOP, STEADY, WEAK, application, known

from martlet.credit import (
    CreditService,
    Decision,
    ModelKind,
    ModelState,
    Scorecard,
    decide_and_record,
    default_policy,
    expert_scorecard,
)
from martlet.credit.limits import SHADOWS_MAX
from martlet.kernel.errors import Forbidden, NotFound, Refused, Unavailable
from martlet.kernel.i18n import Locale, explain
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.signals import SignalSet
from martlet.store import Command

if TYPE_CHECKING:
    from datetime import datetime

    from martlet.kernel.clock import ManualClock
    from martlet.signals import SignalRequest
    from martlet.store import Database, Transaction

ASKED_AT = MORNING + timedelta(hours=3)


def _staff(number: int) -> Principal:
    return Principal(TENANT, UUID(int=number), ActorKind.STAFF, ALL_SCOPES)


ANNA, BO = _staff(1), _staff(2)


@pytest.fixture
def credit(database: Database, clock: ManualClock) -> CreditService:
    """The decision heart at noon."""
    clock.set(ASKED_AT)
    return CreditService(database)


def _record(
    database: Database, principal: Principal, values: dict[str, int], key: str = "a-1"
) -> tuple[UUID, Decision]:
    kept: list[tuple[UUID, Decision]] = []

    def handler(tx: Transaction) -> dict[str, object]:
        kept.append(decide_and_record(tx, application(), known(values), tx.now))
        return {"decision_id": str(kept[0][0])}

    database.command(Command("test.decide", principal, key, {}), handler)
    return kept[0]


def test_a_decision_is_kept_with_all_its_inputs_and_replays_to_the_byte(
    credit: CreditService, database: Database, principal: Principal
) -> None:
    for key, values in (("a-1", STEADY), ("a-2", WEAK), ("a-3", {})):
        decision_id, decision = _record(database, principal, values, key)
        stored = credit.decision(principal, decision_id)
        assert stored.decision == decision
        assert stored.application == application()
        assert stored.signals == known(values)
        report = credit.replay(principal, decision_id)
        assert report.identical
        assert report.differing == ()


def test_an_old_decision_replays_under_the_policy_and_model_it_was_made_by(
    credit: CreditService, database: Database, principal: Principal
) -> None:
    decision_id, decision = _record(database, principal, STEADY)
    credit.publish_policy(ANNA, "p-1", _harsher())
    model = replace(expert_scorecard(), version="2", base_points=300)
    answer = credit.register_model(ANNA, "m-1", model, "# A card")
    credit.promote_model(BO, "m-2", UUID(answer["model_id"]), ModelState.CHAMPION)
    now = credit.decide_now(principal, application(), known(STEADY), ASKED_AT)
    assert (now.model_version, now.policy_version) == ("expert-prior/2", "starter-2")
    assert now.pd_ppm > decision.pd_ppm
    assert credit.replay(principal, decision_id).identical


def test_a_kept_decision_cannot_be_altered(
    credit: CreditService, database: Database, principal: Principal
) -> None:
    _record(database, principal, STEADY)

    def tamper(tx: Transaction) -> dict[str, object]:
        tx.execute(text("UPDATE credit_decision SET limit_fen = 1"))
        return {}

    with pytest.raises((DBAPIError, Unavailable)):
        database.command(Command("test.tamper", principal, "t-1", {}), tamper)
    assert len(credit.decisions(principal)) == 1


def test_nobody_sees_the_decision_of_another_business(
    credit: CreditService, database: Database, principal: Principal
) -> None:
    decision_id, _ = _record(database, principal, STEADY)
    owner = Principal(TENANT, UUID(int=9), ActorKind.OWNER, ALL_SCOPES, frozenset({OTHER_SHOP}))
    with pytest.raises(NotFound):
        credit.decision(owner, decision_id)
    with pytest.raises(NotFound):
        credit.replay(owner, decision_id)
    assert credit.decisions(owner) == []
    itself = Principal(TENANT, UUID(int=8), ActorKind.OWNER, ALL_SCOPES, frozenset({SHOP}))
    assert credit.decision(itself, decision_id).decision_id == decision_id
    elsewhere = Principal(UUID(int=7), UUID(int=1), ActorKind.STAFF, ALL_SCOPES)
    with pytest.raises(NotFound):
        credit.decision(elsewhere, decision_id)


def _harsher(version: str = "starter-2") -> str:
    return (
        default_policy()
        .text.replace('version = "starter-1"', f'version = "{version}"')
        .replace("B = 1_500_000", "B = 1_000_000")
    )


def test_a_policy_comes_into_force_on_its_day_without_a_restart(
    credit: CreditService, principal: Principal, clock: ManualClock
) -> None:
    monday = ASKED_AT + timedelta(days=7)
    credit.publish_policy(ANNA, "p-1", _harsher(), monday)
    assert credit.policy_in_force(principal, ASKED_AT).version == "starter-1"
    assert credit.policy_in_force(principal, monday).version == "starter-2"
    decision = credit.decide_now(principal, application(), known(STEADY), monday)
    assert decision.limit_fen == 10_000_000
    clock.advance(timedelta(days=8))
    credit.publish_policy(ANNA, "p-2", default_policy().text)
    assert credit.policy_in_force(principal, clock.now()).version == "starter-1"
    assert credit.policy_in_force(principal, monday).version == "starter-2"
    assert [policy.version for policy in credit.policies(principal)] == ["starter-1", "starter-2"]
    (version, share) = credit.policy_difference(principal, "starter-1", "starter-2")[::-1]
    assert (share.before, share.after) == ("1500000", "1000000")
    assert version.place == "version"


def test_a_policy_is_never_published_for_the_past_nor_under_a_taken_name(
    credit: CreditService,
) -> None:
    with pytest.raises(Refused, match=r"credit\.policy_backdated"):
        credit.publish_policy(ANNA, "p-1", _harsher(), ASKED_AT - timedelta(seconds=1))
    with pytest.raises(Refused, match=r"credit\.policy_version_taken"):
        credit.publish_policy(ANNA, "p-1", _harsher("starter-1"))
    clerk = Principal(TENANT, UUID(int=3), ActorKind.STAFF, frozenset())
    with pytest.raises(Forbidden):
        credit.publish_policy(clerk, "p-1", _harsher())


def test_one_person_alone_cannot_make_a_champion(
    credit: CreditService, principal: Principal
) -> None:
    assert credit.champion(principal).version == "1"
    ids = []
    for version in ("2", "3"):
        model = replace(expert_scorecard(), version=version)
        answer = credit.register_model(ANNA, f"m-{version}", model, "# A card")
        ids.append(UUID(answer["model_id"]))
    with pytest.raises(Refused, match=r"credit\.second_person_needed"):
        credit.promote_model(ANNA, "m-4", ids[0], ModelState.CHAMPION)
    credit.promote_model(ANNA, "m-5", ids[0], ModelState.SHADOW)
    credit.promote_model(BO, "m-6", ids[0], ModelState.CHAMPION)
    assert credit.champion(principal).version == "2"
    credit.promote_model(BO, "m-7", ids[1], ModelState.CHAMPION)
    assert credit.champion(principal).version == "3"
    states = {model.version: model.state for model in credit.models(principal)}
    assert states == {"2": ModelState.RETIRED, "3": ModelState.CHAMPION}
    with pytest.raises(Refused, match=r"credit\.model_state_impossible"):
        credit.promote_model(BO, "m-8", ids[0], ModelState.SHADOW)
    with pytest.raises(Refused, match=r"credit\.model_version_taken"):
        credit.register_model(ANNA, "m-9", replace(expert_scorecard(), version="2"), "# A card")


def test_boosted_trees_may_run_in_shadow_and_never_decide(
    credit: CreditService, principal: Principal
) -> None:
    answer = credit.register_model(ANNA, "m-1", challenger(), "# A card")
    model_id = UUID(answer["model_id"])
    credit.promote_model(BO, "m-2", model_id, ModelState.SHADOW)
    (found,) = credit.models(principal)
    assert (found.kind, found.state) == (ModelKind.MONOTONE_TREES, ModelState.SHADOW)
    with pytest.raises(Refused, match=r"credit\.only_scorecards_decide") as refused:
        credit.promote_model(BO, "m-3", model_id, ModelState.CHAMPION)
    for locale in Locale:
        assert "challenger 1" in explain(refused.value.code, refused.value.details, locale)
    assert credit.champion(principal) == expert_scorecard()
    credit.promote_model(BO, "m-4", model_id, ModelState.RETIRED)
    assert [model.state for model in credit.models(principal)] == [ModelState.RETIRED]


def test_only_so_many_models_run_in_shadow_at_a_time(credit: CreditService) -> None:
    ids = []
    for number in range(SHADOWS_MAX + 1):
        model = challenger(version=str(number)) if number % 2 else _scorecard(str(number + 10))
        answer = credit.register_model(ANNA, f"m-{number}", model, "# A card")
        ids.append(UUID(answer["model_id"]))
    for model_id in ids[:SHADOWS_MAX]:
        credit.promote_model(ANNA, f"s-{model_id}", model_id, ModelState.SHADOW)
    with pytest.raises(Refused, match=r"credit\.too_many_shadows"):
        credit.promote_model(ANNA, "s-too-many", ids[-1], ModelState.SHADOW)
    credit.promote_model(BO, "s-champion", ids[0], ModelState.CHAMPION)
    credit.promote_model(ANNA, "s-now", ids[-1], ModelState.SHADOW)


def _scorecard(version: str) -> Scorecard:
    return replace(expert_scorecard(), version=version)


class _Eye:
    """An eye that sees what it was told, or fails."""

    name, version, consents, kinds = "eye", "1", (), ()

    def __init__(self, answer: SignalSet | None) -> None:
        self._answer = answer

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        if self._answer is None:
            raise Unavailable("records.closed")
        return self._answer


def test_an_eye_that_fails_is_left_out(database: Database, principal: Principal) -> None:
    eyes = [_Eye(None), _Eye(known({"records_history_days": 30})), _Eye(SignalSet())]
    service = CreditService(database, eyes)  # type: ignore[arg-type]
    found = service.signals(principal, SHOP, ASKED_AT)
    assert found == known({"records_history_days": 30})


@pytest.mark.parametrize("locale", list(Locale))
def test_a_decision_is_explained_in_both_languages(
    credit: CreditService, database: Database, principal: Principal, locale: Locale
) -> None:
    decision_id, _ = _record(database, principal, WEAK)
    words = credit.explain(principal, decision_id, locale)
    assert words.reasons
    for reason in words.reasons:
        assert "{" not in reason.sentence + reason.way_out
        assert "credit." not in reason.sentence + reason.way_out
        assert reason.way_out
