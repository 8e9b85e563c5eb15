"""Whose total a mean keeps: each firm's typical one, and together the whole that is foretold.

Where money moves now and then, a firm's expected total lies far above what it mostly takes: rare
large orders make it. Of a crowd of such firms each is settled on its typical total (the median),
and what they lack together is given back by size, until they add up to the forecast of the whole.
The invariant: days keep their shape, and the whole is one of all, so that rare orders which belong
to nobody in particular are not lost. Too few series, net flows and short spans keep expectations.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from martlet.cashflow.levels import at_levels
from martlet.cashflow.limits import SUMS_DAYS_MIN
from martlet.cashflow.sums import foretell_sums

if TYPE_CHECKING:
    from martlet.cashflow.model import BoolArray, Days, FloatArray, Forecast, History

SPAN_DAYS = 28
"""Four weeks: over less, the typical total of a firm that is paid now and then is nothing."""

CROWD_SERIES_MIN = 20
"""Fewer have no whole that is steadier than its parts."""

QUIET_SHARE_MIN = 0.1
"""Of days without a flow: from here on a typical total and an expected one part."""

BACKWARD_SHARE_MAX = 0.05
"""Of all that moves; beyond, these are net flows, whose whole is a small rest of large parts."""

RECENT_DAYS = 91
YEAR = 364

OWN_SPANS, OWN_SPANS_MIN, NEW_SPANS = 13, 6, 3
"""A year of four weeks' totals tells what is typical of a firm, and a quarter what it is lately;
less than half a year tells nothing."""

OWN_PART = 0.5
"""Of a firm's past in its typical total; the rest is foretold."""

SEASON_BASE_DAYS = 182
"""Half a year: what a season is compared with."""

SEASON_BOUNDS = (0.4, 2.5)
OWN_MEANS_MOST = 4.0
"""A firm tells of the season by at most four of its own means."""

GIANTS_FROM = 0.95
"""Of firms by size: beyond, a firm counts no more for the season than one of this place."""

SHARING_ROUNDS = 32
"""Each round someone reaches its bound and the others give the rest, or all is shared out."""


def quiet_share(values: FloatArray) -> float:
    """Return the share of recent known days on which nothing moved."""
    recent = values[:, -RECENT_DAYS:]
    known = ~np.isnan(recent)
    return float((known & (recent == 0.0)).sum() / max(int(known.sum()), 1))


def is_crowd(values: FloatArray) -> bool:
    """Tell whether these are many series of one direction whose money moves now and then."""
    recent = np.nan_to_num(values[:, -YEAR:])
    backward = float(np.abs(np.minimum(recent, 0.0)).sum())
    moved = float(np.abs(recent).sum())
    return (
        len(values) >= CROWD_SERIES_MIN
        and quiet_share(values) >= QUIET_SHARE_MIN
        and backward <= BACKWARD_SHARE_MAX * moved
    )


