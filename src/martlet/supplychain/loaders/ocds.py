"""Tenders in the Open Contracting Data Standard: releases, packages and records, as JSON.

An award says who won which tender for how much; a signed contract of it says who supplies whom.
What was cancelled or failed is no fact, and an amount that several suppliers share is nobody's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from martlet.kernel.errors import Invalid, MartletError, TooLarge
from martlet.kernel.money import parse_fen
from martlet.supplychain.facts import Finding
from martlet.supplychain.loaders.limits import DOCUMENT_BYTES_MAX, PARTS_MAX
from martlet.supplychain.loaders.organisations import is_organisation
from martlet.supplychain.loaders.rows import day_of, json_lines
from martlet.supplychain.loaders.told import Fact, Moments, Source, Told, keyed, named
from martlet.supplychain.model import Edge, Node, NodeKind, Relation, SourceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from pathlib import Path

_VOID = {"cancelled", "unsuccessful", "pending", "terminated", "withdrawn"}


def load(place: Path, moments: Moments) -> Iterator[Fact]:
    """Yield the facts of an OCDS file, or of every `*.json` and `*.jsonl` of a folder."""
    if place.is_dir():
        paths = sorted({*place.glob("*.json"), *place.glob("*.jsonl")})
        if not paths:
            raise Invalid("supplychain.form_not_here", form="ocds", file="*.json")
    else:
        paths = [place]
    for path in paths:
        for number, told in _documents(path):
            if isinstance(told, Finding):
                yield told
                continue
            for release in _releases(told):
                yield from _facts(path.name, number, release, moments)


def _documents(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield a file's JSON values: the whole of it or, where it is no whole one, its lines."""
    if not path.is_file():
        raise Invalid("supplychain.file_missing", file=path.name)
    if path.suffix.lower() != ".jsonl":
        if path.stat().st_size > DOCUMENT_BYTES_MAX:
            raise TooLarge("supplychain.document_too_large", max_bytes=DOCUMENT_BYTES_MAX)
        raw = path.read_bytes()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                yield 1, json.loads(raw.decode(encoding), parse_float=str)
            except (ValueError, RecursionError):
                continue
            return
    found = False
    for told in json_lines(path):
        if isinstance(told, Finding):
            yield told.row or 1, told
        else:
            found = True
            yield told
    if not found:
        raise Invalid("supplychain.json_unreadable", file=path.name)


def _releases(told: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any JSON value
    """Yield the releases of whatever package they came in; a record's compiled one alone."""
    if isinstance(told, list):
        for one in told:
            yield from _releases(one)
    if not isinstance(told, dict):
        return
    if "releases" in told or "records" in told:
        for one in _list(told.get("records")):
            compiled = one.get("compiledRelease")
            if isinstance(compiled, dict):
                yield compiled
            else:
                yield from (each for each in _list(one.get("releases")) if "ocid" in each)
        yield from _list(told.get("releases"))
    elif "compiledRelease" in told:
        yield from _releases({"records": [told]})
    elif "ocid" in told or "tender" in told:
        yield told


def _list(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any JSON value
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, dict) else {}


def _facts(file: str, number: int, release: Mapping[str, Any], moments: Moments) -> Iterator[Fact]:
    ocid, tender = str(release.get("ocid") or ""), _dict(release.get("tender"))
    title = str(tender.get("title") or tender.get("description") or ocid)
    if not ocid:
        yield Finding("supplychain.cell_blank", file, number, "ocid")
        return
    names = {
        str(one.get("id")): str(one.get("name") or "") for one in _list(release.get("parties"))
    }
    node = keyed(NodeKind.TENDER, ocid, title, **_described(tender))
    called = _day(tender.get("datePublished"), _dict(tender.get("tenderPeriod")).get("startDate"),
                  release.get("date"))  # fmt: skip
    source = Source(SourceKind.TENDER, f"ocds/{ocid}"[:300])
    nodes, edges = [node], list[Edge]()
    buyer = _firm(release.get("buyer") or tender.get("procuringEntity"), names)
    if buyer is not None:
        nodes.append(buyer)
        edges.append(
            source.edge(
                node.key, Relation.TENDERED_BY, buyer.key, moments.of(called), (called, None)
            )
        )
    signed = {str(one.get("awardID")): one for one in _list(release.get("contracts"))}
    for award in _list(release.get("awards")):
        if str(award.get("status") or "").lower() in _VOID:
            continue
        day = _day(award.get("date"), release.get("date")) or called
        winners = [_firm(one, names) for one in _list(award.get("suppliers"))[:PARTS_MAX]]
        amount, strange = _amount(award.get("value"), alone=len(winners) == 1)
        if strange:
            yield Finding("supplychain.currency_other", file, number, "awards.value",
                          {"currency": strange[:10], "ocid": ocid[:60]}, kept=True)  # fmt: skip
        for winner in winners:
            if winner is None:
                yield Finding("supplychain.holders_persons", file, number, "awards.suppliers")
                continue
            nodes.append(winner)
            edges.append(
                source.edge(
                    winner.key, Relation.WON_TENDER, node.key, moments.of(day), (day, None),
                    amount_fen=amount,
                )
            )  # fmt: skip
            contract = signed.get(str(award.get("id")))
            if contract is not None and buyer is not None and buyer.key != winner.key:
                edges.append(
                    _supplies(source, winner, buyer, contract, moments, alone=len(winners) == 1)
                )
    yield Told(file, number, tuple(nodes), tuple(edges))


def _supplies(
    source: Source,
    winner: Node,
    buyer: Node,
    contract: Mapping[str, Any],
    moments: Moments,
    *,
    alone: bool,
) -> Edge:
    period = _dict(contract.get("period"))
    signed = _day(contract.get("dateSigned"), period.get("startDate"))
    first, last = _day(period.get("startDate")) or signed, _day(period.get("endDate"))
    if first is not None and last is not None and last < first:
        last = None
    amount, _strange = _amount(contract.get("value"), alone=alone)
    return source.edge(
        winner.key, Relation.SUPPLIES, buyer.key, moments.of(signed), (first, last),
        amount_fen=amount,
    )  # fmt: skip


def _described(tender: Mapping[str, Any]) -> dict[str, str]:
    items = [str(one.get("description") or "") for one in _list(tender.get("items"))[:PARTS_MAX]]
    return {
        "status": str(tender.get("status") or "")[:40],
        "method": str(tender.get("procurementMethod") or "")[:80],
        "items": "; ".join(filter(None, items))[:2_000],
    }


def _firm(told: Any, names: Mapping[str, str]) -> Node | None:  # noqa: ANN401 - any JSON value
    """Return an organisation as a firm; None for a person, or for nobody."""
    who = _dict(told)
    name = str(who.get("name") or names.get(str(who.get("id")), "")).strip()
    return named(NodeKind.FIRM, name) if is_organisation(name) else None


def _amount(told: Any, *, alone: bool) -> tuple[int | None, str]:  # noqa: ANN401 - any JSON value
    """Return an amount in fen, and the currency where it is another than the yuan."""
    value = _dict(told)
    amount, currency = value.get("amount"), str(value.get("currency") or "CNY").upper()
    if currency not in {"CNY", "RMB"}:
        return None, currency
    if not alone or isinstance(amount, bool) or not isinstance(amount, int | str):
        return None, ""
    try:
        fen = parse_fen(str(amount))
    except MartletError:
        return None, ""
    return (fen if fen >= 0 else None), ""


def _day(*texts: Any) -> date | None:  # noqa: ANN401 - any JSON values
    return next((day for text in texts if text and (day := day_of(str(text)))), None)
