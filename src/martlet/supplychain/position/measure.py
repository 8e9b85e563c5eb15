"""A firm's place in a chain in figures: what it sells into it, how long, how steadily, how alone.

Pure. The invariant: what counts for a line (`counts` in the register) never falls because of a
further verified sale to an unrelated firm; what might is only shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.kernel.rounding import RoundingMode, divide
from martlet.supplychain.model import PPM
from martlet.supplychain.position.limits import (
    ALTERNATIVES_MAX,
    CORENESS_MAX,
    MONTHS_COUNTED,
    MONTHS_REGULAR,
    TENURE_MONTHS_MAX,
    TIERS_MAX,
)
from martlet.supplychain.position.trade import Books, bought_of, months_between, netted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date


@dataclass(frozen=True, slots=True)
class Tie:
    """How a firm hangs on a core firm."""

    core_key: str
    into: frozenset[str]
    """The customers through which a path of known hops leads to the core firm; itself if direct."""
    tiers: int | None
    """Hops from firm to firm; None where no path is known."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only others' data tells; None where nobody has told."""

    alternatives: int | None = None
    coreness: int | None = None
    nearness_ppm: int | None = None
    need_fen: int | None = None
    """Working capital tied up, where payments are known as well as invoices."""


@dataclass(frozen=True, slots=True)
class Position:
    """The figures of one firm on one core firm's chain, by the slugs of the register."""

    firm_key: str
    core_key: str
    role: str
    """`supplier` or `distributor`."""
    figures: Mapping[str, int]
    trades_count: int
    """Months of ties that the figures rest on."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "firm": self.firm_key,
            "core": self.core_key,
            "role": self.role,
            "figures": dict(self.figures),
            "trades_count": self.trades_count,
        }


NOWHERE = Surroundings()


def measure(books: Books, tie: Tie, through: date, around: Surroundings = NOWHERE) -> Position:
    """Return a firm's place as of the last whole month before a day.

    As a supplier by what it sold into the chain, as a distributor by what it bought of the core
    firm: the role in which more revenue is verified.
    """
    last = _before(through.replace(day=1), 1)
    since = _before(last, MONTHS_COUNTED - 1)
    sold = netted(books, since, last)
    total_fen = sum(sold.values())
    into = {other: fen for other, fen in sold.items() if other in tie.into}
    supplied_fen = sum(into.values())
    distributed_fen = _distributed_fen(books, tie.core_key, total_fen, since, last)
    role = "supplier" if supplied_fen >= distributed_fen else "distributor"
    chain_fen = max(supplied_fen, distributed_fen)
    traded = {trade.month for trade in books.sales if trade.other_key in tie.into}
    traded |= {trade.month for trade in books.purchases if trade.other_key == tie.core_key}
    months = sorted(month for month in traded if month <= last)
    figures = {"chain_revenue_monthly_fen": chain_fen // MONTHS_COUNTED}
    if tie.tiers is not None and chain_fen:
        figures["chain_tiers_count"] = min(tie.tiers, TIERS_MAX)
    figures |= _steadiness(months, last)
    hanging_fen = max(into.values(), default=0) if role == "supplier" else distributed_fen
    figures |= _weights(sold, chain_fen, hanging_fen, total_fen)
    figures |= _others(around, chain_fen)
    return Position(books.firm_key, tie.core_key, role, figures, len(months))


def _distributed_fen(books: Books, core_key: str, sold_fen: int, since: date, last: date) -> int:
    """Return the part of a distributor's sales that the core firm's goods carry."""
    bought = bought_of(books, since, last)
    total = sum(bought.values())
    if not total or core_key not in bought:
        return 0
    return divide(sold_fen * bought[core_key], total, RoundingMode.DOWN)


def _steadiness(months: list[date], last: date) -> dict[str, int]:
    if not months:
        return {}
    since_first = months_between(months[0], last) + 1
    start = _before(last, MONTHS_REGULAR - 1)
    recent = sum(month >= start for month in months)
    return {
        "chain_tenure_months_count": min(since_first, TENURE_MONTHS_MAX),
        "chain_trade_months_count": recent,
        "chain_regularity_ppm": recent * PPM // min(since_first, MONTHS_REGULAR),
    }


def _weights(
    sold: Mapping[str, int], chain_fen: int, hanging_fen: int, total_fen: int
) -> dict[str, int]:
    if not total_fen:
        return {}
    squares = sum(fen * fen for fen in sold.values())
    return {
        "chain_revenue_share_ppm": min(chain_fen * PPM // total_fen, PPM),
        "chain_customers_hhi_ppm": squares * PPM // (total_fen * total_fen),
        "chain_exposure_ppm": min(hanging_fen * PPM // total_fen, PPM),
    }


def _others(around: Surroundings, chain_fen: int) -> dict[str, int]:
    told = {}
    if around.alternatives is not None:
        told["chain_alternatives_count"] = min(around.alternatives, ALTERNATIVES_MAX)
    if around.coreness is not None:
        told["chain_coreness_count"] = min(around.coreness, CORENESS_MAX)
    if around.nearness_ppm is not None:
        told["chain_nearness_ppm"] = min(around.nearness_ppm, PPM)
    if around.need_fen is not None and chain_fen:
        told["chain_working_capital_fen"] = min(around.need_fen, chain_fen)
    return told


def alternatives(
    firm_keys: Collection[str],
    own_products: Collection[str],
    suppliers: Mapping[str, Collection[str]],
    products: Mapping[str, Collection[str]],
) -> int | None:
    """Return how many other firms make a product of this firm's and supply a customer of it.

    `suppliers` tells of each customer in the chain who else supplies it; None where of nobody.
    """
    others = {one for them in suppliers.values() for one in them} - set(firm_keys)
    if not others or not own_products:
        return None
    wanted = set(own_products)
    return sum(bool(wanted & set(products.get(one, ()))) for one in others)


def working_capital_fen(
    invoiced: Mapping[date, int], paid: Mapping[date, int], through: date
) -> int | None:
    """Return what stood unpaid on average at the ends of the last 12 months; None without payments.

    Payments settle the oldest invoices first, so that what is unpaid at a month's end is what was
    invoiced until then less what was paid until then.
    """
    if not paid or not invoiced:
        return None
    last = _before(through.replace(day=1), 1)
    first = min(*invoiced, *paid)
    ends = [_before(last, back) for back in range(MONTHS_COUNTED)]
    open_fen = [
        max(sum(f for m, f in invoiced.items() if m <= end)
            - sum(f for m, f in paid.items() if m <= end), 0)
        for end in ends
        if end >= first
    ]  # fmt: skip
    return sum(open_fen) // len(open_fen) if open_fen else None


def _before(month: date, months: int) -> date:
    place = month.year * 12 + month.month - 1 - months
    return month.replace(year=place // 12, month=place % 12 + 1)
