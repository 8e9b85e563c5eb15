"""Words around an award, cut down to the names in them.

The invariant: what is returned is part of the words that came in, or nothing.
"""

from __future__ import annotations

import re

from martlet.supplychain.extraction.issuer import FULL_ENDING, SELF, named_part
from martlet.supplychain.extraction.limits import NAME_CHARS_MAX

_AFTER = re.compile(
    r"(?:(?:一起|共同)?(?:组成|组建|构成|作为|为牵头人)的?.{0,12}|（?联合体）?(?:成员|牵头人|牵头方|方)?.{0,3}"
    r"|等.{0,8}|(?:综合[^，。]{0,6})?(?:排名|位列)第一|(?:等|这)?[\d一二三四五六七八九十两]+家.{0,12})$"
)
_ADVERBS = re.compile(
    r"(?:近日|日前|近期|今日|最近|成功|喜获|喜|再次|再度|又|连续|陆续|接连|联合|联手|携手|预|拟|已经|已|正式|顺利"
    r"|强势|独家|分别|均|也|一举|双双|首次|再|合计|累计|共|共同|以第一名|以[^，。]{0,20}?(?:优势|身份|名义|第一|元|价格|报价)"
    r"|凭借[^，。]{0,40}|有望|或|将|此次|本次|参与|参加|\d{4}年|\d{1,2}月(?:\d{1,2}日)?(?:晚间?|午间)?|公开|大单|大额"
    r"|公告|称|：|的|于|自)$"
)
_LEADS = re.compile(
    r"^(?:(?:新三板(?:创新层|基础层|精选层)?|上市|挂牌|[AH]股)公司(?=.{2})|格隆汇|并|近日|日前|近期|今日|最近|此次|本次|其中"
    r"|此前|目前|同时|另外|此外"
    r"|消息|据悉|公告称|公告|获悉|热烈祝贺|祝贺|恭喜"
    r"|日|晚间?|于|在|由|对|关于|原标题|摘要|评标委员会|经|快讯|讯|丨|\||/|搭载"
    r"|\d{4}年|\d{1,2}月\d{1,2}日(?:晚间?|午间)?|\d{1,2}月|[一二三四五六七八九十\d]+、)+"
)
_JOINTS = re.compile(
    r"、|；|;|与|以及|及|(?<=[^、与及和]{4})和|(?<=公司)和|(?<=集团)和"
    r"|(?<=公司)联合(?=.{4})"
)
_NOT_NAMES = re.compile(
    r"项目|工程|中标|招标|通知书|公示|标段|结果|第[一二三四五六七八九十\d]+名|金额|时间|代码|简称|评标|候选|^根据|^按照|^据|[《》【】的按]|公告"
)
_ROLE_WORDS = frozenset(
    {
        "联合体",
        "子公司",
        "全资子公司",
        "控股子公司",
        "下属公司",
        "孙公司",
        "旗下",
        "所属",
        "旗下公司",
        "旗下子公司",
    }
)
_LEAST = 2


def _cut(ending: re.Pattern[str], words: str) -> str:
    """Return words without an ending, as often as they have one.

    One ending at a time: a pattern that repeats itself could try endings in more ways than a
    hostile text leaves time for.
    """
    while (shorter := ending.sub("", words)) != words:
        words = shorter
    return words


def winner_names(words: str) -> list[str]:
    """Return the firms that words before an award name; "the company" stays as it is."""
    whole = re.sub(r"[（(](?:以下|下)?(?:简称|称)[^）)]*[）)]", "", words)
    whole = re.sub(r"(?:于[^，]{0,12})?(?:收到|接到|取得).*", "", whole)
    whole = _AFTER.sub("", _cut(_ADVERBS, _AFTER.sub("", whole.strip())))
    found = []
    for part in _JOINTS.split(whole) if whole else ("公司",):
        name = _LEADS.sub("", part.strip(" ：:（【】—-“”\"'"))
        name = _cut(_ADVERBS, _AFTER.sub("", named_part(name)))
        name = re.sub(r"^(?:公司|本公司)(?=.{4,})", "", name)
        name = re.sub(r"[（(](?:联合体|牵头|成员|主办)[^）)]*[）)]?$", "", name)
        if not name or name in _ROLE_WORDS:
            name = "公司"
        if _usable(name):
            found.append(name)
    return list(dict.fromkeys(found))


def _usable(name: str) -> bool:
    return (
        _LEAST <= len(name) <= NAME_CHARS_MAX
        and not _NOT_NAMES.search(
            re.sub(rf"(?:项目|工程).{{0,12}}?{FULL_ENDING}$|^.{{2,4}}工程$", "", name)
        )
        and name not in _ROLE_WORDS
        and not re.match(r"\d+[年月日]", name)
        and not name.isdigit()
    )


_OFFICE = re.compile(
    r"^(?:了|是|根据|公司|招标方|招标单位|采购单位|业主方|业主单位|项目业主|发包人|采购方|招标人|采购人|业主|及|和|与|为|由|来自)+"
)
_SENT = re.compile(
    r"(?:的|\d{1,2}月\d{1,2}日.{0,4}|晚间|电子商务平台|发来|签发|发出|颁发|下发|出具|送达|寄来|发送|确认|及其|及|和|与|公司与|共同"
    r"|关于.*|就.*|招标代理.*|[《“(（]+)$"
)
_NO_BUYERS = re.compile(
    r"^公司|公共资源|交易平台|交易中心|服务平台|招标(?:有限|股份|代理|公司)|咨询|采购网|项目|工程|中标|通知|代理|公告|结果|我们|公司发|消息|网$|网站"
)
_BUYER_LEAST = 3


