"""The room's door: facts written down with their sources, and read as of a moment.

`record` writes one batch of nodes and edges in one commit; `import_form` and `import_records`
stream a file's or a business's facts in such batches under one run. `withdraw` ends what a
reference told; `link_party` says which firm a business of the bank is. Reads (`around`, `edges_of`,
`nodes`, `find`, `the_one`, `firms_of`) are `reading.GraphReading`'s, here as of now where no moment
is named; the review queue (`propose`, `waiting`, `decide`, `undo`) is `review`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from martlet.kernel.calendar import business_date_of
from martlet.kernel.errors import Invalid, NotFound
from martlet.kernel.principal import Scope
from martlet.parties import business_facts, consents_of_some
from martlet.store import Command
from martlet.supplychain import queries, review
from martlet.supplychain.asof import moment_of
from martlet.supplychain.facts import fact_id, values_of
from martlet.supplychain.intake import GraphImport, begin_run, end_run, take_in
from martlet.supplychain.linking import end_links, link, own_entry
from martlet.supplychain.loaders import Moments, facts_from
from martlet.supplychain.loaders.own_records import facts_of
from martlet.supplychain.model import Edge, Node, NodeKind, Relation
from martlet.supplychain.reading import GraphReading, require_whole
from martlet.supplychain.tables import edge as edge_table
from martlet.supplychain.writing import record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from martlet.kernel.principal import Principal
    from martlet.records import RecordsService
    from martlet.store import Database, Transaction
    from martlet.supplychain.asof import AskConsents
    from martlet.supplychain.facts import Finding
    from martlet.supplychain.loaders import Fact
    from martlet.supplychain.model import Neighbourhood
    from martlet.supplychain.review import Proposal, Reviewed

AsOf = date | datetime | None
"""A moment, the end of a day, or (None) now."""


class SupplychainService:
    """The graph of firms, products, industries, patents and tenders, and how each fact is known."""

    def __init__(
        self,
        database: Database,
        records: RecordsService | None = None,
        ask_consents: AskConsents = consents_of_some,
    ) -> None:
        self._database = database
        self._records = records
        self.reading = GraphReading(database, ask_consents)
        """The same graph for whoever names the moment and writes nothing."""

    def record(
        self,
        principal: Principal,
        key: str,
        nodes: Sequence[Node],
        edges: Sequence[Edge],
        *,
        known_at: datetime | None = None,
        correct: bool = False,
    ) -> dict[str, Any]:
        """Write a batch in one commit; answer what was new, the same, corrected or in conflict.

        The same fact from the same reference again makes no second edge. One that contradicts an
        earlier telling is told as a conflict and not written, unless `correct` says that it is
        meant: then the earlier one ends now and stays visible as of before. `known_at` is since
        when the nodes' attributes are known (None: now). Staff and unrestricted keys only.
        """
        require_writer(principal)
        command = Command(
            "supplychain.record",
            principal,
            key,
            {
                "batch": digest_of(nodes, edges),
                "known_at": None if known_at is None else known_at.isoformat(),
                "correct": correct,
            },
        )

        def handler(tx: Transaction) -> dict[str, Any]:
            done = record(tx, nodes, edges, known_at=known_at, correct=correct).as_json()
            tx.emit("supplychain.recorded", "supplychain", _counted(done))
            return done

        return self._database.command(command, handler).value

    def import_form(  # noqa: PLR0913 - what may be said about a file, each by its name
        self,
        principal: Principal,
        key: str,
        form: str,
        place: Path,
        *,
        known_on: date | None = None,
        correct: bool = False,
        on_finding: Callable[[Finding], None] | None = None,
        on_progress: Callable[[int], None] | None = None,
    ) -> GraphImport:
        """Import a file or folder of a form (`loaders.FORMS`), in batches of one commit each.

        Undated facts are known from `known_on` (None: now); dated ones from their own day, or
        from `known_on` where that is later. Told again, nothing is written twice.
        """
        require_writer(principal)
        moments = Moments(self._database.clock.now(), known_on)
        facts = facts_from(form, place, moments)
        how = _How(form, place.name, moments.undated, correct)
        return self._take_in(principal, key, how, facts, on_finding, on_progress)

    def import_records(
        self,
        principal: Principal,
        key: str,
        party_id: UUID,
        *,
        on_finding: Callable[[Finding], None] | None = None,
    ) -> GraphImport:
        """Import a business's own invoices and payments as edges by month, under its consent.

        Told again, a month that has grown since is corrected and stays visible as it was before.
        """
        require_writer(principal)
        assert self._records is not None, "opened without the records room"
        now = self._database.clock.now()
        own = self._own_firm(principal, key, party_id)
        rows = self._records.rows(principal, party_id, business_date_of(now), now)
        how = _How("records", str(party_id), now, correct=True)
        facts = facts_of(rows, own, party_id)
        return self._take_in(principal, key, how, facts, on_finding, None)

    def imports(self, principal: Principal, *, limit: int = 50) -> list[dict[str, Any]]:
        """Return imports, the newest first, with what each found."""
        require_whole(principal)
        with self._database.read() as connection:
            rows = queries.runs(connection, principal.tenant_id, limit)
        return [
            {
                **row.report,
                "run_id": str(row.run_id),
                "form": row.form,
                "source": row.source,
                "state": row.state,
                "started_at": row.started_at.isoformat(),
            }
            for row in rows
        ]

    def _take_in(
        self,
        principal: Principal,
        key: str,
        how: _How,
        facts: Iterator[Fact],
        on_finding: Callable[[Finding], None] | None,
        on_progress: Callable[[int], None] | None,
    ) -> GraphImport:
        run_id = begin_run(self._database, principal, f"{key}:begin", how.form, how.source)
        report = GraphImport(run_id, how.form, how.source, how.known_at)

        def write(number: int, nodes: list[Node], edges: list[Edge]) -> dict[str, Any]:
            # A batch is named by what it holds: an import that goes on elsewhere than it was cut
            # off, or whose file has changed since, repeats no answer of another content.
            part = f"{key}:{number}:{digest_of(nodes, edges)[:12]}"
            return self.record(
                principal, part, nodes, edges, known_at=how.known_at, correct=how.correct
            )

        take_in(report, facts, write, on_finding, on_progress)
        end_run(self._database, principal, f"{key}:end:{run_id}", report)
        return report

    def _own_firm(self, principal: Principal, key: str, party_id: UUID) -> Node:
        """Return the firm that a business is; one that no graph names gets an entry of its own."""
        now = self._database.clock.now()
        with self._database.read() as connection:
            facts = business_facts(connection, principal, party_id)
        linked = self.reading.firms_of(principal, party_id, now)
        if linked:
            return self.reading.nodes(principal, linked[:1], now)[linked[0]]
        own = own_entry(facts)
        self.record(principal, f"{key}:own", [own], [])
        self.link_party(principal, f"{key}:link", party_id, own.key)
        return own

    def withdraw(
        self,
        principal: Principal,
        key: str,
        reference: str,
        *,
        reason: str,
        from_key: str = "",
        to_key: str = "",
    ) -> dict[str, Any]:
        """End every standing edge of a reference (between two nodes, where these are named).

        From this moment on they are not seen; as of before they are.
        """
        require_writer(principal)
        why = review.checked_reason(reason)
        body = {"reference": reference, "reason": why, "from_key": from_key, "to_key": to_key}
        command = Command("supplychain.withdraw", principal, key, body)

        def handler(tx: Transaction) -> dict[str, Any]:
            chosen = [
                edge_table.c.tenant_id == tx.tenant_id,
                edge_table.c.reference == reference,
                edge_table.c.ended_at.is_(None),
            ]
            if from_key:
                chosen.append(edge_table.c.from_key == from_key)
            if to_key:
                chosen.append(edge_table.c.to_key == to_key)
            ended = tx.execute(update(edge_table).where(*chosen).values(ended_at=tx.now)).rowcount
            if not ended:
                raise NotFound("supplychain.nothing_to_withdraw", reference=reference[:80])
            tx.emit("supplychain.withdrawn", "supplychain", {**body, "edges_count": ended})
            return {"edges_count": ended}

        return self._database.command(command, handler).value

    def link_party(
        self, principal: Principal, key: str, party_id: UUID, firm_key: str
    ) -> dict[str, Any]:
        """Say that a business of the bank is a firm of the graph; an earlier link ends."""
        require_writer(principal)
        with self._database.read() as connection:
            business_facts(connection, principal, party_id)
        if not firm_key.startswith(f"{NodeKind.FIRM.value}:"):
            raise Invalid("supplychain.firm_key_needed", key=firm_key[:80])
        body = {"party_id": str(party_id), "firm_key": firm_key}
        command = Command("supplychain.link_party", principal, key, body)
        return self._database.command(command, lambda tx: link(tx, party_id, firm_key)).value

    def unlink_party(self, principal: Principal, key: str, party_id: UUID) -> dict[str, Any]:
        """End the link of a business to its firm of the graph."""
        require_writer(principal)
        command = Command("supplychain.unlink_party", principal, key, {"party_id": str(party_id)})

        def handler(tx: Transaction) -> dict[str, Any]:
            if not end_links(tx, party_id):
                raise NotFound("supplychain.not_linked", party_id=str(party_id))
            tx.emit("supplychain.unlinked", f"party:{party_id}", {"party_id": str(party_id)})
            return {"party_id": str(party_id)}

        return self._database.command(command, handler).value

    def moment(self, as_of: AsOf = None) -> datetime:
        """Return the moment that a question means; one that is still to come is refused."""
        now = self._database.clock.now()
        if isinstance(as_of, datetime):
            if as_of > now:
                raise Invalid("supplychain.as_of_ahead", as_of=as_of.isoformat())
            return as_of
        return moment_of(as_of, now)

    def around(
        self,
        principal: Principal,
        key: str,
        tiers: int = 4,
        as_of: AsOf = None,
        *,
        side: str = "both",
    ) -> Neighbourhood:
        """Return what is around a node, tier by tier (upstream below zero), as of a moment."""
        return self.reading.around(principal, key, tiers, self.moment(as_of), side)

    def edges_of(
        self,
        principal: Principal,
        key: str,
        relations: Collection[Relation] = tuple(Relation),
        as_of: AsOf = None,
        *,
        past: bool = False,
    ) -> tuple[Edge, ...]:
        """Return a node's edges, in and out, as of a moment; `past`: those of ended periods too."""
        return self.reading.edges_of(principal, key, self.moment(as_of), relations, past=past)

    def aliases(
        self, principal: Principal, keys: Collection[str], as_of: AsOf = None
    ) -> tuple[Edge, ...]:
        """Return what says which entries are the same firms as these, as of a moment."""
        return self.reading.aliases(principal, keys, self.moment(as_of))

    def nodes(
        self, principal: Principal, keys: Collection[str], as_of: AsOf = None
    ) -> dict[str, Node]:
        """Return nodes by key, with what was known of each at a moment."""
        return self.reading.nodes(principal, keys, self.moment(as_of))

    def find(
        self,
        principal: Principal,
        text: str,
        kinds: Collection[NodeKind] = (NodeKind.FIRM,),
        as_of: AsOf = None,
    ) -> tuple[Node, ...]:
        """Return what is called so, exactly or else similarly; more than one is an ambiguity."""
        return self.reading.find(principal, text, self.moment(as_of), kinds)

    def the_one(self, principal: Principal, text: str, as_of: AsOf = None) -> Node:
        """Return the node of a key or a name; a name of several is refused with the candidates."""
        return self.reading.the_one(principal, text, self.moment(as_of))

    def firms_of(self, principal: Principal, party_id: UUID, as_of: AsOf = None) -> tuple[str, ...]:
        """Return the keys of the firms that a business of the bank is, the newest link first."""
        return self.reading.firms_of(principal, party_id, self.moment(as_of))

    def propose(
        self, principal: Principal, key: str, proposals: Sequence[Proposal]
    ) -> dict[str, Any]:
        """Put what a machine found into the review queue; what waits or was decided stays."""
        require_writer(principal)
        body = {"proposals": [one.fingerprint for one in proposals]}
        command = Command("supplychain.propose", principal, key, body)
        return self._database.command(command, lambda tx: review.propose(tx, proposals)).value

    def waiting(
        self, principal: Principal, *, what: str = "", state: str = "waiting", limit: int = 100
    ) -> tuple[Reviewed, ...]:
        """Return what waits for a person (or stands in another state), the surest first."""
        require_whole(principal)
        with self._database.read() as connection:
            return review.listed(connection, principal.tenant_id, what, state, limit)

    def decide(
        self,
        principal: Principal,
        key: str,
        review_id: UUID,
        *,
        accept: bool,
        reason: str,
        evidence: review.Evidence | None = None,
    ) -> dict[str, Any]:
        """Accept or reject a proposal, with the reason; accepting writes its edges as reviewed.

        An inferred link stays inferred unless the reviewer attaches the evidence that proves it.
        The right to do so is the risk analysts': whoever brings facts does not accept them.
        """
        principal.require(Scope.POLICY_WRITE)
        require_whole(principal)
        decision = review.Decision(review_id, accept, reason, evidence)
        command = Command("supplychain.decide", principal, key, decision.as_json())
        return self._database.command(command, lambda tx: review.decide(tx, decision)).value

    def undo(
        self, principal: Principal, key: str, review_id: UUID, *, reason: str
    ) -> dict[str, Any]:
        """Take an acceptance back: its edges end now, and as of before all is as it was."""
        principal.require(Scope.POLICY_WRITE)
        require_whole(principal)
        body = {"review_id": str(review_id), "reason": reason}
        command = Command("supplychain.undo", principal, key, body)
        return self._database.command(command, lambda tx: review.undo(tx, review_id, reason)).value


@dataclass(frozen=True, slots=True)
class _How:
    """In what way a stream of facts is taken in."""

    form: str
    source: str
    known_at: datetime
    correct: bool


def require_writer(principal: Principal) -> None:
    """Refuse who may not write into a graph that speaks of everybody."""
    principal.require(Scope.RECORDS_WRITE)
    require_whole(principal)


def digest_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> str:
    """Return a hash of a batch: it decides whether two requests are the same."""
    found = blake2b(digest_size=16)
    for node in nodes:
        told = (node.key, node.name, sorted(node.attributes.items()))
        found.update(repr(told).encode())
    for edge in edges:
        found.update(fact_id(edge).bytes)
        found.update(repr((values_of(edge), edge.provenance.known_at)).encode())
    return found.hexdigest()


def _counted(done: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of what was recorded, for an event."""
    return {name: value for name, value in done.items() if name != "conflicts"}
