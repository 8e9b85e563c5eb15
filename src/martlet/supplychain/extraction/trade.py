"""Relations between firms that a sentence states by a word of trade, with their direction.

The invariant: a pattern names who acts on whom by where the names stand around the word; a denial
states nothing, and a plan is said to be one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.model import FactRelation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

A, B = "\ue000", "\ue001"
"""Signs that stand for the two names while a sentence is matched; texts do not use them."""

_GAP = r"[^，。；\ue000\ue001]{0,12}?"
_WIDE = r"[^。；\ue000\ue001]{0,30}?"
_R = FactRelation


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word of trade between or after two names, first A then B in the sentence."""

    relation: FactRelation
    pattern: re.Pattern[str]
    trust: float
    reverse: bool = False
    """Whether B is the subject."""


def _p(relation: FactRelation, trust: float, pattern: str, *, reverse: bool = False) -> Pattern:
    return Pattern(relation, re.compile(pattern), trust, reverse)


_SUPPLY = r"(?:供应|供货|供给|提供|销售|出售|交付|批量供货|配套)"
_BUY = r"(?:采购|购买|订购|购入|进口|购进|采买)"
_ROLE = r"[^，。；]{0,14}"

PATTERNS = (
    _p(_R.BUYS_FROM, 0.85, rf"{A}{_GAP}(?:向|从|自){B}{_GAP}{_BUY}"),
    _p(_R.SUPPLIES, 0.85, rf"{A}{_GAP}向{B}{_GAP}{_SUPPLY}"),
    _p(_R.SUPPLIES, 0.8, rf"{A}{_GAP}[为给]{B}{_GAP}(?:配套|供货|供应|代工|提供|生产|制造|加工)"),
    _p(
        _R.SUPPLIES,
        0.85,
        rf"{A}{_GAP}(?:是|为|成为|系|入选){B}{_ROLE}(?:供应商|供货商|配套商|代工厂)",
    ),
    _p(_R.SUPPLIES, 0.8, rf"{A}{_ROLE}供应商(?:是|为|包括|有){_GAP}{B}", reverse=True),
    _p(_R.SUPPLIES, 0.8, rf"{A}{_ROLE}客户(?:是|为|包括|有|如){_GAP}{B}"),
    _p(_R.BUYS_FROM, 0.8, rf"{A}{_GAP}(?:是|为|成为|系){B}{_ROLE}(?:客户|采购方|买方)"),
    _p(_R.SUPPLIES, 0.8, rf"{A}{_GAP}(?:获得?|收到|取得|拿下|斩获){B}{_ROLE}(?:订单|定点)"),
    _p(
        _R.BUYS_FROM,
        0.7,
        rf"{A}{_GAP}{_BUY}(?:了)?{B}{_ROLE}(?:产品|设备|材料|芯片|电池|服务|原料|系统)",
    ),
    _p(
        _R.DISTRIBUTES_FOR,
        0.85,
        rf"{A}{_GAP}(?:是|为|成为|系){B}{_ROLE}(?:经销商|代理商?|分销商|总代)",
    ),
    _p(_R.DISTRIBUTES_FOR, 0.8, rf"{A}{_GAP}(?:经销|代理|分销)(?:了)?{B}"),
    _p(_R.DISTRIBUTES_FOR, 0.8, rf"{A}{_GAP}授权{B}{_ROLE}(?:经销|代理|分销)", reverse=True),
    _p(
        _R.DISTRIBUTES_FOR,
        0.75,
        rf"{A}{_ROLE}(?:经销商|代理商|分销商)(?:是|为|包括)?{B}",
        reverse=True,
    ),
    _p(
        _R.PARENT_OF,
        0.85,
        rf"{A}(?:的|之|旗下|下属)?(?:全资|控股|境外|境内|间接)*(?:子公司|孙公司)[—\-－]*{B}",
    ),
    _p(_R.PARENT_OF, 0.75, rf"{A}(?:旗下|下属|所属)(?:的|公司|企业)?{B}"),
    _p(_R.PARENT_OF, 0.8, rf"{A}(?:控股|全资拥有|控制)(?:的|了)?{B}"),
    _p(_R.PARENT_OF, 0.85, rf"{A}{_GAP}(?:是|为|系){B}{_ROLE}(?:子公司|孙公司)", reverse=True),
    _p(_R.PARENT_OF, 0.8, rf"{A}{_ROLE}(?:控股股东|母公司|实际控制人)(?:是|为)?{B}", reverse=True),
    _p(_R.INVESTS_IN, 0.75, rf"{A}{_GAP}(?:收购|入股|参股|增持|投资|认购|持有|增资)(?:了)?{B}"),
    _p(
        _R.COOPERATES,
        0.8,
        rf"{A}(?:日前|近日|已)?(?:与|和|同|携手|联手|联合){B}{_WIDE}(?:合作|签约|签署|签订|共同)",
    ),
    _p(_R.COOPERATES, 0.7, rf"(?:与|和){A}、{B}{_WIDE}(?:合作|签约|签署|签订)"),
    _p(_R.COMPETES, 0.75, rf"{A}(?:与|和|同){B}{_WIDE}竞争(?!力)"),
    _p(_R.COMPETES, 0.75, rf"{A}{_ROLE}(?:竞争对手|老对手|竞争者)(?:是|为|包括)?{B}"),
)

_DENIED = re.compile(
    r"未(?!来)|没有|并非|不是|否认|终止|解除|停止|取消|从未|无任何|不存在|传闻|虚假"
)
_OTHERS = re.compile(
    rf"[{A}{B}](?:的|之)?(?:旗下|下属|所属|(?:全资|控股|参股|境外|境内)*(?:子公司|孙公司))"
)
"""A name so followed only says whose firm it is that trades."""
_NEAR = 8
"""Signs after a match in which such a word still belongs to its last name."""
_PLANNED = re.compile(r"拟|计划|有望|预计|洽谈|意向|将(?!军)|或(?!者)|如果|若")
_PLAN_DISCOUNT = 0.35


@dataclass(frozen=True, slots=True)
class Stated:
    """A relation between two names of a sentence, by their places in the list of names."""

    subject: int
    relation: FactRelation
    object: int
    trust: float
    planned: bool


def stated_in(sentence: str, places: Sequence[tuple[int, int]], reach: int) -> Iterator[Stated]:
    """Yield what a sentence states between the names at some places, in order and apart."""
    for first in range(len(places)):
        for second in range(first + 1, min(first + 1 + reach, len(places))):
            masked = _masked(sentence, places, first, second)
            for each in PATTERNS:
                match = each.pattern.search(masked)
                if match is None or _DENIED.search(match[0]):
                    continue
                through = _OTHERS.search(masked, match.start(), match.end() + _NEAR)
                if through is not None and each.relation is not _R.PARENT_OF:
                    continue
                before = masked[max(0, match.start() - 8) : match.end()]
                planned = bool(_PLANNED.search(before))
                subject, told = (second, first) if each.reverse else (first, second)
                trust = each.trust - (_PLAN_DISCOUNT if planned else 0.0)
                yield Stated(subject, each.relation, told, trust, planned)
                break


def _masked(sentence: str, places: Sequence[tuple[int, int]], first: int, second: int) -> str:
    """Return a sentence with two names replaced by signs, and names between them by one letter."""
    pieces, at = [], 0
    for number, (start, end) in enumerate(places):
        pieces.append(sentence[at:start])
        pieces.append(A if number == first else B if number == second else "某")
        at = end
    return "".join((*pieces, sentence[at:]))
