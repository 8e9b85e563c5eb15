"""The page on firms without an outcome: counted right, in both languages, the same every time."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from tests.realdata import shared_data

import martlet.credit.review
from martlet.credit.review import Review, review_folder, review_page
from martlet.credit.review.counts import (
    by_band,
    by_size,
    excluded,
    limits_spread,
    refusal_codes,
    turning,
)
from martlet.credit.review.doubts import CASES, against_turnover, oddities, typical, unsure
from martlet.credit.review.markdown import bar, table, whole_yuan
from martlet.kernel.i18n import Locale, has_sentence

FOLDER = Path(martlet.credit.review.__file__).parent
PLACEHOLDER = re.compile(r"\{(\w+)\}")


@cache
def reviewed() -> Review:
    return review_folder(shared_data("credit/cumcm2020c"))


def phrases() -> set[str]:
    """Every phrase that the page says, from its sources."""
    found = set()
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id="tell" | "Oddity"),
                    args=[ast.Constant(value=str() as said), *_],
                ):
                    found.add(said)
                case ast.Dict(keys=[ast.Constant(), *_], values=values):
                    found |= {v.value for v in values if isinstance(v, ast.Constant)}
    return {said for said in found if isinstance(said, str)}


def test_every_phrase_of_the_page_has_its_chinese() -> None:
    assert len(phrases()) > 60
    assert not (missing := {p for p in phrases() if not has_sentence(p, Locale.ZH_CN)}), missing


def test_a_table_is_not_broken_by_what_stands_in_it() -> None:
    lines = table(["a", "b"], [("x|y", "1\n2")])
    assert lines == ["| a | b |", "| --- | ---: |", "| x\\|y | 1 2 |", ""]
    assert bar(1, 60) == "█"
    assert bar(0, 60) == ""
    assert whole_yuan(123_456) == "¥1,234"


@pytest.mark.realdata
def test_every_firm_is_answered_and_every_count_adds_up() -> None:
    review = reviewed()
    approved = sum(firm.decision.approved for firm in review.firms)
    refused = len(review.firms) - approved
    assert len(review.firms) == 302
    assert sum(row.firms for row in by_band(review)) == approved
    assert sum(row.firms for row in by_size(review)) == 302
    assert sum(row.approved for row in by_size(review)) == approved
    assert sum(count for _, count in limits_spread(review)) == approved
    assert refusal_codes(review).total() == refused
    stopped = sum(len(firms) for firms in excluded(review).values())
    assert stopped >= refusal_codes(review)["credit.excluded"]
    turned = turning(review)
    by_risk = refusal_codes(review)["credit.risk_too_high"]
    assert turned.by_one.total() + turned.by_several + turned.by_nothing == by_risk
    beside = against_turnover(review)
    assert beside.both + len(beside.only_model) == approved
    assert len(beside.only_model) == len(beside.only_turnover)


@pytest.mark.realdata
def test_larger_sales_never_make_a_class_of_firms_riskier() -> None:
    rows = [row for row in by_size(reviewed()) if row.firms >= 20]
    assert [row.pd_ppm for row in rows] == sorted((row.pd_ppm for row in rows), reverse=True)


@pytest.mark.realdata
def test_cases_go_from_the_safest_to_the_riskiest_and_doubts_are_true() -> None:
    review = reviewed()
    pds = [firm.decision.pd_ppm for firm in typical(review)]
    assert len(pds) == CASES
    assert pds == sorted(pds)
    assert pds[0] == min(firm.decision.pd_ppm for firm in review.firms)
    assert pds[-1] == max(firm.decision.pd_ppm for firm in review.firms)
    for firm in unsure(review):
        bounds = review.model.pd_interval_ppm(firm.decision.score)
        assert bounds is not None
        assert bounds[0] <= review.ceiling_ppm < bounds[1]
    for oddity in oddities(review):
        answers = {firm.decision.approved for firm in oddity.firms}
        assert answers == {not oddity.phrase.startswith("Refused")}


@pytest.mark.realdata
def test_the_page_is_written_in_both_languages_and_repeats_to_the_byte() -> None:
    review = reviewed()
    page = review_page(review)
    chinese, english = page.split('<a id="english"></a>')
    assert page == review_page(review_folder(shared_data("credit/cumcm2020c")))
    assert chinese.count("\n## ") == english.count("\n## ") == 7
    assert chinese.count("\n|") == english.count("\n|")
    for firm in typical(review):
        assert f"**{firm.firm}**" in chinese
        assert f"**{firm.firm}**" in english
    assert not PLACEHOLDER.search(page)
    assert "credit." not in page
    for phrase in ("approved", "Declined", "Median", "Firms"):
        assert phrase in english
        assert phrase not in chinese
