"""The fund partners' desk: flows that add up, and a reserve that covers what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from tests.realdata import shared_data
from typer.testing import CliRunner

from martlet.cashflow import Ask, History, chinese_calendar, read_history
from martlet.kernel.errors import Invalid
from martlet.treasury import funds
from martlet.treasury.funds.reserve import OF_REDEMPTIONS, _least, heavy_tail

if TYPE_CHECKING:
    from pathlib import Path

FIRST = date(2024, 3, 1)
CALENDAR = chinese_calendar()
PARTNERS = ("north", "south")


def flows_frame(days: int = 200) -> pl.DataFrame:
    """Two made-up partners with two products; Mondays redeem most."""
    rng = np.random.default_rng(5)
    rows = []
    for partner in PARTNERS:
        for product in ("money", "bond"):
            for direction, size in (("subscription", 110), ("redemption", 100)):
                for at in range(days):
                    day = FIRST + timedelta(days=at)
                    week = (1.5, 1.2, 1.1, 1, 0.9, 0.4, 0.4)[day.weekday()]
                    value = size * week * rng.lognormal(0, 0.15)
                    name = f"{partner}-{product}-{direction}"
                    rows.append((name, day, value, partner, product, direction))
    names = ["series_id", "date", "value", "partner", "product", "direction"]
    return pl.DataFrame(rows, schema=names, orient="row")


def history_of(frame: pl.DataFrame, tmp_path: Path) -> History:
    frame.write_parquet(tmp_path / "flows.parquet")
    return read_history(tmp_path / "flows.parquet")


def test_partners_and_products_add_up_to_the_last_bit(tmp_path: Path) -> None:
    flows = funds.flows_of(history_of(flows_frame(), tmp_path))
    found = funds.foretell_flows(flows, Ask(14), CALENDAR)
    series, sums = funds.series_frame(flows, found), funds.group_frame(found)
    for column in ("partner", "product"):
        added = series.group_by(column, "direction", "date").agg(pl.col("mean").sum())
        theirs = sums.filter(pl.col("column") == column).select(
            pl.col("member").alias(column), "direction", "date", pl.col("mean").alias("whole")
        )
        both = added.join(theirs, on=[column, "direction", "date"])
        assert both.height == 2 * 2 * 14
        assert (both["mean"] == both["whole"]).all()
    everything = sums.filter(pl.col("column") == "direction")["mean"].sum()
    assert everything == series["mean"].sum()


def test_mondays_are_foreseen_and_quantiles_rise(tmp_path: Path) -> None:
    flows = funds.flows_of(history_of(flows_frame(), tmp_path))
    found = funds.foretell_flows(flows, Ask(7), CALENDAR)
    monday = next(at for at, day in enumerate(found.leaves.days) if day.weekday() == 0)
    sunday = next(at for at, day in enumerate(found.leaves.days) if day.weekday() == 6)
    assert (found.leaves.mean[:, monday] > 2 * found.leaves.mean[:, sunday]).all()
    for forecast in (found.leaves, found.sums):
        assert (np.diff(forecast.quantiles, axis=-1) >= 0).all()
        assert (forecast.quantiles >= 0).all()
        assert (np.diff(forecast.cumulative[7], axis=-1) >= 0).all()


@pytest.mark.parametrize("days", [3, 8, 20, 60])
def test_a_young_fund_is_answered_and_called_thin(days: int, tmp_path: Path) -> None:
    flows = funds.flows_of(history_of(flows_frame(days), tmp_path))
    found = funds.foretell_flows(flows, Ask(30), CALENDAR)
    assert np.isfinite(found.leaves.mean).all()
    assert found.leaves.mean.sum() > 0
    thin = {each.series_id for each in found.leaves.findings}
    assert (thin == set(flows.history.series_ids)) == (days < 56)


def test_directions_are_told_by_a_column_or_by_the_names(tmp_path: Path) -> None:
    told = funds.flows_of(history_of(flows_frame(10), tmp_path))
    named = funds.flows_of(history_of(flows_frame(10).drop("direction"), tmp_path))
    assert told.directions == named.directions
    chinese = flows_frame(10).with_columns(
        pl.col("direction").replace({"subscription": "申购", "redemption": "赎回"})
    )
    assert funds.flows_of(history_of(chinese, tmp_path)).directions == told.directions
    blind = flows_frame(10).select(
        pl.col("series_id").rank("dense").cast(pl.String), "date", "value"
    )
    flows = funds.flows_of(history_of(blind, tmp_path))
    assert flows.directions == ()
    with pytest.raises(Invalid, match="directions_untold"):
        funds.reserves(flows, CALENDAR, funds.Trial())


def test_currencies_are_never_added_up(tmp_path: Path) -> None:
    mixed = flows_frame(10).with_columns(
        pl.when(pl.col("partner") == "north").then(pl.lit("CNY")).otherwise(pl.lit("USD"))
        .alias("currency")
    )  # fmt: skip
    with pytest.raises(Invalid, match="currencies_mixed"):
        funds.flows_of(history_of(mixed, tmp_path))


def test_a_reserve_covers_and_a_partner_holds_its_own(tmp_path: Path) -> None:
    flows = funds.flows_of(history_of(flows_frame(300), tmp_path))
    found = funds.reserves(flows, CALENDAR, funds.Trial(2, 0.95, 60), by="partner")
    assert [report.unit for report in found] == list(PARTNERS)
    for report in found:
        assert report.tested_days == 60
        assert report.covered_percent >= 88
        assert report.mean_reserve > report.mean_need


def test_a_short_history_and_an_odd_wish_are_refused(tmp_path: Path) -> None:
    flows = funds.flows_of(history_of(flows_frame(100), tmp_path))
    with pytest.raises(Invalid, match="history_short"):
        funds.reserves(flows, CALENDAR, funds.Trial())
    with pytest.raises(Invalid, match="coverage_outside"):
        funds.Trial(coverage=0.3)
    long = funds.flows_of(history_of(flows_frame(200), tmp_path))
    with pytest.raises(Invalid, match="column_unknown"):
        funds.reserves(long, CALENDAR, funds.Trial(), by="city")


def test_the_commands_answer_in_files_and_in_json(tmp_path: Path) -> None:
    from martlet.cli.treasury import app

    history, out = tmp_path / "flows.csv", tmp_path / "ahead.csv"
    flows_frame(160).write_csv(history)
    run = CliRunner()
    asked = ["fund-forecast", "--history", str(history), "--horizon", "10", "--out", str(out)]
    done = run.invoke(app, [*asked, "--levels", "0.1,0.5,0.9"])
    assert done.exit_code == 0, done.output
    written = pl.read_csv(out)
    assert written.columns[:5] == ["series_id", "partner", "product", "direction", "date"]
    assert written.columns[5:] == ["mean", "q10", "q50", "q90", "standing"]
    assert written.height == 8 * 10
    assert (tmp_path / "ahead.groups.csv").exists()
    kept = run.invoke(app, ["fund-reserve", "--history", str(history), "--days", "20", "--json"])
    assert kept.exit_code == 0, kept.output
    assert '"fixed_ratio_of_redemptions"' in kept.output


def test_a_margin_widens_with_the_coverage_and_is_wider_than_the_normal_laws() -> None:
    """Student's quantile of four degrees of freedom is 3.747 at 99 %, of a spread of root two."""
    assert heavy_tail(0.99) == pytest.approx(3.747 / np.sqrt(2), abs=1e-3)
    covers = [heavy_tail(coverage) for coverage in (0.6, 0.9, 0.95, 0.99, 0.999)]
    assert covers == sorted(covers)


