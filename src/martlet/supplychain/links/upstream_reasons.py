"""Why a material is proposed for a product, in facts that a person can check.

Each ground is something anyone can look up in the edges or read in the names: similar products
that use it, a rule over names with its count, the material beside which it is used. Guards that
a reason names only what the graph holds, and never the model's own numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.generic import is_generic_name
from martlet.supplychain.links.limits import HUB_USES, KNOWN_MAX
from martlet.supplychain.links.matrices import value_at
from martlet.supplychain.links.model import Ground, Why
from martlet.supplychain.links.names_text import END, START, grams_of
from martlet.supplychain.links.upstream_graph import PRIOR

if TYPE_CHECKING:
    from martlet.supplychain.links.candidates import Proposals
    from martlet.supplychain.links.upstream_graph import UpstreamGraph

EXAMPLES = 3
"""Similar products that a reason names."""

WHYS_MAX = 2
"""Grounds told of one suggestion: the two that weigh most."""

RULE_USES_MIN = 2
RULE_RATE_MIN = 0.05
"""A rule over names is told from two products and one in twenty on; below it is chance."""

TOGETHER_MIN = 2
"""Two materials go together where two products use both."""


class Reasons:
    """The grounds of one block of proposals."""

    def __init__(self, graph: UpstreamGraph, found: Proposals) -> None:
        self._graph = graph
        self._found = found
        self._users: dict[int, dict[int, list[str]]] = {}
        self._rules: dict[int, list[tuple[str, int, float]]] = {}
        self._inside = found.column("part_chars") > 0

    def of(self, at: int) -> tuple[Why, ...]:
        """Return the grounds of one candidate, the strongest first; never none."""
        row, material = int(self._found.product[at]), int(self._found.material[at])
        whys: list[Why] = []
        if self._inside[at]:
            whys.append(self._in_name(material))
        for ground in (self._alike, self._together, self._kind):
            if len(whys) < WHYS_MAX and material < self._graph.used:
                why = ground(row, material)
                if why is not None:
                    whys.append(why)
        if not whys:
            whys.append(self._fallback(at, material))
        name = self._graph.materials[material]
        users = int(self._graph.users[material])
        generic = users > HUB_USES or (len(name) > 1 and is_generic_name(name))
        if generic and whys[0].ground is not Ground.COMMON:
            whys.append(Why(Ground.GENERIC, {"material": name, "users": users}))
        return tuple(whys)

    def _in_name(self, material: int) -> Why:
        graph = self._graph
        if material >= graph.used:
            return Why(Ground.NEW_IN_NAME, {"material": graph.materials[material]})
        details: dict[str, str | int] = {
            "material": graph.materials[material],
            "users": int(graph.users[material]),
        }
        return Why(Ground.IN_NAME, details)

    def _alike(self, row: int, material: int) -> Why | None:
        if row not in self._users:
            self._users[row] = self._users_near(row)
        near = self._users[row].get(material)
        if not near:
            return None
        return Why(Ground.ALIKE, {"count": len(near), "products": "、".join(near[:EXAMPLES])})

    def _users_near(self, row: int) -> dict[int, list[str]]:
        users: dict[int, list[str]] = {}
        own = self._found.names[row]
        for neighbour in self._found.neighbours[row].tolist():
            name = self._graph.products[neighbour]
            if name != own and set(name) & set(own):
                for material in self._graph.known_of_row(neighbour):
                    users.setdefault(material, []).append(name)
        return users

    def _together(self, row: int, material: int) -> Why | None:
        """Return the known material beside which this one is used most."""
        graph = self._graph
        best, rate = -1, 0.0
        for mate in graph.known(self._found.names[row])[:KNOWN_MAX]:
            value = value_at(graph.company_rate, material, mate)
            if value > rate:
                best, rate = mate, value
        if best < 0:
            return None
        both = round(rate * (float(graph.users[material]) + PRIOR))
        if both < TOGETHER_MIN:
            return None
        details: dict[str, str | int] = {
            "material": graph.materials[material],
            "known": graph.materials[best],
            "count": both,
        }
        return Why(Ground.TOGETHER, details)

    def _kind(self, row: int, material: int) -> Why | None:
        """Return the longest run of the product's name whose products often use the material."""
        graph = self._graph
        if row not in self._rules:
            self._rules[row] = self._rules_of(row)
        for part, number, having in self._rules[row]:
            uses = round(value_at(graph.rule, number, material) * (having + PRIOR))
            if uses >= RULE_USES_MIN and uses >= RULE_RATE_MIN * having:
                return Why(Ground.KIND, {"part": part, "count": uses, "of": round(having)})
        return None

    def _rules_of(self, row: int) -> list[tuple[str, int, float]]:
        """Return the runs of a product's name that some product has, the longest first."""
        graph, rules = self._graph, []
        grams = sorted(grams_of(self._found.names[row]), key=lambda each: (-len(each), each))
        for gram in grams:
            number, part = graph.grams.number.get(gram), gram.strip(START + END)
            if number is not None and len(part) > 1 and graph.having[number] >= RULE_USES_MIN:
                rules.append((part, number, float(graph.having[number])))
        return rules

    def _fallback(self, at: int, material: int) -> Why:
        graph, found = self._graph, self._found
        columns = {name: float(found.column(name)[at]) for name in ("text", "echo_votes")}
        if columns["text"] >= columns["echo_votes"] and columns["text"] > 0:
            return Why(Ground.NAME_LIKE, {"material": graph.materials[material]})
        if columns["echo_votes"] > 0:
            return Why(Ground.NAME_LIKE_MATERIAL, {"material": graph.materials[material]})
        return Why(Ground.COMMON, {"users": int(graph.users[material])})
