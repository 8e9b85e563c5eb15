"""A firm's technology grade, T1 to T10, from its patents; and what of them was not counted, why.

Pure; weights are the expert's (`weights.toml`), unproven against default. The invariant: every
figure is a sum over patents that count, each by itself, so that one more patent never lowers a
grade, and one that was bought lately, has lapsed or has nothing to do with the firm never lifts it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martlet.supplychain.model import PPM
from martlet.supplychain.technology.limits import (
    INVENTION_YEARS,
    OTHERS_MAX,
    PATENTS_MAX,
    TEXTS_MAX,
    YEARS_COUNTED,
)
from martlet.supplychain.technology.patent import LegalState, Ownership, PatentType
from martlet.supplychain.technology.text import Rarity, relevance_ppm, weight_of
from martlet.supplychain.technology.weights import expert_weights

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from martlet.supplychain.technology.patent import Patent
    from martlet.supplychain.technology.weights import Weights

_DAYS_A_YEAR = 365
_TWENTY_YEARS = INVENTION_YEARS * _DAYS_A_YEAR


@dataclass(frozen=True, slots=True)
class Business:
    """What a firm sells and what its chain is made of, as names."""

    products: tuple[str, ...] = ()
    chain_products: tuple[str, ...] = ()
    """Products of the chain beyond the firm's own."""
    other_holders: int | None = None
    """Other firms with a patent in force on the same product; None where nobody has counted."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why some patents count less or not at all; a code with figures, worded by `supplychain`."""

    code: str
    count: int
    numbers: tuple[str, ...]
    """The first of them."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {"code": self.code, "count": self.count, "numbers": list(self.numbers)}


@dataclass(frozen=True, slots=True)
class Technology:
    """The figures by the slugs of the register, the grade and its doubts."""

    figures: Mapping[str, int]
    doubts: tuple[Doubt, ...]
    weights_version: str
    weighed: Mapping[str, int] = field(default_factory=dict)
    """What each patent in force weighs, by number."""

    @property
    def points(self) -> int:
        """Points of 100."""
        return self.figures.get("technology_points_count", 0)

    @property
    def grade(self) -> int:
        """1 to 10; 10 where nothing counts."""
        return self.figures.get("technology_grade_count", 10)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "grade": f"T{self.grade}",
            "points": self.points,
            "figures": dict(self.figures),
            "doubts": [doubt.as_json() for doubt in self.doubts],
            "weights_version": self.weights_version,
            "weighed": dict(self.weighed),
        }


@dataclass(frozen=True, slots=True)
class _Weighed:
    patent: Patent
    weight: int
    chain: int


def grade(
    patents: Iterable[Patent],
    business: Business,
    today: date,
    weights: Weights | None = None,
    rarity: Rarity | None = None,
) -> Technology:
    """Return the technology grade of a firm on a day."""
    by = weights or expert_weights()
    each = sorted({one.number: one for one in patents}.values(), key=lambda one: one.number)
    each = each[:PATENTS_MAX]
    if not each:
        return Technology({}, (), by.version)
    rare = rarity or Rarity()
    weighed = [_weigh(one, business, today, (by, rare)) for one in each]
    sums = _sums(weighed, today, by)
    counting = [one for one in weighed if one.weight]
    filed = {one.patent.filed_on.year for one in counting if one.patent.filed_on}
    years = len({year for year in filed if today.year - YEARS_COUNTED < year <= today.year})
    fields = {name for one in counting for name in one.patent.fields}
    figures = {
        "technology_patents_count": len(each),
        "technology_inventions_count": sum(
            one.patent.type is PatentType.INVENTION and one.patent.in_force(today)
            for one in counting
        ),
        "technology_years_count": years,
        "technology_fields_count": len(fields) or bool(counting),
        "technology_relevance_ppm": max(
            (
                relevance_ppm(one.title, business.products[:TEXTS_MAX], rare)
                for one in each
                if one.in_force(today)
            ),
            default=0,
        ),
        **sums,
    }
    if business.other_holders is not None:
        figures["technology_other_holders_count"] = min(business.other_holders, OTHERS_MAX)
    figures["technology_points_count"] = _points(figures, by, counts=bool(counting))
    reached = [place for place, least in enumerate(by.from_points, 1)
               if figures["technology_points_count"] >= least]  # fmt: skip
    figures["technology_grade_count"] = min(reached, default=len(by.from_points) + 1)
    return Technology(
        {name: int(figures[name]) for name in sorted(figures)},
        _doubts(weighed, business, today, by),
        by.version,
        {one.patent.number: one.weight for one in counting},
    )


def _weigh(patent: Patent, business: Business, today: date, by: tuple[Weights, Rarity]) -> _Weighed:
    weights, rarity = by
    weight = weights.of_type[patent.type] * weights.of_state[_state(patent, today)] // PPM
    weight = weight * _held(patent, today, weights) // PPM
    if not weight:
        return _Weighed(patent, 0, 0)
    near = relevance_ppm(patent.title, business.products[:TEXTS_MAX], rarity)
    far = relevance_ppm(patent.title, business.chain_products[:TEXTS_MAX], rarity)
    relevant = weight_of(max(near, far), weights.relevance)
    chain = weight_of(far, weights.relevance)
    return _Weighed(patent, weight * relevant // PPM, weight * chain // PPM)


def _state(patent: Patent, today: date) -> str:
    if patent.state is LegalState.GRANTED and not patent.in_force(today):
        return LegalState.ENDED.value
    return patent.state.value


def _held(patent: Patent, today: date, weights: Weights) -> int:
    if _bought_lately(patent, today, weights):
        return weights.ownership["bought_lately"]
    return weights.ownership[patent.ownership.value]


def _bought_lately(patent: Patent, today: date, weights: Weights) -> bool:
    if patent.acquired_on is None:
        return False
    return (today - patent.acquired_on).days < weights.ownership["bought_lately_days"]


def _sums(weighed: Sequence[_Weighed], today: date, by: Weights) -> dict[str, int]:
    """Return the sums over patents; the registered ones together at most so much of each."""
    kept = by.points["recency"].kept_a_year / PPM
    sums = dict.fromkeys(("stock", "recency", "life", "chain"), 0)
    registered = dict(sums)
    for one in weighed:
        age_days = None if one.patent.filed_on is None else (today - one.patent.filed_on).days
        recent = 0 if age_days is None else round(kept ** (max(age_days, 0) / _DAYS_A_YEAR) * PPM)
        left = one.patent.days_left(today)
        parts = {
            "stock": one.weight,
            "recency": one.weight * recent // PPM,
            "life": one.weight * left // _TWENTY_YEARS,
            "chain": one.chain,
        }
        into = sums if one.patent.type is PatentType.INVENTION else registered
        for name, part in parts.items():
            into[name] += part
    return {
        f"technology_{name}_ppm": value + min(registered[name], by.registered_weight_max)
        for name, value in sums.items()
    }


_FIGURES = {
    "stock": "technology_stock_ppm",
    "recency": "technology_recency_ppm",
    "continuity": "technology_years_count",
    "life": "technology_life_ppm",
    "breadth": "technology_fields_count",
    "chain": "technology_chain_ppm",
}


def _points(figures: Mapping[str, int], by: Weights, *, counts: bool) -> int:
    total = 0
    for name, slug in _FIGURES.items():
        part = by.points[name]
        total += part.points * min(figures[slug], part.full) * PPM // part.full
    others = figures.get("technology_other_holders_count")
    if counts and others is not None:
        total += by.points["scarcity"].points * PPM // (1 + others)
    return total // PPM


def _doubts(
    weighed: Sequence[_Weighed], business: Business, today: date, by: Weights
) -> tuple[Doubt, ...]:
    """Return what a reader should know of patents that count less than they look."""
    named: dict[str, list[str]] = {}
    for one in weighed:
        code = _doubt(one, today, by, known=bool(business.products or business.chain_products))
        if code:
            named.setdefault(code, []).append(one.patent.number)
    registered = [one for one in weighed if one.patent.type is not PatentType.INVENTION]
    flood = sum(one.weight for one in registered)
    if flood > by.registered_weight_max:
        named["supplychain_line.doubt_flood"] = [one.patent.number for one in registered]
    return tuple(
        Doubt(code, len(numbers), tuple(numbers[:5])) for code, numbers in sorted(named.items())
    )


def _doubt(one: _Weighed, today: date, by: Weights, *, known: bool) -> str:
    patent, room = one.patent, "supplychain_line"
    if _bought_lately(patent, today, by):
        return f"{room}.doubt_bought_lately"
    if _state(patent, today) == LegalState.ENDED.value:
        return f"{room}.doubt_fees" if patent.lapsed_fees else f"{room}.doubt_ended"
    if not one.weight and known and by.of_state[_state(patent, today)]:
        return f"{room}.doubt_unrelated"
    return f"{room}.doubt_bought" if patent.ownership is Ownership.BOUGHT else ""
