"""The review queue: nothing a machine proposes is in the graph until a person accepts it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.supplychain.graph_examples import JANUARY, ChainBank, chain_bank, edge, firm

from martlet.kernel.errors import Conflict, Forbidden, Invalid
from martlet.kernel.principal import ActorKind, Principal, Scope
from martlet.supplychain import Relation, SourceKind
from martlet.supplychain.review import Evidence, Proposal, merge_of

if TYPE_CHECKING:
    from martlet.kernel.clock import ManualClock
    from martlet.store import Database

NYLON, INSULATION, SHORT = firm("尼龙股份有限公司"), firm("绝缘件厂"), firm("尼龙股份")


@pytest.fixture
def bank(database: Database, clock: ManualClock, principal: Principal) -> ChainBank:
    return chain_bank(database, clock, principal)


def link(source: SourceKind = SourceKind.INFERRED) -> Proposal:
    computed = edge(NYLON, Relation.SUPPLIES, INSULATION, source=source, reference="ranker 1")
    return Proposal("link", (NYLON, INSULATION), (computed,), "ranker 1", 700_000, {"why": "…"})


def proposed(bank: ChainBank, proposal: Proposal) -> UUID:
    told = bank.graph.propose(bank.staff, bank.key(), [proposal])
    return UUID(told["review_ids"][0])


def test_a_proposal_waits_outside_the_graph_and_is_asked_once(bank: ChainBank) -> None:
    first = proposed(bank, link())
    assert proposed(bank, link()) == first
    (waiting,) = bank.graph.waiting(bank.staff, what="link")
    assert (waiting.review_id, waiting.edges[0].to_key) == (first, INSULATION.key)
    assert bank.graph.edges_of(bank.staff, NYLON.key) == ()
    bank.graph.decide(bank.staff, bank.key(), first, accept=False, reason="another line of trade")
    assert bank.graph.edges_of(bank.staff, NYLON.key) == ()
    assert proposed(bank, link()) == first, "what was rejected does not come back"
    assert bank.graph.waiting(bank.staff) == ()
    with pytest.raises(Conflict, match="proposal_decided"):
        bank.graph.decide(bank.staff, bank.key(), first, accept=True, reason="after all")


def test_an_accepted_link_stays_inferred_unless_evidence_is_attached(bank: ChainBank) -> None:
    before = bank.clock.now()
    bank.clock.advance(timedelta(hours=1))
    accepted = proposed(bank, link())
    bank.graph.decide(bank.staff, bank.key(), accepted, accept=True, reason="plausible")
    (found,) = bank.graph.edges_of(bank.staff, NYLON.key)
    assert found.provenance.inferred
    assert found.provenance.reviewed
    assert bank.graph.edges_of(bank.staff, NYLON.key, as_of=before) == ()
    bank.graph.undo(bank.staff, bank.key(), accepted, reason="was a guess after all")
    other = Proposal(
        "link",
        (NYLON, SHORT),
        (edge(NYLON, Relation.SUPPLIES, SHORT, source=SourceKind.INFERRED),),
        "ranker 1",
        800_000,
    )
    proof = Evidence(SourceKind.CONTRACT, "contract 2026-17")
    bank.graph.decide(
        bank.staff, bank.key(), proposed(bank, other), accept=True, reason="seen", evidence=proof
    )
    (found,) = bank.graph.edges_of(bank.staff, NYLON.key)
    assert not found.provenance.inferred
    assert (found.provenance.source, found.provenance.reference) == (
        SourceKind.CONTRACT,
        "contract 2026-17",
    )


def test_a_merge_reads_two_entries_as_one_firm_and_can_be_taken_back(bank: ChainBank) -> None:
    """Short name and registered firm; the short name's customer is the firm's, until undone."""
    bank.told(edge(SHORT, Relation.SUPPLIES, INSULATION), nodes=(NYLON,))
    assert "绝缘件厂" not in bank.tiers(NYLON)
    proposal = merge_of(
        SHORT,
        NYLON,
        JANUARY,
        reference="names 1",
        confidence_ppm=990_000,
        explanation={"compared": "尼龙股份 / 尼龙股份有限公司"},
    )
    merged = proposed(bank, proposal)
    bank.graph.decide(bank.staff, bank.key(), merged, accept=True, reason="same register entry")
    assert bank.tiers(NYLON) == {"尼龙股份有限公司": 0, "尼龙股份": 0, "绝缘件厂": 1}
    while_merged = bank.clock.now()
    bank.clock.advance(timedelta(days=1))
    told = bank.graph.undo(bank.staff, bank.key(), merged, reason="two firms of one name")
    assert told["edges_count"] == 1
    assert bank.tiers(NYLON) == {"尼龙股份有限公司": 0}
    assert "绝缘件厂" in bank.tiers(NYLON, as_of=while_merged)
    with pytest.raises(Conflict, match="proposal_decided"):
        bank.graph.undo(bank.staff, bank.key(), merged, reason="twice")


def test_who_brings_facts_does_not_accept_them(bank: ChainBank) -> None:
    tenant = bank.staff.tenant_id
    scopes = frozenset({Scope.RECORDS_READ, Scope.RECORDS_WRITE})
    officer = Principal(tenant, tenant, ActorKind.STAFF, scopes)
    one = UUID(bank.graph.propose(officer, bank.key(), [link()])["review_ids"][0])
    with pytest.raises(Forbidden):
        bank.graph.decide(officer, bank.key(), one, accept=True, reason="mine")


def test_a_proposal_says_what_it_is(bank: ChainBank) -> None:
    with pytest.raises(Invalid, match="proposal_unusable"):
        Proposal("fact", (), (), "a text", 1)
    alias = edge(SHORT, Relation.ALIAS_OF, NYLON)
    with pytest.raises(Invalid, match="proposal_unusable"):
        Proposal("fact", (), (alias,), "a text", 1)
    with pytest.raises(Invalid, match="reason_needed"):
        bank.graph.decide(bank.staff, bank.key(), proposed(bank, link()), accept=True, reason=" ")
