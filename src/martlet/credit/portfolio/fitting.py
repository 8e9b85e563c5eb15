"""The bridge to the model engine: which cases it learns from, and when there is too little."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.credit.portfolio.file_limits import BADS_MIN
from martlet.credit.portfolio.scoring import Fitted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from martlet.credit.portfolio.candidates import Explainable
    from martlet.credit.portfolio.expert import Expert
    from martlet.credit.portfolio.scoring import Floats

SEED = 310
_ENGINE = "martlet.credit.portfolio.engine"


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


def fitted_scorer(
    expert: Expert,
    cases: pl.DataFrame,
    columns: Sequence[Explainable],
    outcome: pl.Series,
    prior: Floats,
) -> FittedScorer | str:
    """Return models fitted on the labelled cases, or the code that says why the prior answers."""
    known = outcome.is_not_null().to_numpy()
    if not known.any():
        return "score.no_labels"
    bad = outcome.filter(pl.Series(known)).to_numpy().astype(np.bool_)
    if min(int(bad.sum()), int((~bad).sum())) < BADS_MIN or not columns:
        return "score.too_few_labels"
    if find_spec(_ENGINE) is None:
        return "score.no_engine"
    engine_room = import_module(_ENGINE)
    frame = cases.select(
        pl.col(column.name) if column.categorical else pl.col(column.name).cast(pl.Float64)
        for column in columns
    )
    told = [engine_room.Explanatory(c.name, c.way, categorical=c.categorical) for c in columns]
    engine = engine_room.fit(frame.filter(pl.Series(known)), told, bad, prior[known], seed=SEED)
    names = tuple(column.name for column in columns)
    report = FitReport(len(bad), int(bad.sum()), engine.report, engine.artefact)
    return FittedScorer(Fitted(expert, engine, names), report)
