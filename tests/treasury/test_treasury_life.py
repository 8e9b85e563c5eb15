"""Idle cash at work, told as the days of small businesses, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.treasury.conftest import CAPITAL_FEN, TODAY

from martlet.kernel.errors import Conflict, NotFound, Refused

if TYPE_CHECKING:
    from tests.treasury.conftest import TreasuryBank


def test_takings_are_swept_as_they_arrive_and_earn_from_their_confirmation(
    bank: TreasuryBank,
) -> None:
    """Monday's takings are confirmed on Tuesday: 50 fen for Tuesday, on the ledger that night."""
    shop = bank.business()
    owner = bank.owner_of(shop)
    bank.treasury.set_sweep(owner, "sweep", shop, "yulibao", 50_000)
    answer = bank.take_in(shop, 1_050_000)
    assert answer["swept"]["amount_fen"] == 1_000_000
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 50_000
    assert bank.balance("liabilities/treasury/pending/yulibao") == 1_000_000
    bank.close_days()
    assert bank.balance("liabilities/treasury/standing/yulibao") == 1_000_000
    assert bank.balance("assets/treasury/placed/yulibao") == 1_000_000
    bank.close_days()
    seen = bank.treasury.overview(owner, shop)
    assert (seen["yesterday_fen"], seen["value_fen"]) == (50, 1_000_050)
    assert bank.balance("liabilities/treasury/standing/yulibao") == 1_000_050
    assert bank.balance("income/treasury/fees/yulibao") == 6, "0.25 % a year of ¥10,000"
    assert bank.balance("assets/settlement/simulated") == CAPITAL_FEN + 50_006, "and its fee is in"
    assert bank.proven()["standing_fen"] == 1_000_050


def test_what_comes_after_the_cut_off_or_on_a_day_off_counts_on_the_next_business_day(
    bank: TreasuryBank,
) -> None:
    shop = bank.business(3_000_000)
    tell = bank.treasury.subscribe
    in_time = tell(bank.principal, bank.key(), shop, "yulibao", 1_000)
    bank.at(15)
    late = tell(bank.principal, bank.key(), shop, "yulibao", 1_000)
    assert (in_time["confirms_on"], late["confirms_on"]) == ("2026-03-03", "2026-03-04")
    bank.close_days(5)
    saturday = tell(bank.principal, bank.key(), shop, "yulibao", 1_000)
    assert (saturday["trade_day"], saturday["confirms_on"]) == ("2026-03-09", "2026-03-10")


def test_within_the_cap_it_is_paid_at_once_and_what_is_beyond_waits_in_turn(
    bank: TreasuryBank,
) -> None:
    """¥25,000 against a cap of ¥10,000 a day: the rest on the next business day."""
    shop = bank.business(5_000_000)
    position = bank.subscribe(shop, "yulibao", 4_000_000)
    bank.close_days()
    answer = bank.redeem(position, 2_500_000)
    assert (answer["at_once_fen"], answer["later_fen"]) == (1_000_000, 1_500_000)
    assert bank.figures(shop)["paid_fen"] == 1_000_000
    assert bank.redeem(position, 100)["at_once_fen"] == 0, "the day's cap is used up"
    assert bank.balance("liabilities/treasury/waiting/yulibao") == 1_500_100
    bank.proven()
    bank.close_days()
    assert bank.figures(shop)["paid_fen"] == 2_500_100
    assert bank.redeem(position, 100)["at_once_fen"] == 100, "a new day, a new cap"
    bank.proven()


def test_a_payment_that_fails_puts_the_money_back_to_work_and_the_cap_with_it(
    bank: TreasuryBank,
) -> None:
    shop = bank.business(2_000_000)
    position = bank.subscribe(shop, "yulibao", 2_000_000)
    bank.close_days()
    bank.rail.fails = True
    bank.redeem(position, 1_000_000)
    assert bank.figures(shop)["standing_fen"] == 2_000_000
    bank.rail.fails = False
    assert bank.redeem(position, 1_000_000)["at_once_fen"] == 1_000_000
    assert bank.figures(shop)["paid_fen"] == 1_000_000
    bank.proven()


