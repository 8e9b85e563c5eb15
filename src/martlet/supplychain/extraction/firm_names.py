"""Whether words can be a firm's name at all, and where a name begins in a run of words.

The invariant: what is trimmed is an end of the words that came in; what is not plausible is told
to nobody, for a fact about half a sentence helps no reviewer.
"""

from __future__ import annotations

import re

from martlet.supplychain.extraction.limits import NAME_CHARS_MAX

_BEFORE = re.compile(
    r".*(?:购买|收购|标的公司|目标公司|控股股东|实际控制人|股东|一致行动人|当事人|参股的|拟联合|通过|持有|认购|增资"
    r"|转让|发行|下属|旗下|子公司|孙公司|以及|包括|关于|其中|先生|女士|公司(?=.{3,}公司))(?=.{4,})"
)
"""Words that may stand before a name without a sign between, and not inside one."""

_NEVER = re.compile(
    r"先生|女士|昨日|今日|近日|日前|本次|此次|关于|公告|持有|接到|收到|发行|购买|一致行动|股东|拟|分别|将|及其|公司.*公司"
    r"|记者|报道|截至|同意|审议|董事|代码|简称|万元|亿元|股份约|当日|截止|特此|接公司|发包人|承包人|甲方|乙方|另外|退还|中止|用于|方为|附属公司"
    r"|手续费|丨|^根据|^被|[“”\"《》，。；：:！？\s【】]"
)
_HOLLOW = frozenset(
    {
        *(
            "",
            "本",
            "该",
            "我",
            "其",
            "各",
            "上市",
            "标的",
            "目标",
            "接到",
            "项目",
            "信贷",
            "下属",
            "控股",
        ),
        *(
            "全资",
            "子",
            "孙",
            "母",
            "总",
            "分",
            "股份",
            "有限",
            "有限责任",
            "股份有限",
            "集团",
            "投资者",
            "客户",
        ),
        *(
            "合资",
            "关联",
            "参股",
            "一家",
            "两家",
            "多家",
            "新",
            "旗下",
            "民营",
            "上述",
            "所在",
            "整个",
        ),
    }
)
"""What may stand before "company" or "group" without making it anybody's name."""
_ENDS = re.compile(r"(?:股份有限公司|有限责任公司|有限公司|集团公司|分公司|公司|集团|银行|证券)$")
_LEAST = 2
_BRACKETS = (("（", "）"), ("(", ")"))


def trimmed(words: str) -> str:
    """Return the name at the end of a run of words."""
    return _BEFORE.sub("", words)


def plausible(name: str) -> bool:
    """Return whether words can be a firm's name."""
    return (
        _LEAST <= len(name) <= NAME_CHARS_MAX
        and not _NEVER.search(name)
        and _ENDS.sub("", name) not in _HOLLOW
        and not name.isdigit()
        and name[0] not in "（()）的和与及、·-"
        and all(name.count(left) == name.count(right) for left, right in _BRACKETS)
    )
