"""The decisions of a period as columns, read in one pass, with what became of them.

The invariant: a characteristic's value is what counted in the decision on its day, by the rules of
the policy that decided it; nothing known later is in a row but its outcome.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from martlet.credit import history, queries
from martlet.credit.decide import facts_of
from martlet.credit.outcomes import by_decision
from martlet.credit.recording import decided_by
from martlet.credit.segments import TAKINGS
from martlet.kernel.calendar import business_date_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from martlet.credit.outcomes import (
        BadDefinition,
        DecisionOutcome,
        LoanOutcome,
        OutcomeSource,
    )
    from martlet.credit.policy import Policy
    from martlet.credit.queries import StoredDecision
    from martlet.credit.scorecard import Scorecard
    from martlet.kernel.principal import Principal
    from martlet.store import Database

    OnProgress = Callable[[int, int | None], None]

COLUMNS: Mapping[str, Any] = {
    "month": pl.String,
    "approved": pl.Boolean,
    "limit_fen": pl.Int64,
    "pd_ppm": pl.Int64,
    "takings_fen": pl.Int64,
    "region": pl.String,
    "trade": pl.String,
    "size": pl.String,
    "drawn": pl.Boolean,
    "bad": pl.Boolean,
}
"""Every column but the characteristics, which are named by their kinds."""


@dataclass(frozen=True)
class Portfolio:
    """Decisions (a row each) and the loans drawn on them, with the scorecard that decides now."""

    decisions: pl.DataFrame
    loans: tuple[LoanOutcome, ...]
    definitions: tuple[BadDefinition, ...]
    """What "bad" means, by the day of drawdown; none where nobody tells of outcomes."""
    scorecard: Scorecard
    extent: history.Extent

    def about(self) -> dict[str, Any]:
        """Return what it was read from, as a JSON value."""
        months = self.decisions["month"].unique().sort().to_list()
        return {
            "stored_count": self.extent.stored_count,
            "read_count": self.extent.read_count,
            "first_month": months[0] if months else None,
            "last_month": months[-1] if months else None,
            "loans_count": len(self.loans),
            "model": f"{self.scorecard.name}/{self.scorecard.version}",
            "bad": [one.as_json() for one in self.definitions],
        }


def read_portfolio(
    database: Database,
    outcomes: OutcomeSource | None,
    principal: Principal,
    period: history.Period,
    on_progress: OnProgress | None = None,
) -> Portfolio:
    """Return the decisions of a period and what became of them; for staff only."""
    extent = history.extent(database, principal, period)
    loans = () if outcomes is None else tuple(outcomes.outcomes(principal, extent.first_day))
    lived = by_decision(loans)
    with database.read() as connection:
        scorecard = queries.champion(connection, principal.tenant_id)
    kinds = [part.kind for part in scorecard.characteristics]
    rows: list[tuple[Any, ...]] = []
    read: set[UUID] = set()
    for decisions, facts in history.pages(database, principal, period):
        policies = _policies(database, principal, decisions)
        for stored in decisions:
            segments = history.segments_of(stored, facts)
            place = (segments.region, segments.trade, segments.size)
            outcome = lived.get(stored.decision_id)
            rows.append(_row(stored, policies[stored.policy_hash], place, outcome, kinds))
            read.add(stored.decision_id)
        if on_progress is not None:
            on_progress(len(rows), extent.read_count)
    schema = {**COLUMNS, **dict.fromkeys(kinds, pl.Int64)}
    return Portfolio(
        decisions=pl.DataFrame(rows, schema=schema, orient="row"),
        loans=tuple(loan for loan in loans if loan.decision_id in read),
        definitions=() if outcomes is None else outcomes.definitions(),
        scorecard=scorecard,
        extent=extent,
    )


def _policies(
    database: Database, principal: Principal, decisions: Sequence[StoredDecision]
) -> dict[str, Policy]:
    """Return the policies by which some decisions were made, by their hashes."""
    one_of_each = {stored.policy_hash: stored for stored in decisions}
    with database.read() as connection:
        return {
            policy_hash: decided_by(connection, principal, stored)[0]
            for policy_hash, stored in one_of_each.items()
        }


def _row(
    stored: StoredDecision,
    policy: Policy,
    place: tuple[str, str, str],
    outcome: DecisionOutcome | None,
    kinds: Sequence[str],
) -> tuple[Any, ...]:
    decision = stored.decision
    scored = facts_of(stored.application, stored.signals, policy, stored.as_of).scored
    return (
        f"{business_date_of(stored.as_of):%Y-%m}",
        decision.approved,
        decision.limit_fen,
        decision.pd_ppm,
        stored.signals.value(TAKINGS),
        *place,
        outcome is not None,
        None if outcome is None else outcome.bad,
        *(scored.get(kind) for kind in kinds),
    )
