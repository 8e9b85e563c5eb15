"""From a probability to an answer: yes, less or no; how much; at which price. Whole numbers only.

The invariants: a lower pd never lowers the limit or raises the rate; the limit is the sum of its
steps and never above so many months of what is seen to come in; everybody whose risk is bearable
gets at least one unit of money, however thin the history.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.credit.defaults import default_policy
from martlet.kernel.limits import AMOUNT_FEN_MAX
from martlet.kernel.rounding import RoundingMode, divide, round_to_unit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from martlet.credit.policy import Policy

_PPM = 1_000_000
_MONTHS_A_YEAR = 12

FUNDS_PPM = 35_000
"""What the money costs a year: about a year's deposit and interbank rate of a small bank."""

RUNNING_PPM = 12_000
"""What running a loan costs a year, of the amount."""

LOSS_GIVEN_DEFAULT_PPM = 600_000
"""Of an unsecured loan that goes bad so much is lost: the share that lenders commonly assume."""

RATE_UNIT_PPM = 100
"""Rates are told in hundredths of a per cent."""

MARGIN_PPM = 15_000
"""What is left over a year on the loans that are repaid."""

TAKINGS_MONTHS_PPM: Mapping[str, int] = {
    "A": 6_000_000,
    "B": 5_000_000,
    "C": 4_000_000,
    "D": 2_000_000,
}
"""No limit is above so many months of verified inflow, by band, however long the term."""

INSTALMENT_SHARE_PPM: Mapping[str, int] = {"A": 400_000, "B": 350_000, "C": 280_000, "D": 180_000}
"""How much of the monthly inflow instalments may take, by band."""

UNVERIFIED_SHARE_PPM: Mapping[str, int] = {
    "A": 1_000_000,
    "B": 1_000_000,
    "C": 800_000,
    "D": 500_000,
}
"""How much of the amount asked for is lent where no movements were given to verify anything."""


class Decision(StrEnum):
    """The three answers."""

    APPROVE = "approve"
    REDUCE = "reduce"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Case:
    """What of an application counts besides its pd; None where it is not known."""

    requested_fen: int | None
    term_months: int | None
    takings_month_fen: int | None
    history_days: int | None
    with_records: bool
    on: date | None
    """The day whose law holds; None where the file names no day."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the limit: what adds to it, or what cuts it (a negative amount)."""

    source: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one application."""

    decision: Decision
    pd_ppm: int
    limit_fen: int
    annual_rate_ppm: int | None
    """None for a refusal: nothing is priced that is not lent."""
    steps: tuple[Step, ...]

    @property
    def bound_by(self) -> str:
        """The step that cut the limit last."""
        return next((step.source for step in reversed(self.steps) if step.amount_fen < 0), "")


def pd_max_ppm(policy: Policy | None = None) -> int:
    """Return the pd above which the answer is no."""
    return (policy or default_policy()).bands[-1].pd_max_ppm


def answer(case: Case, pd_ppm: int, policy: Policy | None = None) -> Answer:
    """Return the answer to a case of a given probability of default."""
    policy = policy or default_policy()
    if pd_ppm > pd_max_ppm(policy):
        return Answer(Decision.REFUSE, pd_ppm, 0, None, ())
    rate_ppm = annual_rate_ppm(pd_ppm, case.on, policy)
    steps = _waterfall(case, pd_ppm, rate_ppm, policy)
    limit_fen = sum(step.amount_fen for step in steps)
    enough = case.requested_fen is None or limit_fen >= case.requested_fen
    decision = Decision.APPROVE if enough else Decision.REDUCE
    return Answer(decision, pd_ppm, limit_fen, rate_ppm, steps)


def annual_rate_ppm(pd_ppm: int, on: date | None, policy: Policy | None = None) -> int:
    """Return the yearly rate that pays for funds, work and losses out of the good share.

    Never above the law of the day; before the first cap on record that one is kept to already.
    """
    policy = policy or default_policy()
    loss_ppm = divide(pd_ppm * LOSS_GIVEN_DEFAULT_PPM, _PPM, RoundingMode.UP)
    costs_ppm = FUNDS_PPM + RUNNING_PPM + loss_ppm
    whole_ppm = divide(costs_ppm * _PPM, _PPM - pd_ppm, RoundingMode.UP) + MARGIN_PPM
    asked_ppm = round_to_unit(whole_ppm, RATE_UNIT_PPM, RoundingMode.UP)
    caps = sorted(policy.rate_caps, key=lambda cap: cap.effective_from)
    in_force = [cap for cap in caps if on is None or cap.effective_from <= on] or caps[:1]
    return min(asked_ppm, in_force[-1].annual_ppm) if in_force else asked_ppm


def _waterfall(case: Case, pd_ppm: int, rate_ppm: int, policy: Policy) -> tuple[Step, ...]:
    band = policy.band_of(pd_ppm)
    assert band is not None, pd_ppm
    term = case.term_months or _MONTHS_A_YEAR
    takings_fen = max(case.takings_month_fen or 0, 0)
    steps: list[Step] = []
    if case.with_records:
        steps += _verified(case, takings_fen, term, (band.name, rate_ppm), policy)
    elif case.requested_fen is not None:
        trusted_fen = _part(case.requested_fen, UNVERIFIED_SHARE_PPM[band.name])
        steps.append(Step("unverified", trusted_fen))
    total_fen = sum(step.amount_fen for step in steps)
    least_fen = policy.thin_history.least_fen
    if total_fen < least_fen:
        steps.append(Step("starter", least_fen - total_fen))
        total_fen = least_fen
    most_fen = AMOUNT_FEN_MAX if case.requested_fen is None else case.requested_fen
    if total_fen > most_fen:
        steps.append(Step("requested", most_fen - total_fen))
    return tuple(steps)


def _verified(
    case: Case, takings_fen: int, term: int, priced: tuple[str, int], policy: Policy
) -> list[Step]:
    """Return what instalments out of verified inflow carry, up to so many months of it."""
    (band, rate_ppm), source = priced, policy.capacity[0]
    history_days = case.history_days or 0
    if history_days < source.history_min_days:
        share_ppm = policy.thin_history.takings_share_ppm
        thin_fen = min(_part(takings_fen, share_ppm), carried(takings_fen, band, rate_ppm, term))
        return [Step("thin_history", thin_fen)]
    steps = [Step("cash_flow", carried(takings_fen, band, rate_ppm, term))]
    most_fen = _part(takings_fen, TAKINGS_MONTHS_PPM[band])
    if steps[0].amount_fen > most_fen:
        steps.append(Step("takings", most_fen - steps[0].amount_fen))
    return steps


def carried(takings_fen: int, band: str, rate_ppm: int, term: int) -> int:
    """Return what instalments within their share of the inflow repay over the term.

    Discounted simply: an instalment lies (term + 1) / 2 months away on average.
    """
    instalment_fen = _part(takings_fen, INSTALMENT_SHARE_PPM[band])
    months_of_interest = 2 * _MONTHS_A_YEAR * _PPM
    discount = months_of_interest + rate_ppm * (term + 1)
    return _whole(divide(instalment_fen * term * months_of_interest, discount, RoundingMode.DOWN))


def _part(amount_fen: int, share_ppm: int) -> int:
    """Return a share of an amount in whole units of money, never rounded up."""
    return _whole(divide(amount_fen * share_ppm, _PPM, RoundingMode.DOWN))


def _whole(amount_fen: int) -> int:
    """Return an amount lowered to whole units of money; below one unit it stays as it is."""
    return amount_fen - amount_fen % 100 if amount_fen >= 100 else amount_fen  # noqa: PLR2004 - hundredths
