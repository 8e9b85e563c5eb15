"""Champion and challenger side by side: the same firms, the same folds, turnover beside both.

The invariant is the back-test's: a firm is scored only by models that have not seen it in any way.
Folds are dealt as in the back-test, so the champion's figures here are its figures there; what is
said of the difference is said with its interval, over firms drawn in pairs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.training.backtest import FOLDS, REPEATS, SEED, turnover_risk
from martlet.credit.training.boosted import train_trees
from martlet.credit.training.candidates import INVOICE_CANDIDATES
from martlet.credit.training.challenger_card import challenger_card
from martlet.credit.training.contest import SOURCE
from martlet.credit.training.fit import stratified_folds, train
from martlet.credit.training.measures import (
    Estimate,
    auc,
    auc_paired,
    brier,
    calibration_error,
    ks,
    over_repeats,
)
from martlet.credit.training.study import (
    HORIZONS,
    LIMITS_OF_USE,
    about_of,
    fold_counter,
    samples_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from martlet.credit.boosted import BoostedTrees
    from martlet.credit.training.arrays import Floats, Truths
    from martlet.credit.training.candidates import Candidate
    from martlet.credit.training.contest import LabelledFirms

    OnProgress = Callable[[int, int | None], None]

NAME = "invoice-challenger"
METHOD = (
    "gradient boosting with monotone constraints, begun at the expert's curves, averaged over"
    " lengths of boosting weighed by inner cross-validation"
)
EVALUATIONS = (
    "AUC .891, .893 (all history, before 2019; two repeats): one weight for all curves",
    ".893, .895: the same, ten repeats",
    ".893, .894: a weight for each curve, argued on made-up cases where one weight was too stiff",
    ".894, .897, .829 (before 2018): the scorecard's later way with empty records",
    ".895, .897, .831: turnover without VAT, as the scorecard has it; this is what stands",
)
"""Every evaluation of challengers on the outer folds, in order."""
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way of training reached."""

    auc: Estimate
    ks: Estimate
    brier: Estimate
    calibration_error: Estimate

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {name: getattr(self, name).as_json() for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Compared:
    """Champion and challenger on firms that neither had seen, on one day's knowledge."""

    horizon: str
    as_of: str
    firms: int
    bads: int
    repeats: int
    scorecard: Figures
    challenger: Figures
    turnover_auc: Estimate
    turnover_ks: Estimate
    auc_gain: Estimate
    """The challenger's AUC less the scorecard's."""
    brier_of_base_rate: float

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "horizon": self.horizon,
            "as_of": self.as_of,
            "firms": self.firms,
            "bads": self.bads,
            "repeats": self.repeats,
            "folds": FOLDS,
            "scorecard": self.scorecard.as_json(),
            "challenger": self.challenger.as_json(),
            "turnover_auc": self.turnover_auc.as_json(),
            "turnover_ks": self.turnover_ks.as_json(),
            "auc_gain": self.auc_gain.as_json(),
            "brier_of_base_rate": round(self.brier_of_base_rate, 4),
        }

    def rows(self) -> list[dict[str, str]]:
        """Return it as a table for people."""
        pairs = {
            "AUC": ("auc", self.turnover_auc.text),
            "KS": ("ks", self.turnover_ks.text),
            "Brier": ("brier", ""),
            "calibration error": ("calibration_error", ""),
        }
        found = [
            {
                "horizon": self.horizon,
                "measure": measure,
                "scorecard": getattr(self.scorecard, name).text,
                "challenger": getattr(self.challenger, name).text,
                "turnover_alone": turnover,
            }
            for measure, (name, turnover) in pairs.items()
        ]
        gain = {"measure": "AUC above the scorecard", "challenger": self.auc_gain.text}
        return [*found, {"horizon": self.horizon, "scorecard": "", "turnover_alone": "", **gain}]


@dataclass(frozen=True, slots=True)
class ComparisonReport:
    """Champion and challenger on one data set, at several horizons."""

    source: str
    synthetic: bool
    compared: tuple[Compared, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "source": self.source,
            "synthetic": self.synthetic,
            "interval": "95 %, firms resampled, bad and good apart",
            "compared": [part.as_json() for part in self.compared],
        }

    def rows(self) -> list[dict[str, str]]:
        """Return it as a table for people."""
        return [row for part in self.compared for row in part.rows()]


