"""The decision heart at work: read the signals, decide, keep every decision with all its inputs.

The one invariant: what was decided can be decided again from what was stored, byte for byte.
Nothing here writes a limit; that is `decide`, which is pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.credit import docket, history, publishing, queries, registry
from martlet.credit.decide import decide
from martlet.credit.defaults import scorecard_of
from martlet.credit.drafting import Drafting
from martlet.credit.history import Period
from martlet.credit.outcomes import by_decision
from martlet.credit.policy import difference
from martlet.credit.queries import ModelState
from martlet.credit.recording import decided_by
from martlet.credit.sentences import explanation
from martlet.credit.shadows import Asked, replay_shadows
from martlet.credit.workbench import Changed, backtest_stored
from martlet.kernel.canonical import canonical_json
from martlet.kernel.errors import Refused
from martlet.kernel.principal import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from martlet.credit.artefact import CreditModel
    from martlet.credit.deciders import Deciders
    from martlet.credit.docket import KeptDecision
    from martlet.credit.model import Application, Decision
    from martlet.credit.monitoring import Portfolio
    from martlet.credit.outcomes import OutcomeSource
    from martlet.credit.policy import Policy, PolicyDifference
    from martlet.credit.queries import PublishedPolicy, RegisteredModel, StoredDecision
    from martlet.credit.scorecard import Scorecard
    from martlet.credit.sentences import Explanation
    from martlet.credit.shadow_report import ShadowReport
    from martlet.credit.shadows import ShadowReplay
    from martlet.credit.workbench import Assumptions, StoredBacktest
    from martlet.kernel.i18n import Locale
    from martlet.kernel.principal import Principal
    from martlet.signals import SignalProvider, SignalSet
    from martlet.store import Database

    OnProgress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """A stored decision beside the same decision made again."""

    decision_id: UUID
    identical: bool
    stored: Decision
    recomputed: Decision
    differing: tuple[str, ...]
    """The fields in which they differ; none when identical."""
    shadows: tuple[ShadowReplay, ...] = ()
    """The answers of the models that ran in shadow, then and now."""

    @property
    def all_identical(self) -> bool:
        """Whether the decision and every shadow's answer came out the same."""
        return self.identical and all(shadow.identical for shadow in self.shadows)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "decision_id": str(self.decision_id),
            "identical": self.identical,
            "differing": list(self.differing),
            "stored": self.stored.as_json(),
            "recomputed": self.recomputed.as_json(),
            "shadows": [shadow.as_json() for shadow in self.shadows],
        }


