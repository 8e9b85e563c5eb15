"""Level payments that regulators, banks and textbooks have published, to the minor unit."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.realdata import shared_data

from martlet.kernel.rates import level_payment
from martlet.kernel.rounding import RoundingMode

MODES = {"UP": RoundingMode.UP, "DOWN": RoundingMode.DOWN, "HALF_UP": RoundingMode.HALF_UP}
OTHER_SHAPES = {"compounding", "payment_frequency", "payment_override", "interest_only_months"}


def level_cases() -> list[dict[str, Any]]:
    """Those paid level and monthly; the other shapes are not among the two products yet."""
    file = shared_data("lending/published-schedules.json")
    items = json.loads(file.read_text(encoding="utf-8"))["items"]
    return [item for item in items if not OTHER_SHAPES & item["convention"].keys()]


def computed(case: dict[str, Any]) -> str:
    convention, inputs = case["convention"], case["inputs"]
    minor = 1 if convention.get("currency_unit") == "1" else 100
    payment = level_payment(
        int(Decimal(inputs["principal"]) * minor),
        (int(Decimal(inputs["annual_rate_pct"]) * 10_000), 12_000_000),
        inputs["term_months"],
        1,
        MODES[convention["payment_rounding"].removeprefix("ROUND_")],
    )
    return str(Decimal(payment) / minor)


@pytest.mark.realdata
def test_published_payments_are_met_to_the_minor_unit() -> None:
    cases = level_cases()
    assert len(cases) >= 15
    for case in cases:
        expected = case["expected"]
        published = expected.get("periodic_payment") or expected["monthly_payment"]
        assert Decimal(computed(case)) == Decimal(published), case["id"]
