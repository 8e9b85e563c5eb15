"""The model of a lender's own table: prior, scorecard and boosted trees, blended and calibrated.

What is learnt of a case is never learnt from that case: encodings, the number of trees and the
blend's weights come from folds that it is not in. Rows are put in the order of their content
first, so neither their order nor their names carry anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
import polars as pl

from martlet.credit.portfolio import boosting
from martlet.credit.portfolio.blend import Bands, Blend, fit_blend, learn_bands
from martlet.credit.portfolio.boosting import BoostedModel, fit_boosted, recipes_for
from martlet.credit.portfolio.encoding import Encoder, Explanatory, learn_encoder
from martlet.credit.portfolio.limits import (
    ENCODINGS,
    HELD_OUT_SEEDS,
    LARGE_TABLE,
    NESTED_CASES_MAX,
    SMALL_TABLE,
)
from martlet.credit.portfolio.linear import LinearModel, fit_linear
from martlet.credit.portfolio.report import FitReport, best_column, measured
from martlet.credit.training.fit import require_cases, stratified_folds
from martlet.credit.training.logistic import fit_logistic
from martlet.credit.training.measures import auc, brier, calibration_error, ks
from martlet.kernel.canonical import content_hash, parse_json
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.credit.training.arrays import Floats, Integers, Truths

__all__ = ["Explanatory", "FittedPortfolio", "Pds", "fit", "read_fitted"]

FORMAT = 1
OUTER_FOLDS = 5
_ANCHOR_PENALTY = 10.0
"""How strongly the prior's slope is held at one: ten cases' worth."""
_encoder = msgspec.json.Encoder(order="sorted")


class Pds(NamedTuple):
    """Probabilities of being bad, each with its 95 % interval."""

    pd: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class Models:
    """What one set of training cases has taught, before it is blended."""

    encoder: Encoder
    slope: float
    shift: float
    linear: LinearModel
    boosted: tuple[BoostedModel, ...]

    def anchored(self, prior_logit: Floats) -> Floats:
        """Return the prior's log-odds, brought to the base rate of the training cases."""
        return self.shift + self.slope * prior_logit

    def logits(self, frame: pl.DataFrame, prior_logit: Floats) -> Floats:
        """Return each model's log-odds of being good, a column each."""
        matrix, prior = self.encoder.matrix(frame), self.anchored(prior_logit)
        parts = [prior, self.linear.logit(matrix, prior)]
        parts += [model.logit(matrix, prior) for model in self.boosted]
        return np.column_stack(parts)


@dataclass(frozen=True)
class FittedPortfolio:
    """A fitted model of a lender's table, and what was measured while it was fitted."""

    models: Models
    blend: Blend
    bands: Bands
    report: FitReport

    def pd(self, frame: pl.DataFrame, prior_logit: Floats) -> Pds:
        """Return the calibrated probability of being bad of each row, with its interval."""
        logit = self.blend.logit(self.models.logits(frame, prior_logit))
        pd = 1.0 / (1.0 + np.exp(logit))
        low, high = self.bands.interval(logit)
        return Pds(pd, np.minimum(low, pd), np.maximum(high, pd))

    @cached_property
    def artefact(self) -> dict[str, Any]:
        """The model as a JSON value: numbers and texts, nothing that could run."""
        return {
            "format": FORMAT,
            "kind": "portfolio",
            "encoder": self.models.encoder.as_json(),
            "anchor": [self.models.slope, self.models.shift],
            "linear": self.models.linear.as_json(),
            "boosted": [model.as_json() for model in self.models.boosted],
            "blend": {"weights": self.blend.weights.tolist(), "intercept": self.blend.intercept},
            "bands": self.bands.as_json(),
        }

    @cached_property
    def version(self) -> str:
        """The first digits of the artefact's hash."""
        return content_hash(self.as_bytes())[:12]

    def as_bytes(self) -> bytes:
        """Return the artefact as JSON text."""
        return _encoder.encode(self.artefact)