@dataclass(frozen=True, slots=True)
class ChallengerReport:
    """A trained challenger with its card and what was measured."""

    model: BoostedTrees
    card: str
    compared: tuple[Compared, ...]

    def summary(self) -> dict[str, Any]:
        """Return the main figures as a JSON value."""
        return {
            "name": self.model.name,
            "version": self.model.version,
            "content_hash": self.model.content_hash,
            "characteristics": list(self.model.kinds),
            "measured": [
                {
                    "horizon": part.horizon,
                    "auc": part.challenger.auc.as_json(),
                    "scorecard_auc": part.scorecard.auc.as_json(),
                    "turnover_auc": part.turnover_auc.as_json(),
                }
                for part in self.compared
            ],
        }


def compare(
    firms: LabelledFirms,
    horizon: str,
    candidates: Sequence[Candidate] = INVOICE_CANDIDATES,
    *,
    repeats: int = REPEATS,
    seed: int = SEED,
    on_fold: Callable[[], None] | None = None,
) -> Compared:
    """Return how well either way of training tells of firms it has not seen."""
    rng = np.random.default_rng(seed)
    frame, bad = firms.features, firms.bad
    champion, challenger = np.zeros((repeats, len(bad))), np.zeros((repeats, len(bad)))
    for repeat in range(repeats):
        folds = stratified_folds(bad, FOLDS, rng)
        for fold in range(FOLDS):
            test = folds == fold
            known, seen, unseen = frame.filter(~test), bad[~test], frame.filter(test)
            fold_seed = int(rng.integers(2**31))
            card = train(known, seen, candidates, seed=fold_seed).scorecard
            trees = train_trees(known, seen, candidates, seed=fold_seed).model
            champion[repeat, test] = card.score_columns(unseen)["pd_ppm"].to_numpy() / _PPM
            challenger[repeat, test] = trees.score_columns(unseen)["pd_ppm"].to_numpy() / _PPM
            if on_fold is not None:
                on_fold()
    turnover = turnover_risk(frame)[np.newaxis]
    return Compared(
        horizon=horizon,
        as_of=firms.as_of.isoformat(),
        firms=len(bad),
        bads=int(bad.sum()),
        repeats=repeats,
        scorecard=_figures(bad, champion),
        challenger=_figures(bad, challenger),
        turnover_auc=_estimate(auc, bad, turnover),
        turnover_ks=_estimate(ks, bad, turnover),
        auc_gain=auc_paired(bad, challenger, champion, np.random.default_rng(SEED)),
        brier_of_base_rate=brier(bad, np.full(len(bad), bad.mean())),
    )


def compare_folder(
    folder: Path,
    *,
    repeats: int = REPEATS,
    seed: int = SEED,
    on_progress: OnProgress | None = None,
) -> ComparisonReport:
    """Return champion and challenger side by side on a folder of labelled firms."""
    return _compared(samples_of(folder), repeats, seed, on_progress)


def _compared(
    samples: Mapping[str, LabelledFirms], repeats: int, seed: int, on_progress: OnProgress | None
) -> ComparisonReport:
    on_fold = fold_counter(samples, repeats, on_progress)
    compared = [
        compare(firms, name, repeats=repeats, seed=seed, on_fold=on_fold)
        for name, firms in samples.items()
    ]
    return ComparisonReport(SOURCE, synthetic=False, compared=tuple(compared))


def train_challenger(
    folder: Path,
    *,
    version: str = "1",
    repeats: int = REPEATS,
    seed: int = SEED,
    on_progress: OnProgress | None = None,
) -> ChallengerReport:
    """Return a challenger trained on all labelled firms of a folder, measured as above."""
    samples = samples_of(folder)
    report = _compared(samples, repeats, seed, on_progress)
    firms = samples[HORIZONS[0][0]]
    trained = train_trees(
        firms.features,
        firms.bad,
        seed=seed,
        name=NAME,
        version=version,
        about=about_of(firms, METHOD),
    )
    told = [f"Challenger, evaluation {n}: {text}." for n, text in enumerate(EVALUATIONS, 1)]
    card = challenger_card(trained.model, report.compared, [*LIMITS_OF_USE, *told])
    return ChallengerReport(trained.model, card, report.compared)


def _figures(bad: Truths, pds: Floats) -> Figures:
    return Figures(
        auc=_estimate(auc, bad, pds),
        ks=_estimate(ks, bad, pds),
        brier=_estimate(brier, bad, pds),
        calibration_error=_estimate(calibration_error, bad, pds),
    )


def _estimate(measure: Callable[[Truths, Floats], float], bad: Truths, repeats: Floats) -> Estimate:
    return over_repeats(measure, bad, repeats, np.random.default_rng(SEED))
