"""Which characters of a firm's name survive in its short name, learnt from confirmed pairs.

The invariant: what is learnt are habits of shortening (place, core, industry word, legal form, how
common a piece is in the register), never a name; a register without confirmed pairs gets the
built-in habits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.alignment import Keeping
from martlet.supplychain.names.register import BRACKET, CORE, FORM, PLACE, adjacent, running

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from martlet.supplychain.names.register import Ints, Register

    Singles = npt.NDArray[np.float32]


POSITION = (
    *("part", "from_start", "to_end", "core_size", "core_start", "single", "before", "after"),
    *("pair_before", "pair_after", "bound_before", "bound_after"),
    *("endings", "next_ending", "beginnings", "last_beginning", "in_form"),
)
"""What is known of a character at its position; counts are logarithms of numbers of names."""

COLUMN = {name: at for at, name in enumerate(POSITION)}


def position_features(register: Register, rows: Ints) -> Singles:
    """Return what is known of each character of some names: rows × positions × features."""
    codes = register.codes[rows]
    start, end = (bound[rows][:, None] for bound in register.cores)
    width = codes.shape[1]
    column = np.arange(width)[None, :]
    open_sign, close_sign = (register.number_of.get(sign, -9) for sign in "()")
    depth = np.cumsum(codes == open_sign, axis=1) - np.cumsum(codes == close_sign, axis=1)
    part = np.where(column < start, PLACE, np.where(column < end, CORE, FORM))
    part = np.where((depth > 0) | (codes == close_sign), BRACKET, part)
    pairs = np.zeros((len(rows), width + 1))
    pairs[:, 1:-1] = np.log1p(register.pairs(adjacent(codes)))
    single = np.log1p(register.frequency[codes])
    flat_start, flat_end = start[:, 0], end[:, 0]
    ahead, _ = running(codes, flat_start, flat_end, backwards=True)
    behind, inside = running(codes, flat_start, flat_end, backwards=False)
    endings = np.where(inside, np.log1p(register.endings(ahead)), 0)
    beginnings = np.where(inside, np.log1p(register.beginnings(behind)), 0)
    next_ending = np.concatenate([endings[:, 1:], np.zeros((len(rows), 1))], axis=1)
    last_beginning = np.concatenate([np.zeros((len(rows), 1)), beginnings[:, :-1]], axis=1)
    before = np.concatenate([np.zeros((len(rows), 1)), single[:, :-1]], axis=1)
    after = np.concatenate([single[:, 1:], np.zeros((len(rows), 1))], axis=1)
    features = [
        part,
        column - start,
        end - column,
        np.broadcast_to(end - start, codes.shape),
        np.broadcast_to(start, codes.shape),
        single,
        before,
        after,
        pairs[:, :-1],
        pairs[:, 1:],
        pairs[:, :-1] - before,
        pairs[:, 1:] - after,
        endings,
        next_ending,
        beginnings,
        last_beginning,
        np.where(column < end, 0, column - end),
    ]
    return np.stack([np.broadcast_to(f, codes.shape) for f in features], axis=-1).astype(np.float32)


def keeping_of(model: Callable[[Singles], Singles], register: Register, rows: Ints) -> Keeping:
    """Return the habits as they apply to each character of some names."""
    features = position_features(register, rows)
    count, width, _ = features.shape
    kept = np.zeros((count, width, 2), np.float32)
    there = register.codes[rows] > 0
    for state in (0, 1):
        told = np.concatenate(
            [features[there], np.full((int(there.sum()), 1), state, np.float32)], axis=1
        )
        kept[there, state] = model(told)
    kept = np.clip(kept, 0.002, 0.998)
    return Keeping(np.log(kept), np.log1p(-kept))


def lesson(
    register: Register, rows: Ints, places: npt.NDArray[np.int32]
) -> tuple[Singles, npt.NDArray[np.int8]]:
    """Return features and outcomes (kept or not) of every character of aligned names."""
    features = position_features(register, rows)
    count, width, _ = features.shape
    kept = np.zeros((count, width + 1), np.int8)
    at = np.where(places >= 0, places, width)
    np.put_along_axis(kept, at.astype(np.int64), 1, axis=1)
    kept = kept[:, :width]
    before = np.concatenate([np.zeros((count, 1), np.int8), kept[:, :-1]], axis=1)
    there = register.codes[rows] > 0
    told = np.concatenate([features[there], before[there][:, None].astype(np.float32)], axis=1)
    return told, kept[there]
