"""The one place where a fraction becomes a whole number.

Every amount in Martlet is an integer; wherever a division could leave a remainder, it goes
through `divide` with a mode that the product names. Nothing else may round an amount.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class RoundingMode(StrEnum):
    """How a quotient that is not whole becomes whole."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    DOWN = "down"
    CEILING = "ceiling"
    FLOOR = "floor"


def divide(numerator: int, denominator: int, mode: RoundingMode = RoundingMode.HALF_EVEN) -> int:
    """Return numerator / denominator as a whole number, rounded by `mode`, exactly.

    `UP` and `DOWN` are away from and towards zero; `CEILING` and `FLOOR` towards the infinities.
    """
    if denominator <= 0:
        message = f"denominator must be positive, not {denominator}"
        raise ValueError(message)
    floor, remainder = divmod(numerator, denominator)
    if remainder == 0:
        return floor
    assert 0 < remainder < denominator
    return floor + _step(floor, 2 * remainder - denominator, mode)


def _step(floor: int, distance_from_half: int, mode: RoundingMode) -> int:
    """Return 1 where a quotient just above `floor` goes up, else 0."""
    negative = floor < 0
    match mode:
        case RoundingMode.FLOOR:
            return 0
        case RoundingMode.CEILING:
            return 1
        case RoundingMode.DOWN:
            return 1 if negative else 0
        case RoundingMode.UP:
            return 0 if negative else 1
        case RoundingMode.HALF_UP:
            if distance_from_half == 0:
                return 0 if negative else 1
            return 1 if distance_from_half > 0 else 0
        case RoundingMode.HALF_EVEN:
            if distance_from_half == 0:
                return floor & 1
            return 1 if distance_from_half > 0 else 0


def round_to_unit(amount: int, unit: int, mode: RoundingMode = RoundingMode.HALF_EVEN) -> int:
    """Return `amount` rounded to a multiple of `unit` (both in the minor unit)."""
    return divide(amount, unit, mode) * unit


def share(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Split `total` by `weights` so that the parts sum to it exactly; the first takes the rest.

    Every other part is rounded towards zero, so the lead (the first) never gets less than its due.
    """
    whole = sum(weights)
    if whole <= 0 or any(weight < 0 for weight in weights):
        message = f"weights must be non-negative and not all zero: {list(weights)}"
        raise ValueError(message)
    followers = [divide(total * weight, whole, RoundingMode.DOWN) for weight in weights[1:]]
    parts = (total - sum(followers), *followers)
    assert sum(parts) == total
    return parts
