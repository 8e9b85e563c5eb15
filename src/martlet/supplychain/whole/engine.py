"""The one place that knows numba: compiles the loops of `kernels` once, and keeps them on disk.

The invariant: a loop is compiled for one signature, of read-only inputs, so that arrays in memory
and memory-mapped ones run the same code. Compiled loops let go of the interpreter, so ordinary
threads share a piece of work by ranges of nodes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import missing_extra
from martlet.supplychain.whole import kernels

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.supplychain.whole.graph import Offsets

_ROWS = "o n m"
_TWO = "o n o n"
_SIGNATURES = {
    "count": "n i i O",
    "scatter": "n n m i i O N M",
    "transpose": f"{_ROWS} i i O N M",
    "order_marks": "o n M",
    "drop_repeats": "O N M",
    "select": f"{_ROWS} i i i O N",
    "spread": f"{_ROWS} o o i i i b i i i S N N i",
    "join_some": "o n i N",
    "join_rest": f"{_TWO} i N",
    "rank_round": "o n i i f o f d d F F",
    "count_neighbours": f"{_TWO} i i N",
    "peel": f"{_TWO} N N N",
}
"""Small letters are read, capital ones written: offsets, nodes, marks, seen, floats."""


@cache
def compiled(name: str) -> Callable[..., Any]:
    """Return a loop of `kernels` as machine code."""
    try:
        import numba  # noqa: PLC0415 - heavy, and only whole-graph work wants it
    except ImportError as error:
        raise missing_extra("supplychain", "numba") from error
    of = {"o": numba.int64, "n": numba.int32, "m": numba.uint32, "f": numba.float64}
    of |= {"s": numba.uint8}
    plain = {"i": numba.int64, "b": numba.boolean, "d": numba.float64}
    signature = tuple(
        plain[letter]
        if letter in plain
        else numba.types.Array(of[letter.lower()], 1, "C", readonly=letter.islower())
        for letter in _SIGNATURES[name].split()
    )
    _register()
    function = getattr(kernels, name)
    try:
        return numba.njit(signature, nogil=True, cache=True)(function)
    except RuntimeError:
        # Nowhere to keep it: neither beside the package nor under the user's home.
        return numba.njit(signature, nogil=True)(function)


def warm() -> None:
    """Compile every loop now, or load it from where it is kept."""
    for name in _SIGNATURES:
        compiled(name)


@cache
def _register() -> None:
    from numba.extending import register_jitable  # noqa: PLC0415 - as above

    parts = ("in_view", "around_of", "root", "unite", "lose", "still_alive")
    for part in parts:
        register_jitable(getattr(kernels, part))


def shares(offsets: Offsets, threads: int) -> list[tuple[int, int]]:
    """Return ranges of nodes with about as many edges each, one a thread."""
    size = len(offsets) - 1
    steps = np.linspace(0, int(offsets[-1]) + size, threads + 1)[1:-1]
    # A node costs as an edge does, so that ten million firms without edges are work as well.
    cuts = [0, *_cuts(offsets, steps), size]
    return [(cuts[place], cuts[place + 1]) for place in range(threads)]


def together(work: Callable[[int, int], Any], ranges: list[tuple[int, int]]) -> list[Any]:
    """Run a piece of work over its ranges at once; return their answers in order."""
    if len(ranges) == 1:
        return [work(*ranges[0])]
    with ThreadPoolExecutor(len(ranges)) as pool:
        return list(pool.map(lambda pair: work(*pair), ranges))


def _cuts(offsets: Offsets, steps: Any) -> list[int]:  # noqa: ANN401
    """Return the nodes at which offsets plus node numbers pass each step, by halving."""
    found = []
    for step in steps:
        low, high = 0, len(offsets) - 1
        while low < high:
            middle = (low + high) // 2
            if int(offsets[middle]) + middle < step:
                low = middle + 1
            else:
                high = middle
        found.append(low)
    return found
