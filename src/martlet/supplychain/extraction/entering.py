"""Claims of texts into the bank's graph: what enters by the rule, and what waits for a person.

The invariant: every edge written here has source TEXT and names its document; nothing is entered
that `staging` does not let through, and the same file again changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.staging import (
    Staged,
    Telling,
    by_name,
    edges_of,
    proposal_of,
    sorted_claims,
)
from martlet.supplychain.facts import folded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from martlet.kernel.principal import Principal
    from martlet.supplychain.model import Edge, Node
    from martlet.supplychain.review import Proposal
    from martlet.supplychain.service import SupplychainService

_CLAIMS_AT_ONCE = 1_000
"""Claims of one commit: each has a few edges, far from what a commit may hold."""


@dataclass(frozen=True, slots=True)
class StagedReport:
    """What became of a file of facts."""

    facts_count: int
    claims_count: int
    entered_count: int
    edges_new_count: int
    reviewed_count: int
    left_count: int
    conflicts_count: int


def stage(
    graph: SupplychainService, principal: Principal, tellings: Iterable[Telling]
) -> StagedReport:
    """Enter what the rule lets through, propose what a person must see, leave out the rest."""
    given = list(tellings)
    found = sorted_claims(given)
    known_at, naming = graph.moment(), naming_in(graph, principal)
    new = conflicts = proposed = entered = 0
    for batch in _batches(found.entering):
        nodes: dict[str, Node] = {}
        edges: list[Edge] = []
        for one in batch:
            some, told = edges_of(one, known_at, naming)
            apart = [edge for edge in told if edge.from_key != edge.to_key]
            entered += bool(apart)
            nodes.update((node.key, node) for node in some)
            edges += apart
        done = graph.record(principal, _key("enter", edges), tuple(nodes.values()), edges)
        new += int(done["edges_new"])
        conflicts += len(done["conflicts"])
    for batch in _batches(found.reviewed):
        proposals = [p for p in (proposal_of(one, known_at, naming) for one in batch) if p]
        if proposals:
            graph.propose(principal, _proposals_key(proposals), proposals)
            proposed += len(proposals)
    claims = len(found.entering) + len(found.reviewed) + len(found.left)
    return StagedReport(
        len(given), claims, entered, new, proposed, claims - entered - proposed, conflicts
    )


def naming_in(graph: SupplychainService, principal: Principal) -> Callable[[str], str]:
    """Return how names become keys: the one firm called so exactly, else the name itself."""
    keys: dict[str, str] = {}

    def key_of(name: str) -> str:
        if name not in keys:
            exact = [
                node for node in graph.find(principal, name) if folded(node.name) == folded(name)
            ]
            keys[name] = exact[0].key if len(exact) == 1 else by_name(name)
        return keys[name]

    return key_of


def _batches(claims: Sequence[Staged]) -> Iterator[Sequence[Staged]]:
    for start in range(0, len(claims), _CLAIMS_AT_ONCE):
        yield claims[start : start + _CLAIMS_AT_ONCE]


def _key(what: str, edges: Sequence[Edge]) -> str:
    """Return the idempotency key of a batch: the same facts at the same moment are one command."""
    told = "\n".join(
        f"{e.from_key} {e.relation.value} {e.to_key} {e.provenance.reference} "
        f"{e.provenance.known_at.isoformat()}"
        for e in edges
    )
    return f"texts:{what}:{sha256(told.encode()).hexdigest()[:40]}"


def _proposals_key(proposals: Sequence[Proposal]) -> str:
    told = "\n".join(one.fingerprint for one in proposals)
    return f"texts:propose:{sha256(told.encode()).hexdigest()[:40]}"
