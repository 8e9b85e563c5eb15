"""What a shadow's answers come to: figures worked out by hand, each with its interval."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.credit.outcomes import DecisionOutcome
from martlet.credit.shadow_report import Pair, measured, rank_correlation, share

DAY = date(2026, 3, 2)


def pair(number: int, champion: tuple[int, int], shadow: tuple[int, int]) -> Pair:
    """One application: (pd, limit) by the champion and by the shadow."""
    return Pair(UUID(int=number), *champion, *shadow)


def lived(*, bad: bool | None) -> DecisionOutcome:
    return DecisionOutcome(DAY, 1_000, bad, 600 if bad else 0, 10, 1)


PAIRS = [
    pair(1, (10_000, 5_000), (20_000, 6_000)),
    pair(2, (20_000, 4_000), (90_000, 0)),
    pair(3, (30_000, 3_000), (80_000, 0)),
    pair(4, (90_000, 0), (10_000, 2_000)),
    pair(5, (95_000, 0), (95_000, 0)),
]


def test_the_swap_set_names_the_limits_at_stake() -> None:
    found = measured(PAIRS, {UUID(int=2): lived(bad=True), UUID(int=3): lived(bad=None)})
    assert found["agreement"].value_ppm == 400_000
    out, into = found["swapped_out"], found["swapped_in"]
    assert (out.count, out.limit_fen, out.known_count, out.bad_count) == (2, 7_000, 1, 1)
    assert (into.count, into.limit_fen, into.known_count, into.bad_count) == (1, 2_000, 0, 0)
    assert found["champion_pd_ppm"] == 49_000
    assert found["shadow_pd_ppm"] == 59_000
    assert found["lived"].bad.of_count == 1
    assert found["lived"].champion_auc_ppm is None, "one loan ranks nothing"


def test_known_outcomes_are_held_against_both() -> None:
    """The champion ranks the bad loans no better than chance, the shadow perfectly."""
    pairs = [
        pair(n, (50_000 + n % 7, 1_000), (100_000 if n < 20 else 10_000, 1_000)) for n in range(100)
    ]
    outcomes = {UUID(int=n): lived(bad=n < 20) for n in range(100)}
    found = measured(pairs, outcomes)["lived"]
    assert found.bad.value_ppm == 200_000
    assert found.bad.low_ppm < 200_000 < found.bad.high_ppm
    assert found.shadow_auc_ppm == 1_000_000
    assert found.champion_auc_ppm == pytest.approx(500_000, abs=80_000)
    assert found.shadow_pd_ppm == 28_000


def test_nothing_asked_gives_no_figure() -> None:
    found: dict[str, Any] = measured([], {})
    assert found["agreement"].value_ppm is None
    assert found["rank_correlation"].value_ppm is None
    assert found["lived"].shadow_pd_ppm is None
    assert found["swapped_in"].as_json() == {
        "count": 0, "limit_fen": 0, "known_count": 0, "bad_count": 0,
    }  # fmt: skip


@given(st.integers(1, 5_000), st.data())
def test_a_share_lies_in_its_interval_and_the_interval_between_0_and_1(
    cases: int, data: st.DataObject
) -> None:
    found = share(data.draw(st.integers(0, cases)), cases)
    assert found.low_ppm is not None
    assert found.high_ppm is not None
    assert found.value_ppm is not None
    assert 0 <= found.low_ppm <= found.value_ppm <= found.high_ppm <= 1_000_000


def test_wilsons_interval_as_published() -> None:
    """81 of 263: .2553 to .3662 (Newcombe 1998, table I)."""
    found = share(81, 263)
    assert (found.low_ppm, found.high_ppm) == pytest.approx((255_300, 366_200), abs=60)


def test_rank_correlation_by_hand() -> None:
    up = np.arange(10)
    assert rank_correlation(up, up**3).value_ppm == 1_000_000
    assert rank_correlation(up, -up).value_ppm == -1_000_000
    assert rank_correlation(up, np.zeros(10, dtype=np.int64)).value_ppm is None
    swapped = np.array([1, 0, 3, 2, 5, 4, 7, 6, 9, 8])
    found = rank_correlation(up, swapped)
    assert found.value_ppm == pytest.approx(1e6 * (1 - 6 * 10 / 990), abs=1)
    assert found.low_ppm is not None
    assert found.low_ppm < found.value_ppm
