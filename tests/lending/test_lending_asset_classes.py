"""Five categories by dated rules, and the allowance for what will be lost, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from tests.lending.conftest import TODAY, LendingBank

from martlet.ledger import balances
from martlet.lending import verify_lending
from martlet.lending.asset_classes import (
    AssetClass,
    class_rules,
    class_rules_on,
    classify,
    classify_columns,
)
from martlet.lending.loss_rates import Cell, loss_rates_on
from martlet.lending.nights.tables import borrower_class, class_change, provision

RULES = class_rules_on(date(2026, 3, 2))


@pytest.mark.parametrize(
    ("days_overdue", "category"),
    [
        (0, AssetClass.NORMAL),
        (1, AssetClass.SPECIAL_MENTION),
        (90, AssetClass.SPECIAL_MENTION),
        (91, AssetClass.SUBSTANDARD),
        (270, AssetClass.SUBSTANDARD),
        (271, AssetClass.DOUBTFUL),
        (361, AssetClass.LOSS),
    ],
)
def test_days_overdue_decide_the_category(days_overdue: int, category: AssetClass) -> None:
    assert classify(days_overdue, RULES) is category


def test_a_restructured_loan_is_watched_and_one_charged_off_is_lost() -> None:
    assert classify(0, RULES, restructured=True) is AssetClass.SPECIAL_MENTION
    assert classify(100, RULES, restructured=True) is AssetClass.SUBSTANDARD
    assert classify(0, RULES, charged_off=True) is AssetClass.LOSS


@given(
    st.lists(st.tuples(st.integers(0, 4_000), st.booleans(), st.booleans()), max_size=30),
    st.sampled_from(class_rules()),
)
def test_columns_classify_as_one_by_one(borrowers: list[Any], rules: Any) -> None:
    columns = [np.array([one[place] for one in borrowers], np.int64) for place in range(3)]
    places = classify_columns(columns[0], rules, columns[1], columns[2])
    alone = [classify(d, rules, restructured=r, charged_off=c) for d, r, c in borrowers]
    assert places.tolist() == [one.place for one in alone]


def test_the_rules_of_a_day_are_those_in_force_and_say_what_is_not_verified() -> None:
    assert class_rules_on(date(2023, 6, 30)).version == "house-2000"
    assert class_rules_on(date(2023, 7, 1)).version == "2023-1"
    unverified = {one.over_days for one in RULES.thresholds if not one.verified}
    assert unverified == {0, 270, 360}


def test_a_cell_is_the_last_whose_days_a_loan_has_passed() -> None:
    rates = loss_rates_on(TODAY)
    special = AssetClass.SPECIAL_MENTION
    assert [rates.cell_of(special, days).over_days for days in (1, 30, 31, 90)] == [-1, -1, 30, 60]
    assert rates.provision_fen(Cell(AssetClass.NORMAL, -1), 12_350) == 124


def _standing(bank: LendingBank, party_id: UUID) -> list[tuple[date, str]]:
    query = (
        select(class_change.c.changed_on, class_change.c.category)
        .where(
            class_change.c.tenant_id == bank.principal.tenant_id,
            class_change.c.party_id == party_id,
        )
        .order_by(class_change.c.changed_on)
    )
    with bank.database.read() as connection:
        return [(row.changed_on, row.category) for row in connection.execute(query)]


def test_a_borrower_stands_as_its_worst_loan_and_history_grows_only_by_changes(
    bank: LendingBank,
) -> None:
    """
    Day 30  one loan of 30 days is due and not paid, another of the same borrower runs on
    Day 31  special mention
    Day 35  the overdue loan is paid off
    Day 36  normal again; two changes in the history
    """
    party = bank.business()
    line = bank.line("revolving_daily", party)
    late, well = (
        bank.lending.draw(bank.principal, bank.key(), line, amount, tenor)
        for amount, tenor in ((100_000, 30), (200_000, 90))
    )
    bank.close_days(35)
    watched = [(TODAY + timedelta(days=31), "special_mention")]
    assert _standing(bank, party) == watched
    due = bank.lending.payoff_quote(bank.principal, UUID(late["loan_id"]))["total_fen"]
    bank.lending.repay(bank.principal, bank.key(), UUID(late["loan_id"]), due)
    bank.close_days(2)
    assert _standing(bank, party) == [*watched, (TODAY + timedelta(days=36), "normal")]
    assert well["state"] == "posted"


def test_the_allowance_is_the_sum_of_its_cells_and_only_differences_are_posted(
    bank: LendingBank,
) -> None:
    """
    Night 1   1 % of 10,000.00 and the night's interest of 3.00, rounded once: 100.03
    Night 31  special mention: 2 % of all that is owed
    """
    bank.drawn(1_000_000, tenor=30)
    rate = bank.lending.loans(bank.principal)[0]["interest_fen"]
    assert rate == 0
    bank.close_days(1)
    owed = _owed(bank)
    assert _allowance(bank) == (owed * 10_000 + 500_000) // 1_000_000
    bank.close_days(30)
    assert _allowance(bank) == (_owed(bank) * 20_000 + 500_000) // 1_000_000
    query = select(provision).where(provision.c.tenant_id == bank.principal.tenant_id)
    with bank.database.read() as connection:
        verify_lending(connection)
        cells = connection.execute(query.order_by(provision.c.business_date)).all()
    assert {row.rates_version for row in cells} == {"house-2000"}
    assert cells[-1].provision_fen == _allowance(bank)
    assert cells[-1].category == "special_mention"


def _owed(bank: LendingBank) -> int:
    (line,) = bank.lending.loans(bank.principal)
    parts = ("principal_outstanding_fen", "interest_fen", "penalty_fen")
    return sum(int(line[part]) for part in parts)


def _allowance(bank: LendingBank) -> int:
    path = "assets/loans/allowance/revolving_daily"
    with bank.database.read() as connection:
        (found,) = balances(connection, bank.principal, path)
    return found.balance_fen


def test_a_borrower_that_was_never_late_leaves_no_row(bank: LendingBank) -> None:
    bank.drawn(1_000_000)
    bank.close_days(3)
    query = select(borrower_class).where(borrower_class.c.tenant_id == bank.principal.tenant_id)
    with bank.database.read() as connection:
        assert connection.execute(query).all() == []
