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

import msgspec

from martlet.credit.drafting import Draft
from martlet.credit.limits import BATCHES_AHEAD, DECISIONS_IN_ONE_BATCH, GARBAGE_THRESHOLD
from martlet.credit.model import Application

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from martlet.credit.drafting import Drafting
    from martlet.kernel.principal import Principal

# Between the processes in MessagePack: a tenth of what pickling the same values takes.
_write = msgspec.msgpack.Encoder(uuid_format="bytes").encode
_applications = msgspec.msgpack.Decoder(list[Application]).decode
_drafts = msgspec.msgpack.Decoder(list[Draft]).decode


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
    ) -> Future[bytes]:
        """Have applications decided somewhere, as of a moment; `read_drafts` reads the answer."""
        return self._pool.submit(_draft, principal, _write(applications), as_of)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes; what is being decided is lost, as nothing of it was kept."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def read_drafts(answer: bytes) -> list[Draft]:
    """Return the drafts that an answer holds."""
    return _drafts(answer)


_opened: list[Drafting] = []
"""What this process decides with: opened once, when it starts."""


def _open(open_drafting: Callable[[], Drafting]) -> None:
    _opened.append(open_drafting())
    # A batch makes ten thousands of small values and no cycles; searching for cycles all the
    # time would take a tenth of it.
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


def _draft(principal: Principal, asked: bytes, as_of: datetime) -> bytes:
    return _write(_opened[0].drafts(principal, _applications(asked), as_of))
