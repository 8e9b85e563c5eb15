"""How far money that comes in carries an instalment: the part that only an application can finish.

Signals tell the monthly inflow before anybody asks; the amount, the tenor and the rate come with
the application. The invariant: more inflow, a longer tenor or a lower rate never carries less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.credit.model import Change, Component, Reason, WouldChange
from martlet.kernel.rates import MONTHS_PER_YEAR, PPM, level_payment
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.credit.model import Application, Parameter
    from martlet.credit.policy import Policy, ProductTerms

DAYS_PER_YEAR = 360
"""What the products count a year as; a month costs a twelfth of it."""
LADDER_PER_CENT = (5, 25, 50)
"""The shares of days that held less than the rungs of an account's ladder of balances."""


def instalment_fen(
    amount_fen: int,
    tenor_months: int,
    rate_ppm_per_day: int,
    mode: RoundingMode = RoundingMode.HALF_UP,
) -> int:
    """Return the equal monthly sum that repays an amount, as the loan's own schedule has it."""
    return level_payment(amount_fen, _a_month(rate_ppm_per_day), tenor_months, 1, mode)


def coverage_ppm(inflow_fen: int, due_fen: int) -> int | None:
    """Return how many times a month's inflow covers what is due; None where nothing is."""
    if due_fen <= 0:
        return None
    return divide(inflow_fen * PPM, due_fen, RoundingMode.FLOOR)


def short_days_ppm(numbers: Mapping[str, int], account: str, due_fen: int) -> int | None:
    """Return the share of days that at most held less than is due; None where no ladder tells.

    From the ladder of balances: where 95 % of days reach the sum, at most 5 % fall short. What
    lies above the middle of the ladder may have been short on any day.
    """
    rungs = {per_cent: f"{account}_balance_p{per_cent}_fen" for per_cent in LADDER_PER_CENT}
    known = {per_cent: numbers[kind] for per_cent, kind in rungs.items() if kind in numbers}
    if not known:
        return None
    enough = [per_cent for per_cent, balance in known.items() if balance >= due_fen]
    return min(enough, default=100) * (PPM // 100)


def covered_fen(
    inflow_fen: int, coverage_min_ppm: int, tenor_months: int, rate_ppm_per_day: int
) -> int:
    """Return the largest amount whose instalment a month's inflow covers so many times."""
    most_fen = divide(max(inflow_fen, 0) * PPM, coverage_min_ppm, RoundingMode.DOWN)
    risen, whole = _a_month(rate_ppm_per_day)
    if risen == 0:
        return most_fen * tenor_months
    grown = (whole + risen) ** tenor_months
    worth = whole * (grown - whole**tenor_months)
    return divide(most_fen * worth, risen * grown, RoundingMode.DOWN)


def coverage_step(
    application: Application,
    numbers: Mapping[str, int],
    rate_ppm_per_day: int,
    terms: ProductTerms,
    so_far: tuple[Policy, int],
) -> Component | None:
    """Return what known inflow takes off a limit that its instalments could not carry.

    The best of several inflows counts, so a further source never lowers a limit; an inflow that
    nobody has seen takes nothing off; the least line stays. Sums without instalments are let be.
    """
    policy, total_fen = so_far
    known = [rule for rule in policy.coverage if rule.kind in numbers]
    if not known or terms.tenor_unit != "months":
        return None
    months = application.tenor_months or max(terms.tenors)
    carried = {
        rule: covered_fen(numbers[rule.kind], rule.min_ppm, months, rate_ppm_per_day)
        for rule in known
    }
    best = max(known, key=carried.__getitem__)
    whole_fen = carried[best] - carried[best] % policy.limit_unit_fen
    most_fen = max(whole_fen, policy.thin_history.least_fen)
    if total_fen <= most_fen:
        return None
    value = numbers[best.kind]
    due_fen = instalment_fen(total_fen, months, rate_ppm_per_day, RoundingMode.UP)
    needed = divide(due_fen * best.min_ppm, PPM, RoundingMode.UP)
    params: dict[str, Parameter] = {
        "kind": best.kind, "value": value, "cap_fen": most_fen, "tenor_months": months,
    }  # fmt: skip
    reason = Reason("credit.cap_coverage", params, WouldChange((Change(best.kind, value, needed),)))
    return Component("coverage", most_fen - total_fen, total_fen, "coverage", reason)


def _a_month(rate_ppm_per_day: int) -> tuple[int, int]:
    return rate_ppm_per_day * DAYS_PER_YEAR, PPM * MONTHS_PER_YEAR