def typical_totals(said: Forecast, known: FloatArray) -> FloatArray:
    """Return each series' median total: as it is foretold, steadied by what the last year had."""
    told = at_levels(said.cumulative[SPAN_DAYS], said.levels, (0.5,))[:, 0]
    spans = min(OWN_SPANS, known.shape[1] // SPAN_DAYS)
    if spans < OWN_SPANS_MIN:
        return np.asarray(told)
    newest = known[:, known.shape[1] - spans * SPAN_DAYS :].reshape(len(known), spans, SPAN_DAYS)
    whole = ~np.isnan(newest).any(axis=2)
    totals = np.where(whole, np.nan_to_num(newest).sum(axis=2), np.nan)
    enough = whole.sum(axis=1) >= OWN_SPANS_MIN
    totals = np.where(enough[:, None], totals, 0.0)
    lately = np.median(totals[:, -NEW_SPANS:], axis=1)
    own = 0.5 * np.nanmedian(totals, axis=1) + 0.5 * lately
    usable = enough & ~np.isnan(lately)
    return np.asarray(np.where(usable, (1.0 - OWN_PART) * told + OWN_PART * own, told))


def widths(said: Forecast) -> FloatArray:
    """Return how wide the band of each series' total is: a steady one has nothing to give."""
    edges = at_levels(said.cumulative[SPAN_DAYS], said.levels, (0.1, 0.9))
    return np.asarray(edges[:, 1] - edges[:, 0])


def leaning(said: Forecast, known: FloatArray, lean: float, whole: float | None) -> FloatArray:
    """Return totals that lean from expected to typical and add up to the whole.

    Without a whole they keep the sum of what is expected.
    """
    expected = said.mean[:, :SPAN_DAYS].sum(axis=1)
    totals = (1.0 - lean) * expected + lean * typical_totals(said, known)
    return shared(totals, widths(said), float(expected.sum()) if whole is None else whole)


def shared(totals: FloatArray, width: FloatArray, whole: float) -> FloatArray:
    """Return totals that add up to the whole: those give that are large and uncertain.

    Nobody falls below nothing or leaves its own band, so a whole further off is not reached.
    """
    moving = np.maximum(0.5 * width, 0.0)
    least, most = np.maximum(totals - moving, np.minimum(totals, 0.0)), totals + moving
    found = totals.copy()
    giving = np.maximum(totals, 0.0) * moving
    for _ in range(SHARING_ROUNDS):
        gap = whole - float(found.sum())
        if not giving.sum() > 0.0:
            break
        moved = found + gap * giving / giving.sum()
        found = np.where(giving > 0.0, np.clip(moved, least, most), found)
        giving = np.where((found > least) & (found < most), giving, 0.0)
    return found


def foretold_whole(history: History, expected: FloatArray, days: Days) -> float:
    """Return the sum of all series over the span ahead: the mean of four views of it.

    The sum of the parts' expectations, the calendar ridge of the sum, the mean day of a year, and
    that day as the season of a year ago had it. What the past is too short for is left out.
    """
    whole = np.nan_to_num(history.values).sum(axis=0)
    views = [float(expected.sum())]
    count = history.day_count
    if count >= SUMS_DAYS_MIN + SPAN_DAYS:
        told = days.features(history.first_day, count + SPAN_DAYS, history.last_day)
        views.append(float(foretell_sums(whole[None, :], told, SPAN_DAYS)[0].sum()))
    if count >= YEAR:
        usual = float(whole[-YEAR:].mean()) * SPAN_DAYS
        views.append(usual)
        if count >= YEAR + SEASON_BASE_DAYS + SUMS_DAYS_MIN:
            views.append(usual * season_a_year_ago(history.values))
    return float(np.mean(views))


def season_a_year_ago(values: FloatArray) -> float:
    """Return what the same days a year ago were to the half year before them.

    Of the firms that had begun by then, each by its own mean: neither a giant's single order nor
    firms that joined since make a season.
    """
    count = values.shape[1]
    begin = count - YEAR
    base = np.nan_to_num(values[:, begin - SEASON_BASE_DAYS : begin]).mean(axis=1)
    then = np.nan_to_num(values[:, begin : begin + SPAN_DAYS]).mean(axis=1)
    filled = np.nan_to_num(values)
    begun = (filled[:, : begin - SEASON_BASE_DAYS] != 0.0).any(axis=1)
    own = filled.mean(axis=1)
    kept = begun & (own > 0.0)
    if not kept.any():
        return 1.0
    weight = np.minimum(own, np.quantile(own[kept], GIANTS_FROM))[kept]
    base_share = np.minimum(base[kept] / own[kept], OWN_MEANS_MOST)
    then_share = np.minimum(then[kept] / own[kept], OWN_MEANS_MOST)
    before = float((weight * base_share).sum())
    if not before > 0.0:
        return 1.0
    return float(np.clip((weight * then_share).sum() / before, *SEASON_BOUNDS))


def settled(said: Forecast, history: History, lean: float, days: Days) -> Forecast:
    """Return the forecast whose means keep the settled totals; each currency is a whole apart."""
    if SPAN_DAYS not in said.cumulative:
        return said
    mean = said.mean.copy()
    for rows in _wholes(history):
        part, told = history.take(rows), said.take(rows)
        if not is_crowd(part.values):
            continue
        expected = told.mean[:, :SPAN_DAYS].sum(axis=1)
        totals = leaning(told, part.values, lean, foretold_whole(part, expected, days))
        mean[rows] = _keeping(told.mean, expected, totals)
    return replace(said, mean=mean)


def _wholes(history: History) -> list[BoolArray]:
    if not history.currencies:
        return [np.ones(len(history.series_ids), np.bool_)]
    currencies = np.array(history.currencies)
    return [currencies == one for one in sorted(set(history.currencies))]


def _keeping(mean: FloatArray, expected: FloatArray, totals: FloatArray) -> FloatArray:
    """Return days of the same shape and other totals; where there is no shape, even days."""
    shaped = np.abs(expected) > np.maximum(0.05 * np.abs(totals), 1e-9)
    scale = np.where(shaped, totals / np.where(shaped, expected, 1.0), 0.0)
    even = np.where(shaped, 0.0, totals / SPAN_DAYS)
    return np.asarray(mean * scale[:, None] + even[:, None])
