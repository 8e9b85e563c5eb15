"""Decisions made and written out before they are kept: the part that needs no writer.

Reads the signals of many businesses in one snapshot, decides by what is in force there, and writes
every text that will be stored. A draft is texts and whole numbers, so it may be made in another
process than the one that keeps it. The invariant: a draft holds the bytes that the decision itself
would be stored as, to the last one.
"""

from __future__ import annotations

from datetime import date, datetime  # noqa: TC003 - msgspec reads the types of a draft's fields
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID  # noqa: TC003

import msgspec

from martlet.credit import queries
from martlet.credit.decide import decide
from martlet.credit.limits import DECIDED_TOGETHER, SIGNALS_MAX
from martlet.kernel.errors import MartletError
from martlet.signals import NOTHING, GroupSignalProvider, SignalRequest, SignalSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.model import Application, Decision
    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard
    from martlet.kernel.principal import Principal
    from martlet.signals import SignalProvider
    from martlet.store import Reading

_write = msgspec.json.Encoder(order="sorted").encode
"""The canonical form without the search for floats: what is written here cannot hold one."""


class Draft(NamedTuple):
    """A decision with its inputs, written out."""

    application_id: UUID
    party_id: UUID
    applied_on: date
    outcome: str
    limit_fen: int
    rate_ppm_per_day: int
    score: int
    pd_ppm: int
    policy_version: str
    model_version: str
    policy_hash: str
    model_hash: str
    inputs_hash: str
    as_of: datetime
    application: str
    signals: str
    decision: str

    @property
    def inputs(self) -> str:
        """The text of all inputs, as it is stored."""
        return f'{{"application":{self.application},"signals":{self.signals}}}'


def draft(
    application: Application,
    signals: SignalSet,
    policy: Policy,
    model: Scorecard,
    decision: Decision,
) -> Draft:
    """Write a decision out with what it was made from."""
    assert len(signals) <= SIGNALS_MAX, len(signals)
    return Draft(
        application.application_id,
        application.party_id,
        application.applied_on,
        decision.outcome.value,
        decision.limit_fen,
        decision.rate_ppm_per_day,
        decision.score,
        decision.pd_ppm,
        decision.policy_version,
        decision.model_version,
        policy.content_hash,
        model.content_hash,
        decision.inputs_hash,
        decision.decided_at,
        application.text(),
        signals.text(),
        decision_text(decision),
    )


def decision_text(decision: Decision) -> str:
    """Return the canonical text of a decision: that of its JSON value, in a third of the time.

    Components and reasons are written from the values themselves; moments as Python writes them.
    A parameter of a reason is a whole number, a text or a truth by its type.
    """
    return _write(
        {
            "outcome": decision.outcome.value,
            "limit_fen": decision.limit_fen,
            "rate_ppm_per_day": decision.rate_ppm_per_day,
            "tenors": decision.tenors,
            "tenor_unit": decision.tenor_unit,
            "score": decision.score,
            "pd_ppm": decision.pd_ppm,
            "band": decision.band,
            "components": decision.components,
            "reasons": decision.reasons,
            "policy_version": decision.policy_version,
            "model_version": decision.model_version,
            "inputs_hash": decision.inputs_hash,
            "decided_at": decision.decided_at.isoformat(),
            "expires_at": decision.expires_at.isoformat(),
        }
    ).decode()


class Drafting:
    """Reads through the eyes it was given and decides; writes nothing."""

    def __init__(self, database: Reading, providers: Sequence[SignalProvider] = ()) -> None:
        self._database = database
        self._providers = tuple(providers)

    def signals(self, principal: Principal, party_id: UUID, as_of: datetime) -> SignalSet:
        """Return what all eyes know about a business; an eye that fails is left out."""
        principal.require_party(party_id)
        found = NOTHING
        for provider in self._providers:
            found = found.merged(_answer(provider, principal, party_id, as_of))
        return found

    def signals_of_each(
        self, principal: Principal, party_ids: Sequence[UUID], as_of: datetime
    ) -> dict[UUID, SignalSet]:
        """Return the same for each of some businesses, asking the eyes for all at once."""
        for party_id in party_ids:
            principal.require_party(party_id)
        each = list(dict.fromkeys(party_ids))
        found = dict.fromkeys(each, NOTHING)
        for provider in self._providers:
            if isinstance(provider, GroupSignalProvider):
                try:
                    answers = provider.collect_each(principal, each, as_of)
                except MartletError:
                    answers = {}  # asked one by one below, so that one business harms only itself
            else:
                answers = {}
            for party_id in each:
                answer = answers.get(party_id)
                if answer is None:
                    answer = _answer(provider, principal, party_id, as_of)
                if answer.readings:
                    found[party_id] = found[party_id].merged(answer)
        return found

    def drafts(
        self, principal: Principal, applications: Sequence[Application], as_of: datetime
    ) -> list[Draft]:
        """Decide on each application by what is known and in force; keep nothing."""
        with self._database.read() as connection:
            policy = queries.policy_in_force(connection, principal.tenant_id, as_of)
            model = queries.champion(connection, principal.tenant_id)
        made = []
        for start in range(0, len(applications), DECIDED_TOGETHER):
            part = applications[start : start + DECIDED_TOGETHER]
            known = self.signals_of_each(principal, [one.party_id for one in part], as_of)
            for application in part:
                signals = known[application.party_id]
                decision = decide(application, signals, policy, model, as_of)
                made.append(draft(application, signals, policy, model, decision))
        return made


def _answer(
    provider: SignalProvider, principal: Principal, party_id: UUID, as_of: datetime
) -> SignalSet:
    """Return what one eye knows; law 6: a missing eye means "without it", never an error."""
    try:
        return provider.collect(SignalRequest(principal, party_id), as_of)
    except MartletError:
        return NOTHING
