"""Where a text tells of an award: candidates for winner, buyer, amount and object, each by a rule.

The invariant: a candidate is a stretch of the text found by one named rule whose trust is set by
hand, from how notices are written; no labelled document has set any figure here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.amounts import AMOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

WON = r"(?:中标(?!利率|收益率|价位|规模|麒麟|软件)|中得|喜中|夺标)"
"""The verb; a bond's rate is allotted by tender too, and a maker of software is called so."""
_END = r"，。；！？\n丨|"
_NAME = r"[^，。；：:！？\n、“”\"]"


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of the text that may be one argument of an award."""

    role: str
    start: int
    end: int
    rule: str
    trust: float


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to tell an argument: the group `it` of a pattern, and how far it is trusted."""

    role: str
    name: str
    trust: float
    pattern: re.Pattern[str]


def _rule(role: str, name: str, trust: float, pattern: str) -> Rule:
    return Rule(role, name, trust, re.compile(pattern))


WINNER, BUYER, SUM, OBJECT = "winner", "buyer", "amount", "object"
_TITLED = r"(?:^|[\n\s，。；、（(]|[一二三四五六七八九十\d][、.．])\s?"
_OFFICE = (
    r"(?:招标人|采购人|招标单位|采购单位|采购方|招标方|发包人|发包方|业主方|业主单位|项目业主|业主)"
)
_PLACE = (
    r"(?:的)?(?:中标人|中标单位|中标方|中标供应商|中标候选人|预中标|拟中标|社会资本方|成交供应商)"
)

