"""ChainKnowledgeGraph: listed companies, industries and products, from its folder of CSV files.

Its edges have no dates, so they are known from the day on which the bank had them and never
earlier. `上游材料` runs from a product to its material and is turned the way goods run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.rows import Columns, day_of, json_lines, ppm_of, rows_of
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, keyed, named
from martlet.supplychain.model import PPM, Edge, Node, NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_COMPANY = Columns(
    {
        "code": ("code", "代码", "股票代码"),
        "short_name": ("short_name", "name", "简称"),
        "full_name": ("full_name", "fullname", "全称"),
        "exchange": ("exchange", "location", "交易所"),
        "list_date": ("list_date", "time", "上市日期"),
    },
    ("code", "full_name"),
)
_INDUSTRY = Columns({"code": ("code", "代码"), "name": ("name", "名称")}, ("code", "name"))
_PRODUCT = Columns({"name": ("name", "名称")}, ("name",))
_PAIR = Columns({"from": ("from",), "to": ("to",), "rel": ("rel", "relation")}, ("from", "to"))
_MAKES = Columns(
    {
        "company": ("company", "company_name", "公司"),
        "product": ("product", "product_name", "产品"),
        "weight": ("weight", "rel_weight", "占比"),
    },
    ("company", "product"),
)
_BELONGS = Columns({"company": ("company", "公司"), "industry": ("industry", "行业")},
                   ("company", "industry"))  # fmt: skip
_CODE_SIGNS = 6

# Each relation: the graph's own, and whether it is turned round.
_OF_PRODUCTS = {
    "上游材料": (Relation.MATERIAL_OF, True),
    "下游产品": (Relation.MATERIAL_OF, False),
    "产品小类": (Relation.KIND_OF, True),
}
_OF_INDUSTRIES = {
    "上级行业": (Relation.PART_OF, False),
    "上游产业": (Relation.FEEDS, True),
}


def load(folder: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of a CKG folder; a file that is not there is left out."""
    readers: tuple[tuple[str, Callable[[Path, _Names, Moments], Iterator[Fact]]], ...] = (
        ("company.csv", _companies),
        ("industry.csv", _industries),
        ("product.csv", _products),
        ("company_product.csv", _company_products),
        ("company_industry.csv", _company_industries),
        ("product_product.csv", _product_products),
        ("industry_relation.csv", _industry_relations),
        ("industry_up_weighted.jsonl", _industry_weights),
    )
    there = [(folder / name, read) for name, read in readers if (folder / name).is_file()]
    if not there:
        raise Invalid("supplychain.form_not_here", form="ckg", file="company.csv")
    names = _Names()
    for path, read in there:
        yield from read(path, names, moments)


class _Names:
    """Companies and industries by their codes, as the first files tell them."""

    def __init__(self) -> None:
        self.companies: dict[str, Node] = {}
        self.industries: dict[str, Node] = {}

    def company(self, code: str) -> Node:
        """Return a company by its code; one that no file names is known by the code alone."""
        number = code[:_CODE_SIGNS]
        return self.companies.get(number) or keyed(NodeKind.FIRM, f"ckg/{number}", code)

    def industry(self, code: str) -> Node:
        """Return an industry by its code or, where it is none, by that name."""
        return self.industries.get(code) or named(NodeKind.INDUSTRY, code)


def _companies(path: Path, names: _Names, _moments: Moments) -> Iterator[Fact]:
    for row in rows_of(path, _COMPANY):
        if isinstance(row, Finding):
            yield row
            continue
        listed = day_of(row["list_date"])
        if not row["full_name"] or not row["code"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "full_name")
            continue
        node = named(
            NodeKind.FIRM,
            row["full_name"],
            short_name=row["short_name"],
            code=row["code"],
            exchange=row["exchange"],
            listed_on=listed.isoformat() if listed else "",
        )
        names.companies.setdefault(row["code"][:_CODE_SIGNS], node)
        yield Told(path.name, row.number, (node,))


def _industries(path: Path, names: _Names, _moments: Moments) -> Iterator[Fact]:
    for row in rows_of(path, _INDUSTRY):
        if isinstance(row, Finding):
            yield row
            continue
        node = named(NodeKind.INDUSTRY, row["name"] or row["code"], code=row["code"])
        names.industries[row["code"]] = node
        yield Told(path.name, row.number, (node,))