class CreditService:
    """Decides, keeps decisions, and replays them; reads through the eyes it was given."""

    def __init__(
        self,
        database: Database,
        providers: Sequence[SignalProvider] = (),
        outcomes: OutcomeSource | None = None,
    ) -> None:
        self._database = database
        self._outcomes = outcomes
        self._drafting = Drafting(database, providers)

    def signals(self, principal: Principal, party_id: UUID, as_of: datetime) -> SignalSet:
        """Return what all eyes know about a business; an eye that fails is left out."""
        return self._drafting.signals(principal, party_id, as_of)

    def decide_batch(
        self, principal: Principal, key: str, applications: Sequence[Application]
    ) -> tuple[KeptDecision, ...]:
        """Decide on applications as of now and keep every decision, in one commit.

        The same application is decided once, whatever batches it comes in.
        """
        principal.require(Scope.LENDING_WRITE)
        docket.check_size(applications)
        as_of = self._database.clock.now()
        drafts = self._drafting.drafts(principal, applications, as_of)
        return docket.keep(self._database, principal, key, drafts)

    def decide_many(
        self,
        principal: Principal,
        key: str,
        applications: Iterable[Application],
        deciders: Deciders,
    ) -> Iterator[tuple[KeptDecision, ...]]:
        """Do the same for any number, batch after batch, decided in processes beside this one.

        Each batch is on the disk when it is yielded. After a crash the same call goes on where it
        stopped: what was decided is answered from the record.
        """
        principal.require(Scope.LENDING_WRITE)
        return docket.keep_many(self._database, principal, key, applications, deciders)

    def decide_now(
        self,
        principal: Principal,
        application: Application,
        signals: SignalSet,
        as_of: datetime,
    ) -> Decision:
        """Return the decision that would be made, by what is in force; keep nothing."""
        principal.require_party(application.party_id)
        with self._database.read() as connection:
            policy = queries.policy_in_force(connection, principal.tenant_id, as_of)
            model = queries.champion(connection, principal.tenant_id)
        return decide(application, signals, policy, model, as_of)

    def decision(self, principal: Principal, decision_id: UUID) -> StoredDecision:
        """Return a decision with all its inputs."""
        principal.require(Scope.CREDIT_READ)
        with self._database.read() as connection:
            return queries.decision(connection, principal, decision_id)

    def replay(self, principal: Principal, decision_id: UUID) -> ReplayReport:
        """Make a stored decision again from its stored inputs and compare the bytes."""
        principal.require(Scope.CREDIT_READ)
        with self._database.read() as connection:
            stored = queries.decision(connection, principal, decision_id)
            policy, model = decided_by(connection, principal, stored)
            asked = Asked(stored.application, stored.signals, policy, stored.as_of)
            shadows = replay_shadows(connection, principal.tenant_id, decision_id, asked)
        again = decide(stored.application, stored.signals, policy, model, stored.as_of)
        before, after = stored.decision.as_json(), again.as_json()
        differing = tuple(name for name in before if before[name] != after[name])
        identical = canonical_json(before) == canonical_json(after)
        return ReplayReport(decision_id, identical, stored.decision, again, differing, shadows)

    def backtest(
        self,
        principal: Principal,
        changed: Changed,
        period: Period | None = None,
        assumptions: Assumptions | None = None,
        on_progress: OnProgress | None = None,
    ) -> StoredBacktest:
        """Return what a changed policy or model would have decided on stored applications."""
        return backtest_stored(
            self._database,
            self._outcomes,
            principal,
            changed,
            period or Period(),
            assumptions,
            on_progress,
        )

    def shadow_reports(self, principal: Principal) -> tuple[ShadowReport, ...]:
        """Return what each model in shadow would have done, beside the champion."""
        # A decision is answered without the libraries that only reports need.
        from martlet.credit.shadow_report import shadow_reports  # noqa: PLC0415

        history.staff_only(principal)
        lived = {} if self._outcomes is None else by_decision(self._outcomes.outcomes(principal))
        with self._database.read() as connection:
            return shadow_reports(connection, principal.tenant_id, lived)

    def changed(
        self, principal: Principal, policy_version: str | None, model_id: UUID | None
    ) -> Changed:
        """Return what a back-test changes, by the names of what has been published or registered.

        Only scorecards decide, so a model of another kind has no decisions to make again.
        """
        principal.require(Scope.CREDIT_READ)
        policy = model = None
        with self._database.read() as connection:
            if policy_version is not None:
                policy = queries.policy_version(connection, principal, policy_version)
            if model_id is not None:
                found = queries.model(connection, principal.tenant_id, model_id)
                if not found.kind.decides:
                    raise Refused(
                        "credit.only_scorecards_decide", name=found.name, version=found.version
                    )
                body = queries.artefact_body(connection, principal.tenant_id, found.content_hash)
                model = scorecard_of(body)
        return Changed(policy, model)

    def portfolio(
        self,
        principal: Principal,
        period: Period | None = None,
        on_progress: OnProgress | None = None,
    ) -> Portfolio:
        """Return the decisions of a period as columns, with what became of them."""
        from martlet.credit.monitoring import read_portfolio  # noqa: PLC0415 - loads the columns

        return read_portfolio(
            self._database, self._outcomes, principal, period or Period(), on_progress
        )

    def explain(self, principal: Principal, decision_id: UUID, locale: Locale) -> Explanation:
        """Return a stored decision in words: the waterfall, the reasons and the ways out."""
        return explanation(self.decision(principal, decision_id).decision, locale)

    def decisions(
        self, principal: Principal, *, party_id: UUID | None = None, limit: int = 100
    ) -> list[StoredDecision]:
        """Return the latest decisions that the principal may see."""
        principal.require(Scope.CREDIT_READ)
        with self._database.read() as connection:
            return queries.decisions(connection, principal, party_id=party_id, limit=limit)

    def publish_policy(
        self,
        principal: Principal,
        key: str,
        toml_text: str,
        effective_from: datetime | None = None,
    ) -> dict[str, str]:
        """Publish a policy, in force from a moment on (None: at once)."""
        return publishing.publish_policy(self._database, principal, key, toml_text, effective_from)

    def policy_in_force(self, principal: Principal, at: datetime) -> Policy:
        """Return the policy in force at a moment."""
        with self._database.read() as connection:
            return queries.policy_in_force(connection, principal.tenant_id, at)

    def policies(self, principal: Principal) -> list[PublishedPolicy]:
        """Return every published policy, the latest in force first."""
        principal.require(Scope.CREDIT_READ)
        with self._database.read() as connection:
            return queries.policies(connection, principal)

    def policy_difference(
        self, principal: Principal, before: str, after: str
    ) -> tuple[PolicyDifference, ...]:
        """Return what differs between two versions of the policy."""
        principal.require(Scope.CREDIT_READ)
        with self._database.read() as connection:
            return difference(
                queries.policy_version(connection, principal, before),
                queries.policy_version(connection, principal, after),
            )

    def champion(self, principal: Principal) -> Scorecard:
        """Return the scorecard that decides."""
        with self._database.read() as connection:
            return queries.champion(connection, principal.tenant_id)

    def models(self, principal: Principal) -> list[RegisteredModel]:
        """Return every registered model, the newest first."""
        principal.require(Scope.CREDIT_READ)
        with self._database.read() as connection:
            return queries.models(connection, principal)

    def register_model(
        self, principal: Principal, key: str, model: CreditModel, card: str
    ) -> dict[str, str]:
        """Put a model and its card in the registry as a candidate."""
        return registry.register_model(self._database, principal, key, model, card)

    def promote_model(
        self,
        principal: Principal,
        key: str,
        model_id: UUID,
        state: ModelState = ModelState.CHAMPION,
    ) -> dict[str, str]:
        """Move a model to another state; champion only by a second person."""
        return registry.promote_model(self._database, principal, key, model_id, state)
