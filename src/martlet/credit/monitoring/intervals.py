"""Intervals of 95 % around shares and around ratios of shares, in parts per million.

The invariant: the interval contains its own point, and lies where a share can lie. Nothing here is
an amount, so floats may be used; what leaves is whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

from martlet.kernel.rounding import divide

PPM = 1_000_000
Z = 1.959964
"""The 97.5 % point of the normal distribution: 95 % in the middle."""
_Ends = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Share:
    """A count out of a number of cases, with Wilson's interval; of nothing there is no share."""

    part: int
    cases: int

    def __post_init__(self) -> None:
        assert 0 <= self.part <= self.cases, self

    @property
    def ppm(self) -> int | None:
        """The share itself."""
        return divide(self.part * PPM, self.cases) if self.cases else None

    @property
    def low_ppm(self) -> int | None:
        """The lower end of its interval."""
        return round(self.ends()[1] * PPM) if self.cases else None

    @property
    def high_ppm(self) -> int | None:
        """The upper end of its interval."""
        return round(self.ends()[2] * PPM) if self.cases else None

    def as_json(self, name: str) -> dict[str, Any]:
        """Return it as a JSON value under a name."""
        return {
            f"{name}_ppm": self.ppm,
            f"{name}_low_ppm": self.low_ppm,
            f"{name}_high_ppm": self.high_ppm,
        }

    def ends(self) -> _Ends:
        """Return the share and the ends of its interval, between 0 and 1."""
        middle, reach = self._middle(), self._reach()
        return self.part / self.cases, max(middle - reach, 0.0), min(middle + reach, 1.0)

    def _middle(self) -> float:
        n, p = self.cases, self.part / self.cases
        return (p + Z * Z / (2 * n)) / (1 + Z * Z / n)

    def _reach(self) -> float:
        n, p = self.cases, self.part / self.cases
        return Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n)) / (1 + Z * Z / n)


@dataclass(frozen=True, slots=True)
class Ratio:
    """One share over another; its interval is made of both Wilson intervals (MOVER-R).

    Unlike the interval of the logarithm it does not shrink to a point where a share is whole.
    """

    one: Share
    other: Share

    @property
    def ppm(self) -> int | None:
        """The ratio itself; None where the other share is nought or of nothing."""
        if not self.one.cases or not self.other.part:
            return None
        crossed = self.one.part * self.other.cases * PPM
        return divide(crossed, self.other.part * self.one.cases)

    @property
    def low_ppm(self) -> int | None:
        """The lower end of its interval."""
        ends = self._ends()
        if ends is None:
            return None
        (p1, low1, _), (p2, _, high2) = ends
        under = high2 * (2 * p2 - high2)
        if under <= 0:
            return 0
        inside = (p1 * p2) ** 2 - low1 * high2 * (2 * p1 - low1) * (2 * p2 - high2)
        return max(0, round((p1 * p2 - sqrt(max(inside, 0.0))) / under * PPM))

    @property
    def high_ppm(self) -> int | None:
        """The upper end of its interval; None where it has none."""
        ends = self._ends()
        if ends is None:
            return None
        (p1, _, high1), (p2, low2, _) = ends
        under = low2 * (2 * p2 - low2)
        if under <= 0:
            return None
        inside = (p1 * p2) ** 2 - high1 * low2 * (2 * p1 - high1) * (2 * p2 - low2)
        return round((p1 * p2 + sqrt(max(inside, 0.0))) / under * PPM)

    def _ends(self) -> tuple[_Ends, _Ends] | None:
        if self.ppm is None:
            return None
        return self.one.ends(), self.other.ends()
