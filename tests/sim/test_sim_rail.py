"""The rail's weather belongs to the order: late, twice or failed, and the same every time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from martlet.lending import Outcome, PayoutOrder
from martlet.sim.calibration import RailWeather
from martlet.sim.rail import WeatheredRail

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NOBODY = UUID(int=0)
ORDERS = [PayoutOrder(UUID(int=n), NOBODY, NOBODY, UUID(int=n), 100, NOW) for n in range(500)]
WEATHER = RailWeather(instant_ppm=700_000, delay_hours_max=60, repeat_ppm=100_000, fail_ppm=20_000)


def test_fair_weather_is_instant() -> None:
    rail = WeatheredRail(1, RailWeather(1_000_000, 60, 0, 0))
    for order in ORDERS[:20]:
        (report,) = rail.pay(order)
        assert (report.order, report.outcome) == (order, Outcome.POSTED)
    assert rail.deliver_due(NOW + timedelta(days=9)) == []


def test_every_order_is_answered_in_the_end_and_always_alike() -> None:
    fates = []
    for turn in range(2):
        rail = WeatheredRail(1, WEATHER)
        reports = [report for one in ORDERS[:: 1 - 2 * turn] for report in rail.pay(one)]
        at_once = len(reports)
        assert rail.pay(ORDERS[0]) == (), "the same order is not paid twice"
        half = rail.deliver_due(NOW + timedelta(hours=30))
        rest = rail.deliver_due(NOW + timedelta(hours=60))
        assert half
        assert rest
        reports += [*half, *rest]
        assert {report.order for report in reports} == set(ORDERS)
        failed = {report.order for report in reports if report.outcome is Outcome.VOIDED}
        assert 0 < len(failed) < 30
        assert 300 < at_once < 450
        assert 20 < len(reports) - len(ORDERS) < 90
        fates.append(sorted(str(report) for report in reports))
    assert fates[0] == fates[1]
    other = [r for one in ORDERS for r in WeatheredRail(2, WEATHER).pay(one)]
    assert sorted(map(str, other)) != fates[0]
