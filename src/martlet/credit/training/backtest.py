"""The back-test: repeated stratified folds, everything learnt inside the folds, turnover beside.

The invariant: a firm is scored only by models that have not seen it in any way: its bins, the
choice of characteristics and the calibration all come from the other folds. Row order and firm
numbers carry nothing: firms are dealt out anew in every repeat.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.credit.training.candidates import INVOICE_CANDIDATES, TURNOVER
from martlet.credit.training.fit import stratified_folds, train
from martlet.credit.training.measures import (
    Estimate,
    auc_difference,
    auc_over_repeats,
    brier,
    calibration_error,
    ks,
    over_repeats,
)
from martlet.credit.training.reliability import Fifth, fifths
from martlet.credit.training.singles import SingleFeature, risk_by, single_features

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import polars as pl

    from martlet.credit.training.arrays import Floats, Truths
    from martlet.credit.training.candidates import Candidate
    from martlet.credit.training.contest import LabelledFirms

FOLDS = 5
REPEATS = 10
SEED = 2020
_PPM = 1_000_000


@dataclass(frozen=True, slots=True)
class Measured:
    """What a way of training reached on firms it had not seen, on one day's knowledge."""

    horizon: str
    as_of: str
    firms: int
    bads: int
    repeats: int
    auc: Estimate
    ks: Estimate
    turnover_auc: Estimate
    turnover_ks: Estimate
    auc_over_turnover: Estimate
    brier: Estimate
    brier_of_base_rate: float
    calibration_error: Estimate
    characteristics: dict[str, int]
    """In how many of the trained models each characteristic stood."""
    fifths: tuple[Fifth, ...]
    singles: tuple[SingleFeature, ...]
    """The best single figures, found on these same firms: a description, not a rival."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "horizon": self.horizon,
            "as_of": self.as_of,
            "firms": self.firms,
            "bads": self.bads,
            "repeats": self.repeats,
            "folds": FOLDS,
            "auc": self.auc.as_json(),
            "ks": self.ks.as_json(),
            "turnover_auc": self.turnover_auc.as_json(),
            "turnover_ks": self.turnover_ks.as_json(),
            "auc_over_turnover": self.auc_over_turnover.as_json(),
            "brier": self.brier.as_json(),
            "brier_of_base_rate": round(self.brier_of_base_rate, 4),
            "calibration_error": self.calibration_error.as_json(),
            "characteristics": dict(self.characteristics),
            "fifths_by_pd": [part.as_json() for part in self.fifths],
            "single_features": [part.as_json() for part in self.singles],
        }


@dataclass(frozen=True, slots=True)
class BacktestReport:
    """A back-test on one data set, at several horizons."""

    source: str
    synthetic: bool
    measured: tuple[Measured, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "source": self.source,
            "synthetic": self.synthetic,
            "interval": "95 %, firms resampled, bad and good apart",
            "measured": [part.as_json() for part in self.measured],
        }

    def rows(self) -> list[dict[str, str]]:
        """Return it as a table for people: a row a measure, a column a horizon."""
        parts = self.measured
        lines = {
            "firms / bad": [f"{part.firms} / {part.bads}" for part in parts],
            "folds × repeats": [f"{FOLDS} × {part.repeats}" for part in parts],
            "AUC": [part.auc.text for part in parts],
            "AUC, turnover alone": [part.turnover_auc.text for part in parts],
            "AUC above turnover": [part.auc_over_turnover.text for part in parts],
            "AUC, best single figure in hindsight": [
                f"{part.singles[0].auc.text} {part.singles[0].kind}" if part.singles else ""
                for part in parts
            ],
            "KS": [part.ks.text for part in parts],
            "KS, turnover alone": [part.turnover_ks.text for part in parts],
            "Brier": [part.brier.text for part in parts],
            "Brier of the base rate": [f"{part.brier_of_base_rate:.3f}" for part in parts],
            "calibration error": [part.calibration_error.text for part in parts],
        }
        return [
            {"measure": name, **dict(zip((p.horizon for p in parts), cells, strict=True))}
            for name, cells in lines.items()
        ]


def backtest(
    firms: LabelledFirms,
    horizon: str,
    candidates: Sequence[Candidate] = INVOICE_CANDIDATES,
    *,
    repeats: int = REPEATS,
    seed: int = SEED,
    on_fold: Callable[[], None] | None = None,
) -> Measured:
    """Return how well models trained on four fifths of the firms tell of the fifth."""
    rng = np.random.default_rng(seed)
    frame, bad = firms.features, firms.bad
    pds, lows, highs = (np.zeros((repeats, len(bad))) for _ in range(3))
    stood: Counter[str] = Counter()
    for repeat in range(repeats):
        folds = stratified_folds(bad, FOLDS, rng)
        for fold in range(FOLDS):
            test = folds == fold
            trained = train(
                frame.filter(~test), bad[~test], candidates, seed=int(rng.integers(2**31))
            )
            card = trained.scorecard
            scored = card.score_columns(frame.filter(test))
            pds[repeat, test] = scored["pd_ppm"].to_numpy() / _PPM
            bounds = [card.pd_interval_ppm(score) or (0, _PPM) for score in scored["score"]]
            lows[repeat, test], highs[repeat, test] = np.array(bounds).T / _PPM
            stood.update(part.kind for part in trained.scorecard.characteristics)
            if on_fold is not None:
                on_fold()
    return _measured(firms, horizon, pds, dict(stood.most_common()), fifths(bad, pds, lows, highs))


def turnover_risk(frame: pl.DataFrame) -> Floats:
    """Return the one-feature ranking: less turnover, more risk; none at all comes last."""
    return risk_by(frame, TURNOVER, higher_is_safer=True)


def _measured(
    firms: LabelledFirms,
    horizon: str,
    pds: Floats,
    stood: dict[str, int],
    by_pd: tuple[Fifth, ...],
) -> Measured:
    bad = firms.bad
    turnover = turnover_risk(firms.features)
    base_rate = np.full(len(bad), bad.mean())

    def estimate(measure: Callable[[Truths, Floats], float], repeats: Floats) -> Estimate:
        return over_repeats(measure, bad, repeats, np.random.default_rng(SEED))

    return Measured(
        horizon=horizon,
        as_of=firms.as_of.isoformat(),
        firms=len(bad),
        bads=int(bad.sum()),
        repeats=len(pds),
        auc=auc_over_repeats(bad, pds, np.random.default_rng(SEED)),
        ks=estimate(ks, pds),
        turnover_auc=auc_over_repeats(bad, turnover[np.newaxis], np.random.default_rng(SEED)),
        turnover_ks=estimate(ks, turnover[np.newaxis]),
        auc_over_turnover=auc_difference(bad, pds, turnover, np.random.default_rng(SEED)),
        brier=estimate(brier, pds),
        brier_of_base_rate=brier(bad, base_rate),
        calibration_error=estimate(calibration_error, pds),
        characteristics=stood,
        fifths=by_pd,
        singles=single_features(firms.features, bad, SEED),
    )
