"""How much of a fixed fee has been earned when so much cash has come in.

The expected payments have one effective rate. Along it, each payment is part fee and part
principal, more fee in the early ones, as with any loan; the split depends on the cash alone, so a
slow month earns slowly and nothing has to be guessed anew. Exact: decimals of fixed precision
inside the rate, whole fen outside. (IFRS 9, effective interest method, applied to cash received.)
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache

from martlet.kernel.rates import PPM
from martlet.lending.limits import EXPECTED_PAYMENTS_MAX

_EXACT = Context(prec=34, rounding=ROUND_HALF_EVEN)
_SETTLED = Decimal("1e-20")
"""Beyond this the rate's last digits no longer move a fen of the largest advance."""
_STEPS_MAX = 200
DAYS_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class IncomeCurve:
    """The expected payments and how much fee is earned by the end of each."""

    principal_fen: int
    fee_fen: int
    cash_fen: tuple[int, ...]
    """All cash after 0, 1, 2, … payments."""
    earned_fen: tuple[int, ...]
    """The fee earned by then."""
    rate_per_payment: Decimal

    def earned_at(self, cash_fen: int) -> int:
        """Return the fee earned when `cash_fen` has come in, between payments in proportion."""
        assert cash_fen >= 0, cash_fen
        cash_fen = min(cash_fen, self.cash_fen[-1])
        place = min(bisect_right(self.cash_fen, cash_fen) - 1, len(self.cash_fen) - 2)
        begun, step = self.cash_fen[place], self.cash_fen[place + 1] - self.cash_fen[place]
        rise = self.earned_fen[place + 1] - self.earned_fen[place]
        return self.earned_fen[place] + rise * (cash_fen - begun) // step

    @property
    def ppm_per_payment(self) -> int:
        """The rate of one payment's time in whole ppm: to be shown."""
        return int((self.rate_per_payment * PPM).to_integral_value(rounding=ROUND_HALF_EVEN))

    @property
    def effective_annual_rate(self) -> Decimal:
        """The effective rate of a year, if the payments come as expected: to be shown."""
        grown: Decimal = _EXACT.power(1 + self.rate_per_payment, DAYS_A_YEAR)
        return grown - 1


@lru_cache(maxsize=4096)
def income_curve(principal_fen: int, fee_fen: int, expected_fen: int) -> IncomeCurve:
    """Return the curve of an advance that is expected to be repaid by equal daily payments."""
    payments = payments_of(principal_fen + fee_fen, expected_fen)
    assert 0 < len(payments) <= EXPECTED_PAYMENTS_MAX, len(payments)
    rate = _rate(principal_fen, payments)
    cash, earned, owed = [0], [0], Decimal(principal_fen)
    for payment in payments:
        owed = _EXACT.subtract(_EXACT.multiply(owed, 1 + rate), Decimal(payment))
        cash.append(cash[-1] + payment)
        repaid = principal_fen - int(owed.to_integral_value(rounding=ROUND_HALF_EVEN))
        # A payment earns neither less than nothing nor more than itself.
        earned.append(min(max(cash[-1] - repaid, earned[-1]), earned[-1] + payment, fee_fen))
    earned[-1] = fee_fen
    for place in range(len(earned) - 2, -1, -1):
        # What rounding left over at the end is borne by the last payments.
        earned[place] = max(earned[place], earned[place + 1] - payments[place])
    return IncomeCurve(principal_fen, fee_fen, tuple(cash), tuple(earned), rate)


def payments_of(total_fen: int, daily_fen: int) -> list[int]:
    """Return equal daily payments of a sum, the last of what is left."""
    whole, rest = divmod(total_fen, daily_fen)
    return [daily_fen] * whole + ([rest] if rest else [])


def _rate(principal_fen: int, payments: list[int]) -> Decimal:
    """Return the rate of one payment's time at which the payments are worth the principal.

    Newton's steps from 0: the worth falls and is convex in the rate, so they never overshoot.
    """
    rate = Decimal(0)
    for _ in range(_STEPS_MAX):
        worth, slope = _worth(payments, rate)
        step = _EXACT.divide(worth - principal_fen, slope)
        rate = _EXACT.add(rate, step)
        if step <= _SETTLED:
            break
    return max(rate, Decimal(0))


def _worth(payments: list[int], rate: Decimal) -> tuple[Decimal, Decimal]:
    """Return what payments are worth before the first, and how fast that falls with the rate.

    All payments but the last are equal: `count` powers in two sums that have a closed form.
    """
    level, last, count = Decimal(payments[0]), Decimal(payments[-1]), len(payments)
    before = count - 1
    if rate == 0:
        return level * before + last, level * before * count / 2 + last * count
    shrink = _EXACT.divide(Decimal(1), 1 + rate)
    kept = _EXACT.power(shrink, before)
    final = _EXACT.multiply(kept, shrink)
    sum_of_powers = _EXACT.divide(1 - kept, rate)
    weighted = _EXACT.divide((1 + rate) * sum_of_powers - before * kept, rate)
    worth = _EXACT.add(_EXACT.multiply(level, sum_of_powers), _EXACT.multiply(last, final))
    falls = _EXACT.add(_EXACT.multiply(level, weighted), _EXACT.multiply(last, count * final))
    return worth, _EXACT.multiply(falls, shrink)
