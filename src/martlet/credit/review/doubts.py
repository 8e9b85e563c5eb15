"""What to argue about: where the order differs from turnover's, what looks odd, what is not sure.

Found by rules written down here, the same for any sample; nothing is picked by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from martlet.credit.review.counts import (
    SALES_YEAR,
    approved_of,
    by_band,
    median,
    points_by_kind,
    turnover_of,
)
from martlet.credit.training.arrays import column_of
from martlet.credit.training.candidates import TURNOVER

if TYPE_CHECKING:
    from collections.abc import Callable

    from martlet.credit.review.strangers import Review, Reviewed

_YUAN = 100
CASES = 20
"""Typical cases: as many as a person reads in one sitting."""
_TOO_FAR = 3
"""A way out that asks for more than three times what there is is out of reach."""
_LARGE_FEN = 5_000_000 * _YUAN
_SMALL_LINE_FEN = 10_000 * _YUAN
_A_THIRD_PPM = 333_333
_FOUR_FIFTHS_PPM = 800_000
_SILENT_DAYS = 90
_KNOWN_MIN = 3
"""With fewer characteristics known than this the answer is about strangers, not about the firm."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A firm that the model and turnover answer differently, and what moved it most."""

    firm: Reviewed
    kind: str
    points: int
    """Against the mean of all firms."""


@dataclass(frozen=True, slots=True)
class AgainstTurnover:
    """The model's order beside turnover's, with as many firms approved by either."""

    both: int
    only_model: tuple[Moved, ...]
    only_turnover: tuple[Moved, ...]
    correlation_percent: int
    """Between the two rankings (Spearman)."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that a risk officer would ask about, and the firms that it is true of."""

    phrase: str
    firms: tuple[Reviewed, ...]