def read_fitted(data: bytes | str, report: FitReport) -> FittedPortfolio:
    """Read an artefact back, to score with it again."""
    value = parse_json(data)
    if value.get("format") != FORMAT or value.get("kind") != "portfolio":
        raise Invalid("credit.artefact_unreadable", detail="not a portfolio model")
    models = Models(
        Encoder.from_json(value["encoder"]),
        value["anchor"][0],
        value["anchor"][1],
        LinearModel.from_json(value["linear"]),
        tuple(BoostedModel.from_json(part) for part in value["boosted"]),
    )
    blend = Blend(np.array(value["blend"]["weights"]), value["blend"]["intercept"])
    return FittedPortfolio(models, blend, Bands.from_json(value["bands"]), report)


def fit(
    frame: pl.DataFrame,
    columns: Sequence[Explanatory],
    bad: Truths,
    prior_logit: Floats,
    seed: int = 310,
    on_progress: Callable[[int, int | None], None] | None = None,
) -> FittedPortfolio:
    """Return the model that labelled cases teach (`prior_logit`: log-odds of being good).

    The same cases in any order give the same model. With fewer than `BADS_MIN` bad or good cases
    nothing can be learnt that the prior does not say better: raises `Invalid`.
    """
    require_cases(bad)
    order = _content_order(frame, columns, bad, prior_logit)
    frame, bad, prior_logit = frame[order], bad[order], prior_logit[order]
    nested = len(bad) <= NESTED_CASES_MAX
    steps = _Steps(on_progress, folds_for(len(bad)) * (1 + (OUTER_FOLDS if nested else 0)))
    cases = _Cases(frame, tuple(columns), bad, prior_logit, len(bad))
    held = _held_out(cases, seed, steps)
    models = _fit_models(cases, np.random.default_rng(seed), held.rounds)
    logit = held.blend.logit(held.logits)
    judged = _nested(cases, seed, steps) if nested else 1.0 / (1.0 + np.exp(logit))
    report = _report(cases, models, held, judged, nested=nested)
    return FittedPortfolio(models, held.blend, learn_bands(logit, bad), report)


@dataclass(frozen=True)
class _Cases:
    frame: pl.DataFrame
    columns: tuple[Explanatory, ...]
    bad: Truths
    prior_logit: Floats
    table: int
    """Cases of the whole table: its folds are grown by its own recipes, however small they are."""

    def part(self, chosen: Truths) -> _Cases:
        frame, prior_logit = self.frame.filter(chosen), self.prior_logit[chosen]
        return _Cases(frame, self.columns, self.bad[chosen], prior_logit, self.table)


@dataclass(frozen=True)
class _HeldOut:
    logits: Floats
    rounds: tuple[int, ...]
    blend: Blend


