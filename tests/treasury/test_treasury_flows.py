"""What was subscribed and redeemed by product and day: what the fund desk foretells from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlet.kernel.errors import Forbidden
from martlet.treasury.funds.desk import history_of
from martlet.treasury.limits import FLOW_DAYS_MAX

if TYPE_CHECKING:
    from tests.treasury.conftest import TreasuryBank


def test_flows_add_up_over_businesses_and_stand_on_the_day_they_were_asked(
    bank: TreasuryBank,
) -> None:
    one, two = bank.business(500_000), bank.business(400_000)
    first = bank.today
    position = bank.subscribe(one, "yulibao", 300_000)
    bank.subscribe(two, "yulibao", 100_000)
    bank.close_days(2)
    second = bank.today
    bank.redeem(position, 120_000)
    flows = bank.treasury.daily_flows(bank.principal, first, second)
    told = {(row["product"], row["direction"], row["day"]): row["amount_fen"] for row in flows}
    assert told == {
        ("yulibao", "subscription", first): 400_000,
        ("yulibao", "redemption", second): 120_000,
    }
    assert bank.treasury.daily_flows(bank.principal, second, second) == [
        {"product": "yulibao", "direction": "redemption", "day": second, "amount_fen": 120_000}
    ]
    history = history_of(flows, second)
    assert history is not None
    assert history.series_ids == ("yulibao/subscription", "yulibao/redemption")
    assert np.array_equal(history.values, [[400_000.0, 0.0, 0.0], [0.0, 0.0, 120_000.0]])
    assert history_of(flows, first - timedelta(days=1)) is None


def test_flows_are_bounded_and_only_for_who_reads_the_book(bank: TreasuryBank) -> None:
    party = bank.business(100_000)
    bank.subscribe(party, "yulibao", 50_000)
    later = bank.today + timedelta(days=FLOW_DAYS_MAX)
    assert bank.treasury.daily_flows(bank.principal, bank.today, later) == []
    with pytest.raises(Forbidden):
        bank.treasury.daily_flows(bank.owner_of(party), bank.today, bank.today)
