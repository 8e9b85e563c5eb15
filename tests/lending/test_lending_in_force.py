"""Dated settings: the day decides, and a day older than all of them keeps to the oldest."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from martlet.lending.asset_classes import class_rules, class_rules_on
from martlet.lending.in_force import in_force
from martlet.lending.loss_rates import loss_rates, loss_rates_on
from martlet.lending.outcomes import bad_definitions


@pytest.mark.parametrize(
    ("known", "on"), [(class_rules, class_rules_on), (loss_rates, loss_rates_on)]
)
def test_a_setting_counts_from_its_day_until_the_next_begins(known: Any, on: Any) -> None:
    settings = known()
    for setting in settings:
        assert on(setting.effective_from) is setting
    assert on(date(9999, 12, 31)) is settings[-1]
    assert on(date(1, 1, 1)) is settings[0]


def test_a_loan_older_than_every_definition_is_judged_by_the_oldest() -> None:
    assert in_force(bad_definitions(), date(1, 1, 1)) is bad_definitions()[0]
