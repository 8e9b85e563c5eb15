"""Columns follow a line exactly as the projection does, whatever happened to the loan before."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.lending.loan_stories import day, story, terms_of

from martlet.kernel.rounding import RoundingMode, divide
from martlet.lending import project
from martlet.lending.columns import as_columns, divide_columns, from_columns
from martlet.lending.growth import growth_of_lines

PRODUCTS = st.sampled_from(["equal_instalments", "revolving_daily"])


@given(
    PRODUCTS,
    st.integers(100, 50_000_000),
    st.lists(st.tuples(st.integers(0, 200), st.integers(1, 400_000)), max_size=5),
    st.integers(0, 300),
    st.integers(0, 60),
)
def test_a_line_grows_in_columns_as_the_loan_does_when_projected(
    product: str, principal_fen: int, payments: list[tuple[int, int]], begins: int, nights: int
) -> None:
    terms = terms_of(product, principal_fen)
    events = story(terms, *[one for one in payments if one[0] <= begins])
    before = project(terms, events, day(begins))
    line = before.line
    assert line is not None
    until = day(begins + nights)
    if line.until_on is not None:
        until = min(until, line.until_on)
    after = project(terms, events, until)
    mode = terms.conventions.rounding_mode
    table = np.array([as_columns(line)], np.int64)
    changed = np.array([before.as_of.toordinal()])
    interest, penalty = growth_of_lines(changed, table, (0, until.toordinal()), mode)
    assert int(interest[0]) == after.interest_accrued_fen - before.interest_accrued_fen
    assert int(penalty[0]) == after.penalty_accrued_fen - before.penalty_accrued_fen
    assert from_columns(table[0].tolist()) == line


def test_a_line_too_large_for_64_bits_covers_no_day() -> None:
    terms = terms_of("revolving_daily", 10**15, rate_ppm_per_day=9_999)
    line = project(terms, story(terms), day(0)).line
    assert line is not None
    begins, ends, *_ = as_columns(line)
    assert begins == ends == 0
    assert line.covers(day(0) + timedelta(days=1))


@given(
    st.lists(st.tuples(st.integers(0, 10**15), st.integers(1, 10**9)), min_size=1, max_size=20),
    st.sampled_from(RoundingMode),
)
def test_columns_divide_as_one_by_one(pairs: list[tuple[int, int]], mode: RoundingMode) -> None:
    numerators, denominators = (np.array(column, np.int64) for column in zip(*pairs, strict=True))
    found = divide_columns(numerators, denominators, mode).tolist()
    assert found == [divide(one, other, mode) for one, other in pairs]
