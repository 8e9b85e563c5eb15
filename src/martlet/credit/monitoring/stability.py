"""Drift: the population stability index of each characteristic, bin by bin and month by month.

PSI = sum over bins of (share - baseline share) x ln(share / baseline share), by the champion's own
bins, an empty bin counted as a stated sliver. The invariant: a month like the baseline has a PSI of
nought, and no month of few cases is judged. Even without drift PSI is not nought: what chance alone
would give is stated beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.credit.monitoring.intervals import PPM, Share
from martlet.credit.monitoring.yardsticks import Yardsticks, yardsticks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.credit.monitoring.portfolio import Portfolio

SCORE = "score"
CHANCE_DRAWS = 400
"""Draws for what chance alone gives: its 95 % point then hangs on the 20 largest."""
_ONE_IN_TWENTY = 0.95
_SEED = 310


class Verdict(StrEnum):
    """What a month's PSI says."""

    STEADY = "steady"
    WATCH = "watch"
    ACT = "act"
    CHANCE = "chance"
    """Above a threshold, but no more than chance alone gives with so few cases."""
    SMALL = "small"
    """Too few cases to judge."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The months against which the others are held, both ends included; None: the first few."""

    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One bin in one month."""

    count: int
    share_ppm: int | None
    psi_ppm: int | None


@dataclass(frozen=True, slots=True)
class Month:
    """One characteristic in one month."""

    month: str
    cases: int
    psi_ppm: int | None
    chance_ppm: int | None
    """PSI that chance alone would exceed in one month of twenty."""
    verdict: Verdict
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """One characteristic over the months, or the score."""

    kind: str
    edges: tuple[int, ...]
    """Bin i holds edges[i-1] <= value < edges[i]; the last bin is for values that are missing."""
    baseline: tuple[Cell, ...]
    months: tuple[Month, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """The courses of the score and of every characteristic, and the approvals by month."""

    baseline_months: tuple[str, ...]
    baseline_cases: int
    approved_only: bool
    courses: tuple[Course, ...]
    approvals: tuple[tuple[str, Share], ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        measure = yardsticks()
        return {
            "population": "approved" if self.approved_only else "all",
            "baseline_months": list(self.baseline_months),
            "baseline_count": self.baseline_cases,
            "watch_psi_ppm": measure.watch_psi_ppm,
            "act_psi_ppm": measure.act_psi_ppm,
            "epsilon_ppm": measure.epsilon_ppm,
            "cell_min_count": measure.cell_min,
            "approvals": [
                {
                    "month": month,
                    "cases_count": share.cases,
                    "approved_count": share.part,
                    **share.as_json("approval"),
                }
                for month, share in self.approvals
            ],
            "courses": [_course_json(course) for course in self.courses],
        }


def drift(
    portfolio: Portfolio, baseline: Baseline | None = None, *, approved_only: bool = True
) -> Drift:
    """Return how the score and each characteristic have moved since the baseline, by month."""
    everyone, measure = portfolio.decisions, yardsticks()
    frame = everyone.filter(pl.col("approved")) if approved_only else everyone
    months = frame["month"].unique().sort().to_list()
    base = _baseline_months(months, baseline or Baseline(), measure)
    known = frame.with_columns(portfolio.scorecard.score_columns(frame)["score"].alias(SCORE))
    scores = known.filter(pl.col("month").is_in(base))[SCORE].to_numpy()
    edges = [(SCORE, _even_edges(scores, measure.score_bins))]
    edges += [(part.kind, part.edges) for part in portfolio.scorecard.characteristics]
    courses = [_course(known, kind, cut, months, base, measure) for kind, cut in edges]
    return Drift(
        baseline_months=tuple(base),
        baseline_cases=len(scores),
        approved_only=approved_only,
        courses=tuple(courses) if base else (),
        approvals=tuple(_approvals(everyone)),
    )


def psi_ppm(
    counts: Sequence[int], base: Sequence[int], epsilon_ppm: int
) -> tuple[list[int], int] | None:
    """Return the PSI of each bin and their sum; None where either side has no case."""
    cases, base_cases = sum(counts), sum(base)
    if not cases or not base_cases:
        return None
    least = epsilon_ppm / PPM
    parts = []
    for count, base_count in zip(counts, base, strict=True):
        share = max(count / cases, least)
        base_share = max(base_count / base_cases, least)
        parts.append(round((share - base_share) * log(share / base_share) * PPM))
    return parts, sum(parts)


def chance_ppm(
    cases: int, base: Sequence[int], epsilon_ppm: int, rng: np.random.Generator
) -> int | None:
    """Return the PSI that chance alone exceeds in one month of twenty, with so many cases.

    By drawing: both sides as many as they are, from the baseline as it is, empty bins and sliver
    included, because the usual formula is far too low where bins are nearly empty.
    """
    base_cases = sum(base)
    if not cases or not base_cases:
        return None
    shares = np.array(base) / base_cases
    least = epsilon_ppm / PPM
    here = np.maximum(rng.multinomial(cases, shares, CHANCE_DRAWS) / cases, least)
    there = np.maximum(rng.multinomial(base_cases, shares, CHANCE_DRAWS) / base_cases, least)
    drawn = ((here - there) * np.log(here / there)).sum(axis=1)
    return round(float(np.quantile(drawn, _ONE_IN_TWENTY)) * PPM)


def judged(psi: int | None, chance: int | None, cases: int, measure: Yardsticks) -> Verdict:
    """Return what a PSI says: nothing of few cases, nothing that chance alone gives."""
    if psi is None or cases < measure.cell_min:
        return Verdict.SMALL
    if psi < measure.watch_psi_ppm:
        return Verdict.STEADY
    if chance is not None and psi <= chance:
        return Verdict.CHANCE
    return Verdict.ACT if psi >= measure.act_psi_ppm else Verdict.WATCH


def _baseline_months(months: Sequence[str], baseline: Baseline, measure: Yardsticks) -> list[str]:
    if baseline.first is None and baseline.last is None:
        return list(months[: measure.baseline_months])
    first, last = baseline.first or "", baseline.last or "9999-99"
    return [month for month in months if first <= month <= last]


def _even_edges(scores: np.ndarray[Any, Any], bins: int) -> tuple[int, ...]:
    """Return bounds that part the baseline's scores evenly; equal scores stay together."""
    if not len(scores):
        return ()
    points = np.quantile(scores, np.arange(1, bins) / bins, method="higher")
    inner = sorted({int(point) for point in points if point > scores.min()})
    assert all(low < high for low, high in pairwise(inner))
    return tuple(inner)


