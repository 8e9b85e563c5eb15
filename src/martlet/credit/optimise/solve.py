"""The plan of greatest expected profit: prices first, then offers, then whole yuan.

Prices come from `shadow.search`. At them most applicants have one best offer; the few that are
indifferent are settled by a small linear program, and what is still split is rounded in whole fen
(`rounding`). The plan that leaves has been recounted and keeps every constraint, or is refused.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.optimise.constraints import Tally, rows_of
from martlet.credit.optimise.frontier import Frontier
from martlet.credit.optimise.limits import APPLICANTS_MAX
from martlet.credit.optimise.model import Bound, Plan, ShadowPrice
from martlet.credit.optimise.program import choose_shares
from martlet.credit.optimise.rounding import Draft
from martlet.credit.optimise.shadow import prices_of, search
from martlet.kernel.errors import Invalid, Refused
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from martlet.credit.optimise.constraints import Rows
    from martlet.credit.optimise.market import Market
    from martlet.credit.optimise.model import Applicant, Grant, Portfolio, Terms
    from martlet.credit.optimise.shadow import Found

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_LEFT_OPEN = (1_000, 5_000, 20_000)
"""Second-best options among which the small program may choose, tried in turn."""
_NEAR = 1e-6
"""Of the bound: how near the options taken must come to it."""
_ROUNDED_FEN = 2
"""Four components of a grant, each at most half a fen off."""
_SHORT = {
    Bound.BUDGET: "credit.plan_infeasible_budget",
    Bound.LOSS: "credit.plan_infeasible_loss",
    Bound.GROUP: "credit.plan_infeasible_caps",
    Bound.RATING: "credit.plan_infeasible_caps",
}


def optimise(
    applicants: Sequence[Applicant], terms: Terms, portfolio: Portfolio, market: Market
) -> Plan:
    """Return the plan of greatest expected profit, never breaking a constraint.

    The same applicants in the same order give the same plan. A promise to lend that cannot be kept
    is refused with the constraint in its way and how much could be lent.
    """
    _check(applicants, market)
    terms = replace(terms, rate_max_ppm=min(terms.rate_max_ppm, market.rates_ppm[-1]))
    rows = rows_of(portfolio, applicants)
    frontier = Frontier(applicants, terms, market, rows)
    if portfolio.lend_least_fen:
        kept = rows.without_promise()
        _refuse_short(portfolio, kept, search(frontier, kept, aim_volume=True))
    found = search(frontier, rows)
    index, place, share = _settled(frontier, rows, found)
    draft = Draft(frontier, rows, found.choice)
    for applicant, at, part in zip(index.tolist(), place.tolist(), share.tolist(), strict=True):
        draft.take(applicant, at, part)
    grants = draft.finish()
    tally = Tally(rows, applicants, terms)
    for applicant, grant in enumerate(grants):
        tally.put(applicant, grant)
    assert tally.broken() is None, rows.rows[tally.broken() or 0]
    if tally.promise_left:
        short_fen = divide(tally.promise_left, tally.unit, RoundingMode.CEILING)
        raise Refused(
            "credit.plan_infeasible_rounding",
            least_fen=portfolio.lend_least_fen,
            possible_fen=portfolio.lend_least_fen - short_fen,
        )
    granted = sum(1 for grant in grants if grant.limit_fen)
    return Plan(
        grants,
        tuple(_priced(rows, tally, place, price) for place, price in enumerate(found.prices)),
        int(np.ceil(found.bound)) + _ROUNDED_FEN * granted,
        draft.reordered_count,
        draft.order_cost_fen,
    )


def check_plan(
    grants: Sequence[Grant],
    applicants: Sequence[Applicant],
    terms: Terms,
    portfolio: Portfolio,
) -> list[Bound]:
    """Return the constraints that grants break, counted in whole fen; none for a plan."""
    rows = rows_of(portfolio, applicants)
    tally = Tally(rows, applicants, terms)
    for place, (grant, applicant) in enumerate(zip(grants, applicants, strict=True)):
        assert grant.application_id == applicant.application_id
        assert grant.limit_fen <= terms.ceiling_fen(applicant), grant
        assert grant.limit_fen == 0 or grant.limit_fen >= terms.limit_min_fen, grant
        tally.put(place, grant)
    broken = tally.broken()
    short = [Bound.LEND_LEAST] if tally.promise_left else []
    return short if broken is None else [rows.rows[broken].bound, *short]


def _check(applicants: Sequence[Applicant], market: Market) -> None:
    if not 0 < len(applicants) <= APPLICANTS_MAX:
        raise Invalid("credit.plan_size", max_count=APPLICANTS_MAX)
    unknown = {applicant.rating for applicant in applicants} - market.churn_ppm.keys()
    if unknown:
        raise Invalid("credit.plan_rating_unknown", rating=min(unknown))


def _refuse_short(portfolio: Portfolio, rows: Rows, most: Found) -> None:
    """Refuse a promise to lend more than can be lent, naming what stands in the way."""
    possible_fen = int(np.floor(most.bound))
    if possible_fen >= portfolio.lend_least_fen:
        return
    dearest = int(np.argmax(most.prices))
    code = "credit.plan_infeasible_demand"
    if most.prices[dearest] > 0:
        code = _SHORT[rows.rows[dearest].bound]
    raise Refused(
        code,
        least_fen=portfolio.lend_least_fen,
        possible_fen=possible_fen,
        missing_fen=portfolio.lend_least_fen - possible_fen,
        name=rows.rows[dearest].name,
    )


def _settled(frontier: Frontier, rows: Rows, found: Found) -> tuple[Integers, Integers, Floats]:
    """Return every option taken: whose, at which rate, and how much of it.

    Only the options that are nearly as good as their applicant's best are left open; more of them
    where fewer do not come near enough to the bound.
    """
    best = np.flatnonzero(found.choice.worth > 0)
    who, where = _nearly_as_good(frontier, rows, found)
    unit = float(frontier.ceilings.max()) or 1.0
    for size in _LEFT_OPEN:
        is_open = np.zeros(len(frontier.ceilings), dtype=bool)
        is_open[who[:size]] = True
        others = where[:size] >= 0
        mine = best[is_open[best]]
        fixed = best[~is_open[best]]
        index = np.concatenate([mine, who[:size][others]])
        place = np.concatenate([found.choice.place[mine], where[:size][others]])
        worth, uses = _uses(frontier, rows, index, place)
        sure, used = _uses(frontier, rows, fixed, found.choice.place[fixed])
        left = rows.right_sides - used.sum(axis=0)
        share, solved = choose_shares(worth / unit, index, uses / unit, left / unit)
        earned = float(worth @ share + sure.sum())
        if solved and earned >= found.bound - _NEAR * max(abs(found.bound), 1.0):
            break
    if not solved:
        share = (np.arange(len(index)) < len(mine)).astype(np.float64)
    return (
        np.concatenate([fixed, index]),
        np.concatenate([found.choice.place[fixed], place]),
        np.concatenate([np.ones(len(fixed)), share]),
    )


def _nearly_as_good(frontier: Frontier, rows: Rows, found: Found) -> tuple[Integers, Integers]:
    """Return the second-best options, those that cost least by the yuan first; -1 is no offer.

    Offering at all and offering at the next rate take turns, or the many next rates, which cost
    next to nothing, would leave no place for the other.
    """
    prices, choice = prices_of(rows, found.prices), found.choice
    able = np.flatnonzero(frontier.ceilings > 0)
    idle = choice.worth[able] <= 0
    kinds = [(able, np.where(idle, choice.place[able], -1), np.abs(choice.worth[able]))]
    last = np.array([len(hull.rates) - 1 for hull in frontier.hulls])[frontier.rating]
    for step in (-1, 1):
        other = choice.place[able] + step
        inside = (other >= 0) & (other <= last[able])
        mine, there = able[inside], other[inside]
        regret = np.maximum(choice.worth[mine], 0.0) - frontier.value_at(mine, there, prices)
        kinds.append((mine, there, regret))
    ranks = [
        np.argsort(np.argsort(regret / frontier.ceilings[who], kind="stable"))
        for who, _, regret in kinds
    ]
    order = np.argsort(np.concatenate(ranks), kind="stable")
    who, where = (np.concatenate(parts)[order] for parts in list(zip(*kinds, strict=True))[:2])
    return who, where


def _uses(
    frontier: Frontier, rows: Rows, index: Integers, place: Integers
) -> tuple[Floats, Floats]:
    """Return what options earn and use of each row, at full ceilings."""
    profit, counted, excess = frontier.uses(*frontier.figures(index, place), index)
    uses = rows.counting[frontier.blocks[index]] * counted[:, np.newaxis]
    if rows.loss is not None:
        uses[:, rows.loss] = excess
    return profit, uses


def _priced(rows: Rows, tally: Tally, place: int, price: float) -> ShadowPrice:
    used_fen, bound_fen = tally.use_of(place)
    row = rows.rows[place]
    return ShadowPrice(row.bound, row.name, used_fen, bound_fen, round(price * PPM))
