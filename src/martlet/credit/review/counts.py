"""What a reader counts first: answers by band, by size and by limit, and what sets them apart.

Whole numbers throughout; means and medians are rounded down.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.credit.training.candidates import TURNOVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from martlet.credit.review.strangers import Review, Reviewed
    from martlet.credit.scorecard import Scorecard

PPM = 1_000_000
_YUAN = 100
LOST_PPM = 600_000
"""Lost of a loan that fails: 60 %, the house's working assumption where no book tells better."""
SALES_YEAR = "invoice_sales_12m_fen"
_SIZES_FEN = tuple(y * _YUAN for y in (100_000, 500_000, 2_000_000, 10_000_000, 50_000_000))
LIMITS_FEN = tuple(y * _YUAN for y in (10_000, 100_000, 500_000))
"""Between these bounds limits are counted; the product's most stands apart."""


@dataclass(frozen=True, slots=True)
class BandRow:
    """One band's firms and what they get; no name: the starter line."""

    name: str
    firms: int
    limit_fen: int
    median_fen: int
    rate_ppm_per_day: int
    rate_year_ppm: int
    pd_ppm: int
    """Weighted by limit."""
    margin_ppm: int
    """A year's interest less what fails, on limits fully drawn."""


@dataclass(frozen=True, slots=True)
class SizeRow:
    """The firms of one class of yearly sales; the ends are None where it is open."""

    low_fen: int | None
    high_fen: int | None
    firms: int
    approved: int
    median_fen: int
    """Of the approved."""
    year_ppm: int
    """The median limit over a year's sales, of the approved."""
    pd_ppm: int
    """The median of all in the class."""


@dataclass(frozen=True, slots=True)
class PointsRow:
    """What one characteristic gives on average."""

    kind: str
    approved: int
    refused: int


@dataclass(frozen=True, slots=True)
class Turning:
    """What would turn the refusals for risk."""

    by_one: Counter[str]
    by_several: int
    by_nothing: int


def approved_of(review: Review) -> list[Reviewed]:
    """Return the firms that get a line."""
    return [firm for firm in review.firms if firm.decision.approved]


def median(values: Iterable[int]) -> int:
    """Return the middle value, nought of none."""
    ranked = sorted(values)
    return ranked[len(ranked) // 2] if ranked else 0


def weighted_pd_ppm(firms: Sequence[Reviewed]) -> int:
    """Return the mean pd, each firm weighing as much as its limit."""
    limits = sum(firm.decision.limit_fen for firm in firms)
    total = sum(firm.decision.pd_ppm * firm.decision.limit_fen for firm in firms)
    return total // limits if limits else 0


def by_band(review: Review) -> list[BandRow]:
    """Return the bands from the safest, the starter line last."""
    rows = []
    for name in (*(band.name for band in review.policy.bands), ""):
        firms = [firm for firm in approved_of(review) if firm.decision.band == name]
        if not firms:
            continue
        limits = [firm.decision.limit_fen for firm in firms]
        rate = firms[0].decision.rate_ppm_per_day
        pd_ppm = weighted_pd_ppm(firms)
        year = rate * review.policy.days_per_year
        margin = year - LOST_PPM * pd_ppm // PPM
        rows.append(
            BandRow(name, len(firms), sum(limits), median(limits), rate, year, pd_ppm, margin)
        )
    return rows


def by_size(review: Review) -> list[SizeRow]:
    """Return the classes of yearly sales from the smallest."""
    rows = []
    bounds = [None, *_SIZES_FEN, None]
    for low, high in pairwise(bounds):
        firms = [
            firm
            for firm in review.firms
            if (low or 0) <= firm.figures.get(SALES_YEAR, 0) < (high or 1 << 62)
        ]
        lent = [firm for firm in firms if firm.decision.approved]
        rows.append(
            SizeRow(
                low,
                high,
                len(firms),
                len(lent),
                median(firm.decision.limit_fen for firm in lent),
                median(
                    firm.decision.limit_fen * PPM // max(firm.figures.get(SALES_YEAR, 0), 1)
                    for firm in lent
                ),
                median(firm.decision.pd_ppm for firm in firms),
            )
        )
    return rows


def limits_spread(review: Review) -> list[tuple[int | None, int]]:
    """Return how many limits lie below each bound, then below the most, then at the most."""
    limits = [firm.decision.limit_fen for firm in approved_of(review)]
    most = max(limits, default=0)
    found: list[tuple[int | None, int]] = []
    low = 0
    for high in (*LIMITS_FEN, most):
        found.append((high, sum(low <= limit < high for limit in limits)))
        low = high
    return [*found, (None, sum(limit == most for limit in limits))]


def points_by_kind(model: Scorecard, firm: Reviewed) -> dict[str, int]:
    """Return what each characteristic gives a firm."""
    return {part.kind: part.points_of(firm.scored.get(part.kind)) for part in model.characteristics}


def points_apart(review: Review) -> list[PointsRow]:
    """Return the mean points of approved and refused, what sets them most apart first."""
    groups: dict[bool, list[dict[str, int]]] = {True: [], False: []}
    for firm in review.firms:
        groups[firm.decision.approved].append(points_by_kind(review.model, firm))

    def mean(kind: str, *, approved: bool) -> int:
        group = groups[approved]
        return sum(points[kind] for points in group) // max(len(group), 1)

    rows = [
        PointsRow(part.kind, mean(part.kind, approved=True), mean(part.kind, approved=False))
        for part in review.model.characteristics
    ]
    return sorted(rows, key=lambda row: (row.refused - row.approved, row.kind))


def refusal_codes(review: Review) -> Counter[str]:
    """Return how often each rule or verdict refused."""
    return Counter(
        firm.decision.reasons[0].code for firm in review.firms if not firm.decision.approved
    )


def excluded(review: Review) -> dict[str, list[str]]:
    """Return the checks that forbade credit, each with the firms that it stopped."""
    found: dict[str, list[str]] = {}
    for firm in review.firms:
        for reason in firm.decision.reasons:
            if reason.code == "credit.excluded":
                found.setdefault(str(reason.params["kind"]), []).append(firm.firm)
    return found


def turning(review: Review) -> Turning:
    """Return how many refusals for risk one change would turn, and which."""
    found = Turning(Counter(), 0, 0)
    several = nothing = 0
    for firm in review.firms:
        verdict = firm.decision.reasons[0] if firm.decision.reasons else None
        if verdict is None or verdict.code != "credit.risk_too_high":
            continue
        changes = () if verdict.would_change is None else verdict.would_change.changes
        match len(changes):
            case 0:
                nothing += 1
            case 1:
                found.by_one[changes[0].kind] += 1
            case _:
                several += 1
    return Turning(found.by_one, several, nothing)


def turnover_of(firm: Reviewed) -> int:
    """Return a firm's sales over all history, nought where it has none."""
    return firm.figures.get(TURNOVER, 0)