def test_a_payment_from_the_queue_that_fails_waits_for_the_next_business_day(
    bank: TreasuryBank,
) -> None:
    shop = bank.business(5_000_000)
    position = bank.subscribe(shop, "yulibao", 5_000_000)
    bank.close_days()
    bank.redeem(position, 3_000_000)
    bank.rail.fails = True
    bank.close_days()
    assert bank.figures(shop)["waiting_fen"] == 2_000_000
    bank.rail.fails = False
    bank.close_days()
    assert bank.figures(shop)["waiting_fen"] == 0
    assert bank.figures(shop)["paid_fen"] == 3_000_000
    bank.proven()


def test_a_slow_rail_holds_the_money_until_it_speaks_and_its_second_word_changes_nothing(
    bank: TreasuryBank,
) -> None:
    shop = bank.business(2_000_000)
    position = bank.subscribe(shop, "yulibao", 2_000_000)
    bank.close_days()
    bank.rail.slow = True
    order = UUID(bank.redeem(position, 600_000)["orders"][0])
    assert bank.figures(shop)["waiting_fen"] == 600_000
    bank.proven()
    tell = bank.treasury.rail_reported
    assert tell(bank.principal, order, "posted", "R-1")["verdict"] == "applied"
    assert tell(bank.principal, order, "posted", "R-2")["verdict"] == "repeated"
    with pytest.raises(Conflict, match=r"treasury\.rail_contradiction"):
        tell(bank.principal, order, "voided", "R-3")
    assert bank.figures(shop)["paid_fen"] == 600_000
    bank.proven()


def test_a_command_sent_again_is_answered_and_not_repeated(bank: TreasuryBank) -> None:
    shop = bank.business(2_000_000)
    tell = bank.treasury.subscribe
    first = tell(bank.principal, "once", shop, "yulibao", 700_000)
    assert tell(bank.principal, "once", shop, "yulibao", 700_000) == first
    with pytest.raises(Conflict, match=r"store\.key_reused"):
        tell(bank.principal, "once", shop, "yulibao", 700_001)
    bank.close_days()
    position = UUID(first["position_id"])
    out = bank.treasury.redeem(bank.principal, "out", position, 300_000)
    assert bank.treasury.redeem(bank.principal, "out", position, 300_000) == out
    assert bank.figures(shop)["paid_fen"] == 300_000


def test_a_yield_nobody_published_pays_nothing_is_told_and_is_made_good(
    bank: TreasuryBank,
) -> None:
    shop = bank.business(1_000_000)
    bank.subscribe(shop, "yulibao", 1_000_000)
    bank.close_days()
    report = bank.end_of_day.run(bank.principal)
    assert report.totals("treasury_yields") == {"known": 0, "missing": 1}
    bank.today += timedelta(days=1)
    bank.at(9)
    assert bank.figures(shop)["earned_fen"] == 0
    assert bank.figures(shop)["days_without_yield"] == ["2026-03-03"]
    bank.publish(18_250, date(2026, 3, 3))
    with pytest.raises(Conflict, match=r"treasury\.yield_known"):
        bank.publish(90_000, date(2026, 3, 3))
    with pytest.raises(Refused, match=r"treasury\.yield_to_come"):
        bank.publish(18_250, bank.today + timedelta(days=1))
    bank.close_days()
    assert bank.figures(shop)["earned_fen"] == 100
    assert bank.figures(shop)["days_without_yield"] == []
    bank.proven()


def test_a_term_is_paid_to_the_balance_with_its_interest_on_its_day(bank: TreasuryBank) -> None:
    """28 days from 2 March are 30 March, a Monday; the bank itself bears the interest."""
    shop = bank.business(3_650_000)
    bank.subscribe(shop, "wenlibao", 3_650_000, tenor_days=28)
    bank.close_days(27)
    assert bank.balance("liabilities/treasury/accrued/wenlibao") == 27 * 140
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 0
    bank.close_days()
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 3_653_920
    assert bank.balance("expenses/treasury/yield/wenlibao") == 3_920
    assert bank.treasury.positions(bank.principal, shop) == []
    bank.proven()


