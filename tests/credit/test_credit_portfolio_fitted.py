"""With outcomes the lender's own models answer, under the same laws as the prior."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.credit.portfolio_examples import (
    Movement,
    applications,
    pds,
    portfolio,
    run,
    scaled_sales,
)

from martlet.credit.portfolio import card, writing
from martlet.credit.portfolio.answer import pd_max_ppm
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 64
LABELLED = 56
"""The last eight shops have no outcome yet."""


@cache
def book() -> tuple[list[dict[str, str]], list[Movement], list[dict[str, str]]]:
    """Return a portfolio whose strained shops went bad more often (made up for a test)."""
    rng = np.random.default_rng(11)
    trades = ["retail" if place % 2 else "food" for place in range(COUNT)]
    rows = applications(COUNT, trade=trades)
    strain = np.arange(COUNT) / COUNT
    bad = rng.uniform(size=COUNT) < 0.75 * strain
    order = rng.permutation(COUNT)
    rows = [rows[place] for place in order]
    labels = [
        {"application_id": f"A{place}", "bad": str(int(bad[place]))} for place in order[:LABELLED]
    ]
    return rows, portfolio(COUNT), labels


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fitted")


@pytest.mark.slow
def test_order_ids_and_the_future_carry_nothing_and_more_sales_never_hurt(folder: Path) -> None:
    """
    One portfolio told twice: the second time in another order, under other ids, with movements of
    the day itself, and with more sales of four shops that have no outcome yet.
    """
    rows, movements, labels = book()
    plain = run(folder, rows, movements, labels)
    assert plain.fit is not None
    assert plain.model_version.startswith("portfolio-fit/")

    richer = {row["merchant_id"]: row["application_id"] for row in rows[-4:]}
    ours = scaled_sales([move for move in movements if move.merchant in richer], 1_100)
    others = [move for move in movements if move.merchant not in richer]
    later = [replace(move, day="2025-06-01") for move in movements[::50]]
    moved = [rows[place] for place in np.random.default_rng(1).permutation(COUNT)]
    renamed = [{**row, "application_id": f"Z{row['application_id']}"} for row in moved]
    told = [{**row, "application_id": f"Z{row['application_id']}"} for row in labels[::-1]]
    mixed = run(folder, renamed, [*later, *others[::-1], *ours], told)
    assert mixed.model_version == plain.model_version
    before, after = pds(plain), pds(mixed)
    for name in before:
        if name in richer.values():
            assert after[f"Z{name}"] <= before[name]
        else:
            assert after[f"Z{name}"] == before[name]

    for given_answer, causes in zip(plain.answers, plain.causes, strict=True):
        for cause in causes:
            assert cause.pd_ppm < given_answer.pd_ppm
            assert cause.turns == (given_answer.pd_ppm > pd_max_ppm() >= cause.pd_ppm)
    for locale in Locale:
        report = card.report(plain, locale)
        assert "AUC" in report
        assert "score." not in report
    assert card.summary(plain)["labelled_count"] == LABELLED
    assert '"kind": "portfolio"' in writing.model_text(plain)


def test_with_too_few_outcomes_the_prior_answers_and_says_so(folder: Path) -> None:
    rows, movements, labels = book()
    few = [*labels[:8], {"application_id": "nobody", "bad": "1"}]
    scored = run(folder, rows, movements, few)
    assert scored.fit is None
    assert scored.why_prior == "score.too_few_labels"
    assert [row.code for row in scored.aside["labels"]] == ["score.label_without_application"]
    assert "fewer than ten" in card.report(scored, Locale.EN)
    assert pds(scored) == pds(run(folder, rows, movements))


def test_a_column_that_repeats_the_outcome_is_left_out(folder: Path) -> None:
    rows, movements, labels = book()
    truth = {row["application_id"]: row["bad"] for row in labels}
    leaky = [{**row, "status": f"s{truth.get(row['application_id'], '0')}"} for row in rows]
    scored = run(folder, leaky, movements, labels[:16])
    assert ("status", "score.column_is_outcome") in {
        (part.heading, part.code) for part in scored.own.dropped
    }
