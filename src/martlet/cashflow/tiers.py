"""The methods that a blend chooses from, each behind the same two calls: learn, then forecast.

A tier learns from a history that ends before the origins it will be asked about; the invariant is
that forecasting later reads the history it is handed and what it learnt, and nothing else. Which
tiers a history is worth follows from how many series it has and how long they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow import boosting
from martlet.cashflow.activity import one_signed
from martlet.cashflow.blend import Weights, blended
from martlet.cashflow.calendar import chinese_calendar
from martlet.cashflow.coherent import fund_forecast
from martlet.cashflow.directions import is_fund
from martlet.cashflow.levels import normal_scores, rising
from martlet.cashflow.limits import SUMS_DAYS_MIN
from martlet.cashflow.model import Forecast, days_from
from martlet.cashflow.plugins import plugged
from martlet.cashflow.profiles import Profiles
from martlet.cashflow.rules import RULES, by_rule
from martlet.cashflow.settling import QUIET_SHARE_MIN, SPAN_DAYS, is_crowd, quiet_share, settled
from martlet.cashflow.statistical import Model, foretell
from martlet.cashflow.sums import daily_quantiles, foretell_sums, total_quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.blend import Ready, Tier
    from martlet.cashflow.model import Ask, DayFeatures, Days, FloatArray, History

TOTALS_MAX = 4
"""Fewer series than a blend can be weighed on: the ridge weighs its own family on their past."""

SUMS_SERIES_MAX = 60
"""So few series are chains or funds; a crowd of firms is not what the ridge is for."""

STATISTICAL_SERIES_MAX = 200
"""Beyond it a model per series costs more minutes than the blend gains."""

BOOSTED_SERIES_MIN = 20
"""Trees grown on fewer series lost to a weekday mean: fund totals are not for them."""

BOOSTED_DAYS_MIN = 120


@dataclass(frozen=True)
class Rule:
    """A plain rule of the mean with bands from its own errors; there is nothing to learn."""

    name: str
    costly: bool = False

    def __call__(self, history: History, ask: Ask) -> Ready:
        """Return the rule."""
        del history, ask
        return lambda then, wanted: by_rule(RULES[self.name], then, wanted)


@dataclass(frozen=True)
class Cheap:
    """The cheap tier: weekday profile times level."""

    calendar: Days
    costly: bool = False

    def __call__(self, history: History, ask: Ask) -> Ready:
        """Return the profiles."""
        del history, ask
        return lambda then, wanted: Profiles().forecast(then, wanted, self.calendar)


@dataclass(frozen=True)
class Sums:
    """The calendar ridge, for series that are sums of many people's acts."""

    calendar: Days
    costly: bool = False

    def __call__(self, history: History, ask: Ask) -> Ready | None:
        """Return the ridge; None where the past is too short for it to be weighed."""
        return self._forecast if history.day_count >= SUMS_DAYS_MIN + ask.horizon else None

    def _forecast(self, history: History, ask: Ask) -> Forecast:
        count = history.day_count + ask.horizon
        days = self.calendar.features(history.first_day, count, history.last_day)
        mean, plays = foretell_sums(history.values, days, ask.horizon)
        return Forecast(
            series_ids=history.series_ids,
            days=days_from(history.first_day, count)[history.day_count :],
            mean=mean,
            levels=ask.levels,
            quantiles=rising(daily_quantiles(mean, plays, ask.levels)),
            cumulative={
                span: rising(total_quantiles(mean, plays, span, ask.levels)) for span in ask.totals
            },
        )


@dataclass(frozen=True)
class Fund:
    """The calendar ridge for both sides of a fund, by what stands between; sums agree."""

    calendar: Days
    costly: bool = False

    def __call__(self, history: History, ask: Ask) -> Ready | None:
        """Return the fund's forecast; None where the past is too short for it to be weighed."""
        return self._forecast if history.day_count >= SUMS_DAYS_MIN + ask.horizon else None

    def _forecast(self, history: History, ask: Ask) -> Forecast:
        return fund_forecast(history, ask, self.calendar)


