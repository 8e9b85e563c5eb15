"""Who answers: the prior alone, or models fitted on the lender's own outcomes. One way to ask.

The invariant: a changed value goes through exactly the path of a real one, so that what a reason
promises is what would happen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import polars as pl

from martlet.credit.portfolio.expert import logit_good, pd_ppm_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from martlet.credit.portfolio.expert import Expert

    Integers = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

PD_MIN_PPM, PD_MAX_PPM = 100, 990_000
"""As for every model of the house: no data set could show more certainty."""


class Scorer(Protocol):
    """Whatever turns cases into probabilities of default."""

    @property
    def version(self) -> str:
        """The model's name and version."""
        ...

    def pd_ppm(self, cases: pl.DataFrame) -> Integers:
        """Return the pd of every case."""
        ...


def floats_of(frame: pl.DataFrame, name: str) -> Floats:
    """Return a column of numbers as doubles, NaN where missing."""
    return frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy().astype(np.float64)


def prior_points(expert: Expert, cases: pl.DataFrame) -> Integers:
    """Return the prior's points of every case."""
    names = dict.fromkeys((*expert.names, "movements_all_count"))
    known = {name: floats_of(cases, name) for name in names if name in cases.columns}
    return expert.points(known) if known else np.zeros(cases.height, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class ZeroShot:
    """The expert prior alone: for a lender without outcomes."""

    expert: Expert

    @property
    def version(self) -> str:
        """The prior's version."""
        return self.expert.version

    def pd_ppm(self, cases: pl.DataFrame) -> Integers:
        """Return the prior's pd of every case."""
        return pd_ppm_of(prior_points(self.expert, cases))


@dataclass(frozen=True, slots=True)
class Fitted:
    """Models fitted on labelled cases, shrunk to the prior, calibrated."""

    expert: Expert
    engine: Any = field(repr=False)
    """What `engine.fit` returned."""
    names: Sequence[str]

    @property
    def version(self) -> str:
        """The fitted model's version."""
        return f"portfolio-fit/{self.engine.version}"

    def pd_ppm(self, cases: pl.DataFrame) -> Integers:
        """Return the calibrated pd of every case."""
        return self.interval_ppm(cases)[0]

    def interval_ppm(self, cases: pl.DataFrame) -> tuple[Integers, Integers, Integers]:
        """Return pd, low and high of every case."""
        prior = logit_good(prior_points(self.expert, cases))
        pd, low, high = self.engine.pd(cases.select(self.names), prior)
        return _ppm(pd), _ppm(low), _ppm(high)


def _ppm(probability: Floats) -> Integers:
    parts = np.rint(np.asarray(probability) * 1_000_000).astype(np.int64)
    return np.clip(parts, PD_MIN_PPM, PD_MAX_PPM)
