"""The case files of other lenders and regulators, played through the room's public API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.realdata import shared_data

from martlet.kernel.errors import Invalid
from martlet.lending.vectors import play_case, play_file
from martlet.lending.vectors.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path

CASES = {
    "fineract-emi-calculator.json": 11,
    "fineract-newer.json": 5,
    "apr-regulation-z.json": 7,
    "published-schedules.json": 25,
    "frappe-lending.json": 4,
}


@pytest.mark.realdata
@pytest.mark.parametrize(("name", "count"), CASES.items())
def test_every_case_of_a_file_passes(name: str, count: int) -> None:
    result = play_file(shared_data(f"lending/{name}"))
    assert {case.case_id: case.differences for case in result.cases if case.differences} == {}
    assert result.passed == count


def credit() -> dict[str, Any]:
    """A case like those of the regulation, of our own figures: 1,000 for half a year at 8.8 %."""
    return {
        "id": "half-a-year",
        "family": "apr-regz",
        "inputs": {
            "advance": "1000",
            "advance_date": "1978-07-15",
            "payments": [
                {"first": "1979-01-15", "every": "once", "count": 1, "amount": "1044"},
            ],
        },
        "expected": {"apr_pct": "8.80"},
    }


def written(folder: Path, content: object) -> Path:
    path = folder / "cases.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_case_that_agrees_has_no_differences() -> None:
    assert play_case(credit()) == []


def test_a_difference_says_what_was_expected_and_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = {**credit(), "expected": {"apr_pct": "8.90"}}
    path = written(tmp_path, {"cases": 2, "items": [credit(), {**case, "id": "wrong"}]})
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "cases.json wrong: apr_pct: expected 8.90, found 8.80",
        "cases.json: 1 passed, 1 failed",
        "1 passed, 1 failed",
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"inputs": {}}, "inputs.payments"),
        ({"expected": {"apr_pct": "high"}}, "expected.apr_pct"),
        ({"family": 7}, "family"),
    ],
)
def test_a_malformed_case_fails_by_itself_and_the_others_are_played(
    change: dict[str, Any], field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, {"items": [{**credit(), **change}, credit()]})
    assert main([str(path)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"cases.json half-a-year: the field {field} is missing or malformed",
        "cases.json: 1 passed, 1 failed",
        "1 passed, 1 failed",
    ]


@pytest.mark.parametrize("content", [[], {"items": {}}, {"cases": 3, "items": []}, {"items": [1]}])
def test_a_file_without_cases_is_not_a_case_file(content: object, tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refusal:
        play_file(written(tmp_path, content))
    assert refusal.value.code == "lending.vectors_unreadable"


def test_a_file_that_is_absent_or_no_json_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text("{", encoding="utf-8")
    codes = []
    for path in (broken, tmp_path / "absent.json"):
        with pytest.raises(Invalid) as refusal:
            play_file(path)
        codes.append(refusal.value.code)
    assert codes == ["lending.vectors_no_json", "lending.vectors_no_file"]


def test_a_family_that_nobody_plays_is_a_failed_case() -> None:
    assert play_case({"family": "tulips"}) == ["nobody here plays cases of the family tulips"]


def test_a_convention_without_a_field_is_a_difference_and_not_passed_over() -> None:
    case = {
        "family": "published-us",
        "convention": {"teaser_months": 6},
        "inputs": {"principal": "1000", "annual_rate_pct": "5", "term_months": 12},
        "expected": {},
    }
    assert play_case(case) == ["convention.teaser_months has no field of the schedule"]


def places(value: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a case that can hold something else."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, held in inside:
        found.append((*place, name))
        if isinstance(held, dict | list):
            found += places(held, (*place, name))
    return found


@given(
    place=st.sampled_from([place for place in places(credit()) if place != ("family",)]),
    held=st.sampled_from([None, "", 0, -1, 10**12, 1.5, True, [], {}, [1], "NaN", "1e999", "x"]),
)
def test_whatever_a_field_holds_the_case_is_played_or_fails(
    place: tuple[Any, ...], held: object
) -> None:
    case: Any = credit()
    inside = case
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = held
    assert all(isinstance(line, str) and line for line in play_case(case))


def schedule(**change: Any) -> dict[str, Any]:
    """Two payments of a loan of 1,000 at 12 %: 507.51 and 507.51, 10.00 and 5.02 of it interest."""
    case = {
        "family": "published-us",
        "convention": {"day_count": "30/360"},
        "inputs": {"principal": "1000", "annual_rate_pct": "12", "term_months": 2},
        "expected": {"periodic_payment": "507.51"},
    }
    return {**case, **change}


def test_what_a_run_of_payments_repays_is_compared_in_all() -> None:
    run = {"start_payment": 1, "end_payment": 2, "interest": "15.02", "balance": "0.00"}
    assert play_case(schedule(expected={"amortization_ranges": [run]})) == []
    assert play_case(
        schedule(expected={"amortization_ranges": [{**run, "interest": "15.03"}]})
    ) == ["payments 1 to 2 interest: expected 15.03, found 15.02"]
    beyond = {"start_payment": 3, "end_payment": 4, "interest": "1.00"}
    assert play_case(schedule(expected={"amortization_ranges": [beyond]})) == [
        "payments 3 to 4: expected, found nothing"
    ]


def test_what_a_short_term_leaves_open_is_compared() -> None:
    short = schedule(
        convention={"amortization_period_months": 2},
        inputs={"principal": "1000", "annual_rate_pct": "12", "term_months": 1},
        expected={"balloon_at_term": "502.49"},
    )
    assert play_case(short) == []


def test_factors_are_known_before_anything_is_drawn() -> None:
    case = {
        "family": "fineract-emi",
        "convention": {"days_in_year": "360", "days_in_month": "30", "repay_every": [1, "MONTHS"]},
        "annual_rate_pct": "12",
        "period_dates": ["2024-01-01", "2024-02-01", "2024-03-01"],
        "events": [],
        "rate_factors": ["0.01", "0.01"],
    }
    assert play_case(case) == []
