"""The industry chains that ship as data, as facts of the stored graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.chains import CHAINS, chain_named, facts_of
from martlet.supplychain.loaders.told import Fact, Told

if TYPE_CHECKING:
    from collections.abc import Iterator

ALL = "all"


def load(name: str) -> Iterator[Fact]:
    """Yield the facts of a chain by its name, or of all of them."""
    for one in CHAINS if name == ALL else (name,):
        nodes, edges = facts_of(chain_named(one))
        yield Told(f"chains/{one}", 1, nodes)
        for number, edge in enumerate(edges, 1):
            yield Told(f"chains/{one}", number, (), (edge,))
