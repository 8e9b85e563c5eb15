"""Order candidates by a ranker learnt from hidden edges, and say how likely each is.

The ranker is LightGBM's LambdaRank, fitted on edges that the graph behind the columns did not
hold; the probability is a logistic curve on edges that neither saw: how likely it is that an
edge is among those the graph lacks and a later one tells. Guards that within one product a
higher rank never has a lower probability. Where edges are few, a plain sum ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import missing_extra
from martlet.supplychain.links.candidates import COLUMNS

if TYPE_CHECKING:
    import numpy.typing as npt

    from martlet.supplychain.links.matrices import Floats, Integers

PARAMETERS: dict[str, object] = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 50,
    "num_leaves": 31,
    "learning_rate": 0.06,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "verbose": -1,
}
"""Chosen on an inner part of the training edges; the table is in docs/supplychain-upstream.md."""

ROUNDS, ROUNDS_FEW = 160, 50
FEW_CANDIDATES = 500_000
LEAF_SHARE, LEAF_MIN, LEAF_MAX = 20_000, 20, 150
"""A leaf holds at least one in 20,000 candidates, within bounds; few candidates get few rounds."""

PLAIN = {
    "votes": 2.0,
    "rules": 1.0,
    "text": 1.0,
    "rest_text": 1.0,
    "company_rate": 1.0,
    "part_share": 0.4,
    "rest_covered": 0.4,
}
"""The plain sum for small lists: near names, rules, likeness, company, being in the name."""

COINED_WEIGHT = 0.3
"""A coined stretch is one of several ways to cut a name, and most cuts are wrong."""

_STEPS = 60
_RIDGE = 1e-3


@dataclass(frozen=True)
class Examples:
    """Candidates of hidden edges: by product, what speaks for each, and which were true."""

    product: Integers
    columns: Floats
    true: npt.NDArray[np.bool_]

    def with_truth(self) -> Examples:
        """Return the products of which at least one true material is among the candidates."""
        keep = np.isin(self.product, np.unique(self.product[self.true]))
        return Examples(self.product[keep], self.columns[keep], self.true[keep])


def joined(parts: list[Examples]) -> Examples:
    """Return examples of several folds as one, products of different folds kept apart."""
    shift, products = 0, []
    for part in parts:
        products.append(part.product + shift)
        shift += int(part.product.max(initial=-1)) + 1
    return Examples(
        np.concatenate(products),
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.true for part in parts]),
    )


@dataclass(frozen=True)
class Ranker:
    """A fitted order; without a booster it is the plain sum."""

    booster: Any = None

    def scores(self, columns: Floats) -> Floats:
        """Return the score of each candidate; only its order within a product means anything."""
        if self.booster is not None:
            found: Floats = np.asarray(self.booster.predict(columns, num_threads=1), np.float32)
            return found
        total = np.zeros(len(columns), np.float32)
        for name, weight in PLAIN.items():
            total += np.float32(weight) * np.maximum(columns[:, COLUMNS.index(name)], 0)
        coined = columns[:, COLUMNS.index("coined")] != 0
        return np.where(coined, np.float32(COINED_WEIGHT) * total, total)


def fit_ranker(examples: Examples, seed: int) -> Ranker:
    """Return a ranker fitted on hidden edges; one extra is needed, and said so if missing."""
    lightgbm = _lightgbm()
    told = examples.with_truth()
    if not len(told.product):
        return Ranker()
    _, sizes = np.unique(told.product, return_counts=True)
    data = lightgbm.Dataset(told.columns, told.true.astype(np.int8), group=sizes)
    leaf = min(LEAF_MAX, max(LEAF_MIN, len(told.product) // LEAF_SHARE))
    rounds = ROUNDS if len(told.product) > FEW_CANDIDATES else ROUNDS_FEW
    asked = {**PARAMETERS, "seed": seed, "min_data_in_leaf": leaf}
    return Ranker(lightgbm.train(asked, data, rounds))


@dataclass(frozen=True)
class Curve:
    """From scores to probabilities: a logistic curve of the score and of the product's others."""

    slope: float
    others: float
    offset: float

    def probabilities(self, scores: Floats, product: Integers) -> Floats:
        """Return how likely each candidate is; the order within a product stays."""
        known = np.stack([scores, _crowd(scores, product)], axis=1).astype(np.float64)
        linear = known @ np.array([self.slope, self.others]) + self.offset
        chances: Floats = (1.0 / (1.0 + np.exp(-np.clip(linear, -30, 30)))).astype(np.float32)
        return chances


def _crowd(scores: Floats, product: Integers) -> Floats:
    """Return, for each candidate, the log of the summed exponentials of its product's scores."""
    if not len(scores):
        return scores
    size = int(product.max()) + 1
    highest = np.full(size, -np.inf)
    np.maximum.at(highest, product, scores)
    total = np.bincount(product, np.exp(scores - highest[product]), minlength=size)
    crowd: Floats = (highest[product] + np.log(total[product])).astype(np.float32)
    return crowd


def fit_curve(scores: Floats, examples: Examples) -> Curve:
    """Return the curve that fits edges which the ranker did not see; Newton, a little ridge."""
    crowd = _crowd(scores, examples.product)
    known = np.stack([scores, crowd, np.ones(len(scores), np.float32)], axis=1).astype(np.float64)
    true = examples.true.astype(np.float64)
    weights = np.array([1.0, -1.0, 0.0])
    ridge = np.diag([_RIDGE, _RIDGE, _RIDGE])
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(known @ weights, -30, 30)))
        spread = np.maximum(chance * (1 - chance), 1e-9)
        step = np.linalg.solve(
            (known * spread[:, None]).T @ known + ridge, known.T @ (true - chance) - ridge @ weights
        )
        weights += np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-6:  # noqa: PLR2004 - Newton has arrived
            break
    # A curve that falls would turn the order round; then the score tells nothing here.
    return Curve(max(float(weights[0]), 0.0), float(weights[1]), float(weights[2]))


def _lightgbm() -> Any:  # noqa: ANN401 - a library without types
    try:
        import lightgbm  # noqa: PLC0415 - heavy, and only needed here
    except ImportError as error:
        raise missing_extra("supplychain", "lightgbm") from error
    return lightgbm
