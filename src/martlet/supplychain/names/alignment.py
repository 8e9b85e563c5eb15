"""How a short name lies in a full one: its characters in order, each kept or dropped.

P(short | full) is read left to right: every character of the full name is kept or dropped, with a
probability that depends on the place and on whether the one before was kept; a character of the
short name that is not there is paid for. The invariant: the best reading is exact (dynamic
programming over all readings), and order is never broken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.limits import PAIRS_AT_ONCE

if TYPE_CHECKING:
    import numpy.typing as npt

    from martlet.supplychain.names.register import Smalls

    Singles = npt.NDArray[np.float32]
    Bools = npt.NDArray[np.bool_]

ABSENT, SHORTENED = -1, -2
"""Where a character of the query lies: nowhere; in the one-character name of the firm's place."""

INSERTED = np.float32(-7.0)
"""Log probability of a character that the full name lacks."""

PLACE_SHORTENED = np.float32(-3.0)
"""Log probability of a place's one-character name instead of the place."""

_NEVER = np.float32(-1e9)


@dataclass(frozen=True)
class Keeping:
    """Log probabilities that a character is kept or dropped, by whether the last was kept."""

    kept: Singles
    """Pairs × positions × 2 (the one before dropped, kept)."""
    dropped: Singles


@dataclass(frozen=True)
class Aligned:
    """The best reading of each pair."""

    score: Singles
    """Its log probability."""
    places: Smalls
    """Pairs × query characters: the position in the full name, or ABSENT, or SHORTENED."""


def align(queries: Smalls, names: Smalls, keeping: Keeping, shortened: Bools) -> Aligned:
    """Return the most probable reading of each pair of a query and a name.

    `shortened` tells whether the query's first character is a one-character name of the place.
    """
    count = len(queries)
    score = np.zeros(count, np.float32)
    places = np.full(queries.shape, ABSENT, np.int32)
    for begin in range(0, count, PAIRS_AT_ONCE):
        block = slice(begin, begin + PAIRS_AT_ONCE)
        part = Keeping(keeping.kept[block], keeping.dropped[block])
        score[block], places[block] = _align(queries[block], names[block], part, shortened[block])
    return Aligned(score, places)


def _align(
    queries: Smalls, names: Smalls, keeping: Keeping, shortened: Bools
) -> tuple[Singles, Smalls]:
    """Align one block; states are [query characters read][last kept], pairs run last."""
    count, asked = queries.shape
    # Trailing columns that no name of the block fills cost nothing.
    width = int(np.count_nonzero(names, axis=1).max(initial=0))
    query, name = np.ascontiguousarray(queries.T), np.ascontiguousarray(names.T)
    kept = np.ascontiguousarray(keeping.kept.transpose(1, 2, 0))
    dropped = np.ascontiguousarray(keeping.dropped.transpose(1, 2, 0))
    best = np.full((asked + 1, 2, count), _NEVER, np.float32)
    best[0, 0] = 0
    best[1, 0] = np.where(shortened, PLACE_SHORTENED, _NEVER)
    taken = np.zeros((width, asked + 1, count), bool)
    """Whether the last-kept state was reached by keeping this very position."""
    from_kept = np.zeros((width, asked + 1, 2, count), bool)
    inserted = np.zeros((width + 1, asked + 1, 2, count), bool)
    _insert(best, query, inserted[0])
    for at in range(width):
        there = name[at] > 0
        lost = best + np.where(there, dropped[at], 0)[None]
        from_kept[at, :, 0] = lost[:, 1] > lost[:, 0]
        after = np.full_like(best, _NEVER)
        after[:, 0] = np.maximum(lost[:, 0], lost[:, 1])
        match = (query == name[at]) & there
        gained = best[:-1] + kept[at][None]
        from_kept[at, 1:, 1] = gained[:, 1] > gained[:, 0]
        after[1:, 1] = np.where(match, np.maximum(gained[:, 0], gained[:, 1]), _NEVER)
        # Past the end of a name its states stay as they are.
        best = np.where(there, after, best)
        taken[at] = there
        _insert(best, query, inserted[at + 1])
    length = np.count_nonzero(query, axis=0)
    columns = np.arange(count)
    last = best[length, :, columns]
    state = (last[:, 1] > last[:, 0]).astype(np.int64)
    score = last[columns, state]
    places = _trace((taken, from_kept, inserted), length, state, shortened)
    return score, places


def _insert(best: Singles, query: Smalls, marks: Bools) -> None:
    """Let query characters be read without a place, wherever that is the better reading."""
    for at in range(query.shape[0]):
        paid = best[at] + np.where(query[at] != 0, INSERTED, _NEVER)[None]
        better = paid > best[at + 1]
        marks[at + 1] = better
        best[at + 1] = np.where(better, paid, best[at + 1])


def _trace(
    steps: tuple[Bools, Bools, Bools],
    length: npt.NDArray[np.int64],
    state: npt.NDArray[np.int64],
    shortened: Bools,
) -> Smalls:
    """Return where each query character lies, by walking the best reading backwards."""
    taken, from_kept, inserted = steps
    width, asked, count = taken.shape
    places = np.full((asked - 1, count), ABSENT, np.int32)
    columns = np.arange(count)
    read, state = length.copy(), state.copy()
    for at in range(width, -1, -1):
        for _ in range(asked - 1):
            put = inserted[at, read, state, columns] & (read > 0)
            if not put.any():
                break
            read -= put
        if not at:
            break
        there = taken[at - 1, read, columns]
        keep = there & (state == 1)
        places[read[keep] - 1, columns[keep]] = at - 1
        before = from_kept[at - 1, read, state, columns]
        state = np.where(there, before, state)
        read = np.where(keep, read - 1, read)
    places[0, (read == 1) & shortened] = SHORTENED
    return np.ascontiguousarray(places.T)