class _Steps:
    def __init__(self, told: Callable[[int, int | None], None] | None, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def step(self) -> None:
        self._done += 1
        if self._told is not None:
            self._told(self._done, self._total)


def folds_for(cases: int) -> int:
    """Return into how many folds so many cases are dealt."""
    return 3 if cases > LARGE_TABLE else 5


def encodings_for(cases: int, encoder: Encoder) -> int:
    """Return by how many dealings of folds the levels are encoded: several in a small table."""
    return ENCODINGS if encoder.levels and cases <= SMALL_TABLE else 1


def _held_out(cases: _Cases, seed: int, steps: _Steps) -> _HeldOut:
    """Return each model's log-odds of cases it has not seen, the trees chosen, and the blend."""
    rng = np.random.default_rng(seed)
    count = folds_for(len(cases.bad))
    folds = stratified_folds(cases.bad, count, rng)
    recipes = _recipes(cases.table)
    linear, anchored = np.zeros(len(cases.bad)), np.zeros(len(cases.bad))
    grown = [np.zeros((len(recipe.rounds), len(cases.bad))) for recipe in recipes]
    for fold in range(count):
        test = folds == fold
        models = _fit_models(cases.part(~test), rng, None)
        part = cases.part(test)
        matrix = models.encoder.matrix(part.frame)
        prior = models.anchored(part.prior_logit)
        anchored[test] = prior
        linear[test] = models.linear.logit(matrix, prior)
        for model, recipe, logits in zip(models.boosted, recipes, grown, strict=True):
            for at, rounds in enumerate(recipe.rounds):
                logits[at, test] = model.logit(matrix, prior, rounds)
        steps.step()
    chosen = [int(np.argmin([_surprise(logit, cases.bad) for logit in part])) for part in grown]
    picked = [logits[at] for logits, at in zip(grown, chosen, strict=True)]
    held = np.column_stack([anchored, linear, *picked])
    trees = tuple(recipe.rounds[at] for recipe, at in zip(recipes, chosen, strict=True))
    return _HeldOut(held, trees, fit_blend(held, cases.bad))


def _fit_models(cases: _Cases, rng: np.random.Generator, rounds: tuple[int, ...] | None) -> Models:
    """Fit every model on cases; the levels of each are encoded by other folds of the same."""
    encoder = learn_encoder(cases.frame, cases.columns, cases.bad)
    matrices = [
        encoder.training_matrix(cases.frame, cases.bad, stratified_folds(cases.bad, 5, rng))
        for _ in range(encodings_for(len(cases.bad), encoder))
    ]
    anchor = fit_logistic(cases.prior_logit.reshape(-1, 1), ~cases.bad, np.ones(1), _ANCHOR_PENALTY)
    slope, shift = float(anchor.weights[0]), anchor.intercept
    prior = shift + slope * cases.prior_logit
    directions = encoder.directions
    linear = fit_linear(matrices[0], directions, cases.bad, prior)
    boosted = []
    for place, recipe in enumerate(_recipes(cases.table)):
        trees = recipe.rounds[-1] if rounds is None else rounds[place]
        # Fewer seeds tell well enough how many trees to grow and how much they should count.
        seeds = min(recipe.seeds, HELD_OUT_SEEDS) if rounds is None else recipe.seeds
        boosted.append(
            fit_boosted(matrices, directions, cases.bad, prior, replace(recipe, seeds=seeds), trees)
        )
    return Models(encoder, slope, shift, linear, tuple(boosted))


def _recipes(cases: int) -> tuple[boosting.BoostRecipe, ...]:
    return recipes_for(cases) if boosting.is_available() else ()


def _nested(cases: _Cases, seed: int, steps: _Steps) -> Floats:
    """Return the pd of each case by a model whose whole making has not seen it."""
    folds = stratified_folds(cases.bad, OUTER_FOLDS, np.random.default_rng(seed + 1))
    found = np.zeros(len(cases.bad))
    for fold in range(OUTER_FOLDS):
        test = folds == fold
        train, part = cases.part(~test), cases.part(test)
        held = _held_out(train, seed, steps)
        models = _fit_models(train, np.random.default_rng(seed), held.rounds)
        logit = held.blend.logit(models.logits(part.frame, part.prior_logit))
        found[test] = 1.0 / (1.0 + np.exp(logit))
    return found


def _report(
    cases: _Cases, models: Models, held: _HeldOut, pd: Floats, *, nested: bool
) -> FitReport:
    bad = cases.bad
    names = ["prior", "scorecard", *(recipe.name for recipe in _recipes(cases.table))]
    base = np.full(len(bad), bad.mean())
    numeric = [c.name for c in cases.columns if not c.categorical]
    single = best_column(numeric, models.encoder.numbers(cases.frame), bad)
    return FitReport(
        cases=len(bad),
        bads=int(bad.sum()),
        nested=nested,
        auc=measured(auc, bad, pd, 1),
        ks=measured(ks, bad, pd, 2),
        brier=measured(brier, bad, pd, 3),
        calibration_error=measured(calibration_error, bad, pd, 4),
        brier_of_base_rate=brier(bad, base),
        prior_auc=auc(bad, -cases.prior_logit),
        single_column=single[0],
        single_auc=single[1],
        model_aucs={name: auc(bad, -held.logits[:, place]) for place, name in enumerate(names)},
        weights=dict(zip(names, held.blend.weights.tolist(), strict=True)),
        rounds=dict(zip(names[2:], held.rounds, strict=True)),
    )


def _content_order(
    frame: pl.DataFrame, columns: Sequence[Explanatory], bad: Truths, prior_logit: Floats
) -> Integers:
    """Return the order of the rows by what is in them: how they came in carries nothing."""
    keyed = frame.select([c.name for c in columns if c.name in frame.columns]).with_columns(
        pl.Series("\0prior", prior_logit), pl.Series("\0bad", bad)
    )
    ranks = keyed.with_row_index("\0row").sort(keyed.columns, nulls_last=True)["\0row"]
    return ranks.to_numpy().astype(np.int64)


def _surprise(logit: Floats, bad: Truths) -> float:
    """Return minus the log-likelihood of the cases."""
    return float((np.logaddexp(0.0, logit) - (~bad) * logit).sum())
