"""What a history and a forecast promise to everyone who builds on them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from martlet.cashflow import Ask, Finding, Forecast, History, Standing, level_name
from martlet.kernel.errors import Invalid

MONDAY = date(2026, 3, 2)


def _shops() -> History:
    return History(
        series_ids=("stall", "shop", "chain"),
        first_day=MONDAY,
        values=np.array([[1.0, 2.0, 3.0], [np.nan, 0.0, 5.0], [7.0, np.nan, 9.0]]),
        groups={"city": ("杭州", "杭州", "宁波")},
        currencies=("CNY", "CNY", "CNY"),
        findings=(
            Finding("shop", Standing.THIN, "cashflow.day_outside"),
            Finding("gone", Standing.REFUSED, "cashflow.day_outside"),
        ),
    )


def test_a_zero_is_known_and_a_nan_is_not() -> None:
    assert _shops().known.tolist() == [[True] * 3, [False, True, True], [True, False, True]]


def test_an_origin_sees_nothing_after_it() -> None:
    seen = _shops().until(date(2026, 3, 3))
    assert seen.last_day == date(2026, 3, 3)
    assert seen.values.shape == (3, 2)
    with pytest.raises(Invalid, match="day_outside"):
        _shops().until(date(2026, 3, 9))


def test_some_series_keep_their_groups_and_their_findings() -> None:
    two = _shops().take([2, 1])
    assert two.series_ids == ("chain", "shop")
    assert two.groups == {"city": ("宁波", "杭州")}
    assert two.thin_ids == {"shop"}
    assert {finding.series_id for finding in two.findings} == {"shop"}
    assert _shops().take(np.array([True, False, False])).series_ids == ("stall",)


def test_totals_are_given_inside_the_horizon_only() -> None:
    assert Ask(30).totals == (7, 14, 28)


@pytest.mark.parametrize("levels", [(), (0.5, 0.5), (0.9, 0.1), (0.0, 0.5), (0.5, 1.0)])
def test_levels_that_are_no_quantiles_are_refused(levels: tuple[float, ...]) -> None:
    with pytest.raises(Invalid, match="levels_unusable"):
        Ask(7, levels)


@pytest.mark.parametrize("horizon", [0, -1, 10_000])
def test_a_horizon_without_end_is_refused(horizon: int) -> None:
    with pytest.raises(Invalid, match="horizon_outside"):
        Ask(horizon)


def test_a_forecast_is_read_by_day_and_by_total() -> None:
    forecast = Forecast(
        series_ids=("shop",),
        days=(MONDAY,),
        mean=np.array([[5.0]]),
        levels=(0.1, 0.9),
        quantiles=np.array([[[1.0, 9.0]]]),
        cumulative={1: np.array([[1.0, 9.0]])},
    )
    assert forecast.at(0.9).tolist() == [[9.0]]
    assert forecast.total_at(1, 0.1).tolist() == [1.0]
    with pytest.raises(Invalid, match="level_unasked"):
        forecast.at(0.5)


def test_a_level_has_its_column() -> None:
    assert [level_name(level) for level in (0.1, 0.95, 0.995)] == ["q10", "q95", "q99_5"]
