"""Which flows come in and which go out is told by a column or a name; what stands pays out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlet.cashflow import History
from martlet.cashflow.calendar import chinese_calendar
from martlet.cashflow.directions import Direction, directions_of, stock_of
from martlet.cashflow.ridge import MEMBERS, SHARES, Stock, design, members
from martlet.cashflow.sums import foretell_sums

if TYPE_CHECKING:
    from martlet.cashflow.model import FloatArray

FIRST = date(2024, 1, 1)
IN, OUT = Direction.SUBSCRIPTION, Direction.REDEMPTION
OF_OUT = np.array([False, True])


def history(names: tuple[str, ...], **groups: tuple[str, ...]) -> History:
    return History(names, FIRST, np.ones((len(names), 60)), groups=groups)


def growing(days: int) -> FloatArray:
    """A made-up fund: 200 a day come in and one per cent of what stands there goes out again."""
    stands, flows = 1_000.0, []
    for _ in range(days):
        flows.append((200.0, 0.01 * stands))
        stands += 200.0 - 0.01 * stands
    return np.array(flows).T


def calendar_of(days: int, horizon: int):
    return chinese_calendar().features(FIRST, days + horizon, FIRST + timedelta(days=days - 1))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("p2/purchase/bank1", "p2/redeem/card3"), (IN, OUT)),
        (("货基-申购", "货基-赎回"), (IN, OUT)),
        (("fund_in", "fund_out"), (IN, OUT)),
        (("rain", "sun"), ()),
        (("purchase", "something else"), ()),
        (("redeem after purchase", "purchase"), ()),
    ],
)
def test_names_tell_or_none_is_told(names: tuple[str, ...], told: tuple[Direction, ...]) -> None:
    assert directions_of(history(names)) == (told, ())


def test_a_column_outranks_the_names() -> None:
    series = history(("purchase", "redeem"), side=("赎回", "申购"), shop=("a", "b"))
    assert directions_of(series) == ((OUT, IN), ("side",))


def test_one_direction_alone_has_no_stock() -> None:
    flows = growing(60)
    assert stock_of(flows, (), OF_OUT) is None
    assert stock_of(flows, (IN, IN), OF_OUT) is None
    both = stock_of(flows, (IN, OUT), OF_OUT)
    assert both is not None
    assert np.array_equal(both.outflow, flows[1])


def test_what_is_redeemed_grows_with_what_stands_there() -> None:
    """Redemptions grow day by day to where nothing stood before, which only a stock foresees."""
    known, horizon = 130, 30
    flows = growing(known + horizon)
    came = flows[1, known:].sum()
    days = calendar_of(known, horizon)
    stock = stock_of(flows[:, :known], (IN, OUT), OF_OUT)
    plain, _ = foretell_sums(flows[:, :known], days, horizon)
    told, _ = foretell_sums(flows[:, :known], days, horizon, stock)
    assert abs(told[1].sum() / came - 1) < 0.03
    assert abs(told[1].sum() - came) < abs(plain[1].sum() - came)
    assert told[0] == pytest.approx(np.full(horizon, 200.0), rel=0.01)


def test_shares_never_read_past_the_origin_and_leave_what_comes_in_alone() -> None:
    flows = growing(200)
    spoiled = flows.copy()
    spoiled[:, 150:] = 1e9
    features = design(calendar_of(150, 14))
    said = []
    for values in (flows, spoiled):
        stock = stock_of(values, (IN, OUT), OF_OUT)
        assert stock is not None
        said.append(members(values[:, :150], features, 14, stock.until(150)))
    assert np.allclose(*said, rtol=1e-9), "not a thousand millionth of what came later"
    assert len(said[0]) == len(MEMBERS) + len(SHARES)
    like = [at for at, member in enumerate(MEMBERS) if not member.weeks]
    assert np.array_equal(said[0][len(MEMBERS) :, 0], said[0][like, 0])


def test_a_till_that_is_emptied_daily_is_no_stock() -> None:
    flows = np.tile([[100.0], [100.0]], (1, 120))
    till = Stock(flows[0] * 0.8, flows[1], OF_OUT)
    assert np.isnan(till.standing()[-1])
    said = members(flows, design(calendar_of(120, 7)), 7, till)
    assert said[:, 1] == pytest.approx(np.full((len(said), 7), 100.0), rel=0.01)
