"""How fast the whole graph is built and worked on: synthetic firms and edges with heavy tails.

    python -m benchmarks.graph [--nodes 21000000 --edges 100000000] [--threads 2]
                               [--hub 10000000] [--parquet FOLDER]

Every edge is made up (seeded): customers and suppliers are drawn with heavy tails, firms are
numbered at random. `--hub` gives one firm so many suppliers more. `--parquet` writes the edges as
a Parquet table first, and reads them back from it within the measured time. Bars: 3 hops from the
biggest hub within 0.5 s; build, components, 20 rounds of PageRank and k-core within 2 minutes and
6 GB of the whole process.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.machine import machine_lines
from martlet.supplychain.whole.build import build
from martlet.supplychain.whole.engine import warm
from martlet.supplychain.whole.measures import (
    Walk,
    around,
    components,
    core_numbers,
    degrees,
    page_rank,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.supplychain.whole.graph import Nodes, WholeGraph

BATCH = 5_000_000
TAIL_OF_CUSTOMERS = 2.4
"""A firm's place among n is n * u ** 2.4: the biggest buys about 9 edges of 10,000."""
TAIL_OF_SUPPLIERS = 1.5
STEP = 7_368_787
"""A prime: times it, modulo the number of firms, lays the big ones anywhere."""
TOTAL_S, MEMORY_GB, HOPS_S = 120.0, 6.0, 0.5


def edges(nodes: int, count: int, hub: int, seed: int = 6) -> tuple[Nodes, Nodes]:
    """Return made-up edges supplier → customer, the same for the same seed."""
    rng = np.random.default_rng(seed)
    sources, targets = np.empty(count + hub, np.int32), np.empty(count + hub, np.int32)
    for begun in range(0, count, BATCH):
        end = min(begun + BATCH, count)
        for ends, tail in ((targets, TAIL_OF_CUSTOMERS), (sources, TAIL_OF_SUPPLIERS)):
            place = (nodes * rng.random(end - begun) ** tail).astype(np.int64)
            ends[begun:end] = place * STEP % nodes
    if hub:
        targets[count:] = 0
        sources[count:] = rng.permutation(nodes - 1)[:hub] + 1
    return sources, targets


class Steps:
    """Runs steps one by one and prints what each took."""

    def __init__(self) -> None:
        self.wall_s = 0.0
        self.cpu_s = 0.0

    def run(self, name: str, work: Callable[[], Any], *, counts: bool = True) -> Any:  # noqa: ANN401
        """Return what the work gives; its seconds count towards the total if so said."""
        begun, cpu = perf_counter(), process_time()
        answer = work()
        wall_s, cpu_s = perf_counter() - begun, process_time() - cpu
        if counts:
            self.wall_s += wall_s
            self.cpu_s += cpu_s
        print(f"{name:<34} {wall_s:8.2f} s   {cpu_s:8.2f} s CPU   peak {_peak_gb():5.2f} GB")
        return answer


def main() -> None:
    """Make the edges, build, measure, look around, and print what each step took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--nodes", type=int, default=21_000_000)
    options.add_argument("--edges", type=int, default=100_000_000)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--hub", type=int, default=0)
    options.add_argument("--parquet", type=Path)
    given = options.parse_args()
    assert given.nodes % STEP, "the number of firms may not be a multiple of the step"
    for line in machine_lines(Path(tempfile.gettempdir())):
        print(line)
    print(f"data      synthetic, {given.nodes:,} firms, {given.edges:,} edges, seed 6")
    print(f"threads   {given.threads}")
    steps = Steps()
    steps.run("compile, or load what is compiled", warm, counts=False)
    graph = _built(given, steps)
    labels = steps.run("weak components", lambda: components(graph))
    ranks, change = steps.run(
        "PageRank, 20 rounds", lambda: page_rank(graph, threads=given.threads)
    )
    cores = steps.run("k-core", lambda: core_numbers(graph, given.threads))
    biggest = int(np.unique(labels, return_counts=True)[1].max())
    print(
        f"found     {graph.edges_count:,} different edges, biggest component {biggest:,},"
        f" ranks add up to {ranks.sum():.9f} (last round moved {change:.1e}),"
        f" deepest core {int(cores.max())}"
    )
    print(
        f"{'total':<34} {steps.wall_s:8.2f} s   {steps.cpu_s:8.2f} s CPU"
        f"   peak {_peak_gb():5.2f} GB   (bars {TOTAL_S:.0f} s, {MEMORY_GB:.0f} GB)"
    )
    del labels, ranks, cores
    _look_around(graph, steps)


def _built(given: argparse.Namespace, steps: Steps) -> WholeGraph:
    ends = list(
        steps.run(
            "make the edges up", lambda: edges(given.nodes, given.edges, given.hub), counts=False
        )
    )
    if given.parquet is not None:
        from martlet.supplychain.whole.intake import read_edges

        steps.run("write Parquet", lambda: _write(given.parquet, *ends), counts=False)
        ends.clear()
        table = steps.run("read Parquet", lambda: read_edges(given.parquet))
        ends = [table.sources, table.targets]
        size = table.keys.count
        del table
    else:
        size = given.nodes
    graph, left_out = steps.run("build", lambda: build(*ends, size, threads=given.threads))
    print(f"left out  {left_out}")
    return graph  # type: ignore[no-any-return]


def _look_around(graph: WholeGraph, steps: Steps) -> None:
    """Print what three hops cost from the biggest hub, from middling firms, and under a policy."""
    sizes = degrees(graph.suppliers)
    firms = {"biggest hub": int(sizes.argmax())}
    firms |= {
        f"{size:,} suppliers": int(np.abs(sizes.astype(np.int64) - size).argmin())
        for size in (450, 77)
    }
    wide = {"most": 5_000_000}
    for name, firm in firms.items():
        for label, more in (
            (", 3 hops", {"tiers": 3, **wide}),
            (", 5 hops", {"tiers": 5, **wide}),
            (", 5, past 1,000 stop", {"tiers": 5, "through_most": 1_000, **wide}),
            (", 5, both ways, most 100,000", {"tiers": 5, "downstream": True}),
        ):
            walk = Walk(**more)  # type: ignore[arg-type]
            found = steps.run(name + label, lambda walk=walk, firm=firm: around(graph, firm, walk))
            by_tier = np.bincount(found.tiers).tolist()
            print(f"  tiers {by_tier}, left out {found.left_out:,}, hubs stopped {found.hubs:,}")
    print(f"biggest hub: {int(sizes.max()):,} suppliers; bar for its 3 hops {HOPS_S} s")


def _write(folder: Path, sources: Nodes, targets: Nodes) -> None:
    import polars as pl

    folder.mkdir(parents=True, exist_ok=True)
    for number, begun in enumerate(range(0, len(sources), 2 * BATCH)):
        part = slice(begun, begun + 2 * BATCH)
        frame = pl.DataFrame({"src": sources[part], "dst": targets[part]})
        frame.write_parquet(folder / f"part-{number:04}.parquet")


def _peak_gb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


if __name__ == "__main__":
    main()
