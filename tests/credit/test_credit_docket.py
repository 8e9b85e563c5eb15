"""Many applications decided and kept in one commit, each of them once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import TENANT
from tests.credit.boosted_examples import challenger
from tests.credit.credit_examples import (
    NOON,
    OTHER_SHOP,
    SHOP,
    STEADY,
    WEAK,
    application,
    known,
)

from martlet.credit import (
    Application,
    CreditService,
    Deciders,
    Drafting,
    ModelState,
    decide,
    default_policy,
    docket,
    expert_scorecard,
)
from martlet.credit.drafting import decision_text
from martlet.credit.limits import DECISIONS_IN_ONE_COMMAND_MAX
from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import Conflict, Forbidden, NotFound, TooLarge
from martlet.kernel.principal import ALL_SCOPES, ActorKind, Principal
from martlet.signals import SignalSet
from martlet.store import Snapshots, verify_chain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from martlet.kernel.clock import ManualClock
    from martlet.signals import SignalRequest
    from martlet.store import Database

POLICY, MODEL = default_policy(), expert_scorecard()


class Eye:
    """An eye that knows two shops, and counts how often it was asked."""

    name, version, consents, kinds = "eye", "1", (), ()

    def __init__(self) -> None:
        self.questions = 0

    def collect(self, request: SignalRequest, as_of: datetime) -> SignalSet:
        self.questions += 1
        return known(STEADY) if request.party_id == SHOP else known({})


class GroupEye(Eye):
    """The same, asked for all at once."""

    def collect_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> dict[UUID, SignalSet]:
        self.questions += 1
        return {party: known(STEADY) if party == SHOP else known({}) for party in party_ids}


@pytest.fixture
def credit(database: Database, clock: ManualClock) -> CreditService:
    """The decision heart at noon, with an eye."""
    clock.set(NOON)
    return CreditService(database, [Eye()])  # type: ignore[list-item] # answers one by one only


def asked(number: int, **changes: object) -> Application:
    return application(application_id=UUID(int=number), **changes)


def test_a_batch_is_answered_in_order_and_every_decision_replays(
    credit: CreditService, database: Database, principal: Principal
) -> None:
    batch = [asked(1), asked(2, party_id=OTHER_SHOP), asked(3, product="gold")]
    answers = credit.decide_batch(principal, "b-1", batch)
    assert [answer.application_id.int for answer in answers] == [1, 2, 3]
    assert [answer.limit_fen for answer in answers] == [15_000_000, 100, 0]
    assert [answer.outcome for answer in answers] == ["approved", "approved", "refused"]
    for answer, one in zip(answers, batch, strict=True):
        stored = credit.decision(principal, answer.decision_id)
        assert stored.application == one
        assert stored.decision.pd_ppm == answer.pd_ppm
        assert credit.replay(principal, answer.decision_id).identical
    with database.read() as connection:
        links_count, _ = verify_chain(connection)
    assert links_count == 4  # an event for each decision, an audit entry for the command


def test_an_application_is_decided_once_whatever_batch_it_comes_in(
    credit: CreditService, principal: Principal
) -> None:
    first = credit.decide_batch(principal, "b-1", [asked(1), asked(2), asked(1)])
    assert [answer.known_before for answer in first] == [False, False, True]
    assert first[0].decision_id == first[2].decision_id
    again = credit.decide_batch(principal, "b-2", [asked(3), asked(2)])
    assert [answer.known_before for answer in again] == [False, True]
    assert again[1].decision_id == first[1].decision_id
    assert credit.decide_batch(principal, "b-1", [asked(1), asked(2), asked(1)]) == first
    assert len(credit.decisions(principal)) == 3


def test_another_application_under_a_known_id_is_refused_with_its_whole_batch(
    credit: CreditService, principal: Principal
) -> None:
    credit.decide_batch(principal, "b-1", [asked(1)])
    for batch in ([asked(2), asked(1, requested_fen=7_000)], [asked(3), asked(3, tenor_days=30)]):
        with pytest.raises(Conflict, match=r"credit\.application_reused"):
            credit.decide_batch(principal, "b-2", batch)
    with pytest.raises(Conflict, match=r"store\.key_reused"):
        credit.decide_batch(principal, "b-1", [asked(2)])
    assert len(credit.decisions(principal)) == 1


def test_what_was_drafted_by_an_older_policy_is_decided_again_before_it_is_kept(
    credit: CreditService, database: Database, principal: Principal
) -> None:
    drafting = Drafting(database, [Eye()])  # type: ignore[list-item] # answers one by one only
    drafts = drafting.drafts(principal, [asked(1)], NOON)
    assert drafts[0].limit_fen == 15_000_000
    text = POLICY.text.replace('version = "starter-1"', 'version = "starter-2"')
    credit.publish_policy(principal, "p-1", text.replace("B = 1_500_000", "B = 1_000_000"))
    (answer,) = docket.keep(database, principal, "b-1", drafts)
    assert answer.limit_fen == 10_000_000
    stored = credit.decision(principal, answer.decision_id)
    assert stored.decision.policy_version == "starter-2"
    assert credit.replay(principal, answer.decision_id).identical


def test_the_shadows_are_asked_about_every_application_of_a_batch(
    credit: CreditService, principal: Principal
) -> None:
    answer = credit.register_model(principal, "m-1", challenger(), "# A card")
    credit.promote_model(principal, "m-2", UUID(answer["model_id"]), ModelState.SHADOW)
    for kept in credit.decide_batch(principal, "b-1", [asked(1), asked(2, party_id=OTHER_SHOP)]):
        report = credit.replay(principal, kept.decision_id)
        assert report.all_identical
        assert len(report.shadows) == 1
        assert report.shadows[0].stored.score is not None


def test_who_may_not_lend_or_see_a_business_may_not_have_it_decided(
    credit: CreditService, principal: Principal
) -> None:
    owner = Principal(TENANT, UUID(int=9), ActorKind.OWNER, ALL_SCOPES, frozenset({OTHER_SHOP}))
    with pytest.raises(NotFound):
        credit.decide_batch(owner, "b-1", [asked(1)])
    clerk = Principal(TENANT, UUID(int=3), ActorKind.STAFF, frozenset())
    with pytest.raises(Forbidden):
        credit.decide_batch(clerk, "b-1", [asked(1)])
    many = [asked(number) for number in range(1, DECISIONS_IN_ONE_COMMAND_MAX + 2)]
    with pytest.raises(TooLarge, match=r"credit\.batch_too_large"):
        credit.decide_batch(principal, "b-1", many)
    assert credit.decide_batch(principal, "b-1", []) == ()


def test_an_eye_is_asked_for_a_whole_batch_at_once_where_it_can_answer_so(
    database: Database, principal: Principal
) -> None:
    single, group = Eye(), GroupEye()
    parties = [SHOP, OTHER_SHOP, SHOP]
    answers = [
        Drafting(database, eyes).signals_of_each(principal, parties, NOON)  # type: ignore[arg-type]
        for eyes in ([single], [group])
    ]
    assert answers[0] == answers[1] == {SHOP: known(STEADY), OTHER_SHOP: SignalSet()}
    assert (single.questions, group.questions) == (2, 1)


def _drafting_of(url: str) -> Drafting:
    return Drafting(Snapshots(url), [Eye()])  # type: ignore[list-item] # answers one by one only


def test_processes_beside_the_writer_decide_as_it_would_itself(
    credit: CreditService, principal: Principal, prepared_url: str
) -> None:
    batch = [asked(number, requested_fen=number * 1_000_000) for number in range(1, 601)]
    with Deciders(partial(_drafting_of, prepared_url), 1) as deciders:
        parts = list(credit.decide_many(principal, "d", batch, deciders))
        again = list(credit.decide_many(principal, "other", batch, deciders))
    assert [len(part) for part in parts] == [512, 88]
    kept = [answer for part in parts for answer in part]
    for answer in kept[::50]:
        assert credit.replay(principal, answer.decision_id).identical
    assert [answer for part in again for answer in part] == [
        answer._replace(known_before=True) for answer in kept
    ]


@settings(deadline=None)
@given(
    st.sampled_from([STEADY, WEAK, {}]),
    st.integers(0, 10**9),
    st.sampled_from([None, 30, 31]),
    st.integers(0, 10**9),
)
def test_a_decision_is_written_as_its_json_value_would_be(
    values: dict[str, int], requested_fen: int, tenor_days: int | None, committed_fen: int
) -> None:
    wanted = application(requested_fen, tenor_days=tenor_days, committed_fen=committed_fen)
    decision = decide(wanted, known(values), POLICY, MODEL, NOON)
    assert decision_text(decision) == canonical_json(decision.as_json()).decode()
