"""What the days ahead bring a shop: one set of paths behind every figure."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cashflow.firm_examples import AS_OF, movement, projection_of, shop_rows

from martlet.cashflow.changes import OneOff
from martlet.cashflow.known_flows import Delay, ItemKind, ItemSource, KnownItem
from martlet.cashflow.outlook import OUTLOOK_LEVELS
from martlet.cashflow.paths import TOTALS_WIDENED
from martlet.cashflow.projecting import Known, netted_back
from martlet.kernel.errors import Invalid, NotFound

SHOP = projection_of(shop_rows())
OUTLOOK = SHOP.outlook()
MEDIAN = OUTLOOK_LEVELS.index(0.5)


def test_the_days_ahead_begin_tomorrow_with_what_the_statement_last_told() -> None:
    last = shop_rows()[-1]["balance_fen"]
    assert OUTLOOK.days[0] == AS_OF + timedelta(days=1)
    assert len(OUTLOOK.days) == 56
    assert OUTLOOK.basis.opening is not None
    assert OUTLOOK.basis.opening.at_hand_fen == last
    assert OUTLOOK.balance is not None
    assert OUTLOOK.balance.mean_fen[0] == pytest.approx(last + OUTLOOK.net.mean_fen[0], abs=2)


def test_a_weekend_brings_more_than_a_monday_and_tuesday_goes_to_the_market() -> None:
    mean = dict(zip(OUTLOOK.days, OUTLOOK.inflow.mean_fen, strict=True))
    out = dict(zip(OUTLOOK.days, OUTLOOK.outflow.mean_fen, strict=True))
    by_weekday = [
        np.mean([fen for day, fen in mean.items() if day.weekday() == one]) for one in range(7)
    ]
    assert by_weekday[5] > 1.3 * by_weekday[0]
    tuesdays = [fen for day, fen in out.items() if day.weekday() == 1]
    others = [fen for day, fen in out.items() if day.weekday() != 1]
    assert min(tuesdays) > 4 * np.mean(others)


def test_every_figure_is_read_off_the_same_paths() -> None:
    running = np.cumsum(OUTLOOK.paths.net, axis=1)
    for days, quantiles in OUTLOOK.cumulative_fen.items():
        told = np.quantile(running[:, days - 1], OUTLOOK_LEVELS)
        assert quantiles == pytest.approx(told, abs=1)
    deepest = np.maximum(-running.min(axis=1), 0)
    for risk_ppm in (10_000, 50_000, 200_000):
        need = OUTLOOK.need_fen(56, risk_ppm)
        assert np.mean(deepest > need) <= risk_ppm / 1e6
        assert OUTLOOK.safe_fen(56, risk_ppm) == max(OUTLOOK.basis.opening.at_hand_fen - need, 0)
    assert OUTLOOK.lowest.expected_fen == min(OUTLOOK.balance.mean_fen)


def test_totals_of_paths_are_expected_and_spread_as_the_forecast_says_of_totals() -> None:
    """Widened, as a single firm's quantiles of totals are; days alone would be far off."""
    from tests.cashflow.firm_examples import frame

    from martlet.cashflow import forecast
    from martlet.cashflow.firm_flows import flows_of
    from martlet.cashflow.projecting import _history
    from martlet.records import Kind

    flows = flows_of({Kind.BANK: frame(Kind.BANK, shop_rows())})
    said = forecast(_history(flows, Known()), 56, (0.1, 0.5, 0.9))
    for days in (14, 28, 56):
        told = said.cumulative[days][2]
        here = np.quantile(np.cumsum(OUTLOOK.paths.net, axis=1)[:, days - 1], (0.1, 0.9))
        assert 0.7 < (here[1] - here[0]) / (TOTALS_WIDENED * (told[2] - told[0])) < 1.4
    for side, values in enumerate((OUTLOOK.paths.inflow, OUTLOOK.paths.outflow)):
        assert values.mean(axis=0).sum() == pytest.approx(said.mean[side].sum(), rel=0.01)


def test_the_same_question_has_the_same_answer_and_a_shorter_one_the_same_first_days() -> None:
    again = projection_of(shop_rows()).outlook()
    assert (again.paths.net == OUTLOOK.paths.net).all()
    short = projection_of(shop_rows(), horizon=14).outlook()
    assert (short.paths.net == OUTLOOK.paths.net[:, :14]).all()


