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
from martlet.lending.vectors.reading import Unreadable

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
def test_a_malformed_case_is_told_by_file_case_and_field(
    change: dict[str, Any], field: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, {"items": [{**credit(), **change}]})
    assert main([str(path)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert all(part in told for part in ("cases.json", field, "half-a-year"))


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


def test_a_family_that_nobody_plays_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        play_case({"family": "tulips"})
    assert refusal.value.code == "lending.vectors_family_unknown"


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
def test_whatever_a_field_holds_the_case_fails_or_is_told_to_be_unreadable(
    place: tuple[Any, ...], held: object
) -> None:
    case: Any = credit()
    inside = case
    for name in place[:-1]:
        inside = inside[name]
    inside[place[-1]] = held
    try:
        told = play_case(case)
    except Unreadable as unreadable:
        told = [unreadable.field]
    assert all(isinstance(line, str) and line for line in told)
