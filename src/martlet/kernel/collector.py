"""The garbage collector at rest, while bounded work makes many values and no cycle among them.

The collector would walk through everything that the process holds, again and again, and find
nothing: up to a quarter of the time. Reference counts still free what is done with.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collector_at_rest(*, worth_it: bool = True) -> Iterator[None]:
    """Let the collector rest until the block is left, where it was at work."""
    rest = worth_it and gc.isenabled()
    if rest:
        gc.disable()
    try:
        yield
    finally:
        if rest:
            gc.enable()
