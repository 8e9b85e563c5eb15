"""Levels for an owner's risk setting, chosen before the window begins.

The invariant: everything here ends on the evening before the window. Levels are chosen on half of
the accounts and confirmed on the other half, each account being forecast by heads that never saw
it; where the other half does not confirm them, the next more careful ones are asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from martlet.treasury.allocation.limits import (
    ACCOUNT_LEVELS,
    AGE_DAYS_MIN,
    CHOOSING_DAYS,
    CHOOSING_PARTS,
    CONFIRM_PROBABILITY,
    HORIZONS_DAYS,
    TERM_LEVELS,
)
from martlet.treasury.allocation.need import fit_need, parts_of
from martlet.treasury.allocation.reserve import horizons_for
from martlet.treasury.backtest.engine import Outcome, play
from martlet.treasury.backtest.ours import Forecasts, Levels, Ours

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from martlet.treasury.allocation.need import NeedModel
    from martlet.treasury.backtest.movements import Integers, Panel
    from martlet.treasury.backtest.rates import Rates

SEED = 5
"""Which accounts learn and which confirm: one fixed draw."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A need model, the levels that answer a risk setting, and what they did when chosen."""

    model: NeedModel
    levels: Levels
    chosen_per_1000: float
    """Shortfall days per 1,000 above the floor on the accounts that chose."""
    confirmed_per_1000: float
    """The same on the accounts that did not."""
    is_confirmed: bool
    yield_centi_bp: int
    """On all of these days and accounts."""
    account_days: int


def learn(
    known: Panel,
    rates: Rates,
    cap_fen: int | None,
    risk_per_1000: float,
    history_days: int,
    *,
    boosted: bool | None = None,
    moved: Callable[[int, int | None], None] = lambda _done, _total: None,
) -> Learnt:
    """Return a model and levels from a panel that ends where the window begins."""
    panel = known.only(np.flatnonzero(known.opened < known.days_count))
    parts = parts_of(len(panel.account_ids), np.random.default_rng(SEED))
    horizons = horizons_for([term.lock_days for term in rates.terms], HORIZONS_DAYS)
    model = fit_need(panel, horizons, cap_fen, parts, boosted=boosted, moved=moved)
    start = max(panel.days_count - CHOOSING_DAYS, AGE_DAYS_MIN + 1)
    since = np.maximum(panel.opened + history_days, start)
    forecasts = Forecasts(panel, model, start, parts)
    floor = _floor(panel, since)
    choosing = parts < CHOOSING_PARTS
    best: Learnt | None = None
    for levels in _candidates(capped=cap_fen is not None):
        policy = Ours(forecasts, levels)
        outcome = play(panel, rates, policy, start=start, cap_fen=cap_fen, since=since)
        found = _judged(model, levels, outcome, floor, choosing, risk_per_1000)
        if best is None or _is_better(found, best, risk_per_1000):
            best = found
    assert best is not None
    return best


def _candidates(*, capped: bool) -> Iterator[Levels]:
    """Yield levels from the most careful on; without a cap the account holds nothing."""
    if not capped:
        yield from (Levels(term, 1.0) for term in TERM_LEVELS)
        return
    for account in ACCOUNT_LEVELS:
        yield from (Levels(term, account) for term in TERM_LEVELS[3:-1])


def _is_better(found: Learnt, best: Learnt, risk_per_1000: float) -> bool:
    """Tell whether levels keep within the risk, are confirmed, and earn more."""
    if not found.is_confirmed or found.chosen_per_1000 > risk_per_1000:
        return False
    return found.yield_centi_bp > best.yield_centi_bp


def _judged(
    model: NeedModel,
    levels: Levels,
    outcome: Outcome,
    floor: Integers,
    choosing: NDArray[np.bool_],
    risk_per_1000: float,
) -> Learnt:
    above, days = outcome.short_days - floor, outcome.days
    rates = [
        1000.0 * int(above[rows].sum()) / max(int(days[rows].sum()), 1)
        for rows in (choosing, ~choosing)
    ]
    expected = risk_per_1000 * int(days[~choosing].sum()) / 1000
    return Learnt(
        model=model,
        levels=levels,
        chosen_per_1000=rates[0],
        confirmed_per_1000=rates[1],
        is_confirmed=int(above[~choosing].sum()) <= _most_to_expect(expected),
        yield_centi_bp=outcome.yield_centi_bp(),
        account_days=int(days.sum()),
    )


def _most_to_expect(mean: float) -> int:
    """Return the count that a Poisson number of this mean passes once in twenty at most."""
    count, term = 0, exp(-min(mean, 700.0))
    total = term
    while total < CONFIRM_PROBABILITY and count < 10 * mean + 10:
        count += 1
        term *= mean / count
        total += term
    return count


def _floor(panel: Panel, since: Integers) -> Integers:
    """Return, by account, the counted days whose outflow no policy could have paid."""
    counted = np.arange(panel.days_count)[None, :] >= since[:, None]
    days: Integers = ((panel.flow_fen < 0) & (panel.balance_fen < 0) & counted).sum(1)
    return days
