"""Many decisions kept in one commit: a command of many applications, each decided once.

The invariant: one application has one answer from here. The same application again, in whatever
batch, is answered from the record; another application under a known id is refused. What was
decided by a policy or a model that is no longer in force when it is kept is decided again first.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec

from martlet.credit import queries
from martlet.credit.decide import decide
from martlet.credit.deciders import read_drafts
from martlet.credit.drafting import Draft, draft
from martlet.credit.limits import DECISIONS_IN_ONE_COMMAND_MAX
from martlet.credit.model import Application
from martlet.credit.recording import keep_artefact, keep_drafts
from martlet.credit.shadows import Asked, keep_answers
from martlet.kernel.canonical import content_hash, parse_json
from martlet.kernel.errors import Conflict, TooLarge
from martlet.signals import SignalSet
from martlet.store import Command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future

    from martlet.credit.deciders import Deciders
    from martlet.credit.policy import Policy
    from martlet.credit.scorecard import Scorecard
    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction
    from martlet.store.driver import Driver


class KeptDecision(NamedTuple):
    """The answer to one application of a batch, as it stands on the record."""

    application_id: UUID
    decision_id: UUID
    outcome: str
    limit_fen: int
    rate_ppm_per_day: int
    pd_ppm: int
    known_before: bool
    """It had been decided before: the answer is the first one."""


def check_size(applications: Sequence[Application]) -> None:
    """Refuse more applications than one commit may hold."""
    if len(applications) > DECISIONS_IN_ONE_COMMAND_MAX:
        raise TooLarge(
            "credit.batch_too_large",
            count=len(applications),
            max_count=DECISIONS_IN_ONE_COMMAND_MAX,
        )


def keep(
    database: Database, principal: Principal, key: str, drafts: Sequence[Draft]
) -> tuple[KeptDecision, ...]:
    """Keep a batch of drafts and return the answers, in order, once they are on the disk."""
    if not drafts:
        return ()
    asked = content_hash("\n".join(one.application for one in drafts).encode())
    command = Command("credit.decide_batch", principal, key, {"applications_hash": asked})
    answer = database.command(command, lambda tx: _keep(tx, drafts)).value
    return tuple(
        KeptDecision(one.application_id, msgspec.convert(decision_id, UUID), *rest)
        for one, (decision_id, *rest) in zip(drafts, answer["decisions"], strict=True)
    )


def keep_many(
    database: Database,
    principal: Principal,
    key: str,
    applications: Iterable[Application],
    deciders: Deciders,
) -> Iterator[tuple[KeptDecision, ...]]:
    """Yield batch after batch as it reaches the disk; the next are decided meanwhile."""
    rest, number = iter(applications), 0
    ahead: deque[Future[bytes]] = deque()
    while True:
        while len(ahead) < deciders.ahead and (part := list(islice(rest, deciders.batch_size))):
            ahead.append(deciders.drafts(principal, part, database.clock.now()))
        if not ahead:
            return
        drafts = read_drafts(ahead.popleft().result())
        yield keep(database, principal, f"{key}:{number}", drafts)
        number += 1


def _keep(tx: Transaction, drafts: Sequence[Draft]) -> dict[str, Any]:
    known = _decided_before(tx.driver, tx.tenant_id, drafts)
    fresh: dict[UUID, Draft] = {}
    for one in drafts:
        before = known.get(one.application_id) or fresh.get(one.application_id)
        if before is None:
            fresh[one.application_id] = one
        elif before.application != one.application:
            raise Conflict("credit.application_reused", application_id=str(one.application_id))
    made = _keep_fresh(tx, list(fresh.values()))
    answers, said = [], set()
    for one in drafts:
        again = one.application_id in known or one.application_id in said
        said.add(one.application_id)
        if one.application_id in known:
            row = known[one.application_id]
            figures = [row.decision_id, row.outcome, *row.figures]
        else:
            decision_id, new = made[one.application_id]
            figures = [decision_id, new.outcome, new.limit_fen, new.rate_ppm_per_day, new.pd_ppm]
        answers.append([*figures, again])
    return {"decisions": answers}


@dataclass(frozen=True, slots=True)
class _Known:
    """What the record holds of an application that was decided before."""

    application: str
    decision_id: str
    outcome: str
    figures: tuple[int, int, int]


def _decided_before(driver: Driver, tenant_id: UUID, drafts: Sequence[Draft]) -> dict[UUID, _Known]:
    """Return the first decision on each application that has one, in one question.

    The list is filled up to a power of two, so that few different statements are prepared.
    """
    ids = [driver.id(one.application_id) for one in drafts]
    ids += [ids[-1]] * ((1 << (len(ids) - 1).bit_length()) - len(ids))
    marks = ", ".join("?" * len(ids))
    rows = driver.fetch(
        "SELECT application_id, inputs, decision_id, outcome, limit_fen, rate_ppm_per_day, pd_ppm,"  # noqa: S608 - marks only
        f" recorded_at FROM credit_decision WHERE tenant_id = ? AND application_id IN ({marks})",
        [driver.id(tenant_id), *ids],
    )
    found: dict[UUID, _Known] = {}
    # Ordered here: asked to do it, a database walks through all decisions in their order.
    for row in sorted(rows, key=itemgetter(-1)):
        application_id, inputs, decision_id, outcome, limit_fen, rate, pd_ppm, _ = row
        asked = Application.from_json(parse_json(inputs)["application"])
        found.setdefault(
            driver.to_id(application_id),
            _Known(
                asked.text(),
                str(driver.to_id(decision_id)),
                outcome,
                (limit_fen, rate, pd_ppm),
            ),
        )
    return found


def _keep_fresh(tx: Transaction, drafts: list[Draft]) -> dict[UUID, tuple[str, Draft]]:
    """Keep drafts, by what is in force now, and what the shadows say of each; return them by id."""
    policies = {
        moment: queries.policy_in_force(tx.connection, tx.tenant_id, moment)
        for moment in {one.as_of for one in drafts}
    }
    model, shadows = queries.live_models(tx.connection, tx.tenant_id)
    for policy in {policy.content_hash: policy for policy in policies.values()}.values():
        keep_artefact(tx, policy.content_hash, "policy", policy.text)
    if drafts:
        keep_artefact(tx, model.content_hash, "model", model.artefact.decode())
    current = [_under(policies[one.as_of], model, one) for one in drafts]
    made: dict[UUID, tuple[str, Draft]] = {}
    for decision_id, one in zip(keep_drafts(tx, current), current, strict=True):
        made[one.application_id] = (str(decision_id), one)
        if shadows:
            asked = Asked(*_read(one), policies[one.as_of], one.as_of)
            keep_answers(tx, decision_id, shadows, asked)
    return made


def _under(policy: Policy, model: Scorecard, one: Draft) -> Draft:
    """Return a draft as it is, or made again where it was made by another policy or model."""
    if (one.policy_hash, one.model_hash) == (policy.content_hash, model.content_hash):
        return one
    application, signals = _read(one)
    again = decide(application, signals, policy, model, one.as_of)
    return draft(application, signals, policy, model, again)


def _read(one: Draft) -> tuple[Application, SignalSet]:
    """Read back what a draft was made from."""
    application = Application.from_json(parse_json(one.application))
    return application, SignalSet.from_json(parse_json(one.signals))
