"""Why a firm belongs to a core firm's chain: up to three paths that share no inner node.

The best path first: the product of its hops' confidences, less for length and for busy nodes. The
invariant: no inner node is generic, every hop was in force at the moment asked about, one hop at
least is a trade, a contract, a tender or a patent of a firm that somebody wrote down, and the work
is bounded whatever hangs on a node.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from martlet.supplychain.generic import is_generic
from martlet.supplychain.model import PPM, Relation
from martlet.supplychain.path_limits import (
    BOUGHT_HOPS_MAX,
    EDGES_READ_MAX,
    FIRM_HOPS_MAX,
    HOPS_MAX,
    HUB_DISCOUNT,
    LENGTH_DISCOUNT_PPM,
    NODES_READ_MAX,
    PATHS_MAX,
    PRODUCT_HOPS_MAX,
    SCORE_MIN_PPM,
)
from martlet.supplychain.tie import (
    PRODUCT_RELATIONS,
    Hop,
    Phase,
    best_hops,
    in_force,
    next_phase,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from martlet.supplychain.model import Edge

_LENGTH_COST = -math.log(LENGTH_DISCOUNT_PPM / PPM)
_COST_MAX = -math.log(SCORE_MIN_PPM / PPM)


class Around(NamedTuple):
    """What a reader tells of a node: edges that touch it, at most so many, and how many there are.

    The degree may be any number above `FIRM_DEGREE_MAX` where a node has more edges than that.
    """

    edges: tuple[Edge, ...]
    degree: int


if TYPE_CHECKING:
    Neighbours = Callable[[str], Around]


@dataclass(frozen=True, slots=True)
class Path:
    """One chain of hops from the firm to the core firm."""

    hops: tuple[Hop, ...]
    score_ppm: int

    @property
    def inner_keys(self) -> tuple[str, ...]:
        """The nodes between its ends."""
        return tuple(hop.end_key for hop in self.hops[:-1])

    @property
    def weakest(self) -> int:
        """The place of the hop that is known least well; the first of several."""
        places = range(len(self.hops))
        return min(places, key=lambda place: self.hops[place].strength)

    @property
    def tiers(self) -> int:
        """How many tiers lie between its ends: trades, and steps from product to product."""
        return sum(hop.tiers for hop in self.hops)

    @property
    def verifying(self) -> bool:
        """Whether a trade left its own trace in one of its hops."""
        return any(hop.verifying for hop in self.hops)

    @property
    def inferred(self) -> bool:
        """Whether a model made one of its hops."""
        return any(hop.edge.provenance.inferred for hop in self.hops)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "score_ppm": self.score_ppm,
            "tiers": self.tiers,
            "weakest_hop": self.weakest,
            "verifying": self.verifying,
            "inferred": self.inferred,
            "hops": [hop.as_json() for hop in self.hops],
        }


@dataclass(frozen=True, slots=True)
class Explanation:
    """The paths found for a claim, best first; none where nothing shows it."""

    firm_key: str
    core_key: str
    as_of: datetime
    paths: tuple[Path, ...]
    nodes_read: int
    cut: bool
    """Whether the search stopped at its bound; more may then be there."""

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "firm": self.firm_key,
            "core": self.core_key,
            "as_of": self.as_of.isoformat(),
            "paths": [path.as_json() for path in self.paths],
            "nodes_read": self.nodes_read,
            "cut": self.cut,
        }


def neighbours_of(edges: Iterable[Edge], as_of: datetime) -> Neighbours:
    """Return a reader over edges that are all at hand, as of a moment.

    The degree counts neighbours: a customer of forty invoices is one.
    """
    found: dict[str, list[Edge]] = {}
    others: dict[str, set[str]] = {}
    for edge in edges:
        if not in_force(edge, as_of):
            continue
        for key, other in ((edge.from_key, edge.to_key), (edge.to_key, edge.from_key)):
            found.setdefault(key, []).append(edge)
            others.setdefault(key, set()).add(other)

    def around(key: str) -> Around:
        return Around(tuple(found.get(key, ())), len(others.get(key, ())))

    return around


def explain(
    firm_key: str,
    core_key: str,
    around: Neighbours,
    as_of: datetime,
    name_of: Callable[[str], str] = lambda _: "",
    nodes_max: int = NODES_READ_MAX,
) -> Explanation:
    """Return up to three disjoint paths from a firm to a core firm, as of a moment."""
    search = _Search(firm_key, core_key, around, as_of, name_of)
    search.nodes_max = nodes_max
    paths: list[Path] = []
    while firm_key != core_key and len(paths) < PATHS_MAX:
        found = search.best()
        if found is None:
            break
        paths.append(found)
        search.barred.update(found.inner_keys)
        if not found.inner_keys:
            search.direct = False
    return Explanation(firm_key, core_key, as_of, tuple(paths), len(search.read), search.cut)


class _State(NamedTuple):
    """Where a walk stands, as far as it decides what may come."""

    key: str
    phase: Phase
    firm_hops: int
    product_hops: int
    traced: bool
    """Whether a hop has said something of a firm itself."""
    by_trade: bool
    """Whether the last hop is a trade's own trace."""
    hops: int


