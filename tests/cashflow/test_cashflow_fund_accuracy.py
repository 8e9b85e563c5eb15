"""A fund's totals: what an accuracy is of, and which windows are played, on any names."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from tests.realdata import shared_data

from martlet.cashflow import Ask, History, Tier, chinese_calendar, forecast
from martlet.cashflow.directions import is_fund
from martlet.cashflow.evaluation import accuracies_shown, protocol, read_series
from martlet.cashflow.evaluation.funds import _totals, played, scored
from martlet.cashflow.evaluation.protocols import OURS, last_days
from martlet.treasury.funds import flows_of, foretell_flows

FIRST = date(2024, 1, 1)
NAMES = ("north 申购", "south 申购", "north 赎回")


def fund(days: int = 182) -> History:
    """A made-up fund to the end of June: 30 come in on a day from two places, 20 go out."""
    values = np.repeat(np.array([[10.0], [20.0], [20.0]]), days, axis=1)
    return History(NAMES, FIRST, values)


def test_both_sides_must_be_told() -> None:
    assert is_fund(fund())
    assert not is_fund(fund().take([0, 1]))
    blind = History(("a", "b", "c"), FIRST, fund().values, groups={"way": ("in", "in", "out")})
    assert is_fund(blind)


def test_windows_roll_from_the_first_of_four_month_ends() -> None:
    series, asked = fund(), protocol("yuebao")
    totals = _totals(series)
    assert totals.values[:, 0].tolist() == [30.0, 20.0]
    ends = last_days(series, asked)
    assert [str(day) for day in ends] == ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31"]
    origins = range((ends[0] - FIRST).days + 1, 182)
    said = played(totals, asked, "weekday mean", origins)
    said[:, 1] = 22.0
    lines = list(scored(totals, "weekday mean", origins, said, ends))
    found = {(line.horizon, line.level): line for line in lines}
    day = found["next day", "redemption"]
    assert (day.windows, day.first_origin) == (122, ends[0])
    assert day.last_origin == FIRST + timedelta(days=180)
    assert day.accuracy == pytest.approx(0.9)
    assert found["next day", "subscription"].accuracy == pytest.approx(1.0)
    assert found["7 days", "mean of both"].accuracy == pytest.approx(0.95)
    assert found["7 days", "mean of both"].windows == 116
    assert found["30 days from month ends", "redemption"].windows == 4
    assert found["30 days from every day", "redemption"].windows == 93
    assert found["30 days after 2024-05-31", "redemption"].windows == 1
    rows = accuracies_shown(lines)
    assert len(rows) == len(lines)
    assert rows[0]["weekday mean"] == "1.0000"


@pytest.mark.realdata
def test_a_real_funds_next_day_and_week_are_as_accurate_as_the_bars() -> None:
    """From every third day of May and June: next day 89.5 and 86 %, week 93 and 91 %."""
    series = read_series(shared_data("treasury") / "yuebao_stage2_types.parquet")
    asked = protocol("yuebao")
    totals = _totals(series)
    origins = range(304, 365, 3)
    ours, usual = (
        {
            (line.horizon, line.level): line.accuracy
            for line in scored(totals, name, origins, played(totals, asked, name, origins), ())
            if "month ends" not in line.horizon
        }
        for name in (OURS, "weekday mean")
    )
    assert ours["next day", "subscription"] >= 0.895
    assert ours["next day", "redemption"] >= 0.86
    assert ours["7 days", "subscription"] >= 0.93
    assert ours["7 days", "redemption"] >= 0.91
    assert all(ours[key] > usual[key] for key in ours)


def test_both_commands_say_the_same_of_a_fund_and_its_sums_agree() -> None:
    """`cashflow forecast` and `treasury fund-forecast`: one method, to the last bit."""
    rng = np.random.default_rng(7)
    series = fund()
    moved = History(NAMES, FIRST, series.values * rng.lognormal(0, 0.1, series.values.shape))
    said = forecast(moved, 30, tier=Tier.ACCURATE)
    theirs = foretell_flows(flows_of(moved), Ask(30), chinese_calendar())
    assert np.array_equal(said.mean, theirs.leaves.mean)
    subscribed = next(
        at for at, mark in enumerate(theirs.sum_marks) if mark.direction == "subscription"
    )
    assert np.array_equal(said.mean[:2].sum(axis=0), theirs.sums.mean[subscribed])


@pytest.mark.parametrize(("days", "horizon"), [(3, 30), (113, 60), (200, 366)])
def test_a_fund_too_young_for_so_far_ahead_is_answered_all_the_same(
    days: int, horizon: int
) -> None:
    said = forecast(fund(days), horizon, tier=Tier.ACCURATE)
    assert said.mean.shape == (3, horizon)
    assert np.isfinite(said.quantiles).all()
    assert said.mean[0].mean() == pytest.approx(10.0, rel=0.2)
