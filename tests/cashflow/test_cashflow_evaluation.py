"""The proof: what a figure means, which windows are asked, and that it runs on anyone's file."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.realdata import shared_data

from martlet.cashflow import Ask, History
from martlet.cashflow.evaluation import protocol
from martlet.cashflow.evaluation.metrics import own_totals, score
from martlet.cashflow.evaluation.protocols import last_days
from martlet.cashflow.evaluation.run import one_window
from martlet.cashflow.evaluation.table import METRICS
from martlet.cashflow.rules import RULES, by_rule
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

MONDAY = date(2025, 1, 6)
LEVELS = tuple(tenth / 10 for tenth in range(1, 10))


def steady(days: int = 140) -> History:
    """One shop that takes 100 a day and twice that on Sundays; another takes half of it."""
    week = np.array([100.0] * 6 + [200.0])
    values = np.stack([week[np.arange(days) % 7], week[np.arange(days) % 7] / 2])
    return History(("A", "B"), MONDAY, values)


def test_a_forecast_that_came_true_has_no_error() -> None:
    history = steady()
    said = by_rule(RULES["weekday mean"], history, Ask(28, LEVELS, (7, 28)))
    found = score(history.values, steady(168).values[:, 140:], said)
    assert (found.wape, found.wql, found.coverage_80) == (0.0, 0.0, 1.0)
    assert found.total_error[28] == found.pooled_error[28] == found.crps[28] == 0.0


def test_a_total_s_error_is_in_the_series_own_totals_and_capped() -> None:
    """A says 800 a week and 1,600 come: once its own week too few. B's hundredfold counts as 3."""
    history = steady()
    said = by_rule(RULES["weekday mean"], history, Ask(7, LEVELS, (7,)))
    came = said.mean.copy()
    came[0] *= 2
    came[1] *= 100
    found = score(history.values, came, said)
    assert own_totals(history.values, 7)[0] == pytest.approx(800)
    assert found.total_error[7] == pytest.approx((1 + 3) / 2)
    assert found.pooled_error[7] == pytest.approx(1 - 1_200 / (1_600 + 40_000))


def test_a_median_of_nothing_wins_the_days_and_loses_the_money() -> None:
    """A firm paid every fourth day: nothing at all is the better day and the worse total."""
    days = np.zeros((1, 140))
    days[0, ::4] = 400.0
    history = History(("A",), MONDAY, days)
    said = by_rule(RULES["mean of 28 days"], history, Ask(28, LEVELS, (28,)))
    nothing = replace(said, mean=np.zeros_like(said.mean))
    came = days[:, :28]
    mean, median = (score(days, came, one) for one in (said, nothing))
    assert median.wape < mean.wape
    assert median.pooled_error[28] == 1.0
    assert mean.pooled_error[28] == pytest.approx(0.0)


def test_windows_lie_inside_the_file_and_follow_from_the_protocol() -> None:
    history = steady(400)
    assert last_days(history, protocol("rolling", 28, 2)) == (
        history.last_day - timedelta(days=56),
        history.last_day - timedelta(days=28),
    )
    month_ends = last_days(history, protocol("yuebao", 30, 3))
    assert all((day + timedelta(days=1)).day == 1 for day in month_ends)
    with pytest.raises(Invalid, match="history_too_short"):
        last_days(steady(60), protocol("nn5"))
    with pytest.raises(Invalid, match="protocol_unknown"):
        protocol("none_such")


def test_what_comes_after_a_window_changes_nothing_said_in_it() -> None:
    history = steady(200)
    later = replace(history, values=history.values.copy())
    later.values[:, 172:] *= np.array([[3.0], [1.0]])
    asked, day = protocol("rolling", 28), history.first_day + timedelta(days=143)
    first, second = (one_window(one, asked, "weekday mean", day) for one in (history, later))
    assert first.scores.wql == second.scores.wql
    assert first.scores.total_error == second.scores.total_error


def test_the_command_line_measures_anyone_s_file(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from martlet.cli.cashflow import app

    history = steady(200)
    rows = [
        {"series_id": name, "date": day, "value": float(value)}
        for name, values in zip(history.series_ids, history.values, strict=True)
        for day, value in zip(history.days, values, strict=True)
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "takings.parquet")
    out = tmp_path / "figures.json"
    asked = ["evaluate", "--history", str(tmp_path / "takings.parquet"), "--horizon", "14"]
    result = CliRunner().invoke(
        app, [*asked, "--origins", "1", "--processes", "1", "--json", str(out)]
    )
    assert result.exit_code == 0, result.output
    found = json.loads(out.read_text(encoding="utf-8"))
    assert {row["method"] for row in found["methods"]} >= {"martlet", "AutoETS", "weekday mean"}
    assert found["level"] == "2 series by day"
    assert found["metrics"] == METRICS
    assert "MASE" in result.output.upper()


@pytest.mark.realdata
def test_weekday_mean_of_the_invoices_is_where_the_notes_put_it() -> None:
    """Not a bar but an anchor: the protocol is the notes', .831 and .558 there."""
    from martlet.cashflow.evaluation import read_series
    from martlet.cashflow.evaluation.metrics import over

    history = read_series(shared_data("treasury") / "sme_invoice_daily.parquet")
    asked = protocol("sme")
    done = [one_window(history, asked, "weekday mean", day) for day in last_days(history, asked)]
    found = over([one.scores for one in done])
    assert found.total_error[28] == pytest.approx(0.83, abs=0.04)
    assert found.total_error_median[28] == pytest.approx(0.55, abs=0.04)
