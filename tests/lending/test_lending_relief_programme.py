"""A programme is data: what ships can be read, and whatever is wrong is refused with its place."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from typing import Any

import pytest

from martlet.kernel.errors import Invalid
from martlet.lending.product import Component
from martlet.lending.relief import MeasureKind, Payer, parse_programme, shipped_programmes
from martlet.lending.relief.model import Measure, steps_from

SHIPPED = shipped_programmes()["free_then_discount"]


def _changed(**fields: Any) -> str:
    """Return the shipped programme as JSON with some fields changed; None takes one out."""
    data = tomllib.loads(SHIPPED)
    for name in ("open_from", "open_until"):
        data[name] = data[name].isoformat()
    data["who"]["drawn_until"] = data["who"]["drawn_until"].isoformat()
    data |= fields
    return json.dumps({name: value for name, value in data.items() if value is not None})


def test_three_months_free_then_nine_at_a_fifth_less_ships_with_the_bank() -> None:
    programme = parse_programme(SHIPPED)
    assert [step.kind for step in programme.what] == [MeasureKind.INTEREST_FREE, MeasureKind.RATE]
    first, second = steps_from(programme, date(2026, 3, 2))
    assert (first.begins, first.ends) == (date(2026, 3, 2), date(2026, 6, 2))
    assert (second.begins, second.ends) == (date(2026, 6, 2), date(2027, 3, 2))
    assert first.measure.rate_of(300) == 0
    assert second.measure.rate_of(300) == 240
    assert programme.cost_account == "expenses/relief/free_then_discount"


def test_months_keep_to_the_day_on_which_the_relief_began() -> None:
    first, second = steps_from(parse_programme(SHIPPED), date(2025, 11, 30))
    assert first.ends == date(2026, 2, 28)
    assert second.ends == date(2026, 11, 30)


def test_rounding_is_in_the_borrowers_favour() -> None:
    discount = Measure(MeasureKind.RATE, months=1, rate_ppm=800_000)
    assert discount.rate_of(333) == 266  # 266.4 ppm
    waiver = Measure(MeasureKind.WAIVE, component=Component.PENALTY, share_ppm=500_000)
    assert waiver.waived_of(101) == 51
    capped = Measure(MeasureKind.WAIVE, component=Component.PENALTY, up_to_fen=40)
    assert capped.waived_of(101) == 40


def test_the_same_programme_may_be_written_as_json() -> None:
    assert parse_programme(_changed()).what == parse_programme(SHIPPED).what


def test_a_public_purse_or_a_partner_may_pay() -> None:
    paid = parse_programme(_changed(payer="subsidy", payer_name="hubei_finance"))
    assert paid.payer is Payer.SUBSIDY
    assert paid.cost_account == "assets/subsidies/hubei_finance"
    assert (
        parse_programme(_changed(payer="partner", payer_name="bank_17")).cost_account
        == "assets/partners/bank_17"
    )


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"budget_fen": 0}, "budget_fen"),
        ({"budget_fen": 1.5}, "budget_fen"),
        ({"budget_fen": True}, "budget_fen"),
        ({"name": "Three Months"}, "name"),
        ({"payer": "somebody"}, "payer"),
        ({"payer": "subsidy"}, "payer_name"),
        ({"payer_name": "somebody"}, "payer_name"),
        ({"open_until": "2025-12-31"}, "open_until"),
        ({"open_from": "yesterday"}, "open_from"),
        ({"title": {"en": "Only English"}}, "title.zh_cn"),
        ({"sentence": None}, "sentence.en"),
        ({"what": []}, "what"),
        ({"what": [{"kind": "gift"}]}, "what[0].kind"),
        ({"what": [{"kind": "rate", "months": 3}]}, "what[0].rate_ppm"),
        ({"what": [{"kind": "interest_free"}]}, "what[0].months"),
        ({"what": [{"kind": "interest_free", "months": 3, "rate_ppm": 1}]}, "what[0].rate_ppm"),
        ({"what": [{"kind": "waive", "component": "principal"}]}, "what[0].component"),
        ({"what": [{"kind": "extend", "instalments": 1, "days": 3}]}, "what[0].instalments"),
        ({"who": {"products": ["gold"]}}, "who.products"),
        ({"who": {"line_min_fen": 5, "line_max_fen": 4}}, "who.line_max_fen"),
        ({"who": {"stars": 5}}, "who.stars"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(fields: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_programme(_changed(**fields))
    assert refused.value.code == "lending.relief_malformed"
    assert refused.value.details["place"] == place


@pytest.mark.parametrize(
    "text",
    [
        "name = ",
        "{",
        "[]",
        "x" * 30_000,
        '{"a":' * 3_000,
        "a = " + "[" * 3_000,
        "a = " + "9" * 5_000,
    ],
)
def test_what_is_no_programme_at_all_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_programme(text)
