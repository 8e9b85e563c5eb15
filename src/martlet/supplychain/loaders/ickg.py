"""ICKG: dated quadruples of news and patents, from its folder of id lists and `quads*.txt`.

A quadruple is known from the end of its own day. Its entities carry no kind: the relation says it,
and what is only ever spoken of as a trade is no firm. Patents have titles and no numbers there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.limits import ICKG_CONFIDENCE_PPM
from martlet.supplychain.loaders.rows import day_of, lines_of
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, named
from martlet.supplychain.model import NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

_FIRM, _INDUSTRY = NodeKind.FIRM, NodeKind.INDUSTRY
RELATIONS: dict[str, tuple[NodeKind, Relation, NodeKind, bool]] = {
    "涉足行业": (_FIRM, Relation.IN_INDUSTRY, _INDUSTRY, False),
    "归属于行业": (_FIRM, Relation.IN_INDUSTRY, _INDUSTRY, False),
    "包含": (_INDUSTRY, Relation.PART_OF, _INDUSTRY, True),
    "合作": (_FIRM, Relation.COOPERATES, _FIRM, False),
    "上游于": (_INDUSTRY, Relation.FEEDS, _INDUSTRY, False),
    "持有专利": (_FIRM, Relation.HOLDS_PATENT, NodeKind.PATENT, False),
    "供给": (_FIRM, Relation.SUPPLIES, _FIRM, False),
    "并购": (_FIRM, Relation.PARENT_OF, _FIRM, False),
    "投资": (_FIRM, Relation.INVESTS_IN, _FIRM, False),
    "母公司/控股": (_FIRM, Relation.PARENT_OF, _FIRM, False),
    "竞争": (_FIRM, Relation.COMPETES, _FIRM, False),
    "基于专利生产": (_FIRM, Relation.MAKES, NodeKind.PRODUCT, False),
    "合资": (_FIRM, Relation.COOPERATES, _FIRM, False),
}
"""Each relation: kinds of its ends as it stands there, the graph's own, and whether it is turned.
A joint venture (`合资`) is told between partners as often as of its child: it is cooperation."""

_TRADE_ENDINGS = ("行业", "产业", "领域", "市场", "业务", "项目", "工程")
_OF_TRADES = {"涉足行业", "归属于行业", "包含", "上游于"}
_CELLS = 4


def load(folder: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of an ICKG folder, whichever of its `quads*.txt` and splits are there."""
    entities = _ids(folder / "entity2id.txt")
    relations = _ids(folder / "relation2id.txt")
    days = _days(folder / "time2id.txt")
    files = sorted({*folder.glob("quad*.txt"), *folder.glob("train*.txt"),
                    *folder.glob("valid*.txt"), *folder.glob("test*.txt")})  # fmt: skip
    if not files:
        raise Invalid("supplychain.form_not_here", form="ickg", file="quads*.txt")
    trades = _trades(files, entities, relations)
    for path in files:
        yield from _quads(path, (entities, relations, days), trades, moments)


def _ids(path: Path) -> dict[str, str]:
    """Return names by id, from lines of a name, a tab and an id."""
    found: dict[str, str] = {}
    for _number, line in lines_of(path):
        name, _, number = (line or "").rpartition("\t")
        if name.strip():
            found.setdefault(number.strip(), name.strip())
    return found


def _days(path: Path) -> dict[str, date]:
    found: dict[str, date] = {}
    for _number, line in lines_of(path):
        number, _, text = (line or "").replace("\t", ",").partition(",")
        if (day := day_of(text)) is not None:
            found[number.strip()] = day
    return found


def _trades(
    files: list[Path], entities: dict[str, str], relations: dict[str, str]
) -> frozenset[str]:
    """Return the entities that are spoken of as trades and never do what only a firm does."""
    spoken, acting = set[str](), set[str]()
    for path in files:
        for _number, line in lines_of(path):
            cells = (line or "").split()
            if len(cells) < _CELLS:
                continue
            relation = relations.get(cells[1], "")
            if relation in _OF_TRADES:
                spoken.add(cells[2])
            if relation in RELATIONS and relation not in {"包含", "上游于"}:
                acting.add(cells[0])
    named_so = {key for key, name in entities.items() if name.endswith(_TRADE_ENDINGS)}
    return frozenset((spoken - acting) | named_so)


def _quads(
    path: Path,
    ids: tuple[dict[str, str], dict[str, str], dict[str, date]],
    trades: frozenset[str],
    moments: Moments,
) -> Iterator[Fact]:
    entities, relations, days = ids
    source = Source(SourceKind.DATASET, "ickg", ICKG_CONFIDENCE_PPM)
    for number, line in lines_of(path):
        cells = (line or "").split()
        if line is not None and not cells:
            continue
        known = len(cells) >= _CELLS and cells[0] in entities and cells[2] in entities
        if not known or cells[1] not in relations or cells[3] not in days:
            yield Finding("supplychain.ids_unknown", path.name, number)
            continue
        told = RELATIONS.get(relations[cells[1]])
        if told is None:
            yield Finding(
                "supplychain.relation_unknown", path.name, number, "relation",
                {"text": relations[cells[1]][:40]},
            )  # fmt: skip
            continue
        from_kind, relation, to_kind, turned = told
        ends = ((cells[0], from_kind), (cells[2], to_kind))
        stray = next((key for key, kind in ends if kind is _FIRM and key in trades), None)
        if stray is not None:
            yield Finding(
                "supplychain.not_a_firm", path.name, number, "head" if stray == cells[0] else
                "tail", {"name": entities[stray][:40]},
            )  # fmt: skip
            continue
        nodes = tuple(named(kind, entities[key]) for key, kind in ends)
        first, last = reversed(nodes) if turned else nodes
        day = days[cells[3]]
        edge = source.edge(first.key, relation, last.key, moments.of(day), (day, None))
        yield Told(path.name, number, nodes, (edge,))