@dataclass(frozen=True)
class Statistical:
    """A model fitted to each series anew at every origin."""

    model: Model
    processes: int = 1
    costly: bool = True

    def __call__(self, history: History, ask: Ask) -> Ready:
        """Return the model."""
        del history, ask
        return self._forecast

    def _forecast(self, history: History, ask: Ask) -> Forecast:
        # The middle and one edge are always asked for: running totals need a width.
        levels = tuple(sorted({*ask.levels, 0.1, 0.5, 0.9}))
        fitted = foretell(history.values, ask.horizon, levels, self.model, self.processes)
        asked = [levels.index(level) for level in ask.levels]
        low, high = levels.index(0.1), levels.index(0.9)
        return _filled_out(history, ask, fitted.mean, fitted.quantiles, (low, high, asked))


@dataclass(frozen=True)
class Boosting:
    """The global trees."""

    calendar: Days = field(default_factory=chinese_calendar)
    setting: boosting.Setting = field(default_factory=boosting.Setting)
    costly: bool = False

    def __call__(self, history: History, ask: Ask) -> Ready | None:
        """Train on a history; the head of the mean is chosen inside it."""
        objective = self._objective(history, ask)
        # Features of later origins need no more than the days of the history they are asked with.
        model = boosting.train(history, ask, self._days(history, ask), self.setting, (objective,))
        if model is None:
            return None

        def ready(then: History, wanted: Ask) -> Forecast:
            return boosting.predict(model, then, wanted, self._days(then, wanted), objective)

        return ready

    def _days(self, history: History, ask: Ask) -> DayFeatures:
        count = history.day_count + ask.horizon
        return self.calendar.features(history.first_day, count, history.last_day)

    def _objective(self, history: History, ask: Ask) -> str:
        recent = history.values[:, -boosting.HISTORY_DAYS_MAX :]
        quiet = float(np.mean(recent[~np.isnan(recent)] == 0.0))
        end = history.day_count - ask.horizon
        if quiet < QUIET_SHARE_MIN or end < BOOSTED_DAYS_MIN:
            return "squares"
        then = replace(history, values=history.values[:, :end])
        days, only = self._days(then, ask), replace(ask, cumulative_days=())
        model = boosting.train(then, only, days, self.setting, quantiles=False)
        if model is None or "tweedie" not in model.means:
            return "squares"
        came = history.values[:, end:]
        wrong = {
            name: _wrong_totals(mean, came, then.values)
            for name, mean in boosting.predicted_means(model, then, only, days).items()
        }
        return min(wrong, key=lambda name: wrong[name])


def tiers_for(
    history: History, calendar: Days, processes: int = 1, horizon: int = 1
) -> dict[str, Tier]:
    """Return the tiers that a history is worth, of those whose libraries are installed.

    A tier that answers alone is one that can: the ridge needs a past as long as what it foretells.
    """
    count, days = len(history.series_ids), history.day_count
    quiet = quiet_share(history.values)
    weighed = days >= SUMS_DAYS_MIN + max(SUMS_DAYS_MIN, horizon)
    if is_fund(history) and count <= SUMS_SERIES_MAX and weighed:
        moving = np.nan_to_num(history.values).any(axis=1)
        if moving.any() and quiet_share(history.values[moving]) < QUIET_SHARE_MIN:
            return {"fund": Fund(calendar)}
    if count <= TOTALS_MAX and quiet < QUIET_SHARE_MIN and weighed:
        return {"ridge": Sums(calendar)}
    found: dict[str, Tier] = {"profiles": Cheap(calendar)}
    if count >= BOOSTED_SERIES_MIN and days >= BOOSTED_DAYS_MIN and find_spec("lightgbm"):
        found["boosting"] = Boosting(calendar, boosting.Setting(threads=processes))
    if count <= SUMS_SERIES_MAX:
        found["ridge"] = Sums(calendar)
    elif count <= STATISTICAL_SERIES_MAX and quiet < QUIET_SHARE_MIN and find_spec("statsforecast"):
        found["AutoCES"] = Statistical(Model.AUTO_CES, processes)
    if quiet >= QUIET_SHARE_MIN:
        found["mean of 364 days"] = Rule("mean of 364 days")
    return found


