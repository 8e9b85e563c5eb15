"""A fraction becomes a whole number in one place, as exactly as fractions and decimals do it."""

from __future__ import annotations

import decimal
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.kernel.rounding import RoundingMode, divide, round_to_unit, share

NUMERATORS = st.integers(-(10**24), 10**24)
DENOMINATORS = st.integers(1, 10**12)
THE_DECIMAL_MODE = {
    RoundingMode.HALF_EVEN: decimal.ROUND_HALF_EVEN,
    RoundingMode.HALF_UP: decimal.ROUND_HALF_UP,
    RoundingMode.UP: decimal.ROUND_UP,
    RoundingMode.DOWN: decimal.ROUND_DOWN,
    RoundingMode.CEILING: decimal.ROUND_CEILING,
    RoundingMode.FLOOR: decimal.ROUND_FLOOR,
}


@given(NUMERATORS, DENOMINATORS)
def test_floor_ceiling_and_half_even_are_those_of_fractions(top: int, bottom: int) -> None:
    exact = Fraction(top, bottom)
    assert divide(top, bottom, RoundingMode.FLOOR) == math.floor(exact)
    assert divide(top, bottom, RoundingMode.CEILING) == math.ceil(exact)
    assert divide(top, bottom, RoundingMode.DOWN) == math.trunc(exact)
    assert divide(top, bottom) == round(exact)


@given(st.integers(-(10**9), 10**9), st.sampled_from([2, 4, 5, 8, 10, 16, 1000]))
@pytest.mark.parametrize("mode", RoundingMode)
def test_every_mode_is_that_of_decimal(mode: RoundingMode, top: int, bottom: int) -> None:
    exact = decimal.Decimal(top) / decimal.Decimal(bottom)
    expected = exact.quantize(decimal.Decimal(1), rounding=THE_DECIMAL_MODE[mode])
    assert divide(top, bottom, mode) == int(expected)


@given(NUMERATORS, DENOMINATORS, st.sampled_from(RoundingMode))
def test_no_rounding_moves_by_a_whole(top: int, bottom: int, mode: RoundingMode) -> None:
    assert abs(divide(top, bottom, mode) - Fraction(top, bottom)) < 1


@given(NUMERATORS, DENOMINATORS)
def test_modes_that_mirror_each_other(top: int, bottom: int) -> None:
    for mode in (RoundingMode.HALF_EVEN, RoundingMode.HALF_UP, RoundingMode.UP, RoundingMode.DOWN):
        assert divide(-top, bottom, mode) == -divide(top, bottom, mode)


@pytest.mark.parametrize("bottom", [0, -1])
def test_a_denominator_is_positive(bottom: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        divide(1, bottom)


@given(st.integers(-(10**12), 10**12), st.sampled_from([1, 5, 10, 100, 1000]))
def test_a_rounded_amount_is_a_multiple_of_its_unit(amount: int, unit: int) -> None:
    rounded = round_to_unit(amount, unit)
    assert rounded % unit == 0
    assert abs(rounded - amount) * 2 <= unit


WEIGHTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=128).filter(any)


@given(st.integers(-(10**15), 10**15), WEIGHTS)
def test_parts_sum_to_the_whole_and_the_lead_takes_the_rest(total: int, weights: list[int]) -> None:
    parts = share(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    whole = sum(weights)
    for part, weight in zip(parts[1:], weights[1:], strict=True):
        assert part == math.trunc(Fraction(total * weight, whole))
    assert abs(parts[0]) >= abs(math.trunc(Fraction(total * weights[0], whole)))


def test_127_partners_share_to_the_fen() -> None:
    assert share(100, [1] * 128) == (100, *[0] * 127)
    assert share(1_000_000, [30, 70]) == (300_000, 700_000)


@pytest.mark.parametrize("weights", [[], [0, 0], [3, -1]])
def test_weights_that_share_nothing_are_a_mistake(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        share(100, weights)