def _products(path: Path, _names: _Names, _moments: Moments) -> Iterator[Fact]:
    for row in rows_of(path, _PRODUCT):
        if isinstance(row, Finding):
            yield row
        elif row["name"]:
            yield Told(path.name, row.number, (named(NodeKind.PRODUCT, row["name"]),))


def _company_products(path: Path, names: _Names, moments: Moments) -> Iterator[Fact]:
    source = _source(path)
    for row in rows_of(path, _MAKES):
        if isinstance(row, Finding):
            yield row
            continue
        if not row["company"] or not row["product"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "product")
            continue
        firm, product = names.company(row["company"]), named(NodeKind.PRODUCT, row["product"])
        share = ppm_of(row["weight"])
        if share is None and row["weight"]:
            yield Finding(
                "supplychain.share_outside", path.name, row.number, "weight",
                {"text": row["weight"][:20]}, kept=True,
            )  # fmt: skip
        made = source.edge(firm.key, Relation.MAKES, product.key, moments.undated, share_ppm=share)
        yield Told(path.name, row.number, (firm, product), (made,))


def _company_industries(path: Path, names: _Names, moments: Moments) -> Iterator[Fact]:
    source = _source(path)
    for row in rows_of(path, _BELONGS):
        if isinstance(row, Finding):
            yield row
            continue
        firm, industry = names.company(row["company"]), names.industry(row["industry"])
        edge = source.edge(firm.key, Relation.IN_INDUSTRY, industry.key, moments.undated)
        yield Told(path.name, row.number, (firm, industry), (edge,))


def _product_products(path: Path, _names: _Names, moments: Moments) -> Iterator[Fact]:
    def node(text: str) -> Node:
        return named(NodeKind.PRODUCT, text)

    return _pairs(path, moments, node, _OF_PRODUCTS)


def _industry_relations(path: Path, names: _Names, moments: Moments) -> Iterator[Fact]:
    return _pairs(path, moments, names.industry, _OF_INDUSTRIES)


def _pairs(
    path: Path,
    moments: Moments,
    node: Callable[[str], Node],
    relations: dict[str, tuple[Relation, bool]],
) -> Iterator[Fact]:
    source, only = _source(path), next(iter(relations))
    for row in rows_of(path, _PAIR):
        if isinstance(row, Finding):
            yield row
            continue
        if not row["from"] or not row["to"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "to")
            continue
        told = relations.get(row["rel"] or only)
        if told is None:
            yield Finding(
                "supplychain.relation_unknown", path.name, row.number, "rel",
                {"text": row["rel"][:40]},
            )  # fmt: skip
            continue
        relation, turned = told
        ends = (node(row["to"]), node(row["from"])) if turned else (
            node(row["from"]), node(row["to"]))  # fmt: skip
        edge = source.edge(ends[0].key, relation, ends[1].key, moments.undated)
        yield Told(path.name, row.number, ends, (edge,))


def _industry_weights(path: Path, _names: _Names, moments: Moments) -> Iterator[Fact]:
    source = _source(path)
    for told in json_lines(path):
        if isinstance(told, Finding):
            yield told
            continue
        number, value = told
        ups: Any = value.get("ups") if isinstance(value, dict) else None
        weights = {
            str(name): weight
            for name, weight in (ups.items() if isinstance(ups, dict) else ())
            if isinstance(weight, int) and weight > 0
        }
        if not isinstance(ups, dict) or not value.get("industry"):
            yield Finding("supplychain.row_unreadable", path.name, number)
            continue
        whole = named(NodeKind.INDUSTRY, str(value["industry"]))
        total, nodes, edges = sum(weights.values()), [whole], list[Edge]()
        for name, weight in weights.items():
            up = named(NodeKind.INDUSTRY, name)
            nodes.append(up)
            if up.key != whole.key:
                edges.append(
                    source.edge(
                        up.key, Relation.FEEDS, whole.key, moments.undated,
                        share_ppm=weight * PPM // total,
                    )
                )  # fmt: skip
        yield Told(path.name, number, tuple(nodes), tuple(edges))


def _source(path: Path) -> Source:
    return Source(SourceKind.DATASET, f"ckg/{path.name}")
