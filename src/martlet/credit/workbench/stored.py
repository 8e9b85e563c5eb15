"""The back-test over stored decisions: read, decided again, compared. Nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.credit import history
from martlet.credit.outcomes import by_decision
from martlet.credit.recording import decided_by
from martlet.credit.workbench.compare import Comparison, compare
from martlet.credit.workbench.replay import Replayed, replayed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from martlet.credit.outcomes import DecisionOutcome, OutcomeSource
    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard
    from martlet.credit.workbench.assumptions import Assumptions
    from martlet.kernel.principal import Principal
    from martlet.store import Database

    OnProgress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Changed:
    """What is changed: a policy, a model, both, or nothing (each decision keeps its own)."""

    policy: Policy | None = None
    model: Scorecard | None = None


@dataclass(frozen=True, slots=True)
class StoredBacktest:
    """A back-test over stored applications: what was changed, on what, and what came of it."""

    changed: Changed
    extent: history.Extent
    comparison: Comparison

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value; a version that is None was left as it was."""
        policy, model = self.changed.policy, self.changed.model
        return {
            "policy_version": None if policy is None else policy.version,
            "model_version": None if model is None else f"{model.name}/{model.version}",
            "stored_count": self.extent.stored_count,
            **self.comparison.as_json(),
        }


def backtest_stored(
    database: Database,
    outcomes: OutcomeSource | None,
    principal: Principal,
    changed: Changed,
    period: history.Period,
    assumptions: Assumptions | None = None,
    on_progress: OnProgress | None = None,
) -> StoredBacktest:
    """Return what a changed policy or model would have decided on stored applications."""
    extent = history.extent(database, principal, period)
    lived = {} if outcomes is None else by_decision(outcomes.outcomes(principal, extent.first_day))

    def cases() -> Iterator[Replayed]:
        done = 0
        for page in history.pages(database, principal, period):
            yield from _decided_again(database, principal, page, lived, changed)
            done += len(page[0])
            if on_progress is not None:
                on_progress(done, extent.read_count)

    return StoredBacktest(changed, extent, compare(cases(), assumptions))


def _decided_again(
    database: Database,
    principal: Principal,
    page: history.Page,
    lived: Mapping[UUID, DecisionOutcome],
    changed: Changed,
) -> Iterator[Replayed]:
    decisions, facts = page
    one_of_each = {(stored.policy_hash, stored.model_hash): stored for stored in decisions}
    with database.read() as connection:
        own = {
            hashes: decided_by(connection, principal, stored)
            for hashes, stored in one_of_each.items()
        }
    for stored in decisions:
        own_policy, own_model = own[stored.policy_hash, stored.model_hash]
        yield replayed(
            stored,
            changed.policy or own_policy,
            changed.model or own_model,
            history.segments_of(stored, facts),
            lived.get(stored.decision_id),
        )
