"""Built-in habits of shortening, for registers that come without confirmed pairs.

A table of how often a character survives by where it stands, and a weighted sum that chooses among
candidates. The invariant: both are a few dozen numbers in `habits.toml`, from an openly licensed
set; no name is in them.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.supplychain.names.features import COLUMNS
from martlet.supplychain.names.keeping import COLUMN
from martlet.supplychain.names.learning import Brain
from martlet.supplychain.names.register import BRACKET, CORE, FORM, PLACE

if TYPE_CHECKING:
    import numpy.typing as npt

    from martlet.supplychain.names.register import Floats, Ints

    Singles = npt.NDArray[np.float32]

WHERE = ("place", "first", "core", "common", "bracket", "form")
FIRST_CHARS = 2
COMMON_NAMES = 30
"""A core's tail that so many names share is a word of the trade, not of the firm."""

WEIGHED = ("score", "absent", "absent_weight", "size", "before", "between", "after", "lead")
"""Features that the built-in choice weighs."""


@cache
def _data() -> dict[str, Any]:
    path = Path(__file__).with_name("habits.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def where(features: Singles) -> Ints:
    """Return which kind of place in a name each character stands at, as a number of WHERE."""
    part, position = features[:, COLUMN["part"]], features[:, COLUMN["from_start"]]
    ending = features[:, COLUMN["endings"]]
    common = np.expm1(ending) >= COMMON_NAMES
    kinds = [
        part == PLACE,
        (part == CORE) & (position < FIRST_CHARS),
        (part == CORE) & ~common,
        part == CORE,
        part == BRACKET,
        part == FORM,
    ]
    return np.select(kinds, list(range(len(WHERE))), default=len(WHERE) - 1).astype(np.int64)


def keeper(features: Singles) -> Singles:
    """Return the probability that a character is kept, by where it stands."""
    table = np.array([_data()["keep"][name] for name in WHERE], np.float32)
    result: Singles = table[where(features), features[:, -1].astype(np.int64)]
    return result


def chooser(features: Singles) -> Floats:
    """Return the score of candidates by the built-in weights."""
    weights = _data()["choice"]
    score = np.full(len(features), float(weights["start"]))
    for name in WEIGHED:
        score += float(weights[name]) * features[:, COLUMNS[name]]
    return score


def builtin() -> Brain:
    """Return what the matcher knows before anything was confirmed."""
    return Brain(keeper, chooser, 0)