class _Search:
    """Best-first over states; what was read of a node is kept from one path to the next."""

    def __init__(
        self,
        firm_key: str,
        core_key: str,
        around: Neighbours,
        as_of: datetime,
        name_of: Callable[[str], str],
    ) -> None:
        self.firm_key, self.core_key = firm_key, core_key
        self.around, self.as_of, self.name_of = around, as_of, name_of
        self.read: dict[str, tuple[list[Hop], int]] = {}
        self.barred: set[str] = set()
        self.direct = True
        self.cut = False
        self.nodes_max = NODES_READ_MAX

    def best(self) -> Path | None:
        """Return the best path whose inner nodes no path has used yet."""
        start = _State(self.firm_key, Phase.FIRM, 0, 0, traced=False, by_trade=False, hops=0)
        came: dict[_State, tuple[_State, Hop] | None] = {start: None}
        costs = {start: 0.0}
        queue = [(0.0, start)]
        settled = set()
        while queue:
            cost, state = heapq.heappop(queue)
            if state in settled:
                continue
            settled.add(state)
            if state.key == self.core_key:
                return _path(came, state, cost)
            for hop, after, step in self._steps(state, came):
                total = cost + step
                if total <= _COST_MAX and total < costs.get(after, math.inf):
                    costs[after] = total
                    came[after] = state, hop
                    heapq.heappush(queue, (total, after))
        return None

    def _steps(
        self, state: _State, came: dict[_State, tuple[_State, Hop] | None]
    ) -> Iterator[tuple[Hop, _State, float]]:
        hops, degree = self._read(state.key)
        cost, name, came_by = 0.0, self.name_of(state.key), came[state]
        if came_by is not None:
            if is_generic(state.key, degree, name, between_trades=state.by_trade):
                return
            cost = _LENGTH_COST + math.log1p(HUB_DISCOUNT * math.log10(max(degree, 1)))
        busy = came_by is not None and is_generic(state.key, degree, name)
        walked = _walked(came, state)
        for hop in hops:
            if busy and not hop.verifying:
                continue
            after = self._after(state, hop)
            if after is None or after.key in walked or after.key in self.barred:
                continue
            yield hop, after, cost - math.log(max(hop.edge.provenance.confidence_ppm, 1) / PPM)

    def _after(self, state: _State, hop: Hop) -> _State | None:
        """Return the state that a hop leads to; None where the rules of a path forbid it."""
        phase = next_phase(state.phase, hop.edge, against=hop.against)
        if phase is None:
            return None
        ends = hop.end_key == self.core_key
        if not _allowed(state, hop, ends=ends):
            return None
        between = phase in {Phase.FIRM, Phase.BOUGHT} and state.phase in {Phase.FIRM, Phase.BOUGHT}
        firm_hops = state.firm_hops + (between and hop.edge.relation is not Relation.ALIAS_OF)
        product_hops = state.product_hops + (hop.edge.relation in PRODUCT_RELATIONS)
        after = _State(
            hop.end_key,
            phase,
            firm_hops,
            product_hops,
            state.traced or hop.traced,
            hop.verifying,
            state.hops + 1,
        )
        too_long = (
            after.hops > HOPS_MAX or firm_hops > FIRM_HOPS_MAX or product_hops > PRODUCT_HOPS_MAX
        )
        too_long |= phase is Phase.BOUGHT and firm_hops > BOUGHT_HOPS_MAX
        untraced = ends and not after.traced
        again = ends and state.hops == 0 and not self.direct
        return None if too_long or untraced or again else after

    def _read(self, key: str) -> tuple[list[Hop], int]:
        if key not in self.read:
            if len(self.read) >= self.nodes_max:
                self.cut = True
                return [], 0
            edges, degree = self.around(key)
            self.read[key] = best_hops(key, edges[:EDGES_READ_MAX], self.as_of), degree
        return self.read[key]


def _allowed(state: _State, hop: Hop, *, ends: bool) -> bool:
    """Tell whether a hop says something of the firm that the path is about.

    Of all who make a product only the core is meant; of parents only the core, once goods have
    reached its daughter; a patent explains its own holder.
    """
    relation = hop.edge.relation
    if relation is Relation.MAKES and hop.against:
        return ends
    if relation is Relation.PARENT_OF:
        return ends and state.traced
    if state.phase is Phase.FIRM and next_phase(state.phase, hop.edge, against=hop.against) is (
        Phase.BOUGHT
    ):
        return state.firm_hops == 0
    return relation is not Relation.HOLDS_PATENT or state.firm_hops == 0


def _walked(came: dict[_State, tuple[_State, Hop] | None], state: _State) -> set[str]:
    walked = {state.key}
    while (step := came[state]) is not None:
        state = step[0]
        walked.add(state.key)
    return walked


def _path(came: dict[_State, tuple[_State, Hop] | None], state: _State, cost: float) -> Path:
    hops = []
    while (step := came[state]) is not None:
        state, hop = step
        hops.append(hop)
    return Path(tuple(reversed(hops)), round(math.exp(-cost) * PPM))