def buyer_name(words: str) -> str:
    """Return the buyer that words about a tender name; "" where they name none."""
    whole = words.strip(' ：:“”"')
    whole = re.split(r"及?(?:其)?(?:招标)?代理(?:机构|人)?|[、；;]", whole)[0]
    whole = re.sub(r"[（(](?:以下|下)?(?:简称|称)[^）)]*[）)]", "", whole)
    name = _cut(_SENT, _OFFICE.sub("", _LEADS.sub("", whole))).strip()
    if not _BUYER_LEAST <= len(name) <= NAME_CHARS_MAX or name in SELF:
        return ""
    if _NO_BUYERS.search(re.sub(r"(?:项目|工程).{0,12}?(?:公司|集团|局|院|处|部)$", "", name)):
        return ""
    return name


_TURN = re.compile(
    r"[（(](?:第?[一二三四五六七八九十\d]+(?:次|批|标包|包)|[^（）()]*吨[^（）()]*)[)）]$"
    r"|第[一二三四五六七八九十]+$|等(?:\d+个|多个)?项目$|选择(?:投资人|社会资本方?)?$"
)
"""What a tender's name ends with and is not part of it: its turn, its batch, its capacity."""
_OBJECT_LEADS = re.compile(
    r"^(?:公司|为|是|了|的|由|[约近超逾]?[\d.,]+[万亿]?元(?:的)?|以[^，。]{0,12}?(?:中标|承建)|金额|总额|约|近|多项"
    r"|其|该|上述|[“”《》\"「【：:\s])+"
)
_OBJECT_ENDS = re.compile(
    r"(?:等|预|拟|[\d.,]+[万亿]?元|的|之|(?:的)?(?:提示性)?公告|中标(?:通知书)?|（以下简称.*|\(以下简称.*"
    r"|[“”《》\"」】；;：:\s]|中标结果|的公告)$"
)
_OBJECT_LEAST = 4
_PAPERS = re.compile(r"^《?关于|(?:公告|公示|通知书|报告|意见|办法|协议)》?$")
"""A paper about a tender is not what the tender was about."""
_WORKS = re.compile(
    r"项目|工程|标段|标包|采购|服务|系统|设备|建设|供应|施工|平台|承包|改造|订单|合同|权$|EPC|PPP|运营|治理|供货|标$"
)
"""What a tender may be about; words without any of these are no name of one."""
_CLAUSE = re.compile(r"有利于|预计|体现|充分|依次|意味|将会|我们|顺序|占公司|不存在")
_ONLY_SUM = re.compile(
    r"^[约近超逾]?[\d,.]*(?:万|亿)?元?(?:的|大单|大额|重大)*(?:施工|建设)?(?:项目|工程|订单|合同)*"
)


def object_name(words: str) -> str:
    """Return what a tender is about, without the words around it; "" where nothing is left."""
    if _PAPERS.search(words):
        return ""
    bid = re.sub(r"^.{0,20}?(?:参加|参与|发布了?)(?=.{6,})", "", words.strip())
    whole = _cut(_OBJECT_ENDS, _OBJECT_LEADS.sub("", bid))
    whole = _cut(_OBJECT_ENDS, _TURN.sub("", whole))
    if len(whole) < _OBJECT_LEAST or _ONLY_SUM.fullmatch(whole):
        return ""
    if not _WORKS.search(whole) or _CLAUSE.search(whole):
        return ""
    return whole


_HOUSES = (
    "国家电网|南方电网|国网[\u4e00-\u9fa5]{2}|中国移动|中国电信|中国联通|中国铁塔|中国石油|中国石化|中石油|中石化|中国海油|中海油"
    "|国家能源集团|国电电力|华能集团|大唐集团|华电集团|国家电投|三峡集团|中国广核|中国核电|中国华电|中国大唐|中国华能"
)
"""Houses that call tenders under short names without an ending that tells a firm."""
_ORGANISATION = re.compile(
    rf"^(?:\d{{4}}年)?(?P<buyer>(?:{_HOUSES})(?:集团)?(?:[\u4e00-\u9fa5]{{2,4}}公司)?"
    r"|[^\d].{1,23}?(?:银行(?:股份有限公司)?|集团(?!有限|股份|公司)(?:有限公司)?|证券|保险|有限责任公司|有限公司"
    r"|(?<!管理)(?:管理|检测|发行|采购|服务|交易)中心(?=.{8,})|联盟|电网|铁塔|(?:移动|电信"
    r"|联通)(?:[\u4e00-\u9fa5]{2,4}分?公司)?|石油|石化|水厂|医院"
    r"|大学|管委会|委员会|人民政府|交通局|水务局|教育局|公安局)(?:（[^）]{2,10}分行）)?)(?=.{4,})"
)


_DISTRICT = re.compile(r"^(?P<buyer>[\u4e00-\u9fa5]{2,4}市[\u4e00-\u9fa5]{1,4}[区县])(?=.{6,})")
"""A city's district at the head of a tender's name calls it, where no other buyer is told."""


def is_place(name: str) -> bool:
    """Return whether a buyer is told by its district alone; that is no firm."""
    return bool(re.fullmatch(r"[\u4e00-\u9fa5]{2,12}[省市区县镇乡村]", name))


def split_buyer(words: str, known: tuple[str, ...]) -> tuple[str, str]:
    """Return the buyer that the name of a tender begins with, and the rest; "" where with none."""
    for name in known:
        if name and words.startswith(name) and len(words) - len(name) >= _OBJECT_LEAST:
            return name, words[len(name) :].lstrip("的")
    match = _ORGANISATION.match(words) or (None if known else _DISTRICT.match(words))
    if match is None:
        return "", words
    return match["buyer"], re.sub(r"^[（(][^）)]{2,10}[）)]", "", words[match.end() :]).lstrip("的")