def _course(
    frame: pl.DataFrame,
    kind: str,
    edges: Sequence[int],
    months: Sequence[str],
    base: Sequence[str],
    measure: Yardsticks,
) -> Course:
    counted = _counts(frame, kind, edges)
    bins = len(edges) + 2
    nobody = [0] * bins
    rng = np.random.default_rng(_SEED)
    before = [sum(counted[month][place] for month in base) for place in range(bins)]
    found = []
    for month in months:
        counts = counted.get(month, nobody)
        parts = psi_ppm(counts, before, measure.epsilon_ppm)
        cases = sum(counts)
        chance = chance_ppm(cases, before, measure.epsilon_ppm, rng)
        psi = None if parts is None else parts[1]
        cells = _cells(counts, None if parts is None else parts[0])
        verdict = judged(psi, chance, cases, measure)
        found.append(Month(month, cases, psi, chance, verdict, cells))
    return Course(kind, tuple(edges), _cells(before, None), tuple(found))


def _counts(frame: pl.DataFrame, kind: str, edges: Sequence[int]) -> dict[str, list[int]]:
    """Return how many cases each month has in each bin, the missing ones last."""
    column = frame[kind].cast(pl.Int64)
    filled = column.fill_null(0).to_numpy()
    places = np.searchsorted(np.array(edges, dtype=np.int64), filled, side="right")
    places = np.where(column.is_null().to_numpy(), len(edges) + 1, places)
    counted = (
        pl.DataFrame({"month": frame["month"], "place": places})
        .group_by("month", "place")
        .len()
        .rows()
    )
    found: dict[str, list[int]] = {}
    for month, place, count in counted:
        found.setdefault(month, [0] * (len(edges) + 2))[place] = count
    return found


def _cells(counts: Sequence[int], parts: Sequence[int] | None) -> tuple[Cell, ...]:
    cases = sum(counts)
    return tuple(
        Cell(count, Share(count, cases).ppm, None if parts is None else parts[place])
        for place, count in enumerate(counts)
    )


def _approvals(frame: pl.DataFrame) -> list[tuple[str, Share]]:
    rows = (
        frame.group_by("month")
        .agg(pl.len().alias("cases"), pl.col("approved").sum().alias("approved"))
        .sort("month")
    )
    return [(month, Share(approved, cases)) for month, cases, approved in rows.rows()]


def _course_json(course: Course) -> dict[str, Any]:
    bounds = [None, *course.edges, None]
    bins = [{"from": low, "below": high, "missing": False} for low, high in pairwise(bounds)]
    bins.append({"from": None, "below": None, "missing": True})
    return {
        "kind": course.kind,
        "bins": [
            {**bin_, "baseline_count": cell.count, "baseline_ppm": cell.share_ppm}
            for bin_, cell in zip(bins, course.baseline, strict=True)
        ],
        "months": [
            {
                "month": month.month,
                "cases_count": month.cases,
                "psi_ppm": month.psi_ppm,
                "chance_ppm": month.chance_ppm,
                "verdict": month.verdict.value,
                "bins": [
                    {"count": cell.count, "share_ppm": cell.share_ppm, "psi_ppm": cell.psi_ppm}
                    for cell in month.cells
                ],
            }
            for month in course.months
        ],
    }
