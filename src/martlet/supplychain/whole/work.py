"""Whole-graph work from an edge table to answers on disk, step by step, with how far it has come.

The invariant: `nodes.parquet` holds one row for every node of the edges in view or of the table of
nodes, and what was left out is in the answer. Beside it lies the graph, for neighbourhoods.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.kernel.errors import Invalid
from martlet.supplychain.whole.build import build
from martlet.supplychain.whole.files import save
from martlet.supplychain.whole.intake import read_edges
from martlet.supplychain.whole.limits import THREADS_MAX
from martlet.supplychain.whole.measures import (
    ROUNDS,
    around,
    components,
    core_numbers,
    degrees,
    page_rank,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from martlet.supplychain.whole.files import Kept
    from martlet.supplychain.whole.graph import WholeGraph
    from martlet.supplychain.whole.keys import Keys
    from martlet.supplychain.whole.marks import View
    from martlet.supplychain.whole.measures import Walk

    Stage = Callable[[str, int, int | None], None]

STAGES = ("reading", "building", "components", "ranks", "cores", "writing")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a whole graph."""

    view: View
    rounds: int = ROUNDS
    core: Sequence[str] = ()
    """Keys of core firms; then `rank_from_core` tells who is near them upstream."""
    threads: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.threads <= THREADS_MAX:
            raise Invalid("whole.threads_out_of_range", threads=self.threads, most=THREADS_MAX)


def measure_table(edges: Path, out: Path, wanted: Wanted, told: Stage) -> dict[str, Any]:
    """Measure the whole graph of an edge table, write it, and return what was found and left."""
    told("reading", 0, None)
    table = read_edges(edges, lambda done, total: told("reading", done, total))
    told("building", 0, None)
    keys, read = table.keys, asdict(table.told)
    given = (table.sources, table.targets, keys.count, table.marks)
    del table
    graph, left_out = build(*given, threads=wanted.threads)
    del given
    save(out / "graph", graph, keys)
    seen = graph.seen(wanted.view, wanted.threads)
    del graph
    frame, found = _measured(seen, keys, wanted, told)
    told("writing", 0, None)
    frame.write_parquet(out / "nodes.parquet")
    answer = {"rows_count": read.pop("rows_count"), "nodes_count": seen.nodes_count}
    answer |= {"edges_count": seen.edges_count, **found}
    answer["left_out"] = {**read, **asdict(left_out)}
    return answer


def neighbourhood(
    kept: Kept, key: str, walk: Walk, view: View
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return who is around a firm, nearest first, with whom each was reached through."""
    found = around(kept.graph, kept.keys.number_of(key), walk, view)
    frame = pl.DataFrame(
        {
            "id": kept.keys.of(found.nodes),
            "tiers_away": found.tiers,
            "through": kept.keys.of(found.nodes[found.came_from]),
        }
    )
    counts = np.bincount(found.tiers).tolist()
    told: dict[str, Any] = {"reached_count": len(found.nodes), "left_out_count": found.left_out}
    told |= {"hubs_count": found.hubs, "by_tier": {str(n): size for n, size in enumerate(counts)}}
    return frame, told


def _measured(
    graph: WholeGraph, keys: Keys, wanted: Wanted, told: Stage
) -> tuple[pl.DataFrame, dict[str, Any]]:
    core = [keys.number_of(key) for key in wanted.core]
    told("components", 0, None)
    labels = components(graph)
    told("ranks", 0, wanted.rounds)
    given: dict[str, Any] = {"rounds": wanted.rounds, "threads": wanted.threads}
    given["moved"] = lambda done, total: told("ranks", done, total)
    ranks, change = page_rank(graph, **given)
    columns = {
        "id": keys.of(np.arange(graph.nodes_count, dtype=np.int32)),
        "suppliers_count": degrees(graph.suppliers),
        "customers_count": degrees(graph.customers),
        "component": keys.of(labels),
        "rank": ranks,
    }
    if core:
        columns["rank_from_core"] = page_rank(graph.turned(), core, **given)[0]
    told("cores", 0, None)
    cores = core_numbers(graph, wanted.threads)
    columns["core"] = cores
    sizes = np.bincount(labels, minlength=1)
    found = {
        "weak_components_count": int((sizes > 0).sum()),
        "component_biggest_count": int(sizes.max(initial=0)),
        "rank_moved_last_round": change,
        "core_deepest": int(cores.max(initial=0)),
    }
    return pl.DataFrame(columns), found
