"""Take a loader's facts in: batch by batch, each in one commit, and tell what became of every row.

The invariant: a row is in the graph whole or it is a finding that says where it stands and what is
wrong; an import that was cut off is run again and writes nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import insert, update

from martlet.kernel.errors import MartletError
from martlet.store import Command
from martlet.supplychain.facts import Finding, Findings
from martlet.supplychain.limits import (
    BATCH_EDGES_MAX,
    BATCH_NODES_MAX,
    CYCLES_SHOWN_MAX,
    OWNERSHIP_EDGES_MAX,
    SENT_KEYS_MAX,
)
from martlet.supplychain.model import Relation
from martlet.supplychain.ownership import cycles
from martlet.supplychain.tables import run
from martlet.supplychain.writing import check_edge, check_node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from martlet.kernel.principal import Principal
    from martlet.store import Database, Transaction
    from martlet.supplychain.loaders.told import Fact
    from martlet.supplychain.model import Edge, Node

_FIGURES = ("nodes_new", "nodes_changed", "edges_new", "edges_same", "edges_corrected")


@dataclass(slots=True)
class GraphImport:
    """What an import did."""

    run_id: UUID
    form: str
    source: str
    known_at: datetime
    rows_read: int = 0
    rows_kept: int = 0
    figures: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_FIGURES, 0))
    findings: Findings = field(default_factory=Findings)

    def as_json(self) -> dict[str, Any]:
        """Return it as it is kept and shown."""
        return {
            "run_id": str(self.run_id),
            "form": self.form,
            "source": self.source,
            "known_at": self.known_at.isoformat(),
            "rows_read": self.rows_read,
            "rows_kept": self.rows_kept,
            "rows_quarantined": self.findings.quarantined,
            **self.figures,
            "findings_count": sum(self.findings.counts.values()),
            "findings_by_code": dict(sorted(self.findings.counts.items())),
            "findings": [finding_json(one) for one in self.findings.kept],
        }


def finding_json(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON; its sentence is made at the rim, in the reader's language."""
    return {
        "code": finding.code,
        "file": finding.file,
        "row": finding.row,
        "column": finding.column,
        "kept": finding.kept,
        "details": dict(finding.details),
    }


def take_in(
    report: GraphImport,
    facts: Iterable[Fact],
    write: Callable[[int, list[Node], list[Edge]], dict[str, Any]],
    on_finding: Callable[[Finding], None] | None = None,
    on_progress: Callable[[int], None] | None = None,
) -> None:
    """Check and write a stream of facts, filling the report; `write` commits one batch."""
    intake = _Intake(report, write, on_finding)
    for fact in facts:
        if isinstance(fact, Finding):
            intake.find(fact)
            continue
        intake.take(fact.file, fact.row, fact.nodes, fact.edges)
        if on_progress is not None and report.rows_read % 1_000 == 0:
            on_progress(report.rows_read)
    intake.flush()
    for chain in cycles(intake.owners, CYCLES_SHOWN_MAX):
        intake.find(
            Finding(
                "supplychain.ownership_cycle",
                report.source,
                None,
                "",
                {"firms": " → ".join(chain)[:300]},
                kept=True,
            )
        )


class _Intake:
    """A batch as it fills."""

    def __init__(
        self,
        report: GraphImport,
        write: Callable[[int, list[Node], list[Edge]], dict[str, Any]],
        on_finding: Callable[[Finding], None] | None,
    ) -> None:
        self._report = report
        self._write = write
        self._on_finding = on_finding
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []
        self._places: dict[tuple[str, str, str], tuple[str, int]] = {}
        self._sent: dict[str, int] = {}
        self._batches = 0
        self.owners: list[tuple[str, str]] = []

    def find(self, finding: Finding) -> None:
        """Keep a finding; one that costs its row counts that row as read."""
        self._report.findings.add(finding)
        if not finding.kept and finding.row is not None:
            self._report.rows_read += 1
        if self._on_finding is not None:
            self._on_finding(finding)

    def take(self, file: str, row: int, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
        """Take a row's facts, all of them or, where one is impossible, none."""
        edges = tuple(edges)
        fresh = [node for node in nodes if self._sent.get(node.key) != _mark(node)]
        try:
            for node in fresh:
                check_node(node)
            for edge in edges:
                check_edge(edge)
        except MartletError as error:
            details = {name: value for name, value in error.details.items() if value is not None}
            self.find(Finding(error.code, file, row, "", details))
            return
        self._report.rows_read += 1
        self._report.rows_kept += 1
        self._nodes += fresh
        if len(self._sent) < SENT_KEYS_MAX:
            self._sent.update((node.key, _mark(node)) for node in fresh)
        self._edges += edges
        for edge in edges:
            self._places[edge.from_key, edge.relation.value, edge.to_key] = (file, row)
            if edge.relation is Relation.PARENT_OF and len(self.owners) < OWNERSHIP_EDGES_MAX:
                self.owners.append((edge.from_key, edge.to_key))
        if len(self._nodes) >= BATCH_NODES_MAX // 2 or len(self._edges) >= BATCH_EDGES_MAX // 2:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered, in one commit."""
        nodes, edges = self._nodes, self._edges
        while nodes or edges:
            done = self._write(self._batches, nodes[:BATCH_NODES_MAX], edges[:BATCH_EDGES_MAX])
            nodes, edges = nodes[BATCH_NODES_MAX:], edges[BATCH_EDGES_MAX:]
            self._batches += 1
            for name in _FIGURES:
                self._report.figures[name] += done[name]
            self._report.findings.count("supplychain.conflict", _untold(done))
            for told in done["conflicts"]:
                place = (told["from_key"], told["relation"], told["to_key"])
                file, row = self._places.get(place, (told["reference"], 0))
                self.find(Finding("supplychain.conflict", file, row or None, "", told, kept=True))
        self._nodes, self._edges, self._places = [], [], {}


def _mark(node: Node) -> int:
    """Return what tells whether a node was sent before as it is told now."""
    return hash(frozenset(node.attributes.items()))


def _untold(done: dict[str, Any]) -> int:
    return int(done["conflicts_count"]) - len(done["conflicts"])


def begin_run(database: Database, principal: Principal, key: str, form: str, source: str) -> UUID:
    """Note that an import begins; the same key again is the same run."""

    def handler(tx: Transaction) -> dict[str, Any]:
        run_id = tx.ids.new()
        tx.execute(
            insert(run),
            {
                "tenant_id": tx.tenant_id,
                "run_id": run_id,
                "form": form,
                "source": source,
                "state": "running",
                "started_at": tx.now,
                "imported_by": tx.principal.actor,
                "report": {},
            },
        )
        tx.emit("supplychain.import_begun", "supplychain", {"form": form, "source": source})
        return {"run_id": str(run_id)}

    command = Command("supplychain.begin_import", principal, key, {"form": form, "source": source})
    return UUID(database.command(command, handler).value["run_id"])


def end_run(database: Database, principal: Principal, key: str, report: GraphImport) -> None:
    """Note that an import is done, with what it found."""
    told = report.as_json()

    def handler(tx: Transaction) -> dict[str, Any]:
        tx.execute(
            update(run)
            .where(run.c.tenant_id == tx.tenant_id, run.c.run_id == report.run_id)
            .values(state="done", finished_at=tx.now, report=told)
        )
        counted = {name: value for name, value in told.items() if isinstance(value, int)}
        tx.emit("supplychain.import_done", "supplychain", counted)
        return counted

    database.command(Command("supplychain.end_import", principal, key, told), handler)