def accurate(
    history: History,
    ask: Ask,
    calendar: Days,
    processes: int = 1,
    plugins: Sequence[str] = (),
) -> tuple[Forecast, Weights]:
    """Return the blend of the tiers that a history is worth, and how much each counts.

    `plugins` name tiers of other packages that take part.
    """
    inner = _wider(history, ask)
    ours = tiers_for(history, calendar, processes, ask.horizon)
    said, weights = blended(history, inner, ours | plugged(plugins, calendar))
    if weights.lean > 0.0:
        said = settled(said, history, weights.lean, calendar)
    return _floored(_as_asked(said, ask), history), weights


def _wider(history: History, ask: Ask) -> Ask:
    """Return the ask with what settling a crowd's totals reads: the median of the span's."""
    if ask.horizon < SPAN_DAYS or not is_crowd(history.values):
        return ask
    levels = tuple(sorted({*ask.levels, 0.1, 0.5, 0.9}))
    spans = tuple(sorted({*ask.cumulative_days, SPAN_DAYS}))
    return replace(ask, levels=levels, cumulative_days=spans)


def _as_asked(said: Forecast, ask: Ask) -> Forecast:
    """Return the forecast with the levels and totals that were asked for, and no others."""
    places = [said.levels.index(level) for level in ask.levels]
    return replace(
        said,
        levels=ask.levels,
        quantiles=said.quantiles[:, :, places],
        cumulative={days: said.cumulative[days][:, places] for days in ask.totals},
    )


def _floored(said: Forecast, history: History) -> Forecast:
    """Return the forecast in which a series that never fell below zero does not either."""
    floor = np.where(one_signed(history.values), 0.0, -np.inf)
    return replace(
        said,
        mean=np.maximum(said.mean, floor[:, None]),
        quantiles=np.maximum(said.quantiles, floor[:, None, None]),
        cumulative={
            days: np.maximum(total, floor[:, None]) for days, total in said.cumulative.items()
        },
    )


@dataclass(frozen=True)
class Accurate:
    """The blend as a method of the room: the accurate one."""

    processes: int = 1
    name: str = "blend"
    plugins: tuple[str, ...] = ()

    def forecast(self, history: History, ask: Ask, days: Days) -> Forecast:
        """Return the blend's answer for every row of the history."""
        said, _ = accurate(history, ask, days, self.processes, self.plugins)
        ahead = days.features(said.days[0], ask.horizon, history.last_day)
        open_days = zip(said.days, ahead.provisional, strict=True)
        return replace(
            said,
            findings=history.findings,
            provisional=tuple(day for day, undecreed in open_days if undecreed),
            methods=(self.name,) * len(history.series_ids),
        )


def _wrong_totals(mean: FloatArray, came: FloatArray, known: FloatArray) -> float:
    wrong = np.nansum(mean - came, axis=1)
    seen = np.maximum((~np.isnan(known)).sum(axis=1), 1)
    unit = np.maximum(np.nansum(np.abs(known), axis=1) / seen, 1e-9) * came.shape[1]
    pooled = abs(float(wrong.sum())) / max(abs(float(np.nansum(came))), 1e-9)
    return float(np.mean(np.minimum(np.abs(wrong) / unit, 3.0))) + pooled


def _filled_out(
    history: History,
    ask: Ask,
    mean: FloatArray,
    quantiles: FloatArray,
    places: tuple[int, int, list[int]],
) -> Forecast:
    """Return a forecast whose running totals are as wide as independent days make them."""
    low, high, asked = places
    edge = float(normal_scores((0.9,))[0])
    spread = (quantiles[:, :, high] - quantiles[:, :, low]) / (2.0 * edge)
    scores = normal_scores(ask.levels)
    cumulative = {}
    for days in ask.totals:
        total = mean[:, :days].sum(axis=1)
        width = np.sqrt(np.square(spread[:, :days]).sum(axis=1))
        cumulative[days] = rising(total[:, None] + width[:, None] * scores)
    return Forecast(
        series_ids=history.series_ids,
        days=days_from(history.first_day, history.day_count + ask.horizon)[history.day_count :],
        mean=mean,
        levels=ask.levels,
        quantiles=rising(quantiles[:, :, asked]),
        cumulative=cumulative,
    )
