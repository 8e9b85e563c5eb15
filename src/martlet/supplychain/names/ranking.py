"""Gradient-boosted trees behind the matcher: habits of keeping, and a choice among candidates.

The choice is a softmax over a query's candidates and "none of them", so that a probability already
weighs the rivals. The invariant: the same rows and seed give the same trees, on one thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from martlet.supplychain.names.register import Floats, Ints

    Singles = npt.NDArray[np.float32]

FIRST_GUESS = -3.0
"""Score that a candidate has before any tree."""

_KEEPING = {
    "objective": "binary",
    "num_leaves": 15,
    "learning_rate": 0.15,
    "min_data_in_leaf": 40,
    "seed": 1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_KEEPING_ROUNDS = 60

_CHOICE = {
    "num_leaves": 15,
    "learning_rate": 0.06,
    "min_sum_hessian_in_leaf": 1.0,
    "feature_fraction": 0.6,
    "bagging_freq": 1,
    "bagging_fraction": 0.8,
    "lambda_l2": 1.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
_CHOICE_ROUNDS = 100


@dataclass(frozen=True)
class Groups:
    """Which rows belong to which query: rows of a query stand together."""

    starts: Ints
    group: Ints

    @classmethod
    def of(cls, query: Ints) -> Groups:
        """Return the groups of rows by their query."""
        new = np.r_[True, query[1:] != query[:-1]] if query.size else np.zeros(0, bool)
        return cls(np.flatnonzero(new).astype(np.int64), (np.cumsum(new) - 1).astype(np.int64))


def chances(score: Floats, groups: Groups, none: float = 0.0) -> Floats:
    """Return each candidate's probability beside its rivals and "none of them"."""
    if not score.size:
        return score
    top = np.maximum(np.maximum.reduceat(score, groups.starts), none)
    odds = np.exp(score - top[groups.group])
    whole = np.add.reduceat(odds, groups.starts) + np.exp(none - top)
    result: Floats = odds / whole[groups.group]
    return result


def fit_keeping(features: Singles, kept: npt.NDArray[np.int8]) -> Callable[[Singles], Singles]:
    """Return the probability that a character is kept, as a function of what is known of it."""
    lightgbm = _lightgbm()
    rows = lightgbm.Dataset(features, kept)
    booster = lightgbm.train(_KEEPING, rows, _KEEPING_ROUNDS)
    return lambda told: booster.predict(told, num_threads=1).astype(np.float32)


def fit_choice(
    features: Singles, right: Floats, groups: Groups, seed: int
) -> Callable[[Singles], Floats]:
    """Return a score of candidates, fitted so that the right one of each query is chosen."""
    lightgbm = _lightgbm()

    def slope(score: Floats, _: Any) -> tuple[Floats, Floats]:  # noqa: ANN401 - lightgbm's rows
        chance = chances(score, groups)
        return chance - right, np.maximum(chance * (1 - chance), 1e-4)

    rows = lightgbm.Dataset(features, right, init_score=np.full(right.size, FIRST_GUESS))
    leaf = min(max(right.size // 300, 20), 200)
    setting = {**_CHOICE, "objective": slope, "seed": seed, "min_data_in_leaf": leaf}
    booster = lightgbm.train(setting, rows, _CHOICE_ROUNDS)
    return lambda told: booster.predict(told, num_threads=1) + FIRST_GUESS


def _lightgbm() -> Any:  # noqa: ANN401 - the package has no types
    try:
        import lightgbm  # noqa: PLC0415 - heavy, and an extra
    except ImportError as error:
        raise missing_extra("supplychain", "lightgbm") from error
    return lightgbm
