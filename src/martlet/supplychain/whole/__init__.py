"""The whole graph at once: tens of millions of firms as arrays on one machine, or on a cluster.

The invariant: it counts and ranks what the edges in view say; nothing here reaches a line by
itself. numba is wanted by the loops alone, and Spark by the adapter for what one machine cannot
hold.
"""

from martlet.supplychain.whole.build import LeftOut, build
from martlet.supplychain.whole.files import Kept, load, save
from martlet.supplychain.whole.graph import Rows, WholeGraph
from martlet.supplychain.whole.intake import EdgeTable, Told, read_edges
from martlet.supplychain.whole.keys import Keys
from martlet.supplychain.whole.marks import View, pack, view_of
from martlet.supplychain.whole.measures import (
    Reached,
    Walk,
    around,
    components,
    core_numbers,
    degrees,
    page_rank,
)
from martlet.supplychain.whole.work import Wanted, measure_table, neighbourhood

__all__ = [
    "EdgeTable",
    "Kept",
    "Keys",
    "LeftOut",
    "Reached",
    "Rows",
    "Told",
    "View",
    "Walk",
    "Wanted",
    "WholeGraph",
    "around",
    "build",
    "components",
    "core_numbers",
    "degrees",
    "load",
    "measure_table",
    "neighbourhood",
    "pack",
    "page_rank",
    "read_edges",
    "save",
    "view_of",
]