def test_hindsight_shrinks_a_reserve_until_it_is_breached_as_often_as_allowed() -> None:
    need, shape = np.array([1.0, 2.0, 6.0, 0.0]), np.array([1.0, 1.0, 2.0, 0.0])
    assert _least(shape, need, 0) == pytest.approx(3.0 * shape.mean())
    assert _least(shape, need, 1) == pytest.approx(2.0 * shape.mean())
    assert _least(need, need, 0) == pytest.approx(need.mean()), "who foresees all holds the need"


def test_one_odd_day_does_not_hold_money_for_a_season(tmp_path: Path) -> None:
    """A run on the fund: weeks later the margin has shrunk, which the greatest miss had not."""
    frame = flows_frame(300)
    day = FIRST + timedelta(days=200)
    run = pl.when((pl.col("date") == day) & (pl.col("direction") == "redemption"))
    shocked = frame.with_columns(run.then(pl.col("value") * 4).otherwise(pl.col("value")))
    flows = funds.flows_of(history_of(shocked, tmp_path))
    until = {
        days: funds.reserves(
            replace(flows, history=flows.history.until(FIRST + timedelta(days=days))),
            CALENDAR,
            funds.Trial(1, 0.99, 20),
        )[0].reserve_now
        for days in (203, 273)
    }
    assert until[273] < 0.75 * until[203]


@pytest.mark.realdata
@pytest.mark.parametrize("settlement_days", [1, 2, 3])
def test_a_real_funds_reserve_is_a_tenth_lower_at_no_more_breaches(settlement_days: int) -> None:
    history = read_history(shared_data("treasury/yuebao_stage2_types.parquet"))
    trial = funds.Trial(settlement_days)
    (report,) = funds.reserves(funds.flows_of(history), CALENDAR, trial)
    rule = next(rule for rule in report.rules if rule.rule == OF_REDEMPTIONS)
    assert rule.freed_percent >= 10
    assert rule.both_in_hindsight_percent >= 10
    assert report.breaches_count <= rule.breaches_count


@pytest.mark.realdata
def test_a_real_funds_weeks_are_foretold_better_than_by_weekday_means() -> None:
    history = read_history(shared_data("treasury/yuebao_stage2_types.parquet"))
    ours, theirs, size = 0.0, 0.0, 0.0
    for weeks in range(2, 8):
        known = history.until(history.last_day - timedelta(days=7 * weeks))
        flows = funds.flows_of(known)
        found = funds.foretell_flows(flows, Ask(7), CALENDAR)
        came = np.nan_to_num(history.values[:, known.day_count : known.day_count + 7])
        usual = np.nan_to_num(known.values[:, -56:]).sum(axis=1) / 8
        for direction in funds.Direction:
            rows = list(flows.rows(direction))
            real = came[rows].sum()
            ours += abs(found.leaves.mean[rows].sum() - real)
            theirs += abs(usual[rows].sum() - real)
            size += real
    assert ours < theirs
    assert ours / size < 0.07
