"""Quantiles and chances by LightGBM: the only place that knows it, imported when used."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.treasury.allocation.limits import CHANCE_ROUNDS, RATIO_MAX, ROUNDS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from martlet.treasury.allocation.features import Floats

_PARAMETERS: dict[str, Any] = {
    "objective": "quantile",
    "learning_rate": 0.06,
    "num_leaves": 15,
    "max_bin": 63,
    "min_data_in_leaf": 150,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}

_CHANCE: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.08,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.5,
    "lambda_l2": 5.0,
}


def is_installed() -> bool:
    """Tell whether heads can be boosted here."""
    return find_spec("lightgbm") is not None


class BoostedHead:
    """A quantile of the need as a function of the features."""

    def __init__(self, features: Floats, needs: Floats, alpha: float, seed: int) -> None:
        import lightgbm  # noqa: PLC0415 - an extra, wanted only where heads are fitted

        parameters = {**_PARAMETERS, "alpha": alpha, "seed": seed}
        data = lightgbm.Dataset(features, needs)
        self._booster = lightgbm.train(parameters, data, num_boost_round=ROUNDS)

    def predict(self, features: Floats) -> Floats:
        """Return the quantile, one number a row, from 0 to a little over all wealth."""
        found = np.asarray(self._booster.predict(features, num_threads=1), np.float64)
        return np.clip(found, 0, RATIO_MAX)


class BoostedChance:
    """The chance that an amount is passed, as a function of the features and of the amount.

    The last column but one is the amount: more of it never raises the chance.
    """

    def __init__(
        self, features: Floats, passed: NDArray[np.bool_], weights: Floats, seed: int
    ) -> None:
        import lightgbm  # noqa: PLC0415 - as above

        slopes = [0] * (features.shape[1] - 2) + [-1, 0]
        parameters = {**_PARAMETERS, **_CHANCE, "monotone_constraints": slopes, "seed": seed}
        data = lightgbm.Dataset(features, passed.astype(np.int64), weight=weights)
        self._booster = lightgbm.train(parameters, data, num_boost_round=CHANCE_ROUNDS)

    def predict(self, features: Floats) -> Floats:
        """Return the chance, one number a row."""
        return np.asarray(self._booster.predict(features, num_threads=1), np.float64)
