"""Patents as a table in the manner of the office's, headings in Chinese or English.

Inventors and applicants who are persons stay out. What was transferred was held by one firm until
that day and is held by another since; the state that a file tells is known from the file's day.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from martlet.kernel.calendar import add_months
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.limits import PARTS_MAX
from martlet.supplychain.loaders.organisations import is_organisation
from martlet.supplychain.loaders.rows import Columns, Row, day_of, rows_of
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, keyed, named
from martlet.supplychain.model import Edge, Node, NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

COLUMNS = Columns(
    {
        "number": ("申请号", "专利号", "申请(专利)号", "application_no", "application_number",
                   "number", "patent_no", "patent_number"),
        "title": ("专利名称", "发明名称", "名称", "标题", "title", "name"),
        "type": ("专利类型", "类型", "type", "patent_type", "kind"),
        "applicants": ("申请人", "申请(专利权)人", "专利权人", "权利人", "applicant", "applicants",
                       "owner", "assignee"),
        "filed_on": ("申请日", "申请日期", "filing_date", "filed_on", "application_date"),
        "published_on": ("公开日", "公开(公告)日", "公布日", "publication_date", "published_on"),
        "granted_on": ("授权日", "授权公告日", "公告日", "grant_date", "granted_on"),
        "state": ("法律状态", "当前法律状态", "状态", "legal_state", "legal_status", "state",
                  "status"),
        "acquired_on": ("转让日期", "转让日", "权利转移日", "transfer_date", "transferred_on",
                        "acquired_on"),
        "transferor": ("转让人", "原专利权人", "变更前权利人", "transferor", "former_owner"),
        "transferee": ("受让人", "现专利权人", "变更后权利人", "transferee", "new_owner"),
        "classes": ("IPC", "IPC分类号", "分类号", "主分类号", "ipc_classes", "classes"),
        "claims": ("权利要求数", "权利要求数量", "claims", "claims_count"),
        "cited": ("被引次数", "被引证次数", "citations", "cited_by"),
        "family": ("同族数", "同族数量", "family_size", "family"),
        "pledged_on": ("质押日期", "质押日", "pledge_date", "pledged_on"),
        "products": ("产品", "对应产品", "products", "product"),
        "abstract": ("摘要", "abstract"),
    },
    ("title", "applicants"),
)  # fmt: skip
_TYPES = (("外观", "design"), ("实用", "utility"), ("发明", "invention"), ("design", "design"),
          ("utility", "utility"), ("invention", "invention"))  # fmt: skip
_SEPARATORS = ("；", ";", "|", "\n", "、")
_SECRET_MONTHS = 18
"""Article 34 of the Patent Law: an application is published eighteen months after filing."""


def load(path: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of a table of patents."""
    for row in rows_of(path, COLUMNS):
        if isinstance(row, Finding):
            yield row
            continue
        blank = next((name for name in ("title", "applicants") if not row[name]), None)
        if blank is not None:
            yield Finding("supplychain.cell_blank", path.name, row.number, blank)
            continue
        for name in ("filed_on", "granted_on", "published_on", "acquired_on"):
            if row[name] and day_of(row[name]) is None:
                yield Finding("supplychain.cell_unreadable", path.name, row.number, name,
                              {"text": row[name][:40]}, kept=True)  # fmt: skip
        patent = _patent(row)
        nodes, edges = [patent], list[Edge]()
        _holders(row, patent, nodes, edges, moments)
        if not edges:
            yield Finding("supplychain.holders_persons", path.name, row.number, "applicants")
            continue
        source = Source(SourceKind.PATENT, f"patent/{patent.key.partition(':')[2]}"[:300])
        for name in _parts(row["products"]):
            product = named(NodeKind.PRODUCT, name)
            nodes.append(product)
            edges.append(
                source.edge(
                    patent.key, Relation.PATENT_COVERS, product.key, moments.of(_public(row))
                )
            )
        yield Told(path.name, row.number, tuple(nodes), tuple(edges))


def _parts(text: str) -> list[str]:
    parts = [text]
    for separator in _SEPARATORS:
        parts = [one for part in parts for one in part.split(separator)]
    return [part.strip() for part in parts if part.strip()][:PARTS_MAX]


def _patent(row: Row) -> Node:
    kind = next((word for sign, word in _TYPES if sign in row["type"].lower()), "")
    told = {
        "type": kind,
        "state": row["state"][:200],
        "classes": ";".join(_parts(row["classes"])),
        "claims": row["claims"][:20],
        "cited": row["cited"][:20],
        "family": row["family"][:20],
        "abstract": row["abstract"][:2_000],
    }
    for name in ("filed_on", "granted_on", "published_on", "acquired_on", "pledged_on"):
        day = day_of(row[name])
        told[name] = day.isoformat() if day else ""
    if told["acquired_on"]:
        told["ownership"] = "bought"
    elif told["pledged_on"]:
        told["ownership"] = "pledged"
    elif len(_parts(row["applicants"])) > 1:
        told["ownership"] = "joint"
    if not row["number"]:
        return named(NodeKind.PATENT, row["title"], **told)
    return keyed(NodeKind.PATENT, row["number"].upper().removeprefix("CN"), row["title"], **told)


def _public(row: Row) -> date | None:
    """Return the day from which the patent could be read by anybody."""
    told = [day for name in ("published_on", "granted_on") if (day := day_of(row[name]))]
    if told:
        return min(told)
    filed = day_of(row["filed_on"])
    return None if filed is None else add_months(filed, _SECRET_MONTHS)


def _holders(
    row: Row, patent: Node, nodes: list[Node], edges: list[Edge], moments: Moments
) -> None:
    """Add who holds the patent, and who held it before it was transferred."""
    source = Source(SourceKind.PATENT, f"patent/{patent.key.partition(':')[2]}"[:300])
    filed, moved = day_of(row["filed_on"]), day_of(row["acquired_on"])
    public = _public(row)
    now = _parts(row["transferee"]) if moved and row["transferee"] else _parts(row["applicants"])
    before = _parts(row["transferor"]) if moved else []
    if moved and row["transferee"] and not before:
        before = _parts(row["applicants"])
    open_since: tuple[date | None, date | None] = (moved or filed, None)
    seen_since = max(filter(None, (public, moved)), default=None)
    held = [(name, open_since, seen_since) for name in now]
    if moved is not None:
        ended = moved - timedelta(days=1)
        start = filed if filed is not None and filed <= ended else None
        held += [(name, (start, ended), public) for name in before]
    for name, period, day in held:
        if is_organisation(name):
            firm = named(NodeKind.FIRM, name)
            nodes.append(firm)
            edges.append(
                source.edge(firm.key, Relation.HOLDS_PATENT, patent.key, moments.of(day), period)
            )
