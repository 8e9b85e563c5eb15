"""The bridge to the model engine: which cases it learns from, and when there is too little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.credit.portfolio.engine import Explanatory, fit
from martlet.credit.portfolio.scoring import Fitted
from martlet.credit.training.fit import BADS_MIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from martlet.credit.portfolio.candidates import Explainable
    from martlet.credit.portfolio.expert import Expert
    from martlet.credit.portfolio.scoring import Floats

SEED = 310


@dataclass(frozen=True, slots=True)
class FitReport:
    """What the engine measured, and the artefact that it leaves."""

    cases: int
    bads: int
    figures: Any
    artefact: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FittedScorer:
    """A scorer fitted on labelled cases, with its report."""

    scorer: Fitted
    report: FitReport


def why_not_fitted(outcome: pl.Series, columns: Sequence[Explainable]) -> str:
    """Return the code that says why there is nothing to fit; empty where there is."""
    known = outcome.drop_nulls()
    if known.is_empty():
        return "score.no_labels"
    bads = int(known.sum())
    too_few = min(bads, len(known) - bads) < BADS_MIN or not columns
    return "score.too_few_labels" if too_few else ""


def fitted_scorer(
    expert: Expert,
    cases: pl.DataFrame,
    columns: Sequence[Explainable],
    outcome: pl.Series,
    prior: Floats,
    on_progress: Callable[[int, int | None], None],
) -> FittedScorer:
    """Return models fitted on the labelled cases."""
    known = outcome.is_not_null().to_numpy()
    bad = outcome.drop_nulls().to_numpy().astype(np.bool_)
    frame = cases.select(
        pl.col(column.name) if column.categorical else pl.col(column.name).cast(pl.Float64)
        for column in columns
    )
    told = [Explanatory(c.name, c.way, categorical=c.categorical) for c in columns]
    engine = fit(
        frame.filter(pl.Series(known)), told, bad, prior[known], seed=SEED, on_progress=on_progress
    )
    names = tuple(column.name for column in columns)
    report = FitReport(len(bad), int(bad.sum()), engine.report, engine.artefact)
    return FittedScorer(Fitted(expert, engine, names), report)
