"""One model of all series at once: gradient-boosted trees on what each was like at an origin.

Direct (a row per series, origin and day ahead), on targets divided by the series' own recent
level. Heads: the mean (Tweedie or least squares, whichever inner validation prefers), quantiles of
a day, quantiles of running totals. The invariant: no training row reads a day at or after the end
it was given, and the same data, seed and threads give the same trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow.lags import Sums, rows, sums
from martlet.cashflow.levels import at_levels
from martlet.cashflow.model import Forecast, days_from
from martlet.kernel.errors import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from martlet.cashflow.model import Ask, DayFeatures, FloatArray, History

    Singles = npt.NDArray[np.float32]

HEAD_LEVELS = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
"""Levels that trees are grown for; those asked for lie between and are read off."""

ORIGINS_MAX = 40
ROWS_MAX = 50_000
"""More rows bought nothing on any set that was tried; training stays within a minute."""

HISTORY_DAYS_MAX = 1_092
KNOWN_DAYS_MIN = 14
BLOCK_CELLS_MAX = 600_000
"""Series times days ahead in one block of features: about 120 MB."""

TARGET_MAX = 60.0
"""A day of more than sixty usual days teaches as one of sixty."""

HALF_LIFE_DAYS = 364.0
NEGATIVE_SHARE_MAX = 0.02
TWEEDIE_POWER = 1.4
FESTIVAL_DAYS = 45
ROWS_MIN = 200


@dataclass(frozen=True)
class Setting:
    """How trees are grown: rounds, leaves, pace and the fixed seed and threads."""

    rounds: int = 120
    leaves: int = 31
    pace: float = 0.08
    leaf_rows_min: int = 40
    seed: int = 20_100
    threads: int = 2


@dataclass(frozen=True, eq=False)
class Boosted:
    """Trained heads, and what the mean's is called."""

    means: dict[str, tuple[Any, float]]
    heads: tuple[float, ...]
    daily: tuple[Any, ...]
    totals: tuple[Any, ...]
    setting: Setting


def train(
    history: History,
    ask: Ask,
    calendar: DayFeatures,
    setting: Setting,
    objectives: Sequence[str] = ("squares", "tweedie"),
    *,
    quantiles: bool = True,
) -> Boosted | None:
    """Train every head on a history; None where there is too little to learn from."""
    running = sums(history.values)
    random = np.random.default_rng(setting.seed)
    dates = _dates(history, ask.horizon)
    columns = _calendar_columns(calendar, dates)
    parts = [
        _training_rows(running, origin, ask, dates, columns, random)
        for origin in _origins(history.day_count, ask.horizon)
    ]
    days = _joined([part[0] for part in parts], history.day_count)
    totals = _joined([part[1] for part in parts], history.day_count)
    if days is None or len(days[1]) < ROWS_MIN or (ask.totals and totals is None):
        return None
    heads = _heads_for(ask.levels) if quantiles else ()
    means = {}
    for objective in objectives:
        found = _mean_head(days, objective, setting)
        if found is not None:
            means[objective] = found
    return Boosted(
        means=means,
        heads=heads,
        daily=_quantile_heads(days, heads, setting),
        totals=_quantile_heads(totals, heads, setting) if totals is not None else (),
        setting=setting,
    )


