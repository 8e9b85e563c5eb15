"""Sums over all readings of a sentence, tag by tag, and the steps that make the marked one likely.

The invariant: plain loops over arrays, the same whether Python runs them or numba compiles them;
tags are 0 to 4 and a reading is one tag per character.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FLOOR = 1e-26
"""No reading is quite impossible, so that no sum becomes zero."""
_SETTLED = 1e-4
"""A character whose tag is this sure teaches nothing more."""


def sums(
    scores: Floats, factors: Floats, opening: Floats, closing: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return what each tag weighs, the readings up to each character, and those from it on.

    The product of the last two is the probability of each tag; what a character weighs is scaled
    so that the readings up to it sum to one.
    """
    length = len(scores)
    weights, forward, backward = (
        np.empty_like(scores),
        np.empty_like(scores),
        np.empty_like(scores),
    )
    for place in range(length):
        weights[place] = np.maximum(np.exp(scores[place] - scores[place].max()), _FLOOR)
        before = opening if place == 0 else np.dot(forward[place - 1], factors)
        scale = (before * weights[place]).sum()
        weights[place] /= scale
        forward[place] = before * weights[place]
    backward[length - 1] = closing / (forward[length - 1] * closing).sum()
    for place in range(length - 2, -1, -1):
        backward[place] = np.dot(factors, weights[place + 1] * backward[place + 1])
    return weights, forward, backward


def scores_of(ids: NDArray[np.int32], table: NDArray[np.float32]) -> Floats:
    """Return the sum of each character's weights, by tag."""
    found = np.zeros((len(ids), table.shape[1]))
    for place in range(len(ids)):
        for row in ids[place]:
            found[place] += table[row]
    return found


def teach_steps(
    found: tuple[Floats, Floats, Floats],
    tags: NDArray[np.int8],
    factors: Floats,
    learnt: tuple[Floats, Floats],
    pace: float,
) -> None:
    """Change the weights of going from tag to tag (first of `learnt`, with its sum of squares)."""
    weights, forward, backward = found
    steps, squares = learnt
    slopes = np.zeros_like(factors)
    for place in range(len(tags) - 1):
        onward = weights[place + 1] * backward[place + 1]
        for tag in range(len(factors)):
            slopes[tag] += forward[place, tag] * factors[tag] * onward
        slopes[tags[place], tags[place + 1]] -= 1.0
    for tag in range(len(factors)):
        for after in range(len(factors)):
            if factors[tag, after] > 0:
                squares[tag, after] += slopes[tag, after] ** 2
                steps[tag, after] -= pace * slopes[tag, after] / np.sqrt(squares[tag, after])


def teach_table(
    found: tuple[Floats, Floats, Floats],
    tags: NDArray[np.int8],
    ids: NDArray[np.int32],
    learnt: tuple[NDArray[np.float32], NDArray[np.float32]],
    pace: float,
    penalty: float,
) -> None:
    """Change the weights of the features that stand in the sentence, in the same way."""
    _, forward, backward = found
    table, squares = learnt
    for place in range(len(tags)):
        slopes = forward[place] * backward[place]
        slopes[tags[place]] -= 1.0
        if np.abs(slopes).max() < _SETTLED:
            continue
        for row in ids[place]:
            for tag in range(len(slopes)):
                slope = slopes[tag] + penalty * table[row, tag]
                squares[row, tag] += slope * slope
                table[row, tag] -= pace * slope / np.sqrt(squares[row, tag])
