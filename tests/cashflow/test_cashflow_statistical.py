"""Statistical models: one series at a time, none of which can cost the others their answer."""

from __future__ import annotations

import builtins
import importlib.util
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlet.cashflow.statistical import Model, foretell
from martlet.kernel.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS = (0.1, 0.5, 0.9, 0.99)
installed = pytest.mark.skipif(
    importlib.util.find_spec("statsforecast") is None, reason="extra `statistics`"
)


def takings(rows: int, days: int = 140) -> np.ndarray:
    rng = np.random.default_rng(7)
    week = np.array([10, 11, 12, 12, 15, 20, 18.0])
    return np.tile(week, days // 7)[None, :] * rng.uniform(0.8, 1.2, (rows, days))


@installed
@pytest.mark.parametrize("model", Model)
def test_every_model_answers_in_the_shape_asked_and_its_quantiles_rise(model: Model) -> None:
    found = foretell(takings(2), 10, LEVELS, model)
    assert found.mean.shape == (2, 10)
    assert (np.diff(found.quantiles, axis=-1) >= 0).all()
    assert not found.plain.any()
    saturday, monday = found.mean[:, 5], found.mean[:, 0]
    assert (saturday > monday).all()


@installed
def test_the_weekday_mean_is_the_librarys() -> None:
    from statsforecast.models import SeasonalWindowAverage

    series = takings(1)
    theirs = SeasonalWindowAverage(7, 8).forecast(y=series[0], h=17)["mean"]
    assert np.allclose(foretell(series, 17, LEVELS, Model.WEEKDAY_MEAN).mean[0], theirs)


@installed
def test_a_series_of_three_days_and_an_empty_one_are_answered_plainly_beside_a_good_one() -> None:
    values = takings(4)
    values[0, :-3] = np.nan
    values[1] = np.nan
    values[2] = 0.0
    values[3, 50:53] = np.nan
    found = foretell(values, 5, LEVELS, Model.AUTO_ETS)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.quantiles).all()
    assert found.plain[:2].all()
    assert not found.plain[3]
    assert (found.mean[1:3] == 0).all()


@installed
def test_the_order_of_the_levels_is_the_callers() -> None:
    series = takings(1)
    rising = foretell(series, 3, (0.1, 0.9), Model.AUTO_ETS).quantiles
    falling = foretell(series, 3, (0.9, 0.1), Model.AUTO_ETS).quantiles
    assert np.array_equal(rising, falling[..., ::-1])


@installed
def test_two_processes_answer_what_one_answers() -> None:
    values = takings(9, 56)
    alone = foretell(values, 3, LEVELS, Model.AUTO_CES, processes=1)
    shared = foretell(values, 3, LEVELS, Model.AUTO_CES)
    assert np.array_equal(alone.quantiles, shared.quantiles)


def test_without_the_library_one_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def closed(name: str, *arguments: object, **named: Mapping[str, object]) -> object:
        if name.startswith("statsforecast"):
            raise ImportError(name)
        return real(name, *arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", closed)
    with pytest.raises(Unavailable, match="missing_extra"):
        foretell(takings(1), 3, LEVELS, Model.AUTO_ETS)