def test_without_a_change_nothing_changes() -> None:
    nothing = SHOP.outlook((OneOff(AS_OF + timedelta(days=3), 0),))
    assert (nothing.paths.net == OUTLOOK.paths.net).all()
    assert nothing.lowest == OUTLOOK.lowest
    assert nothing.shortfall == OUTLOOK.shortfall


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(fen=st.integers(0, 10**9), day=st.integers(1, 56), more=st.integers(0, 10**8))
def test_a_payment_more_never_raises_the_lowest_point(fen: int, day: int, more: int) -> None:
    on = AS_OF + timedelta(days=day)
    less, worse = SHOP.outlook((OneOff(on, -fen),)), SHOP.outlook((OneOff(on, -fen - more),))
    assert worse.lowest.expected_fen <= less.lowest.expected_fen
    pairs = zip(worse.lowest.quantiles_fen, less.lowest.quantiles_fen, strict=True)
    assert all(low <= high for low, high in pairs)
    assert worse.shortfall.probability_ppm >= less.shortfall.probability_ppm
    assert worse.safe_to_move_fen <= less.safe_to_move_fen


def test_a_known_item_is_where_it_is_due_as_often_as_it_is_sure() -> None:
    on = AS_OF + timedelta(days=10)
    half = KnownItem(
        ItemKind.CONTRACT, on, 700_000, ItemSource.OWNER, "甲公司", 500_000,
        Delay((0, 5), (600_000, 400_000)),
    )  # fmt: skip
    paths = projection_of(shop_rows(), known=Known((half,))).outlook().paths
    there = (paths.known != 0).mean(axis=0)
    assert 0.25 < there[9] < 0.35
    assert 0.15 < there[14] < 0.25
    assert there.sum() == pytest.approx(0.5, abs=0.05)
    assert (paths.inflow == OUTLOOK.paths.inflow).all()


def test_what_leads_to_the_lowest_point_adds_up_to_it() -> None:
    rent = KnownItem(ItemKind.RENT, AS_OF + timedelta(days=7), -4_000_000, ItemSource.OWNER, "房东")
    outlook = projection_of(shop_rows(), known=Known((rent,))).outlook()
    moved = outlook.lowest.expected_fen - outlook.basis.opening.at_hand_fen
    assert sum(driver.amount_fen for driver in outlook.drivers) == pytest.approx(moved, abs=1)
    first = outlook.drivers[0]
    assert (first.code, first.amount_fen) == ("cashflow.driver_item", -4_000_000)
    assert first.details["label"] == "房东"


def test_a_shop_that_owes_more_than_it_has_is_told_when_it_runs_short() -> None:
    due = AS_OF + timedelta(days=20)
    debt = KnownItem(ItemKind.BILL, due, -9_000_000_00, ItemSource.OWNER, "设备款")
    outlook = projection_of(shop_rows(), known=Known((debt,))).outlook()
    assert outlook.shortfall.probability_ppm == 1_000_000
    assert outlook.shortfall.likely_on == due
    assert outlook.safe_to_move_fen == 0
    assert any(peak.first <= due <= peak.last for peak in outlook.payout_peaks)


def test_a_balance_that_nobody_told_gives_changes_and_no_shortfall() -> None:
    rows = [{**row, "balance_fen": None} for row in shop_rows()]
    outlook = projection_of(rows).outlook()
    assert outlook.basis.opening is None
    assert outlook.shortfall is None
    assert outlook.safe_to_move_fen is None
    assert outlook.need_fen(28) == OUTLOOK.need_fen(28)
    assert "cashflow.note_no_opening" in [note.code for note in outlook.basis.notes]


def test_days_since_the_newest_record_are_paths_too() -> None:
    late = AS_OF + timedelta(days=20)
    outlook = projection_of(shop_rows(), as_of=late).outlook()
    start = outlook.paths.start
    assert start.std() > 0
    assert outlook.days[0] == late + timedelta(days=1)
    assert "cashflow.note_records_end" in [note.code for note in outlook.basis.notes]
    with pytest.raises(NotFound, match="cashflow.records_too_old"):
        projection_of(shop_rows(), as_of=AS_OF + timedelta(days=300))


def test_a_shop_of_three_days_has_an_answer_that_says_it_is_thin() -> None:
    outlook = projection_of(shop_rows(days=3)).outlook()
    assert outlook.thin
    assert len(outlook.net.mean_fen) == 56


def test_a_single_payment_is_enough_for_an_answer() -> None:
    outlook = projection_of([movement(AS_OF, 500_000, "in", balance=500_000)]).outlook()
    assert outlook.thin
    assert outlook.basis.opening.at_hand_fen == 500_000


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(Invalid, match="cashflow.horizon_outside"):
        projection_of(shop_rows(days=30), horizon=1000)
    with pytest.raises(Invalid, match="cashflow.days_outside"):
        OUTLOOK.need_fen(57)
    with pytest.raises(Invalid, match="cashflow.risk_outside"):
        OUTLOOK.need_fen(7, 0)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_what_is_taken_back_is_taken_off_days_before(values: list[int]) -> None:
    days = np.array(values, dtype=float)
    netted = netted_back(days)
    assert (netted >= 0).all()
    assert netted.sum() >= days.sum()
    if (np.cumsum(days) >= 0).all():
        assert netted.sum() == days.sum()
