"""From a probability to an answer: more risk, no more money and no better price."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.credit import default_policy
from martlet.credit.portfolio.answer import (
    INSTALMENT_SHARE_PPM,
    TAKINGS_MONTHS_PPM,
    UNVERIFIED_SHARE_PPM,
    Case,
    Decision,
    annual_rate_ppm,
    answer,
    pd_max_ppm,
)

DAY = date(2025, 6, 1)
AMOUNTS = st.one_of(st.none(), st.integers(1, 10**12))
CASES = st.builds(
    Case,
    AMOUNTS,
    st.one_of(st.none(), st.integers(1, 600)),
    st.one_of(st.none(), st.integers(0, 10**12)),
    st.one_of(st.none(), st.integers(0, 5_000)),
    st.booleans(),
    st.one_of(st.none(), st.dates(date(1990, 1, 1), date(2090, 1, 1))),
)
PDS = st.integers(100, 990_000)


@given(CASES, PDS, PDS)
def test_a_better_pd_never_lowers_the_limit_or_raises_the_rate(
    case: Case, one: int, other: int
) -> None:
    better, worse = sorted((one, other))
    good, bad = answer(case, better), answer(case, worse)
    assert good.limit_fen >= bad.limit_fen
    if bad.annual_rate_ppm is not None:
        assert good.annual_rate_ppm is not None
        assert good.annual_rate_ppm <= bad.annual_rate_ppm


@given(CASES, PDS)
def test_an_answer_adds_up_and_keeps_to_its_caps(case: Case, pd_ppm: int) -> None:
    given_answer = answer(case, pd_ppm)
    assert given_answer.limit_fen == sum(step.amount_fen for step in given_answer.steps)
    assert case.requested_fen is None or given_answer.limit_fen <= case.requested_fen
    if given_answer.decision is Decision.REFUSE:
        assert pd_ppm > pd_max_ppm()
        assert given_answer.annual_rate_ppm is None
        return
    assert given_answer.limit_fen >= min(100, case.requested_fen or 100)
    assert given_answer.annual_rate_ppm <= 240_000
    if case.with_records:
        takings = case.takings_month_fen or 0
        assert given_answer.limit_fen <= max(6 * takings, 100)


@given(CASES, PDS, st.integers(0, 10**12))
def test_more_takings_never_lower_the_limit(case: Case, pd_ppm: int, more: int) -> None:
    richer = Case(
        case.requested_fen,
        case.term_months,
        (case.takings_month_fen or 0) + more,
        case.history_days,
        case.with_records,
        case.on,
    )
    assert answer(richer, pd_ppm).limit_fen >= answer(case, pd_ppm).limit_fen


@pytest.mark.parametrize(
    ("pd_ppm", "limit_fen", "decision"),
    [
        (15_000, 1_000_000, Decision.APPROVE),
        (90_000, 1_000_000, Decision.APPROVE),
        # Band D: 18 % of 4,000 a month for 12 months, 8,640, discounted at 17.62 % a year.
        (150_000, 788_700, Decision.REDUCE),
        (180_001, 0, Decision.REFUSE),
    ],
)
def test_ten_thousand_for_a_year_out_of_four_thousand_a_month(
    pd_ppm: int, limit_fen: int, decision: Decision
) -> None:
    given_answer = answer(Case(1_000_000, 12, 400_000, 400, with_records=True, on=DAY), pd_ppm)
    assert given_answer.decision is decision
    assert given_answer.limit_fen == limit_fen


def test_the_rate_pays_for_funds_work_and_losses_out_of_the_good_share() -> None:
    # (3.5 % + 1.2 % + 10 % x 60 %) / 90 % + 1.5 % = 13.39 %, told in hundredths of a per cent.
    assert annual_rate_ppm(100_000, DAY) == 133_900
    assert annual_rate_ppm(900_000, DAY) == 240_000  # the law of the day
    assert annual_rate_ppm(900_000, date(1999, 1, 1)) == 240_000  # kept to before it was in force


def test_every_band_of_the_starting_policy_has_its_shares() -> None:
    bands = [band.name for band in default_policy().bands]
    for shares in (TAKINGS_MONTHS_PPM, INSTALMENT_SHARE_PPM, UNVERIFIED_SHARE_PPM):
        assert list(shares) == bands
        values = list(shares.values())
        assert values == sorted(values, reverse=True)
