"""A plan turned into policy: bands of pd, each with one price and one share of the cash flow.

A policy cannot price every applicant apart, so a grid earns less than the plan it is fitted to; how
much less is the price of simplicity and is told. The invariant is the policy's own (a better band
never pays more and never borrows less), and the grid keeps the plan's budget and bound on losses.
Caps by group or rating have no place in a policy: they are watched, not written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from martlet.credit.optimise.constraints import Tally, rows_of
from martlet.credit.optimise.frontier import grant_of
from martlet.credit.optimise.limits import GRID_BANDS_MAX
from martlet.credit.optimise.market import never_falling
from martlet.credit.optimise.model import Bound, Grant
from martlet.credit.optimise.policy_text import policy_text
from martlet.credit.policy import Band, parse_policy
from martlet.kernel.errors import Refused
from martlet.kernel.rates import PPM
from martlet.kernel.rounding import RoundingMode, divide

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from martlet.credit.optimise.model import Applicant, Plan, PlanInputs, Terms
    from martlet.credit.policy import CapacitySource, Policy

CASH_FLOW = "verified_takings_monthly_fen"
"""The capacity of a policy that a plan's cash flow stands for."""
_DIGITS = 3
"""Significant digits of the figures of a grid, which people read."""

_ROUNDS = 5
"""Times that shares are lowered for losses and for the budget in turn; one is mostly enough."""


@dataclass(frozen=True, slots=True)
class GridBand:
    """Up to a pd: the daily rate, and how much of a month's cash flow may be borrowed."""

    pd_max_ppm: int
    rate_ppm_per_day: int
    share_ppm: int


@dataclass(frozen=True)
class FittedPolicy:
    """A policy fitted to a plan, and what it would earn on the plan's own applicants."""

    policy: Policy
    bands: tuple[GridBand, ...]
    grants: tuple[Grant, ...]
    plan_profit_fen: int

    @property
    def profit_fen(self) -> int:
        """What the grid is expected to earn; starter lines of the policy are not in it."""
        return sum(grant.profit_fen for grant in self.grants)

    @property
    def given_up_fen(self) -> int:
        """What is given up for a grid that people can read; below zero where caps were left out."""
        return self.plan_profit_fen - self.profit_fen

    def as_json(self) -> dict[str, Any]:
        """Return the grid and what it costs as a JSON value."""
        return {
            "version": self.policy.version,
            "profit_fen": self.profit_fen,
            "given_up_fen": self.given_up_fen,
            "granted_count": sum(1 for grant in self.grants if grant.limit_fen),
            "bands": [
                {
                    "name": band.name,
                    "pd_max_ppm": part.pd_max_ppm,
                    "rate_ppm_per_day": part.rate_ppm_per_day,
                    "cash_flow_share_ppm": part.share_ppm,
                }
                for band, part in zip(self.policy.bands, self.bands, strict=True)
            ],
        }


def policy_from_plan(
    plan: Plan, inputs: PlanInputs, base: Policy, *, version: str, note: str = "", bands: int = 5
) -> FittedPolicy:
    """Return `base` with the price grid and cash-flow shares that come nearest to a plan.

    Its text is ready to be back-tested and published by whoever may; nothing here puts it in force.
    """
    if all(source.kind != CASH_FLOW for source in base.capacity):
        raise Refused("credit.grid_source_missing", kind=CASH_FLOW)
    book = _Book(plan, inputs)
    fitted = _merged(book.fitted(min(bands, GRID_BANDS_MAX)))
    drafted = _written(base, fitted, version, note)
    policy = parse_policy(policy_text(drafted))
    return FittedPolicy(policy, fitted, book.grants(fitted), plan.totals["profit_fen"])


def _merged(bands: Sequence[GridBand]) -> tuple[GridBand, ...]:
    """Return the bands without those that say the same as the next."""
    following = [*bands[1:], None]
    return tuple(
        band
        for band, after in zip(bands, following, strict=True)
        if after is None
        or (band.rate_ppm_per_day, band.share_ppm) != (after.rate_ppm_per_day, after.share_ppm)
    )


def _written(base: Policy, fitted: Sequence[GridBand], version: str, note: str) -> Policy:
    """Return the base policy with the fitted bands; other money keeps the shares of old bands."""
    bands = tuple(
        Band(chr(ord("A") + place), part.pd_max_ppm, part.rate_ppm_per_day)
        for place, part in enumerate(fitted)
    )

    def shares(source: CapacitySource) -> dict[str, int]:
        if source.kind == CASH_FLOW:
            return {band.name: p.share_ppm for band, p in zip(bands, fitted, strict=True)}
        old = {band.name: base.band_of(band.pd_max_ppm) or base.bands[-1] for band in bands}
        return {name: source.share_ppm[before.name] for name, before in old.items()}

    thin = base.thin_history
    dearest = max(thin.rate_ppm_per_day, bands[-1].rate_ppm_per_day)
    return replace(
        base,
        version=version,
        note=note,
        bands=bands,
        capacity=tuple(replace(source, share_ppm=shares(source)) for source in base.capacity),
        thin_history=replace(thin, rate_ppm_per_day=dearest),
    )


def _largest(high: int, fits: Callable[[int], bool]) -> int:
    """Return the largest whole number up to `high` that fits, where smaller ones fit as well."""
    if fits(high):
        return high
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


