"""The OpenSPG/KAG supply-chain example: masked companies, product concepts, transfers of money.

Its persons make no nodes. Whom one person legally represents becomes a flag between the firms,
private to the checks of related trade, and never names the person.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid, MartletError
from martlet.kernel.money import parse_fen
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.limits import PARTS_MAX
from martlet.supplychain.loaders.months import Months
from martlet.supplychain.loaders.rows import Columns, day_of, rows_of
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, keyed, named
from martlet.supplychain.model import Edge, Node, NodeKind, Relation, SourceKind
from martlet.supplychain.wire import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_COMPANY = Columns(
    {"id": ("id",), "name": ("name", "企业名称"), "product": ("product", "products", "经营产品")},
    ("id", "name"),
)
_PRODUCT = Columns(
    {"id": ("id",), "industry": ("belongToIndustry",), "chain": ("hasSupplyChain",)}, ("id",)
)
_TRANSFER = Columns(
    {"payer": ("srcId",), "payee": ("dstId",), "day": ("transDate",), "amount": ("transAmt",)},
    ("payer", "payee", "day", "amount"),
)
_PERSON = Columns({"id": ("id",), "firms": ("legalRepresentative",)}, ("firms",))
_LEVEL = "-"


def load(folder: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of the example's folder; later files of the same companies come after."""
    companies = sorted(folder.glob("Company.csv")) + sorted(folder.glob("CompanyUpdate.csv"))
    if not companies:
        raise Invalid("supplychain.form_not_here", form="kag", file="Company.csv")
    firms: dict[str, Node] = {}
    if (folder / "Product.csv").is_file():
        yield from _products(folder / "Product.csv", moments)
    for path in companies:
        yield from _companies(path, firms, moments)
    for path in sorted(folder.glob("Company_fundTrans_Company*.csv")):
        yield from _transfers(path, firms, moments)
    if (folder / "Person.csv").is_file():
        yield from _represented(folder / "Person.csv", firms)


def _parts(text: str) -> list[str]:
    # A product's own name may hold the enumeration sign 、 but never a comma.
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


def _concept(name: str, source: Source, moments: Moments) -> tuple[list[Node], list[Edge]]:
    """Return a product with the wider concepts that its name spells out, level by level."""
    levels = name.split(_LEVEL)
    whole = [
        named(NodeKind.PRODUCT, _LEVEL.join(levels[:count])) for count in range(len(levels), 0, -1)
    ]
    edges: list[Edge] = [
        source.edge(narrow.key, Relation.KIND_OF, wide.key, moments.undated)
        for narrow, wide in pairwise(whole)
    ]
    return whole, edges


def _products(path: Path, moments: Moments) -> Iterator[Fact]:
    source = Source(SourceKind.DATASET, f"kag/{path.name}")
    for row in rows_of(path, _PRODUCT):
        if isinstance(row, Finding):
            yield row
            continue
        if not row["id"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "id")
            continue
        nodes, edges = _concept(row["id"], source, moments)
        product = nodes[0]
        if row["industry"]:
            industry = named(NodeKind.INDUSTRY, row["industry"])
            nodes.append(industry)
            edges.append(
                source.edge(product.key, Relation.IN_INDUSTRY, industry.key, moments.undated)
            )
        for name in _parts(row["chain"]):
            wider, kinds = _concept(name, source, moments)
            nodes += wider
            edges += kinds
            if wider[0].key == product.key:
                yield Finding("supplychain.self_loop", path.name, row.number, "hasSupplyChain",
                              {"key": product.key, "relation": "material_of"})  # fmt: skip
                continue
            edges.append(
                source.edge(product.key, Relation.MATERIAL_OF, wider[0].key, moments.undated)
            )
        yield Told(path.name, row.number, tuple(nodes), tuple(edges))


def _companies(path: Path, firms: dict[str, Node], moments: Moments) -> Iterator[Fact]:
    source = Source(SourceKind.DATASET, f"kag/{path.name}")
    for row in rows_of(path, _COMPANY):
        if isinstance(row, Finding):
            yield row
            continue
        if not row["id"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "id")
            continue
        firm = firms.setdefault(row["id"], keyed(NodeKind.FIRM, f"kag/{row['id']}", row["name"]))
        nodes, edges = [firm], list[Edge]()
        for name in _parts(row["product"])[:PARTS_MAX]:
            product = named(NodeKind.PRODUCT, name)
            nodes.append(product)
            edges.append(source.edge(firm.key, Relation.MAKES, product.key, moments.undated))
        yield Told(path.name, row.number, tuple(nodes), tuple(edges))


def _transfers(path: Path, firms: dict[str, Node], moments: Moments) -> Iterator[Fact]:
    months = Months()
    for row in rows_of(path, _TRANSFER):
        if isinstance(row, Finding):
            yield row
            continue
        day = day_of(row["day"])
        try:
            amount = parse_fen(row["amount"])
        except MartletError:
            amount = 0
        if day is None or amount <= 0:
            column, cell = ("transDate", "day") if day is None else ("transAmt", "amount")
            yield Finding("supplychain.cell_unreadable", path.name, row.number, column,
                          {"text": row[cell][:40]})  # fmt: skip
            continue
        strange = next((one for one in (row["payer"], row["payee"]) if one not in firms), None)
        if strange is not None:
            yield Finding("supplychain.firm_unknown", path.name, row.number, "srcId",
                          {"name": strange[:40]})  # fmt: skip
            continue
        ends = firms[row["payer"]].key, firms[row["payee"]].key
        months.add(ends, day, amount, row.number)
    source = Source(SourceKind.TRANSFER, f"kag/{path.name}")
    for one in months.each():
        edge = source.edge(
            one.ends[0], Relation.PAYS, one.ends[1], moments.of(one.last_day), one.period,
            amount_fen=one.amount_fen,
        )  # fmt: skip
        yield Told(path.name, one.row, (), (edge,))


def _represented(path: Path, firms: dict[str, Node]) -> Iterator[Fact]:
    by_name: dict[str, list[Node]] = defaultdict(list)
    for node in firms.values():
        by_name[node.name].append(node)
    for row in rows_of(path, _PERSON):
        if isinstance(row, Finding):
            yield row
            continue
        # A masked name that two firms share says nothing about either.
        known = {
            by_name[name][0].key: by_name[name][0]
            for name in _parts(row["firms"])
            if len(by_name.get(name, ())) == 1
        }
        if len(known) > 1:
            yield Told(path.name, row.number, flagged(list(known.values())))


def flagged(firms: list[Node]) -> tuple[Node, ...]:
    """Return firms of one legal representative, each with the flag that names the others."""
    return tuple(
        Node(
            one.key,
            one.kind,
            one.name,
            {f"{PRIVATE}same_representative": ";".join(
                other.key for other in firms[:PARTS_MAX] if other.key != one.key
            )[:2_000]},
        )
        for one in firms
    )  # fmt: skip
