"""What an account looked like on a morning, and what it then needed.

The invariant: features of a day read nothing of that day or later; needs are shares of TOTAL
wealth, whatever of it is liquid. (As a share of the liquid part, a policy would invest again
every day until nothing was left.)
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.treasury.backtest.movements import Integers, Panel

Floats: TypeAlias = NDArray[np.float64]

_SPANS = (1, 3, 7, 14, 28, 56, 91)
_MONTHS_BACK = (30, 61, 91)
_NEED_SPANS = (3, 7, 28)
_QUARTER_DAYS = 91
_MONTH_DAYS = 28
_SETTLING_DAYS = 5
"""After opening, the first days' shares of a tiny wealth are no largest payment."""


class Features:
    """Running sums and maxima of a panel, from which any morning is described at once."""

    def __init__(self, panel: Panel) -> None:
        flow, balance = panel.flow_fen.astype(np.float64), panel.balance_fen.astype(np.float64)
        days = np.arange(flow.shape[1])[None, :]
        self.panel, self.balance = panel, balance
        self.out, came = np.maximum(-flow, 0), np.maximum(flow, 0)
        self._out, self._in = _sums(self.out), _sums(came)
        self._outs, self._ins = _sums(self.out > 0), _sums(came > 0)
        self._wealth = _sums(balance)
        self._last_out = np.maximum.accumulate(np.where(self.out > 0, days, -1), 1)
        self._last_in = np.maximum.accumulate(np.where(came > 0, days, -1), 1)
        before = np.maximum(np.hstack([np.zeros((len(flow), 1)), balance[:, :-1]]), 1)
        settled = days > panel.opened[:, None] + _SETTLING_DAYS
        shares = np.where(settled, np.minimum(self.out / before, 2), 0)
        self._most_share = np.maximum.accumulate(shares, 1)
        self._most_out = np.maximum.accumulate(self.out, 1)
        later = days > panel.opened[:, None]
        self._most_in = np.maximum.accumulate(np.where(later, came, 0), 1)
        self._most_wealth = np.maximum.accumulate(balance, 1)
        self._needs = {span: _past_needs(panel.flow_fen, span) for span in _NEED_SPANS}
        self._need_shares = {
            span: np.maximum.accumulate(np.where(settled, np.minimum(need / before, 2), 0), 1)
            for span, need in self._needs.items()
        }

    def wealth(self, day: int) -> Floats:
        """Return last evening's wealth, at least one fen."""
        return np.maximum(self.balance[:, day - 1], 1)

    def at(self, day: int) -> Floats:
        """Return the features of a morning, one row an account."""
        wealth, age = self.wealth(day), day - self.panel.opened
        count = len(wealth)
        quarter = np.clip(age, 1, _QUARTER_DAYS)
        found = [
            np.log(wealth),
            age,
            wealth / np.maximum(_between(self._wealth, day - _MONTH_DAYS, day) / _MONTH_DAYS, 1),
            wealth / np.maximum(_between(self._wealth, day - _QUARTER_DAYS, day) / quarter, 1),
            wealth / np.maximum(self._most_wealth[:, day - 1], 1),
        ]
        for span in _SPANS:
            found.append(_between(self._out, day - span, day) / wealth)
            found.append(_between(self._in, day - span, day) / wealth)
        for span in (_MONTH_DAYS, _QUARTER_DAYS):
            found.append(_between(self._outs, day - span, day))
            found.append(_between(self._ins, day - span, day))
            found.append(self.out[:, max(day - span, 0) : day].max(1) / wealth)
        found += [self._most_share[:, day - 1], self._most_out[:, day - 1] / wealth]
        found.append(self._most_in[:, day - 1] / wealth)
        found += [day - 1 - self._last_out[:, day - 1], day - 1 - self._last_in[:, day - 1]]
        for back in _MONTHS_BACK:
            for span in (3, 7, _MONTH_DAYS):
                found.append(_between(self._out, day - back, day - back + span) / wealth)
        for span in _NEED_SPANS:
            ended = max(day - span, 0)
            found += [self._needs[span][:, ended] / wealth, self._need_shares[span][:, ended]]
        date = self.panel.day(day)
        next_month = (date.replace(day=1) + timedelta(days=32)).replace(day=1)
        for number in (date.day, (next_month - date).days, date.weekday()):
            found.append(np.full(count, float(number)))
        return np.stack(found, 1).astype(np.float64)


def needs(
    features: Features, day: int, horizons: Sequence[int], cap_fen: int | None, look_days: int
) -> Floats:
    """Return the shares of wealth that turned out to be needed; NaN past the panel's end.

    By horizon the maximum cumulative net outflow; where there is a cap, one more column: what the
    account had to hold so that T+0 could pay the rest in time.
    """
    wealth = features.wealth(day)
    longest = max(*horizons, look_days)
    flow = features.panel.flow_fen[:, day : day + longest]
    gone = -flow.cumsum(1)
    found = [_share(gone[:, :horizon], horizon, wealth) for horizon in horizons]
    if cap_fen is not None:
        ahead = flow[:, :look_days]
        found.append(_share(capped_need(ahead, cap_fen), look_days, wealth))
    return np.stack(found, 1)


def capped_need(flow_fen: Integers, cap_fen: int) -> Integers:
    """Return, by day ahead, what the account must hold now so that T+0 can pay the rest by then.

    Today's cap may be used now for a payment of tomorrow, so from the second day on one cap less
    stands between the outflows and the account.
    """
    caps = np.maximum(np.arange(flow_fen.shape[1]), 1) * cap_fen
    need: Integers = np.maximum(-flow_fen.cumsum(1) - caps, 0)
    return need


def _share(gone: Integers, horizon: int, wealth: Floats) -> Floats:
    if gone.shape[1] < horizon:
        return np.full(len(wealth), np.nan)
    share: Floats = np.maximum(gone.max(1), 0) / wealth
    return share


def _past_needs(flow_fen: Integers, span: int) -> Floats:
    """Return, by day of origin, the maximum cumulative net outflow of the `span` days from it."""
    days = flow_fen.shape[1]
    padded = np.hstack([flow_fen, np.zeros((len(flow_fen), span), np.int64)])
    gone = np.zeros_like(flow_fen)
    most = np.zeros_like(flow_fen)
    for ahead in range(span):
        gone -= padded[:, ahead : ahead + days]
        np.maximum(most, gone, out=most)
    return most.astype(np.float64)


def _sums(values: NDArray[np.generic]) -> Floats:
    return np.hstack([np.zeros((len(values), 1)), values.astype(np.float64).cumsum(1)])


def _between(sums: Floats, start: int, end: int) -> Floats:
    difference: Floats = sums[:, max(end, 0)] - sums[:, max(start, 0)]
    return difference
