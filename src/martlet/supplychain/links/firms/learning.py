"""Learn which firms come to trade, from pairs that were new in earlier periods.

The invariant: a period's pairs are described by the snapshots before it and by no other, and the
latest period learnt from ends at the cut. The probability is measured apart: by a ranker of the
earlier periods, on the last one, over whole lists of candidates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid, missing_extra
from martlet.supplychain.links.firms.candidates import candidates
from martlet.supplychain.links.firms.features import describe
from martlet.supplychain.links.firms.limits import (
    HISTORY_LEAST,
    PAIRS_PER_WINDOW_MAX,
    WINDOWS_MAX,
)
from martlet.supplychain.links.firms.negatives import Draw, Pairs, draw, new_pairs
from martlet.supplychain.links.firms.past import Past

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.supplychain.links.firms.past import Floats, Numbers
    from martlet.supplychain.links.firms.snapshots import Snapshots

HORIZON = 2
"""Snapshots that a period spans: a year of half-years, so that both halves are in it."""
BESIDE = (Draw.CUSTOMER_MATCHED, Draw.SUPPLIER_MATCHED, Draw.RANDOM)
PARAMETERS: dict[str, object] = {
    "objective": "binary",
    "num_leaves": 31,
    "learning_rate": 0.05,
    "min_data_in_leaf": 40,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbose": -1,
}
"""Chosen on the last period before 2021-06; the table is in docs/supplychain-firm-links.md."""
ROUNDS = 300
PAIRS_LEAST = 50
"""New pairs below which nothing is learnt."""
CALIBRATION_SUPPLIERS = 1_200
_NEWTON_STEPS = 40
_RIDGE = 1e-3


@dataclass(frozen=True)
class Learnt:
    """A ranker for what comes after a cut, and the past that it describes pairs by."""

    past: Past
    booster: Any
    names: tuple[str, ...]
    slope: float
    offset: float
    learnt_pairs_count: int
    windows_count: int

    def scores(self, pairs: Pairs) -> Floats:
        """Return how strongly each pair looks like one that comes to trade."""
        return _scores(self.booster, self.names, self.past, pairs)

    def probabilities(self, scores: Floats) -> Floats:
        """Return how likely a candidate is to be seen trading within the next period."""
        raw = 1 / (1 + np.exp(-np.clip(self.slope * scores + self.offset, -30, 30)))
        return np.asarray(raw, np.float64)


def learn(
    snapshots: Snapshots,
    seed: int = 6,
    moved: Callable[[int, int | None], None] | None = None,
) -> Learnt:
    """Return what the snapshots teach; all of them lie before what is to be foretold."""
    cuts = windows(len(snapshots.days))
    told = moved or (lambda _done, _total: None)
    tables = []
    for done, cut in enumerate(cuts):
        told(done, len(cuts) + 2)
        tables.append(_table(snapshots, cut, seed))
    names = tables[0][0]
    pairs = sum(int(table[2].sum()) for table in tables)
    if pairs < PAIRS_LEAST:
        raise Invalid("firmlinks.too_few_pairs", count=pairs, least=PAIRS_LEAST)
    told(len(cuts), len(cuts) + 2)
    # The newest period comes first; it is held back for the probability.
    earlier = _fit(tables[1:] if len(tables) > 1 else tables, seed)
    slope, offset = _calibrated(snapshots, cuts[0], earlier, names, seed)
    told(len(cuts) + 1, len(cuts) + 2)
    past = _past(snapshots, len(snapshots.days))
    return Learnt(past, _fit(tables, seed), names, slope, offset, pairs, len(cuts))


def windows(count: int) -> list[int]:
    """Return how many snapshots lie before each period learnt from, the newest period first."""
    cuts = range(count - HORIZON, HISTORY_LEAST - 1, -HORIZON)
    found = list(cuts)[:WINDOWS_MAX]
    if not found:
        raise Invalid("firmlinks.too_few_snapshots", count=count, least=HISTORY_LEAST + HORIZON)
    return found


def _past(snapshots: Snapshots, count: int) -> Past:
    return Past(len(snapshots.names), snapshots.pairs[:count])


def _later(snapshots: Snapshots, cut: int) -> Numbers:
    return np.unique(np.concatenate(snapshots.pairs[cut : cut + HORIZON]))


def _table(snapshots: Snapshots, cut: int, seed: int) -> tuple[tuple[str, ...], Floats, Floats]:
    """Return the columns of a period's new pairs and of others beside them, and which is which."""
    past, later = _past(snapshots, cut), _later(snapshots, cut)
    rng = np.random.default_rng([seed, cut])
    fresh, _ = new_pairs(past, later)
    fresh = fresh.chosen(rng.permutation(len(fresh))[:PAIRS_PER_WINDOW_MAX])
    others = [draw(past, later, fresh, how, rng) for how in BESIDE]
    suppliers = np.concatenate([fresh.suppliers, *(one.suppliers for one in others)])
    customers = np.concatenate([fresh.customers, *(one.customers for one in others)])
    found = describe(past, suppliers, customers)
    columns = np.column_stack(list(found.values()))
    return tuple(found), columns, (np.arange(len(suppliers)) < len(fresh)).astype(np.float64)


