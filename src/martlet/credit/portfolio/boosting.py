"""Boosted trees by LightGBM, as text: plain ones and extremely randomised ones, seeds averaged.

Told directions are monotone constraints. The number of trees is chosen on held-out cases. The same
cases give the same text: threads, seeds and the order of sums are fixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.portfolio.limits import BOOST_ROUNDS, BOOST_ROUNDS_SMALL, SMALL_TABLE, THREADS
from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.portfolio.encoding import Safer
    from martlet.credit.training.arrays import Floats, Truths

_SIGN = {"higher": -1, "lower": 1, "unknown": 0}
"""Of the log-odds of being bad."""


@dataclass(frozen=True, slots=True)
class BoostRecipe:
    """How the trees are grown."""

    name: str
    leaves: int
    cases_per_leaf: int
    learning_rate: float
    seeds: int
    rounds: tuple[int, ...]
    """Numbers of trees to choose from; the last is how many are grown to choose."""
    randomised: bool


def recipes_for(cases: int) -> tuple[BoostRecipe, ...]:
    """Return the ways of growing trees, by how many cases there are.

    Randomised cut points average out the chance of a small table, where they are all that is
    grown; a large table has less of it, and plain trees find more there.
    """
    if cases <= SMALL_TABLE:
        leaf = int(np.clip(cases // 100, 5, 20))
        leaves = 15 if cases >= 500 else 7  # noqa: PLR2004 - fewer cases carry fewer leaves
        return (
            BoostRecipe("randomised", leaves, leaf, 0.05, 5, BOOST_ROUNDS_SMALL, randomised=True),
        )
    return (
        BoostRecipe("boosted", 31, 100, 0.06, 1, BOOST_ROUNDS, randomised=False),
        BoostRecipe("randomised", 31, 50, 0.12, 1, BOOST_ROUNDS, randomised=True),
    )


@dataclass(frozen=True)
class BoostedModel:
    """The texts of the trees, averaged; log-odds of being good start from the prior's."""

    texts: tuple[str, ...]
    rounds: int

    @cached_property
    def _boosters(self) -> list[Any]:
        lightgbm = _lightgbm()
        return [lightgbm.Booster(model_str=text) for text in self.texts]

    def logit(self, matrix: Floats, prior: Floats, rounds: int | None = None) -> Floats:
        """Return the log-odds of being good."""
        total = np.zeros(len(matrix))
        for booster in self._boosters:
            total -= booster.predict(
                matrix,
                raw_score=True,
                num_iteration=rounds or self.rounds,
                num_threads=THREADS,
            )
        return np.asarray(prior + total / len(self.texts), dtype=np.float64)

    def cut(self, rounds: int) -> BoostedModel:
        """Return the same trees, of which only the first so many count."""
        return BoostedModel(self.texts, rounds)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"texts": list(self.texts), "rounds": self.rounds}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> BoostedModel:
        """Read back what `as_json` wrote."""
        return cls(tuple(value["texts"]), value["rounds"])


def fit_boosted(
    matrices: Sequence[Floats],
    directions: Sequence[Safer],
    bad: Truths,
    prior: Floats,
    recipe: BoostRecipe,
    rounds: int,
) -> BoostedModel:
    """Return trees grown on these cases, starting from the prior's log-odds.

    One matrix a seed, in turn: the same cases, their levels encoded by other folds each time, so
    that the chance of one dealing averages out.
    """
    lightgbm = _lightgbm()
    width = matrices[0].shape[1]
    parameters = {
        "objective": "binary",
        "boost_from_average": False,
        "learning_rate": recipe.learning_rate,
        "num_leaves": recipe.leaves,
        "min_data_in_leaf": recipe.cases_per_leaf,
        "extra_trees": recipe.randomised,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "feature_fraction": 0.5 if width > 4 else 1.0,  # noqa: PLR2004 - few columns
        "lambda_l2": 5.0,
        "max_bin": 255,
        "monotone_constraints": [_SIGN[direction] for direction in directions],
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": THREADS,
        "verbose": -1,
    }
    texts = []
    for seed in range(recipe.seeds):
        data = lightgbm.Dataset(
            matrices[seed % len(matrices)],
            bad.astype(np.float64),
            init_score=-prior,
            params={"verbose": -1},
        )
        booster = lightgbm.train({**parameters, "seed": seed + 1}, data, rounds)
        texts.append(booster.model_to_string())
    return BoostedModel(tuple(texts), rounds)


def is_available() -> bool:
    """Tell whether boosted trees can be grown here."""
    try:
        _lightgbm()
    except Exception:  # noqa: BLE001 - whatever keeps it from loading, the rest works without it
        return False
    return True


def _lightgbm() -> Any:  # noqa: ANN401 - a module without types
    try:
        import lightgbm  # noqa: PLC0415 - heavy, and only needed here
    except (ImportError, OSError) as error:
        raise missing_extra("boosting", "lightgbm") from error
    return lightgbm
