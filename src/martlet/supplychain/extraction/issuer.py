"""Who "the company" of a notice is, and which short names the notice gives to whom.

The invariant: a name is returned only where the notice itself ties it to a firm; without such a tie
"the company" is nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from martlet.supplychain.extraction.firm_names import plausible, trimmed

NAME = r"[\u4e00-\u9fa5A-Za-z0-9（）()·&.\-]"
FULL_ENDING = r"(?:股份有限公司|有限责任公司|有限公司|集团公司|总公司|公司|研究院|设计院|集团)"

THAT = "该公司"
_NEAR = 150
"""How far back "that company" may point: a long sentence."""
_FOREIGN = re.compile(
    r"[与和及、]|项目|公告|的|中标|喜中|为|由|于|收到|证券|发布|公司.+公司|子公司"
)
"""What shows that a longer name is two names or no name."""
_FULL = re.compile(rf"{NAME}{{2,40}}?(?:有限责任公司|股份有限公司|有限公司|研究院)")

SELF = frozenset({"公司", "本公司", "该公司", "我公司", "上市公司", "本集团", "集团", "我司", "其"})
"""How a notice calls its own issuer."""

_CALLED = re.compile(
    rf"(?P<full>{NAME}{{2,50}}?{FULL_ENDING})"
    r"\s?[（(](?:以下|下)?(?:简称|称)[为：:]?(?P<short>[^）)]{1,40})[)）]"
)
_QUOTED = re.compile(r"[“\"「『']?([^“”\"「」『』'、，,或和]{2,20})[”\"」』']?")
_TITLES = (
    re.compile(rf"^(?:【[^】]{{0,20}}】)?(?P<name>{NAME}{{2,30}}?)[:：]"),
    re.compile(rf"^(?P<name>{NAME}{{2,40}}?公司)\s?关于"),
)
_SPEAKS = (
    re.compile(r"证券简称[:：]\s?(?P<name>[\u4e00-\u9fa5A-Za-z0-9]{2,12})"),
    re.compile(
        rf"(?:^|[，,。\n丨】\s；、])(?P<name>{NAME}{{2,30}}?)(?:\d{{1,2}}月\d{{1,2}}日)?"
        r"(?:晚间?|午间|日前|今日|近日)?(?:在互动平台|发布公告|公告称|公告|发布|宣布|披露)"
    ),
)
_LEADS = re.compile(
    r"^(?:原标题[:：]|(?:新三板|上市|挂牌|[AH]股)公司|格隆汇|据|消息|快讯|讯|近日|日前|今日|此外|其中|而|由|对"
    r"|\s?\d{1,2}\s?月\s?\d{1,2}日(?:晚间?|午间)?)+"
)
_NO_NAMES = frozenset(
    {"好消息", "快讯", "公告", "今日公告", "最新", "摘要", "原标题", "来源", "喜报"}
)


@dataclass(frozen=True, slots=True)
class Issuer:
    """The firm that speaks in a notice, and the names by which firms are called in it."""

    name: str
    """The issuer's name as the notice gives it; "" where it gives none."""
    full_by_short: dict[str, str]
    """Short name → the longer name that the notice ties it to."""

    text: str
    """The cleaned text that places count in."""
    speakers: tuple[tuple[int, str], ...] = ()
    """Who speaks from which place on, where a digest lets several speak."""

    def expand(self, name: str) -> str:
        """Return the longer name that the notice gives this one; "the company" is the issuer."""
        return self.name if name in SELF else self.full_by_short.get(name, name)

    def _speaker(self, before: int | None) -> str:
        """Return who speaks at a place: the last one named before it, else the issuer."""
        said = [who for at, who in self.speakers if before is not None and at < before]
        return self.full_by_short.get(said[-1], said[-1]) if said else self.name

    def resolve(self, name: str, before: int | None = None) -> str:
        """Return the longest name that the notice ties this one to.

        "The company" is the issuer; "that company" is the last one named in full before a place.
        """
        if name == THAT and before is not None:
            named = list(_FULL.finditer(self.text, max(0, before - _NEAR), before))
            return named_part(named[-1][0]) if named else self.name
        if name in SELF:
            return self._speaker(before)
        if name in self.full_by_short or re.search(FULL_ENDING + "$", name):
            return self.full_by_short.get(name, name)
        longer = re.search(
            re.escape(name) + rf"[\u4e00-\u9fa5（）()]{{0,12}}?{FULL_ENDING}", self.text
        )
        return longer[0] if longer and not _FOREIGN.search(longer[0]) else name


def issuer_of(title: str, text: str, clean: str = "") -> Issuer:
    """Return who issued a notice.

    Title and text are without share prices; `clean` is the text that places are counted in.
    """
    full_by_short: dict[str, str] = {}
    issuer = ""
    for match in _CALLED.finditer(f"{title}\n{text}"):
        full = trimmed(named_part(match["full"]))
        for short in _QUOTED.findall(match["short"]):
            if short.strip() in SELF:
                issuer = issuer or full
            else:
                full_by_short.setdefault(short.strip(), full)
    named = [m["name"] for pattern in _TITLES if (m := pattern.search(title))]
    named += [m["name"] for pattern in _SPEAKS for m in pattern.finditer(text)]
    usable = [name for name in map(_speaking, named) if name]
    short = usable[0] if usable else ""
    if issuer and short:
        full_by_short.setdefault(short, issuer)
    name = issuer or full_by_short.get(short, short)
    told = sorted((m.start(), _speaking(m["name"])) for p in _SPEAKS for m in p.finditer(clean))
    several = issuer == "" and len({who for _, who in told if who}) > 1
    speakers = tuple((at, who) for at, who in told if who) if several else ()
    return Issuer(name, full_by_short, clean or text, speakers)


def _speaking(name: str) -> str:
    """Return the name of who speaks, without what stands before it; "" for no name."""
    found = re.sub(r"\s?(?:\d{4}年|\d{1,2}日).*$", "", _LEADS.sub("", name))
    return found if plausible(found) and found not in SELF | _NO_NAMES else ""


_VERBS = re.compile(
    r".*(?:中标|中得|收到|获得|关于|参与|参加|携手|公告称|发布|(?:确定|确认|通知|认定|选定)(?!书))(?=.{2,})"
)
_SUBSIDIARY = re.compile(
    r".*(?:子公司|孙公司|下属公司|下属企业|旗下公司|旗下企业|所属企业|所属单位|控股公司|旗下|下属|所属)"
    r"[—\-－:：]*"
)
_FRONT = re.compile(
    r"^(?:公司|本公司)?(?:于|从)?(?:近日|近期|日前|今日|\d{4}年)?(?:\d{1,2}月\d{1,2}日)?(?:收到|获悉)?"
    r"(?:招标人|采购人|招标单位|采购单位|业主|招标方|采购方|招标代理机构|甲方|由)?"
)


_PREPOSITIONS = re.compile(r".*(?:向|与|对|(?<!广州)从|由|给|于|是|即|在)(?=.{4,})")
"""Words that stand before a firm and, but for a district or two, never inside its name."""


def named_part(words: str) -> str:
    """Return the firm's own name at the end of words such as "wholly owned subsidiary X"."""
    after = _SUBSIDIARY.sub("", _PREPOSITIONS.sub("", _VERBS.sub("", words)))
    return _FRONT.sub("", after) if after else ""
