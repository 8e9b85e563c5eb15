"""Processes that read signals and decide, so that the one process that writes only writes.

Each holds snapshots of the same database and its own eyes, opened once by a function that can be
sent to it. They keep nothing: what they hand back are drafts. The invariant: which process decided
cannot be told from the decision.
"""

from __future__ import annotations

import gc
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self

from martlet.credit.limits import BATCHES_AHEAD, DECISIONS_IN_ONE_BATCH, GARBAGE_THRESHOLD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from martlet.credit.drafting import Draft, Drafting
    from martlet.credit.model import Application
    from martlet.kernel.principal import Principal


class Deciders:
    """A pool of processes that draft decisions; a context that ends them when it is left."""

    def __init__(self, open_drafting: Callable[[], Drafting], processes: int) -> None:
        assert processes > 0, processes
        self.batch_size = DECISIONS_IN_ONE_BATCH
        self.ahead = BATCHES_AHEAD * processes
        """How many batches are asked for before the first is fetched."""
        self._pool = ProcessPoolExecutor(
            processes, get_context("spawn"), initializer=_open, initargs=(open_drafting,)
        )

    def drafts(
        self, principal: Principal, applications: Sequence[Application], as_of: datetime
    ) -> Future[list[Draft]]:
        """Have applications decided somewhere, as of a moment."""
        return self._pool.submit(_draft, principal, list(applications), as_of)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what is being decided is lost, as nothing of it was kept."""
        self._pool.shutdown(wait=True, cancel_futures=True)


_opened: list[Drafting] = []
"""What this process decides with: opened once, when it starts."""


def _open(open_drafting: Callable[[], Drafting]) -> None:
    _opened.append(open_drafting())
    # A batch makes ten thousands of small values and no cycles; searching for cycles all the
    # time would take a tenth of it.
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


def _draft(
    principal: Principal, applications: Sequence[Application], as_of: datetime
) -> list[Draft]:
    return _opened[0].drafts(principal, applications, as_of)
