"""A company register as a table, its headings in Chinese or English.

Where a row tells the credit code the firm is known by it, and its registered name becomes an entry
of the same firm, so that what others told of that name is read together; a name that two firms of
the register share is nobody's alone and joins nothing. Persons (legal representatives, natural
shareholders) make no nodes; firms that share a representative and an address or a telephone are
flagged for the checks of related trade.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid
from martlet.parties.identifiers import read_credit_code
from martlet.supplychain.facts import Finding, firm_key, folded
from martlet.supplychain.loaders.kag import flagged
from martlet.supplychain.loaders.limits import NAMES_KEPT_MAX, PARTS_MAX
from martlet.supplychain.loaders.organisations import is_organisation
from martlet.supplychain.loaders.rows import Columns, Row, day_of, ppm_of, rows_of
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, keyed, named
from martlet.supplychain.model import Edge, Node, NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COLUMNS = Columns(
    {
        "name": ("企业名称", "公司名称", "名称", "name", "full_name", "company", "company_name"),
        "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "credit_code", "uscc",
                        "unified_social_credit_code"),
        "short_name": ("简称", "short_name", "abbreviation"),
        "former_name": ("曾用名", "former_name", "former_names"),
        "representative": ("法定代表人", "法人", "法人代表", "legal_representative"),
        "address": ("地址", "注册地址", "企业地址", "住所", "address"),
        "phone": ("电话", "联系电话", "企业电话", "phone", "telephone"),
        "founded_on": ("成立日期", "注册日期", "founded", "founded_on", "established"),
        "status": ("经营状态", "登记状态", "企业状态", "status"),
        "capital": ("注册资本", "registered_capital", "capital"),
        "paid_in": ("实缴资本", "paid_in_capital"),
        "industry": ("所属行业", "行业", "国标行业门类", "industry"),
        "region": ("所属省份", "省份", "所属城市", "地区", "region", "province", "city"),
        "staff": ("参保人数", "员工人数", "staff", "employees", "insured_count"),
        "scope": ("经营范围", "business_scope", "scope"),
        "type": ("企业类型", "公司类型", "company_type", "type"),
        "awards": ("资质", "荣誉", "企业标签", "awards", "tags"),
        "parent": ("股东", "控股股东", "母公司", "股东名称", "parent", "shareholder",
                   "shareholders"),
        "share": ("持股比例", "股权比例", "share", "holding"),
        "products": ("主营产品", "产品", "products", "main_products"),
        "since": ("持股日期", "认缴日期", "since", "held_since"),
    },
    ("name",),
)  # fmt: skip
_KEPT = ("short_name", "former_name", "status", "capital", "paid_in", "industry", "region",
         "staff", "scope", "type", "awards")  # fmt: skip
_SEPARATORS = ("；", ";", "|", "\n", "、")


def load(path: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of a register's table."""
    shared = _shared_names(path)
    sharing: dict[tuple[str, str], dict[str, Node]] = defaultdict(dict)
    seen: dict[str, str] = {}
    for row in rows_of(path, COLUMNS):
        if isinstance(row, Finding):
            yield row
            continue
        if not row["name"]:
            yield Finding("supplychain.cell_blank", path.name, row.number, "name")
            continue
        code, wrong = _code(row, path.name)
        if wrong is not None:
            yield wrong
        firm = _firm(row, code)
        if seen.setdefault(firm.key, folded(row["name"])) != folded(row["name"]):
            yield Finding("supplychain.code_shared", path.name, row.number, "credit_code",
                          {"code": code or "", "name": row["name"][:40]}, kept=True)  # fmt: skip
        if code is None and folded(row["name"]) in shared:
            yield Finding("supplychain.name_shared", path.name, row.number, "name",
                          {"name": row["name"][:40]})  # fmt: skip
            continue
        nodes, edges = _facts(row, firm, code, shared, moments)
        yield from _owners(path.name, row, firm, nodes, edges, moments)
        yield Told(path.name, row.number, tuple(nodes), tuple(edges))
        _remember(sharing, row, firm)
    for firms in sharing.values():
        if len(firms) > 1:
            yield Told(path.name, 1, flagged(list(firms.values())))


