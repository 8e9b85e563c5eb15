"""The laws of a lender's file: order, ids and the future carry nothing; more sales only help."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.credit.portfolio_examples import (
    Movement,
    applications,
    pds,
    portfolio,
    run,
    scaled_sales,
    shop,
)

from martlet.credit.portfolio import writing
from martlet.credit.portfolio.answer import Decision, pd_max_ppm
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from pathlib import Path

MOVEMENTS = portfolio()
TRADES = ["retail", "food", "transport", "", "retail", "repair"] * 5
AGES = [str(20 + place % 40) for place in range(30)]
ROWS = applications(30, trade=TRADES, overdue_count=["0", "0", "1", "0", "2", "0"] * 5, age=AGES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portfolio")


def test_the_same_files_give_the_same_bytes(folder: Path) -> None:
    first, second = (run(folder, ROWS, MOVEMENTS) for _ in range(2))
    assert writing.answers_text(first) == writing.answers_text(second)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32))
def test_neither_the_order_of_rows_nor_ids_carry_anything(folder: Path, seed: int) -> None:
    plain = run(folder, ROWS, MOVEMENTS)
    rng = np.random.default_rng(seed)
    order = rng.permutation(30).tolist()
    moved = [MOVEMENTS[place] for place in rng.permutation(len(MOVEMENTS))]
    names = {f"M{place}": f"x{rng.integers(10**9)}-{place}" for place in range(30)}
    rows = [
        {**ROWS[place], "application_id": f"Z{place}", "merchant_id": names[f"M{place}"]}
        for place in order
    ]
    mixed = run(folder, rows, [replace(m, merchant=names[m.merchant]) for m in moved])
    assert mixed.ids == tuple(f"Z{place}" for place in order)
    for at, place in enumerate(order):
        assert mixed.answers[at] == plain.answers[place]
        assert mixed.reasons[at] == plain.reasons[place]


def test_what_is_dated_later_changes_nothing(folder: Path) -> None:
    later = [
        Movement(f"M{place}", f"2025-0{6 + place % 3}-0{1 + place % 8}", kind, 9_000_000, -5, "NSF")
        for place, kind in itertools.product(range(30), ("in", "out"))
    ]
    plain, more = run(folder, ROWS, MOVEMENTS), run(folder, ROWS, [*MOVEMENTS, *later])
    assert writing.answers_text(plain) == writing.answers_text(more)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([1_100, 1_200, 2_000]), st.booleans())
def test_more_sales_never_raise_the_pd(
    folder: Path, seed: int, per_mille: int, balances: bool
) -> None:
    movements = portfolio(30, seed)
    if not balances:
        movements = [replace(move, balance=None) for move in movements]
    one = [m for m in movements if m.merchant == "M7"]
    others = [m for m in movements if m.merchant != "M7"]
    before = pds(run(folder, ROWS, movements))
    alone = pds(run(folder, ROWS, [*others, *scaled_sales(one, per_mille)]))
    assert alone["A7"] <= before["A7"]
    everybody = pds(run(folder, ROWS, scaled_sales(movements, per_mille)))
    assert all(everybody[name] <= before[name] for name in before)


def test_a_single_application_has_reasons_of_its_own(folder: Path) -> None:
    """Nothing to compare it with: the lenders' table says what would be better."""
    strained = [
        Movement("M0", f"2025-05-{day + 1:02d}", "out", 90_000, -5_000, "NSF") for day in range(20)
    ]
    scored = run(folder, applications(1), strained)
    assert scored.answers[0].decision is Decision.REFUSE
    assert len(scored.causes[0]) == 4


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_merchant_with_hardly_a_record_gets_an_answer(folder: Path, count: int) -> None:
    few = [Movement("M0", f"2025-05-0{day + 1}", "in", 5_000) for day in range(count)]
    rows = applications(2)
    scored = run(folder, rows, [*few, *shop("M1", 4)])
    given_answer = scored.answers[0]
    assert given_answer.decision in {Decision.REDUCE, Decision.APPROVE}
    assert 100 <= given_answer.limit_fen <= 100_000
    assert scored.reasons[0][0]


def test_a_plain_table_with_only_an_id_is_answered(folder: Path) -> None:
    rows = [
        {"ID": str(place), "Income": str(1_000 + place), "Past Due 90": str(place % 7 == 0)}
        for place in range(60)
    ]
    scored = run(folder, rows)
    assert len(scored.answers) == 60
    by_income = pds(scored)
    assert by_income["1"] > by_income["59"]


def test_the_limit_is_the_sum_of_its_steps_and_never_above_months_of_takings(
    folder: Path,
) -> None:
    scored = run(folder, ROWS, MOVEMENTS)
    for given_answer, row in zip(scored.answers, ROWS, strict=True):
        assert given_answer.limit_fen == sum(step.amount_fen for step in given_answer.steps)
        asked = round(float(row["requested_amount"]) * 100)
        assert given_answer.limit_fen <= asked
        if given_answer.decision is Decision.REFUSE:
            assert given_answer.limit_fen == 0
            assert given_answer.pd_ppm > pd_max_ppm()
        else:
            assert given_answer.limit_fen >= 100
            assert (given_answer.limit_fen == asked) == (given_answer.decision is Decision.APPROVE)


@pytest.mark.parametrize("locale", Locale)
def test_every_answer_that_is_not_a_plain_yes_has_true_reasons(
    folder: Path, locale: Locale
) -> None:
    scored = run(folder, ROWS, MOVEMENTS, locale=locale)
    assert {given_answer.decision for given_answer in scored.answers} >= {
        Decision.REFUSE, Decision.REDUCE,
    }  # fmt: skip
    told = zip(scored.answers, scored.reasons, scored.causes, strict=True)
    for given_answer, reasons, causes in told:
        assert reasons[0]
        assert not any("{" in reason or "score." in reason for reason in reasons)
        for cause in causes:
            assert cause.pd_ppm < given_answer.pd_ppm
            assert cause.turns == (given_answer.pd_ppm > pd_max_ppm() >= cause.pd_ppm)
        assert not any(name in reason for reason in reasons for name in ("A7", "M7", "own:"))


def test_removing_the_cause_named_first_lowers_the_pd(folder: Path) -> None:
    """Tried on the files themselves, for a cause that an application can change: its own column."""
    rows = [{**row, "overdue_count": "3"} if row["application_id"] == "A2" else row for row in ROWS]
    scored = run(folder, rows, MOVEMENTS)
    assert "overdue_count" in " ".join(scored.reasons[2])
    mended = [
        {**row, "overdue_count": "0"} if row["application_id"] == "A2" else row for row in rows
    ]
    assert pds(run(folder, mended, MOVEMENTS))["A2"] < pds(scored)["A2"]


def test_the_prior_is_as_sure_as_lenders_report_and_no_surer(folder: Path) -> None:
    found = np.array(list(pds(run(folder, ROWS, MOVEMENTS)).values()))
    assert found.min() >= 5_000
    assert found.max() <= 950_000
    assert 40_000 < found.mean() < 250_000
