"""Slow answers made beside the pages, one at a time, and kept for those who may ask again.

A page never waits long: it takes what is there, or says that it is being reckoned and asks again.
The invariant: an answer is found only by its key, and a key begins with its tenant.
"""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from martlet.kernel.errors import Unavailable
from martlet.web.limits import RECKONING_WAIT_SECONDS, RECKONINGS_KEPT_MAX, RECKONINGS_WAITING_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from uuid import UUID

    Key = tuple[UUID, *tuple[Hashable, ...]]


T = TypeVar("T")


class Reckonings:
    """A bounded number of answers, the least asked for forgotten first."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "reckoning")
        self._kept: OrderedDict[Key, Future[Any]] = OrderedDict()
        self._lock = Lock()

    def of(
        self, key: Key, make: Callable[[], T], wait_seconds: float = RECKONING_WAIT_SECONDS
    ) -> T | None:
        """Return the answer to a key, or None while it is being made; what it refuses is raised."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                waiting = sum(not one.done() for one in self._kept.values())
                if waiting >= RECKONINGS_WAITING_MAX:
                    raise Unavailable("web.reckonings_waiting", waiting_count=waiting)
                found = self._kept[key] = self._worker.submit(make)
            self._kept.move_to_end(key)
            while len(self._kept) > RECKONINGS_KEPT_MAX:
                self._kept.popitem(last=False)[1].cancel()
        answer: T | None = self._answer(key, found, wait_seconds)
        return answer

    def known(self, key: Key, wait_seconds: float = RECKONING_WAIT_SECONDS) -> tuple[bool, Any]:
        """Tell whether somebody has asked for a key, with its answer (None while it is made)."""
        with self._lock:
            found = self._kept.get(key)
        return (False, None) if found is None else (True, self._answer(key, found, wait_seconds))

    def _answer(self, key: Key, found: Future[Any], wait_seconds: float) -> Any:  # noqa: ANN401 - whatever was made
        try:
            return found.result(timeout=wait_seconds)
        except NotYet:
            return None
        except Exception:
            # What failed is not kept: it may have been a moment's trouble.
            with self._lock:
                self._kept.pop(key, None)
            raise
