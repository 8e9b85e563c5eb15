"""Models in shadow beside live applications: asked every time, never obeyed, harming nobody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select
from tests.conftest import TENANT
from tests.credit.boosted_examples import challenger
from tests.credit.credit_examples import NOON, application, known

from martlet.credit import (
    CreditModel,
    CreditService,
    ModelState,
    Scorecard,
    default_policy,
    expert_scorecard,
)
from martlet.credit.shadows import Asked, answers_of
from martlet.credit.tables import credit_shadow
from martlet.kernel.errors import Forbidden
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.store import verify_chain

if TYPE_CHECKING:
    from sqlalchemy import Row
    from tests.lending.conftest import LendingBank

ANNA, BO = (Principal(TENANT, UUID(int=n), ActorKind.STAFF, ALL_SCOPES) for n in (1, 2))
GENEROUS = replace(expert_scorecard(), name="generous", base_points=700)
TAKINGS = expert_scorecard().characteristics[0]
STRICT = replace(
    expert_scorecard(),
    name="strict",
    characteristics=(replace(TAKINGS, points=(-400,) * len(TAKINGS.points)),),
)
"""A scorecard that trusts nobody who shows takings."""


@pytest.fixture
def credit(bank: LendingBank) -> CreditService:
    return CreditService(bank.database)


def in_shadow(credit: CreditService, model: CreditModel) -> UUID:
    answer = credit.register_model(ANNA, f"register-{model.name}", model, "# A card")
    model_id = UUID(answer["model_id"])
    credit.promote_model(BO, f"shadow-{model.name}", model_id, ModelState.SHADOW)
    return model_id


def apply(bank: LendingBank, requested_fen: int = 10_000_000) -> dict[str, Any]:
    party = bank.business()
    return bank.lending.apply(bank.principal, bank.key(), party, "revolving_daily", requested_fen)


def answers(bank: LendingBank) -> list[Row[Any]]:
    with bank.database.read() as connection:
        return list(connection.execute(select(credit_shadow)))


def test_a_shadow_is_asked_about_every_application_and_obeyed_in_none(
    bank: LendingBank, credit: CreditService
) -> None:
    before = apply(bank)["decision"]
    assert answers(bank) == []
    models = (GENEROUS, challenger())
    for model in models:
        in_shadow(credit, model)
    decision = apply(bank)["decision"]
    assert decision["model_version"] == "expert-prior/1"
    assert decision["limit_fen"] == before["limit_fen"]
    rows = {row.model_hash: row for row in answers(bank)}
    assert set(rows) == {model.content_hash for model in models}
    values = {"verified_takings_monthly_fen": 10_000_000, "records_history_days": 700}
    for model in models:
        row = rows[model.content_hash]
        assert str(row.decision_id) == decision["decision_id"]
        assert row.score == model.score(values)
        assert row.pd_ppm == model.pd_ppm(row.score)
        assert row.error == ""
        assert bool(row.would_approve) == (row.limit_fen > 0)
        assert row.recorded_at == bank.clock.now()
    assert rows[GENEROUS.content_hash].limit_fen >= decision["limit_fen"] > 0


def test_a_shadow_that_would_have_refused_says_so(bank: LendingBank, credit: CreditService) -> None:
    in_shadow(credit, STRICT)
    assert apply(bank)["decision"]["outcome"] == "approved"
    (row,) = answers(bank)
    assert (row.would_approve, row.limit_fen, row.error) == (0, 0, "")
    assert row.pd_ppm > 500_000


def test_the_answers_of_shadows_replay_long_after_they_retired(
    bank: LendingBank, credit: CreditService
) -> None:
    retired = [in_shadow(credit, model) for model in (GENEROUS, challenger())]
    decision_id = UUID(apply(bank)["decision"]["decision_id"])
    for model_id in retired:
        credit.promote_model(BO, f"retire-{model_id}", model_id, ModelState.RETIRED)
    apply(bank)
    assert len(answers(bank)) == 2
    report = credit.replay(bank.principal, decision_id)
    assert report.all_identical
    assert [shadow.identical for shadow in report.shadows] == [True, True]
    assert report.as_json()["shadows"][0]["stored"] == report.as_json()["shadows"][0]["recomputed"]


def test_a_failing_shadow_harms_nobody(
    bank: LendingBank, credit: CreditService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One shadow breaks while scoring; the decision, the offer and the other shadow stand."""
    for model in (GENEROUS, challenger()):
        in_shadow(credit, model)
    healthy = Scorecard.score

    def broken(self: Scorecard, values: dict[str, int]) -> int:
        if self.name == "generous":
            raise ZeroDivisionError
        return healthy(self, values)

    monkeypatch.setattr(Scorecard, "score", broken)
    applied = apply(bank)
    assert applied["decision"]["outcome"] == "approved"
    assert applied["offer"]
    rows = {row.model_hash: row for row in answers(bank)}
    failed = rows.pop(GENEROUS.content_hash)
    assert (failed.error, failed.score, failed.pd_ppm) == ("ZeroDivisionError", None, None)
    assert (failed.would_approve, failed.limit_fen) == (None, None)
    assert [row.error for row in rows.values()] == [""]
    with bank.database.read() as connection:
        verify_chain(connection)
    monkeypatch.undo()
    report = credit.replay(bank.principal, UUID(applied["decision"]["decision_id"]))
    assert report.all_identical, "a failure has nothing to be compared with"


def test_a_shadow_whose_artefact_is_gone_fails_in_one_word(bank: LendingBank) -> None:
    asked = Asked(application(), known({}), default_policy(), NOON)
    with bank.database.read() as connection:
        (answer,) = answers_of(connection, TENANT, ["00" * 32], asked)
    assert (answer.error, answer.would_approve) == ("credit.artefact_lost", None)


def test_a_report_says_how_a_shadow_would_have_done(
    bank: LendingBank, credit: CreditService
) -> None:
    assert credit.shadow_reports(bank.principal) == ()
    for model in (GENEROUS, STRICT):
        in_shadow(credit, model)
    limits = [apply(bank)["decision"]["limit_fen"] for _ in range(3)]
    generous, strict = credit.shadow_reports(bank.principal)
    assert [report.model.name for report in (generous, strict)] == ["generous", "strict"]
    assert (strict.asked_count, strict.compared_count, strict.failed_count) == (3, 3, 0)
    assert (generous.agreement.value_ppm, strict.agreement.value_ppm) == (1_000_000, 0)
    assert generous.swapped_out.count == 0
    assert (strict.swapped_out.count, strict.swapped_out.limit_fen) == (3, sum(limits))
    assert strict.first_at == strict.last_at == bank.clock.now()
    assert strict.as_json()["lived"]["bad"]["of_count"] == 0
    owner = bank.owner_of(UUID(int=1))
    with pytest.raises(Forbidden):
        credit.shadow_reports(owner)
