"""`martlet supplychain whole` and `reach`: a whole edge table measured, and looked around in."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, progress, show
from martlet.cli.reading import share, start_of
from martlet.cli.words import say
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from martlet.supplychain.whole import View

AsOfOption = Annotated[
    str, typer.Option(help=say("Only what was known before this day began (YYYY-MM-DD)."))
]
RelationsOption = Annotated[
    str, typer.Option(help=say("Relations that count, with commas between; all without it."))
]
SureOption = Annotated[str, typer.Option(help=say("Least confidence of an edge, such as 80%."))]
InferredOption = Annotated[
    bool, typer.Option("--without-inferred", help=say("Leave out edges that only a model says."))
]


def whole(
    edges: Annotated[
        Path,
        typer.Option(help=say("Edges in Parquet (src, dst, …): a file, or a folder of files.")),
    ],
    out: Annotated[Path, typer.Option(help=say("Folder for what is computed."))],
    core: Annotated[
        str, typer.Option(help=say("Keys of core firms, with commas between: rank from them too."))
    ] = "",
    rounds: Annotated[int, typer.Option(help=say("Rounds of PageRank."), min=1, max=200)] = 20,
    as_of: AsOfOption = "",
    relations: RelationsOption = "",
    confidence_least: SureOption = "",
    without_inferred: InferredOption = False,
    threads: Annotated[
        int, typer.Option(help=say("Threads that work at once; 0 is all cores."), min=0, max=64)
    ] = 0,
    as_json: JsonOption = False,
) -> None:
    """Compute components, ranks and cores of every node, and keep the graph for `reach`."""
    from martlet.supplychain.whole import Wanted, measure_table

    view = _view(as_of, relations, confidence_least, without=without_inferred)
    firms = tuple(key.strip() for key in core.split(",") if key.strip())
    cores = min(len(os.sched_getaffinity(0)), 64)
    wanted = Wanted(view, rounds, firms, threads or cores)
    with progress(say("working"), quiet=as_json) as moved:
        found = measure_table(edges, out, wanted, lambda _, done, total: moved(done, total))
    show({**found, "file": str(out / "nodes.parquet")}, as_json=as_json)


def reach(
    key: Annotated[str, typer.Argument(help=say("The firm's key in the edge table."))],
    graph: Annotated[Path, typer.Option(help=say("Folder that `whole` wrote."))],
    tiers: Annotated[int, typer.Option(help=say("Tiers outwards."), min=1, max=5)] = 4,
    direction: Annotated[
        str, typer.Option(help=say("suppliers, customers or both."))
    ] = "suppliers",
    most: Annotated[
        int, typer.Option(help=say("Most nodes that are given back."), min=1)
    ] = 100_000,
    hub_degree: Annotated[
        int, typer.Option(help=say("Do not go through nodes with more edges; 0 is any."), min=0)
    ] = 0,
    skip_hubs: Annotated[
        bool, typer.Option("--skip-hubs", help=say("Do not even reach such nodes."))
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help=say("Where the neighbourhood is written (Parquet)."))
    ] = None,
    as_of: AsOfOption = "",
    relations: RelationsOption = "",
    confidence_least: SureOption = "",
    without_inferred: InferredOption = False,
    as_json: JsonOption = False,
) -> None:
    """Show who is around a firm in a whole graph, tier by tier."""
    from martlet.supplychain.whole import Walk, load, neighbourhood

    if direction not in {"suppliers", "customers", "both"}:
        raise Invalid("whole.direction_unknown", direction=direction[:40])
    walk = Walk(
        tiers,
        upstream=direction != "customers",
        downstream=direction != "suppliers",
        most=most,
        through_most=hub_degree or None,
        skip_hubs=skip_hubs,
    )
    view = _view(as_of, relations, confidence_least, without=without_inferred)
    inner = graph / "graph"
    kept = load(inner if inner.exists() else graph)
    frame, found = neighbourhood(kept, key, walk, view)
    if out is not None:
        frame.write_parquet(out)
    rows = frame.head(len(frame) if as_json and out is None else 20).to_dicts()
    show({**found, "nodes": rows}, as_json=as_json)
    if not as_json and len(frame) > len(rows):
        note(say("The nearest are shown; --out FILE.parquet writes all of them."))


def _view(as_of: str, relations: str, confidence: str, *, without: bool) -> View:
    from martlet.supplychain.model import Relation
    from martlet.supplychain.whole import view_of

    moment = start_of(as_of) if as_of else None
    wanted: list[Any] | None = None
    if relations:
        wanted = []
        for name in relations.split(","):
            if name.strip() not in {relation.value for relation in Relation}:
                raise Invalid("whole.relation_unknown", relation=name.strip()[:40])
            wanted.append(Relation(name.strip()))
    least = share(confidence) if confidence else 0
    return view_of(moment, wanted, least, inferred=not without)


COMMANDS = (
    ("whole", whole, say("Measure a whole edge table: components, ranks, cores of every node.")),
    ("reach", reach, say("Who is around a firm in a whole graph, to the fifth tier.")),
)
"""Each command's name, what carries it out, and its line of help."""