def typical(review: Review) -> list[Reviewed]:
    """Return firms at even distances from the lowest pd to the highest."""
    ranked = sorted(review.firms, key=lambda firm: (firm.decision.pd_ppm, firm.firm))
    last, wanted = len(ranked) - 1, min(CASES, len(ranked))
    return [ranked[place * last // max(wanted - 1, 1)] for place in range(wanted)]


def against_turnover(review: Review) -> AgainstTurnover:
    """Return where the model and turnover part."""
    by_turnover = sorted(review.firms, key=lambda firm: (-turnover_of(firm), firm.firm))
    lent = approved_of(review)
    chosen = {firm.firm for firm in by_turnover[: len(lent)]}
    mine = {firm.firm for firm in lent}
    means = _mean_points(review)
    better = [_moved(review, firm, means, 1) for firm in lent if firm.firm not in chosen]
    worse = [
        _moved(review, firm, means, -1)
        for firm in by_turnover[: len(lent)]
        if firm.firm not in mine
    ]
    return AgainstTurnover(
        both=len(chosen & mine),
        only_model=tuple(sorted(better, key=lambda moved: turnover_of(moved.firm))),
        only_turnover=tuple(sorted(worse, key=lambda moved: -turnover_of(moved.firm))),
        correlation_percent=_rank_correlation_percent(review, by_turnover),
    )


def unsure(review: Review) -> list[Reviewed]:
    """Return the firms whose pd's interval holds the ceiling: either answer could be right."""
    found = []
    for firm in review.firms:
        bounds = review.model.pd_interval_ppm(firm.decision.score)
        if bounds is not None and bounds[0] <= review.ceiling_ppm < bounds[1]:
            found.append(firm)
    return found


def oddities(review: Review) -> list[Oddity]:
    """Return what looks odd, whatever is true of no firm left out."""
    losing = {row.name for row in by_band(review) if row.margin_ppm < 0}

    def lent(rule: Callable[[Reviewed], bool]) -> tuple[Reviewed, ...]:
        return tuple(firm for firm in approved_of(review) if rule(firm))

    def refused(rule: Callable[[Reviewed], bool]) -> tuple[Reviewed, ...]:
        return tuple(f for f in review.firms if not f.decision.approved and rule(f))

    def figure(kind: str, default: int) -> Callable[[Reviewed], int]:
        return lambda firm: firm.figures.get(kind, default)

    trend = figure("invoice_sales_trend_ppm", 1_000_000)
    buyer = figure("invoice_top_buyer_share_ppm", 0)
    silent = figure("invoice_days_since_last_sale_days", 0)
    margin = figure("invoice_margin_12m_ppm", 0)
    year = figure(SALES_YEAR, 0)
    found = [
        Oddity(
            "Approved, though sales of the last half-year are less than a third of those before",
            lent(lambda firm: trend(firm) < _A_THIRD_PPM),
        ),
        Oddity(
            "Approved, though one buyer takes four fifths or more",
            lent(lambda firm: buyer(firm) >= _FOUR_FIFTHS_PPM),
        ),
        Oddity(
            "Approved, though nothing was sold in the last 90 days",
            lent(lambda firm: silent(firm) > _SILENT_DAYS),
        ),
        Oddity(
            "Approved, though it bought more than it sold in the year",
            lent(lambda firm: margin(firm) < 0),
        ),
        Oddity(
            "Approved because hardly anything is known: a stranger gets a starter line, while a"
            " firm known to be a little worse than a stranger gets nothing",
            lent(lambda firm: _known(review, firm) < _KNOWN_MIN),
        ),
        Oddity(
            "A line under ¥10,000: is it worth either side's trouble?",
            lent(lambda firm: firm.decision.limit_fen < _SMALL_LINE_FEN),
        ),
        Oddity(
            "In a band whose interest does not cover what fails",
            lent(lambda firm: firm.decision.band in losing),
        ),
        Oddity(
            "Held down by the product's most: what they could carry is not told apart",
            lent(lambda firm: any(step.source == "product" for step in firm.decision.components)),
        ),
        Oddity(
            "Refused, though it sells more than ¥5,000,000 a year",
            refused(lambda firm: year(firm) > _LARGE_FEN),
        ),
        Oddity(
            "Refused, and what would turn the answer is more than three times what there is",
            refused(_out_of_reach),
        ),
    ]
    return [oddity for oddity in found if oddity.firms]


def compared(review: Review) -> list[tuple[str, int | None, int | None]]:
    """Return the median of each characteristic among the firms taught by, and among these."""
    rows = []
    for part in review.model.characteristics:
        taught = column_of(review.taught, part.kind)
        here = [firm.figures[part.kind] for firm in review.firms if part.kind in firm.figures]
        known = [int(value) for value in taught[~np.isnan(taught)]]
        rows.append((part.kind, median(known) if known else None, median(here) if here else None))
    return rows


def _mean_points(review: Review) -> dict[str, int]:
    every = [points_by_kind(review.model, firm) for firm in review.firms]
    return {kind: sum(points[kind] for points in every) // len(every) for kind in every[0]}


def _moved(review: Review, firm: Reviewed, means: dict[str, int], sign: int) -> Moved:
    """Return what speaks most for a firm (sign 1) or against it (-1), turnover itself left out."""
    apart = {
        kind: points - means[kind]
        for kind, points in points_by_kind(review.model, firm).items()
        if kind != TURNOVER
    }
    kind = max(apart, key=lambda one: (sign * apart[one], one))
    return Moved(firm, kind, apart[kind])


def _rank_correlation_percent(review: Review, by_turnover: list[Reviewed]) -> int:
    by_model = sorted(review.firms, key=lambda firm: (firm.decision.pd_ppm, firm.firm))
    place = {firm.firm: i for i, firm in enumerate(by_turnover)}
    count = len(by_model)
    apart = sum((place[firm.firm] - i) ** 2 for i, firm in enumerate(by_model))
    return 100 - 600 * apart // max(count * (count**2 - 1), 1)


def _known(review: Review, firm: Reviewed) -> int:
    return sum(part.kind in firm.scored for part in review.model.characteristics)


def _out_of_reach(firm: Reviewed) -> bool:
    """Tell whether the way out asks for several times what the firm has."""
    way_out = firm.decision.reasons[0].would_change
    changes = () if way_out is None else way_out.changes
    return any(
        change.current is not None and change.needed > _TOO_FAR * max(change.current, 1)
        for change in changes
    )
