"""The whole graph on disk: arrays as `.npy` files that may be mapped, keys and answers as Parquet.

The invariant: what is loaded is what was saved, or is refused; a folder appears with its last file,
`graph.json`, written when everything else is there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.kernel.errors import Invalid
from martlet.supplychain.whole.graph import Rows, WholeGraph
from martlet.supplychain.whole.keys import Keys

if TYPE_CHECKING:
    from pathlib import Path

_FORM = 1
_HEAD = "graph.json"
_HEADER_BYTES = 256
"""A file of no more holds hardly a number behind its header."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A graph and the names of its nodes, as they lie in a folder."""

    graph: WholeGraph
    keys: Keys


def save(folder: Path, graph: WholeGraph, keys: Keys) -> None:
    """Lay a graph down so that it can be mapped into memory by whoever asks."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _HEAD).unlink(missing_ok=True)
    for name, array in _arrays(graph).items():
        np.save(folder / f"{name}.npy", array)
    if keys.series is not None:
        keys.series.to_frame("id").write_parquet(folder / "keys.parquet")
    head = {"form": _FORM, "nodes": graph.nodes_count, "edges": graph.edges_count}
    head |= {"marked": graph.marked, "keyed": keys.series is not None}
    (folder / _HEAD).write_text(json.dumps(head), encoding="utf-8")


def load(folder: Path, *, mapped: bool = True) -> Kept:
    """Return a graph that was saved; mapped, only what is looked at is read from the disk."""
    try:
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        if head["form"] != _FORM:
            raise Invalid("whole.not_a_graph", folder=str(folder))
        rows = [_rows(folder, side, mapped=mapped) for side in ("customers", "suppliers")]
        series = pl.read_parquet(folder / "keys.parquet")["id"] if head["keyed"] else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid("whole.not_a_graph", folder=str(folder)) from error
    graph = WholeGraph(*rows)
    found = (graph.nodes_count, graph.edges_count, graph.marked)
    if found != (head["nodes"], head["edges"], head["marked"]):
        raise Invalid("whole.not_a_graph", folder=str(folder))
    return Kept(graph, Keys(graph.nodes_count, series))


def _rows(folder: Path, side: str, *, mapped: bool) -> Rows:
    parts: list[Any] = []
    for name in ("offsets", "nodes", "marks"):
        file = folder / f"{side}_{name}.npy"
        # A mapping of no bytes is refused by the system; it is read instead.
        lazy = mapped and file.stat().st_size > _HEADER_BYTES
        # As a plain array: the compiled loops know no other.
        parts.append(np.asarray(np.load(file, mmap_mode="r" if lazy else None)))
    offsets, nodes, marks = parts
    if len(offsets) == 0 or int(offsets[-1]) != len(nodes) or len(marks) not in {0, len(nodes)}:
        raise Invalid("whole.not_a_graph", folder=str(folder))
    return Rows(offsets, nodes, marks)


def _arrays(graph: WholeGraph) -> dict[str, Any]:
    sides = {"customers": graph.customers, "suppliers": graph.suppliers}
    return {
        f"{side}_{name}": getattr(rows, name)
        for side, rows in sides.items()
        for name in ("offsets", "nodes", "marks")
    }