def predict(
    model: Boosted, history: History, ask: Ask, calendar: DayFeatures, objective: str
) -> Forecast:
    """Return what the heads say at the history's end, block by block."""
    count, horizon = len(history.series_ids), ask.horizon
    dates = _dates(history, horizon)
    columns = _calendar_columns(calendar, dates)
    mean = np.empty((count, horizon))
    quantiles = np.empty((count, horizon, len(ask.levels)))
    cumulative = {days: np.empty((count, len(ask.levels))) for days in ask.totals}
    step = max(1, BLOCK_CELLS_MAX // horizon)
    booster, ratio = model.means[objective]
    for start in range(0, count, step):
        block = slice(start, min(start + step, count))
        running = sums(history.values[block])
        cells, scale = _cells(running, history.day_count, horizon, dates, columns)
        flat = cells.reshape(-1, cells.shape[2])
        shape = (len(scale), horizon)
        mean[block] = ratio * _said(booster, flat, model).reshape(shape) * scale[:, None]
        daily = np.stack([_said(head, flat, model).reshape(shape) for head in model.daily], axis=2)
        quantiles[block] = at_levels(daily, model.heads, ask.levels) * scale[:, None, None]
        for days in ask.totals:
            wide = _total_cells(cells, days)
            said = np.stack([_said(head, wide, model) for head in model.totals], axis=1)
            found = at_levels(said, model.heads, ask.levels)
            cumulative[days][block] = found * scale[:, None] * days
    return Forecast(
        series_ids=history.series_ids,
        days=days_from(history.first_day, history.day_count + horizon)[history.day_count :],
        mean=mean,
        levels=ask.levels,
        quantiles=quantiles,
        cumulative=cumulative,
    )


def predicted_means(
    model: Boosted, history: History, ask: Ask, calendar: DayFeatures
) -> dict[str, FloatArray]:
    """Return what each head of the mean says, N x H: what the choice between them is made on."""
    dates = _dates(history, ask.horizon)
    columns = _calendar_columns(calendar, dates)
    cells, scale = _cells(sums(history.values), history.day_count, ask.horizon, dates, columns)
    flat = cells.reshape(-1, cells.shape[2])
    return {
        name: ratio * _said(booster, flat, model).reshape(-1, ask.horizon) * scale[:, None]
        for name, (booster, ratio) in model.means.items()
    }


def _origins(day_count: int, horizon: int) -> list[int]:
    """Return the origins to learn from, on changing weekdays, newest included."""
    first = max(KNOWN_DAYS_MIN, day_count - HISTORY_DAYS_MAX, min(91, day_count // 3))
    last = day_count - max(1, min(7, horizon))
    step = max(1, -(-(last - first) // ORIGINS_MAX))
    if step % 7 == 0:
        step += 1
    return list(range(last, first - 1, -step))


def _training_rows(
    running: Sums,
    origin: int,
    ask: Ask,
    dates: npt.NDArray[np.datetime64],
    columns: Singles,
    random: np.random.Generator,
) -> tuple[tuple[Singles, FloatArray, int], tuple[Singles, FloatArray, int]]:
    count, day_count = running.values.shape
    per_origin = ROWS_MAX // ORIGINS_MAX
    horizon = min(ask.horizon, day_count - origin)
    usable = np.flatnonzero(running.seen[:, origin] >= min(KNOWN_DAYS_MIN, origin))
    wanted = max(200, per_origin // 8)
    if len(usable) > wanted:
        usable = np.sort(random.choice(usable, wanted, replace=False))
    block = sums(running.values[usable]) if len(usable) < count else running
    cells, scale = _cells(block, origin, horizon, dates, columns)
    came = block.values[:, origin : origin + horizon] / scale[:, None]
    good = np.flatnonzero(~np.isnan(came.ravel()))
    if len(good) > per_origin:
        good = np.sort(random.choice(good, per_origin, replace=False))
    days = (cells.reshape(-1, cells.shape[2])[good], came.ravel()[good], origin)
    wide, total = [], []
    for span in ask.totals:
        if span > horizon:
            continue
        seen = came[:, :span].mean(axis=1)
        kept = ~np.isnan(seen)
        wide.append(_total_cells(cells, span)[kept])
        total.append(seen[kept])
    if not wide:
        return days, (days[0][:0], days[1][:0], origin)
    return days, (np.concatenate(wide), np.concatenate(total), origin)


def _cells(
    running: Sums,
    origin: int,
    horizon: int,
    dates: npt.NDArray[np.datetime64],
    columns: Singles,
) -> tuple[Singles, FloatArray]:
    found, scale = rows(running, origin, horizon, dates)
    day = np.broadcast_to(
        columns[origin : origin + horizon], (found.shape[0], horizon, columns.shape[1])
    )
    return np.concatenate([found, day], axis=2), scale


def _total_cells(cells: Singles, days: int) -> Singles:
    """Return one row per series: its features on average over the days, and how many they are."""
    found = np.empty((cells.shape[0], cells.shape[2] + 1), np.float32)
    known = ~np.isnan(cells[:, :days])
    count = known.sum(axis=1)
    total = np.where(known, cells[:, :days], 0.0).sum(axis=1)
    found[:, :-1] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    found[:, -1] = days
    return found


def _joined(
    parts: Sequence[tuple[Singles, FloatArray, int]], end: int
) -> tuple[Singles, FloatArray, FloatArray] | None:
    parts = [part for part in parts if len(part[1])]
    if not parts:
        return None
    weight = [np.full(len(y), 0.5 ** ((end - origin) / HALF_LIFE_DAYS)) for _, y, origin in parts]
    target = np.concatenate([part[1] for part in parts])
    return (
        np.concatenate([part[0] for part in parts]),
        np.clip(target, -TARGET_MAX, TARGET_MAX),
        np.concatenate(weight),
    )


def _mean_head(
    data: tuple[Singles, FloatArray, FloatArray], objective: str, setting: Setting
) -> tuple[Any, float] | None:
    cells, target, weight = data
    if objective == "squares":
        return _grown((cells, target, weight), {"objective": "regression"}, setting), 1.0
    size = float(np.abs(target).sum())
    below = float(np.abs(np.minimum(target, 0.0)).sum())
    if size <= 0.0 or below > NEGATIVE_SHARE_MAX * size:
        return None
    wanted = {"objective": "tweedie", "tweedie_variance_power": TWEEDIE_POWER}
    # Red invoices are few and teach as nothing sold; the ratio takes them off the mean again.
    grown = _grown((cells, np.maximum(target, 0.0), weight), wanted, setting)
    return grown, (size - 2.0 * below) / (size - below)


def _quantile_heads(
    data: tuple[Singles, FloatArray, FloatArray], heads: Sequence[float], setting: Setting
) -> tuple[Any, ...]:
    return tuple(
        _grown(data, {"objective": "quantile", "alpha": level}, setting) for level in heads
    )


def _grown(
    data: tuple[Singles, FloatArray, FloatArray], objective: dict[str, Any], setting: Setting
) -> Any:  # noqa: ANN401 - a library without types
    lightgbm = _lightgbm()
    cells, target, weight = data
    parameters = {
        **objective,
        "learning_rate": setting.pace,
        "num_leaves": setting.leaves,
        "min_data_in_leaf": min(setting.leaf_rows_min, max(5, len(target) // 50)),
        "feature_fraction": 0.6,
        "bagging_fraction": 0.7,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "max_bin": 63,
        "seed": setting.seed,
        "num_threads": setting.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    held = lightgbm.Dataset(cells, label=target, weight=weight, params=parameters)
    return lightgbm.train(parameters, held, num_boost_round=setting.rounds)


def _said(booster: Any, cells: Singles, model: Boosted) -> FloatArray:  # noqa: ANN401
    return np.asarray(booster.predict(cells, num_threads=model.setting.threads), np.float64)


def _heads_for(levels: Sequence[float]) -> tuple[float, ...]:
    low = max((head for head in HEAD_LEVELS if head <= min(levels)), default=HEAD_LEVELS[0])
    high = min((head for head in HEAD_LEVELS if head >= max(levels)), default=HEAD_LEVELS[-1])
    return tuple(head for head in HEAD_LEVELS if low <= head <= high)


def _dates(history: History, horizon: int) -> npt.NDArray[np.datetime64]:
    return np.datetime64(history.first_day) + np.arange(history.day_count + horizon)


def _calendar_columns(calendar: DayFeatures, dates: npt.NDArray[np.datetime64]) -> Singles:
    assert len(calendar) >= len(dates), (len(calendar), len(dates))
    months = dates.astype("datetime64[M]")
    day = (dates - months.astype("datetime64[D]")).astype(np.int64)
    year_day = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    festival = np.clip(calendar.spring_festival, -FESTIVAL_DAYS, FESTIVAL_DAYS)
    marks = (calendar.holiday, calendar.make_up, calendar.before_holiday, calendar.after_holiday)
    told = (*marks, calendar.weekday, calendar.days_to_month_end, festival)
    columns = [(dates.astype(np.int64) + 3) % 7, day, year_day]
    columns += [np.asarray(one)[: len(dates)] for one in told]
    return np.column_stack(columns).astype(np.float32)


def _lightgbm() -> Any:  # noqa: ANN401 - a library without types
    try:
        import lightgbm  # noqa: PLC0415 - heavy, and only needed here
    except ImportError as error:
        raise missing_extra("boosting", "lightgbm") from error
    return lightgbm