def _fit(tables: list[tuple[tuple[str, ...], Floats, Floats]], seed: int) -> Any:  # noqa: ANN401
    try:
        import lightgbm  # noqa: PLC0415 - heavy, and an extra
    except ImportError as error:
        raise missing_extra("supplychain", "lightgbm") from error
    columns = np.concatenate([table[1] for table in tables])
    came = np.concatenate([table[2] for table in tables])
    data = lightgbm.Dataset(columns, came, params={"verbose": -1})
    return lightgbm.train({**PARAMETERS, "seed": seed}, data, ROUNDS)


def _scores(booster: Any, names: tuple[str, ...], past: Past, pairs: Pairs) -> Floats:  # noqa: ANN401
    if not len(pairs):
        return np.empty(0)
    found = describe(past, pairs.suppliers, pairs.customers)
    assert tuple(found) == names
    columns = np.column_stack(list(found.values()))
    return np.asarray(booster.predict(columns, raw_score=True, num_threads=1), np.float64)


def _calibrated(
    snapshots: Snapshots,
    cut: int,
    booster: Any,  # noqa: ANN401 - LightGBM's
    names: tuple[str, ...],
    seed: int,
) -> tuple[float, float]:
    """Return the curve from scores to how often a candidate came to trade in the last period."""
    past, later = _past(snapshots, cut), _later(snapshots, cut)
    rng = np.random.default_rng([seed, cut, 1])
    asked = rng.permutation(past.known)[:CALIBRATION_SUPPLIERS]
    found = candidates(past, asked)
    scores = _scores(booster, names, past, found)
    came = np.isin(found.suppliers * past.firms + found.customers, later).astype(np.float64)
    return fit_curve(scores, came)


def fit_curve(scores: Floats, came: Floats) -> tuple[float, float]:
    """Return slope and offset of the logistic curve; a thin ridge holds the slope near one."""
    count = len(scores)
    if not count:
        return 1.0, -3.0
    given = np.column_stack([scores, np.ones(count)])
    # One came and one did not, before anything was seen: the curve never says never.
    share = (came.sum() + 1) / (count + 2)
    weights = np.array([1.0, np.log(share / (1 - share))])
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(given @ weights, -30, 30)))
        slope = given.T @ (chance - came) + _RIDGE * count * np.array([weights[0] - 1, 0.0])
        bend = (given * (chance * (1 - chance))[:, None]).T @ given
        bend += np.diag([_RIDGE * count, 1e-9])
        step = np.linalg.solve(bend, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-10:  # noqa: PLR2004 - settled, in doubles
            break
    return float(max(weights[0], 0.0)), float(weights[1])