RULES = (
    _rule(
        WINNER,
        "field",
        0.9,
        r"(?<!第[二三四五六七八九])(?:拟|预)?(?:中标|成交)(?:候选)?(?:人|单位|供应商|方|企业)"
        r"(?:名称)?[:：为]\s?(?P<it>[^，。；：:\n“”]{3,120})",
    ),
    _rule(
        WINNER,
        "confirmed",
        0.85,
        rf"(?:确定|确认|通知|认定|选定|明确)(?P<it>[^，。；\n“”《》]{{1,80}}?)"
        rf"，?(?:(?<!作)(?<!称)为|成为|是)(?=[^。；\n]{{0,150}}{_PLACE})",
    ),
    _rule(
        WINNER,
        "became",
        0.75,
        rf"(?:^|[{_END}：:])(?P<it>[^{_END}：:“”]{{1,80}}?)"
        rf"，?(?:被确定为|被确认为|被评为|成为|(?<!作)(?<!称)为|(?<!组)成)(?=[^。；\n]{{0,150}}{_PLACE})",
    ),
    _rule(
        WINNER,
        "received",
        0.7,
        rf"(?:^|[{_END}：:])(?P<it>[^{_END}：:“”]{{1,60}}?)"
        r"(?:分别|陆续|已|正式)?(?:于)?(?:近日|日前|近期|今日|\d[\d年月日]*)?(?:分别|陆续)?收到"
        r"[^。；\n]{0,80}(?:中标|成交)通知",
    ),
    _rule(
        WINNER,
        "named_before",
        0.7,
        rf"(?:^|[{_END}】\-])(?P<it>[^，。；：:！？\n、“”\"】\-]{{2,20}})[:：]"
        rf"(?:公司|联合体|联合|预|拟|成功|再次|再|子公司|全资子公司|控股子公司)*{WON}",
    ),
    _rule(
        WINNER,
        "joint",
        0.75,
        rf"(?:^|[{_END}：:])(?P<it>[^{_END}：:“”]{{4,100}}?)"
        rf"组成的?(?:投标)?联合体，?(?:成功|预|拟)*{WON}",
    ),
    _rule(
        WINNER,
        "consortium",
        0.8,
        rf"(?:^|[{_END}：:])(?P<it>[^{_END}：:“”]{{4,120}}?)(?:等单位|等)?组成的?联合体(?:参加|参与|投标)",
    ),
    _rule(
        WINNER,
        "first",
        0.7,
        rf"(?:^|[{_END}：:])(?P<it>[^{_END}：:“”]{{2,100}}?)"
        r"(?:综合[^，。；]{0,6})?(?:排名第一|位列第一|排名第1)",
    ),
    _rule(
        WINNER,
        "each_won",
        0.75,
        rf"(?:^|[{_END}：:])(?P<it>[^{_END}：:“”]{{4,150}}?)，?分别在[^，。；\n]{{0,50}}{WON}",
    ),
    _rule(
        WINNER,
        "ranked",
        0.9,
        r"第[一二三四五六七八九]中标(?:人|单位)[:：]\s?(?P<it>[^，。；：:\n“”]{3,60})",
    ),
    _rule(WINNER, "won_by", 0.7, rf"由(?P<it>[^{_END}：:“”]{{2,60}}?){WON}"),
    _rule(
        WINNER,
        "verb",
        0.65,
        rf"(?:^|[{_END}：:\s])(?P<it>[^{_END}：:\s“”]{{1,60}}?)"
        rf"{WON}(?!人|单位|方|通知|候选|结果|金额|价|公告|公示|项目概况|供应商|企业|总)",
    ),
    _rule(
        OBJECT,
        "field",
        0.9,
        r"(?:项目|工程|采购项目|招标项目|标的|标的物|标段)名称[:：]\s?"
        r"(?P<it>[^，。；\n]{4,120})",
    ),
    _rule(
        OBJECT,
        "subject_field",
        0.8,
        r"(?:标的物?|中标项目|中标标的|中标内容)[:：]\s?"
        r"(?P<it>[^，。；\n]{4,120})",
    ),
    _rule(
        OBJECT,
        "won_quoted",
        0.85,
        rf"{WON}[^{_END}“”《》]{{0,30}}[“《\"「](?P<it>[^”》\"」\n]{{4,150}})[”》\"」]",
    ),
    _rule(
        OBJECT,
        "place_quoted",
        0.85,
        r"(?:为|是|成为)[^。；\n“”《》]{0,30}[“《](?P<it>[^”》\n]{4,150})[”》]"
        rf"[^，。；\n]{{0,12}}{_PLACE}",
    ),
    _rule(
        OBJECT,
        "place",
        0.8,
        r"(?:为|是|成为|成)(?P<it>[^。；，\n“”《》]{4,120}?)"
        rf"{_PLACE}",
    ),
    _rule(
        OBJECT,
        "carried_by",
        0.75,
        rf"(?:^|[{_END}])(?P<it>[^，。；\n“”《》]{{4,150}}?)由[^，。；\n]{{1,30}}"
        r"(?:中标|承建)",
    ),
    _rule(
        OBJECT,
        "among",
        0.75,
        rf"在(?P<it>[^，。；\n“”]{{6,80}}?(?:采购|招标|项目|投标))(?:活动)?中，?[^，。；\n]{{0,12}}{WON}",
    ),
    _rule(
        OBJECT,
        "won",
        0.65,
        rf"{WON}(?!人|单位|方|通知|候选|结果|金额|价|公告|公示|供应商|企业|总)"
        rf"(?:了|的)?(?P<it>[^{_END}“”：:\s】]{{4,120}})",
    ),
    _rule(
        BUYER,
        "field",
        0.9,
        rf"{_TITLED}(?:\S{{0,4}})?{_OFFICE}(?:名称)?[:：]\s?(?P<it>[^，。；：:\n“”]{{3,60}})",
    ),
    _rule(BUYER, "party_a", 0.7, rf"{_TITLED}甲方[:：]\s?(?P<it>[^，。；：:\n“”]{{3,60}})"),
    _rule(
        BUYER,
        "sent",
        0.85,
        rf"收到(?:了)?(?:由)?(?:{_OFFICE})?(?P<it>[^{_END}：:“”《》]{{3,60}}?)(?:共同)?"
        r"(?:(?:发来|签发|发出|颁发|下发|出具|送达|寄来|发送|确认)(?:的)?[^，。；\n《》]{0,30}?|的)?[《“]?(?:中标"
        r"|成交)(?:结果|候选人)?(?:通知|公示)",
    ),
    _rule(
        BUYER,
        "before_quote",
        0.7,
        rf"{WON}(?P<it>[^，。；：:\n“”《》]{{4,30}}?(?:公司|集团|局|院|中心|委员会|政府))的?[“《]",
    ),
    _rule(
        BUYER,
        "offered",
        0.65,
        r"[，。；\n](?P<it>[^，。；：:\n“”《》\d]{3,30}?(?:公司|集团|局|院|中心|委员会|政府))"
        r"[^，。；：:\n“”《》]{4,80}?(?:中标人|中标结果|中标候选人)(?:公示|公告|名单)",
    ),
    _rule(
        OBJECT,
        "offered",
        0.65,
        r"[，。；\n](?P<it>[^，。；：:\n“”《》]{6,100}?)"
        r"(?:中标人|中标结果|中标候选人)(?:公示|公告|名单)",
    ),
    _rule(
        BUYER,
        "office",
        0.75,
        rf"{_OFFICE}(?P<it>[\u4e00-\u9fa5（）()A-Za-z]{{4,40}}?)"
        r"(?:确认|发来|签发|发出|公示|公布|发布|及|与|和|的|，|。)",
    ),
    _rule(
        BUYER,
        "published",
        0.6,
        rf"(?:^|[{_END}])(?P<it>[^{_END}：:“”《》]{{4,40}}?)"
        r"(?:发布|公布|公示)(?:了)?[《“]?[^。；\n]{0,60}(?:评标|中标|招标|采购|候选)",
    ),
    _rule(
        SUM,
        "award",
        0.9,
        r"中标(?:合同)?(?:总)?(?:金额|价格|价|额|总额|报价)(?:合计|总计|共计|为|是|达|[:：])*\s?"
        rf"(?P<it>{AMOUNT.pattern})",
    ),
    _rule(
        SUM,
        "award_later",
        0.6,
        r"(?:中标|投标)(?:合同)?(?:总)?(?:金额|价格|价|额|总额|报价)[^。；\n]{0,40}?"
        rf"(?P<it>{AMOUNT.pattern})",
    ),
    _rule(SUM, "won_at", 0.85, rf"以(?P<it>{AMOUNT.pattern})(?:的(?:价格|报价))?(?:成功)?{WON}"),
    _rule(
        SUM,
        "contract",
        0.7,
        r"(?:合同|工程)(?:总)?(?:金额|价格|价款|价|额|总额)(?:合计|总计|共计|暂定|为|是|达|[:：])*\s?"
        rf"(?P<it>{AMOUNT.pattern})",
    ),
    _rule(
        SUM,
        "investment",
        0.55,
        r"(?:项目|工程|合计)[^。；\n]{0,8}?(?:总投资|投资)(?:估算|预算|总)?(?:金额|额)?(?:合计|总计|共计|为|是|达|[:：])*\s?"
        rf"(?P<it>{AMOUNT.pattern})",
    ),
    _rule(
        SUM,
        "budget",
        0.45,
        r"(?:预算|限价|总价|金额|规模)(?:合计|总计|共计|为|是|达|[:：])*\s?"
        rf"(?P<it>{AMOUNT.pattern})",
    ),
    _rule(
        SUM,
        "bare",
        0.4,
        r"(?:总价|中标价|中标金额|报价)(?:（元）|\(元\))?[:：]\s?(?P<it>\d{1,3}(?:,\d{3})+(?:\.\d+)?)",
    ),
    _rule(SUM, "won", 0.5, rf"{WON}[^，。；\n]{{0,6}}?(?P<it>{AMOUNT.pattern})"),
)


def candidates(text: str) -> Iterator[Found]:
    """Yield every stretch that a rule finds, in the rules' order."""
    for rule in RULES:
        for match in rule.pattern.finditer(text):
            start, end = match.span("it")
            yield Found(rule.role, start, end, rule.name, rule.trust)