class _Book:
    """The applicants of a plan, sorted into bands."""

    def __init__(self, plan: Plan, inputs: PlanInputs) -> None:
        self._applicants, self._terms, self._market = (
            inputs.applicants,
            inputs.terms,
            inputs.market,
        )
        uncapped = replace(inputs.portfolio, caps=(), lend_least_fen=0)
        self._rows = rows_of(uncapped, self._applicants)
        self._grants = plan.grants

    def fitted(self, count: int) -> tuple[GridBand, ...]:
        """Return the bands nearest to the plan that keep the budget and the bound on losses."""
        edges = self._edges(count)
        members: list[list[int]] = [[] for _ in edges]
        for place, applicant in enumerate(self._applicants):
            band = next((i for i, edge in enumerate(edges) if applicant.pd_ppm <= edge), None)
            if band is not None:
                members[band].append(place)
        volumes = [max(sum(self._grants[i].volume_fen for i in part), 1) for part in members]
        rates = never_falling(
            [self._average_rate(part) for part in members],
            volumes,
        )
        flows = [
            max(sum(self._applicants[i].cash_flow_monthly_fen for i in part), 1) for part in members
        ]
        shares = [self._share(part) for part in members]
        shares = list(never_falling(shares[::-1], flows[::-1]))[::-1]
        return self._kept(edges, rates, shares)

    def grants(self, bands: Sequence[GridBand]) -> tuple[Grant, ...]:
        """Return what a grid would offer to every applicant of the plan."""
        shared = [replace(self._terms, cash_flow_share_ppm=band.share_ppm) for band in bands]
        offered = list(zip(bands, shared, strict=True))
        return tuple(self._grant(applicant, offered) for applicant in self._applicants)

    def _grant(self, applicant: Applicant, offered: list[tuple[GridBand, Terms]]) -> Grant:
        for band, terms in offered:
            if applicant.pd_ppm <= band.pd_max_ppm:
                limit_fen, rate = terms.ceiling_fen(applicant), band.rate_ppm_per_day
                return grant_of(applicant, limit_fen, rate, terms, self._market)
        return Grant(applicant.application_id)

    def _edges(self, count: int) -> list[int]:
        """Return pds that part what the plan lends about equally; the last is its highest."""
        lent = sorted(
            (applicant.pd_ppm, grant.volume_fen)
            for applicant, grant in zip(self._applicants, self._grants, strict=True)
            if grant.limit_fen
        )
        if not lent:
            raise Refused("credit.grid_empty")
        total, so_far = sum(volume for _, volume in lent), 0
        edges: list[int] = []
        for pd_ppm, volume in lent:
            so_far += volume
            if so_far * count >= total * (len(edges) + 1) or pd_ppm == lent[-1][0]:
                edges.append(_edge(pd_ppm))
        return sorted({*edges, _edge(lent[-1][0])})[-count:]

    def _average_rate(self, members: Sequence[int]) -> int:
        granted = [self._grants[i] for i in members if self._grants[i].volume_fen]
        volume_fen = sum(grant.volume_fen for grant in granted)
        weighed = sum(grant.rate_ppm_per_day * grant.volume_fen for grant in granted)
        return divide(weighed, volume_fen) if volume_fen else self._terms.rates[-1]

    def _share(self, members: Sequence[int]) -> int:
        """Return the share of the cash flow at which a band is offered what the plan offers it."""
        wanted_fen = sum(self._grants[i].limit_fen for i in members)

        def fits(share_ppm: int) -> bool:
            asked = replace(self._terms, cash_flow_share_ppm=share_ppm)
            return sum(asked.ceiling_fen(self._applicants[i]) for i in members) <= wanted_fen

        return _largest(self._terms.cash_flow_share_ppm, fits)

    def _kept(
        self, edges: Sequence[int], rates: Sequence[int], shares: Sequence[int]
    ) -> tuple[GridBand, ...]:
        """Lower the shares until the constraints hold: for losses the worst bands', else all."""

        def grid(whole_ppm: int, last: int, last_share: int) -> tuple[GridBand, ...]:
            lowered = [
                divide(share * whole_ppm, PPM, RoundingMode.DOWN) for share in shares[: last + 1]
            ]
            lowered[last] = min(lowered[last], last_share)
            lowered = [_readable(share, RoundingMode.FLOOR) for share in lowered]
            return tuple(GridBand(*part) for part in zip(edges, rates, lowered, strict=False))

        whole_ppm, last = PPM, len(edges) - 1
        for _ in range(_ROUNDS):
            while last > 0 and not self._loss_holds(grid(whole_ppm, last, 0)):
                last -= 1
            last_share = _largest(
                shares[last],
                lambda share: self._loss_holds(grid(whole_ppm, last, share)),  # noqa: B023 - called here
            )
            whole_ppm = _largest(
                whole_ppm,
                lambda part: self._broken(grid(part, last, last_share)) is not Bound.BUDGET,  # noqa: B023 - called here
            )
            found = grid(whole_ppm, last, last_share)
            kept = tuple(band for band in found if band.share_ppm) or found[:1]
            if self._broken(kept) is None:
                return kept
        return (replace(kept[0], share_ppm=0),)

    def _loss_holds(self, bands: Sequence[GridBand]) -> bool:
        room = self._tally(bands).loss_room
        return room is None or room >= 0

    def _broken(self, bands: Sequence[GridBand]) -> Bound | None:
        row = self._tally(bands).broken()
        return None if row is None else self._rows.rows[row].bound

    def _tally(self, bands: Sequence[GridBand]) -> Tally:
        tally = Tally(self._rows, self._applicants, self._terms)
        for place, grant in enumerate(self.grants(bands)):
            tally.put(place, grant)
        return tally


def _readable(figure: int, mode: RoundingMode) -> int:
    """Return a figure rounded to a few digits, as people write it."""
    unit = int(10 ** max(len(str(figure)) - _DIGITS, 0))
    return divide(figure, unit, mode) * unit


def _edge(pd_ppm: int) -> int:
    """Return the upper end of a band that holds a pd."""
    return min(max(_readable(pd_ppm, RoundingMode.CEILING), 1), PPM - 1)