def test_breaking_a_term_shows_its_price_first_and_keeps_to_it(bank: TreasuryBank) -> None:
    """After ten days ¥36,500 has earned 14 yuan; broken, 2 yuan at the yield on demand."""
    shop = bank.business(3_650_000)
    position = bank.subscribe(shop, "wenlibao", 3_650_000, tenor_days=28)
    bank.close_days(10)
    price = bank.treasury.preview(bank.owner_of(shop), position)
    assert (price["earned_fen"], price["given_up_fen"]) == (1_400, 1_200)
    with pytest.raises(Refused, match=r"treasury\.dearer_than_agreed"):
        bank.redeem(position, lost_fen_max=1_199)
    with pytest.raises(Refused, match=r"treasury\.too_little_left"):
        bank.redeem(position, 3_600_000)
    assert (price["at_once_fen"], price["pays_on"]) == (3_650_200, bank.today.isoformat())
    assert bank.redeem(position, lost_fen_max=1_200)["amount_fen"] == 3_650_200
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 3_650_200
    assert bank.balance("expenses/treasury/yield/wenlibao") == 200
    bank.proven()


def test_a_plan_takes_its_instalments_from_the_balance_and_misses_what_is_not_there(
    bank: TreasuryBank,
) -> None:
    """Six months of ¥1,000 with money for three: two are missed, the third miss ends the plan."""
    shop = bank.business(300_000)
    bank.subscribe(shop, "yuelibao", 100_000, instalments=6)
    bank.end_of_day.catch_up(bank.principal, date(2026, 9, 1))
    bank.today = date(2026, 9, 2)
    bank.proven()
    plan = bank.figures(shop, "yuelibao")
    assert (plan["instalments_paid"], plan["instalments_missed"]) == (3, 3)
    assert plan["lapsed"]
    taken = (date(2026, 3, 2), date(2026, 4, 2), date(2026, 5, 6))  # 2 May is a holiday
    days = [(date(2026, 9, 2) - day).days for day in taken]
    interest = sum(100_000 * 16_000 * n // 365_000_000 for n in days)
    assert bank.balance(f"liabilities/customers/balance/{shop}") == 300_000 + interest


def test_an_owner_sees_and_moves_only_what_is_its_own(bank: TreasuryBank) -> None:
    shop, other = bank.business(1_000_000), bank.business()
    position = bank.subscribe(shop, "yulibao", 1_000_000)
    stranger = bank.owner_of(other)
    with pytest.raises(NotFound, match=r"parties\.business_not_found"):
        bank.treasury.positions(stranger, shop)
    with pytest.raises(NotFound, match=r"treasury\.position_not_found"):
        bank.treasury.statement(stranger, position, TODAY, TODAY)
    with pytest.raises(NotFound, match=r"treasury\.position_not_found"):
        bank.treasury.redeem(stranger, "mine", position)
    assert len(bank.treasury.positions(bank.owner_of(shop), shop)) == 1


def test_more_than_the_balance_or_the_caps_is_refused_and_nothing_changes(
    bank: TreasuryBank,
) -> None:
    shop = bank.business(1_000_000)
    with pytest.raises(Refused, match=r"ledger\.insufficient_funds"):
        bank.subscribe(shop, "yulibao", 1_000_001)
    with pytest.raises(Refused, match=r"treasury\.subscribe_too_small"):
        bank.subscribe(shop, "wenlibao", 99_999, tenor_days=28)
    with pytest.raises(Refused, match=r"treasury\.daily_cap"):
        bank.subscribe(shop, "yulibao", 10_000_000_001)
    with pytest.raises(Refused, match=r"treasury\.holding_cap"):
        bank.subscribe(shop, "yulibao", 50_000_000_001)
    assert bank.treasury.positions(bank.principal, shop, closed=True) == []
    bank.proven()


def test_a_statement_tells_each_event_and_what_each_day_has_earned(bank: TreasuryBank) -> None:
    shop = bank.business(1_000_000)
    position = bank.subscribe(shop, "yulibao", 1_000_000)
    bank.close_days(3)
    told = bank.treasury.statement(bank.owner_of(shop), position, TODAY, bank.today)
    assert [one["kind"] for one in told["events"]] == ["subscribed", "confirmed"]
    assert [one["earned_fen"] for one in told["earned_by_day"]] == [0, 50, 50]
    assert told["earned_in_span_fen"] == told["earned_fen"] == 100