def _shared_names(path: Path) -> frozenset[str]:
    """Return the names that more than one credit code carries."""
    found: dict[str, str] = {}
    shared = set[str]()
    counts: Counter[str] = Counter()
    for row in rows_of(path, COLUMNS):
        if isinstance(row, Finding) or not row["name"] or len(found) >= NAMES_KEPT_MAX:
            continue
        name, code = folded(row["name"]), row["credit_code"].upper()
        counts[name] += 1
        if code and found.setdefault(name, code) != code:
            shared.add(name)
    return frozenset(shared)


def _code(row: Row, file: str) -> tuple[str | None, Finding | None]:
    if not row["credit_code"]:
        return None, None
    try:
        return read_credit_code(row["credit_code"]), None
    except Invalid:
        details = {"text": row["credit_code"][:20]}
        return None, Finding(
            "supplychain.credit_code_wrong", file, row.number, "credit_code", details, kept=True
        )


def _firm(row: Row, code: str | None) -> Node:
    founded = day_of(row["founded_on"])
    told = {name: row[name][:2_000] for name in _KEPT}
    told["founded_on"] = founded.isoformat() if founded else ""
    if code is None:
        return named(NodeKind.FIRM, row["name"], **told)
    return keyed(NodeKind.FIRM, code, row["name"], credit_code=code, **told)


def _facts(
    row: Row, firm: Node, code: str | None, shared: frozenset[str], moments: Moments
) -> tuple[list[Node], list[Edge]]:
    nodes, edges = [firm], list[Edge]()
    source = Source(SourceKind.REGISTER, f"register/{code or firm.name}"[:300])
    if code is not None and folded(row["name"]) not in shared:
        entry = named(NodeKind.FIRM, row["name"])
        nodes.append(entry)
        edges.append(source.edge(entry.key, Relation.ALIAS_OF, firm.key, moments.undated))
    for name in _parts(row["products"]):
        product = named(NodeKind.PRODUCT, name)
        nodes.append(product)
        edges.append(source.edge(firm.key, Relation.MAKES, product.key, moments.undated))
    if row["industry"]:
        industry = named(NodeKind.INDUSTRY, row["industry"])
        nodes.append(industry)
        edges.append(source.edge(firm.key, Relation.IN_INDUSTRY, industry.key, moments.undated))
    return nodes, edges


def _parts(text: str) -> list[str]:
    parts = [text]
    for separator in _SEPARATORS:
        parts = [one for part in parts for one in part.split(separator)]
    return [part.strip() for part in parts if part.strip()][:PARTS_MAX]


def _owners(
    file: str, row: Row, firm: Node, nodes: list[Node], edges: list[Edge], moments: Moments
) -> Iterator[Finding]:
    """Add the firms that hold this one; persons stay out, and a firm holds no part of itself."""
    source = Source(SourceKind.REGISTER, f"register/{firm.key.partition(':')[2]}"[:300])
    since = day_of(row["since"])
    holders = [name for name in _parts(row["parent"]) if is_organisation(name)]
    for name in holders:
        holder = named(NodeKind.FIRM, name)
        if holder.key in {firm.key, firm_key(row["name"])}:
            yield Finding("supplychain.self_loop", file, row.number, "parent",
                          {"key": firm.key, "relation": "parent_of"}, kept=True)  # fmt: skip
            continue
        nodes.append(holder)
        share = ppm_of(row["share"]) if len(holders) == 1 else None
        edges.append(
            source.edge(
                holder.key, Relation.PARENT_OF, firm.key, moments.of(since), (since, None),
                share_ppm=share,
            )
        )  # fmt: skip


def _remember(sharing: dict[tuple[str, str], dict[str, Node]], row: Row, firm: Node) -> None:
    """Note who shares a representative and a place: a name alone is many people's."""
    if not row["representative"] or len(sharing) >= NAMES_KEPT_MAX:
        return
    for place in (row["address"], row["phone"]):
        if place:
            sharing[folded(row["representative"]), folded(place)][firm.key] = firm
