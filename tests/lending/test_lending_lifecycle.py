"""The life-cycle cases of another lender's loans: every event of a loan's life, row by row."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from tests.realdata import shared_data

from martlet.lending.vectors.lifecycle import play

pytestmark = pytest.mark.realdata

CASES = 104
FAILING: dict[str, str] = {}
"""The cases that do not pass, each with its reason; docs/loan-conventions.md has the same table."""


@pytest.fixture(scope="module")
def cases() -> list[dict[str, Any]]:
    file = shared_data("lending") / "fineract-lifecycle.json"
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["items"]
    return found


def test_every_case_but_the_listed_ones_passes(cases: list[dict[str, Any]]) -> None:
    differing = {case["id"]: differences for case in cases if (differences := play(case))}
    assert differing.keys() == FAILING.keys(), differing
    assert len(cases) - len(differing) == CASES - len(FAILING)


def test_a_figure_that_is_off_by_a_hundredth_is_a_difference(cases: list[dict[str, Any]]) -> None:
    """A player that compares nothing would pass everything: every case is spoilt once."""
    blind = [case["id"] for case in cases if _spoil(case) and not play(_spoil(case))]
    assert blind == []


def _spoil(case: dict[str, Any]) -> dict[str, Any]:
    """Return a case whose last expected amount is a hundredth higher, or nothing."""
    spoilt = copy.deepcopy(case)
    for step in reversed(spoilt["steps"]):
        table = step.get("rows", [step])[-1]
        for name in ("principal", "amount", "outstanding"):
            if step["step"] == "expect" and name in table:
                table[name] = f"{float(table[name]) + 0.01:.2f}"
                return spoilt
    return {}
