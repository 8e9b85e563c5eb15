"""The rules that every claim of a language model must pass before it is a fact of a text.

The invariant: names and quotation stand literally in the document, the quotation holds the names,
an amount is read from the text by rule, and no figure of a model's own is taken over: how sure a
fact is, is set here. A sentence that gives orders to a machine states no fact.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.amounts import amount_fen
from martlet.supplychain.extraction.dates import first_date
from martlet.supplychain.extraction.limits import (
    ATTRIBUTE_CHARS_MAX,
    NAME_CHARS_MAX,
    SPAN_CHARS_MAX,
)
from martlet.supplychain.extraction.model import (
    AMOUNT,
    AMOUNT_FEN,
    ANNOUNCED,
    STAGE,
    TENDERED_BY,
    Fact,
    FactRelation,
)
from martlet.supplychain.extraction.tenders import stage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.supplychain.extraction.model import Document

STATED, BARE = 0.7, 0.4
"""How sure a verified claim is: its quotation also holds a word of the relation, or it does not.
Set by hand below what lets a single source in, so that a model never writes the graph alone."""

_ORDERS = re.compile(
    r"忽略|无视|指令|提示词|系统消息|请(?:你)?(?:输出|回答|返回|记录|添加|提取)|必须(?:输出|返回)|你(?:是|现在|必须|应该)"
    r"|ignore|disregard|instruction|prompt|system\s*:|assistant|output|you\s+(?:are|must|should)"
    r"|\"subject\"|\"relation\"|json",
    re.IGNORECASE,
)
"""Words by which a text speaks to the machine that reads it."""

_WORDS = {
    FactRelation.SUPPLIES: r"供应|供货|提供|配套|销售|出售|交付|供给|订单|代工",
    FactRelation.BUYS_FROM: r"采购|购买|订购|购入|进口|向.{1,40}订",
    FactRelation.DISTRIBUTES_FOR: r"经销|代理|分销|总代",
    FactRelation.MAKES: r"生产|制造|研发|主营|产品|从事",
    FactRelation.HOLDS_PATENT: r"专利",
    FactRelation.PATENT_COVERS: r"专利",
    FactRelation.WON_TENDER: r"中标|成交|中得",
    FactRelation.PARENT_OF: r"子公司|控股|旗下|母公司|下属|所属|全资",
    FactRelation.INVESTS_IN: r"投资|入股|持股|持有|收购|增资|参股|认购",
    FactRelation.ALIAS_OF: r"简称|原名|更名|曾用名|又名|称",
    FactRelation.COOPERATES: r"合作|签约|签署|签订|携手|联合|联手|合资",
    FactRelation.COMPETES: r"竞争|对手|抗衡|之争",
}
"""By relation, the words of which a sentence that states it holds at least one."""


def verified(claim: Mapping[str, object], document: Document, extractor: str) -> Fact | None:
    """Return a claim as a fact, or None where a rule says that the document does not state it."""
    whole = document.whole
    subject, told, span = (_words(claim.get(name)) for name in ("subject", "object", "span"))
    try:
        relation = FactRelation(_words(claim.get("relation")))
    except ValueError:
        return None
    tender = relation is FactRelation.WON_TENDER
    if not subject or len(subject) > NAME_CHARS_MAX or subject not in whole:
        return None
    if told not in whole or len(told) > ATTRIBUTE_CHARS_MAX or (not told and not tender):
        return None
    if not span or span not in whole or len(span) > SPAN_CHARS_MAX or _ORDERS.search(span):
        return None
    if subject not in span or subject == told or (not tender and told not in span):
        return None
    sure = STATED if re.search(_WORDS[relation], span) else BARE
    name, _, version = extractor.partition(" ")
    attributes = _attributes(claim, whole, span) if tender else {}
    return Fact(subject, relation, told, span, sure, name, version, attributes)


def _attributes(claim: Mapping[str, object], whole: str, span: str) -> dict[str, str]:
    told = claim.get("attributes")
    given = told if isinstance(told, dict) else {}
    found = {STAGE: stage_of(whole)}
    for name in (TENDERED_BY, AMOUNT):
        words = _words(given.get(name))
        if words and words in whole and len(words) <= ATTRIBUTE_CHARS_MAX:
            found[name] = words
    if AMOUNT in found and (fen := amount_fen(found[AMOUNT])) is not None:
        found[AMOUNT_FEN] = str(fen)
    if day := first_date(span):
        found[ANNOUNCED] = day.isoformat()
    return found


def _words(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
