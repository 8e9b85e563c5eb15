"""Find who owns itself: rings of firms that hold each other.

Cross-holdings are lawful and are kept; the invariant is that each ring is told once, and that the
search ends however large the tangle is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_NEW, _OPEN, _DONE = 0, 1, 2


def cycles(owners: Iterable[tuple[str, str]], count_max: int) -> list[list[str]]:
    """Return rings of owners, each from its smallest name back to it, at most so many.

    One ring is told for each edge that closes one, so a firm in many rings is in some of them.
    """
    held: dict[str, list[str]] = {}
    for owner, firm in owners:
        held.setdefault(owner, []).append(firm)
    state = dict.fromkeys(held, _NEW)
    found: dict[tuple[str, ...], None] = {}
    for start, first in held.items():
        if state[start] is not _NEW:
            continue
        path, waiting = [start], [iter(first)]
        state[start] = _OPEN
        while waiting and len(found) < count_max:
            following = next(waiting[-1], None)
            if following is None:
                state[path.pop()] = _DONE
                waiting.pop()
            elif state.get(following, _DONE) is _OPEN:
                found[_ring(path[path.index(following) :])] = None
            elif state.get(following, _DONE) is _NEW:
                state[following] = _OPEN
                path.append(following)
                waiting.append(iter(held[following]))
    return [list(ring) for ring in found]


def _ring(firms: list[str]) -> tuple[str, ...]:
    """Return a ring from its smallest name on, closed."""
    at = firms.index(min(firms))
    turned = firms[at:] + firms[:at]
    return (*turned, turned[0])
