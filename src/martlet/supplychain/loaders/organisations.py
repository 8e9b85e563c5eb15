"""Tell an organisation's name from a person's: natural persons stay out of the graph.

The invariant: a name that may be a person's makes no node. A short name without any word of a firm
is taken for a person's, for a brand that is left out can be told again and a person cannot.
"""

from __future__ import annotations

import re

_WORDS = re.compile(
    "公司|集团|企业|厂|店|行$|部$|铺|坊|社|中心|研究院|研究所|设计院|大学|学院|学校|医院|银行|基金|"
    "协会|学会|联盟|委员会|合伙|事务所|工作室|合作|农场|牧场|商贸|贸易|超市|市场|酒店|饭店|餐|馆|"
    "局$|院$|所$|站$|处$|政府|股份|有限|控股|实业|科技|门诊|药房|车间|矿|场$"
)
_LATIN = re.compile(
    r"\b(co|ltd|inc|llc|corp|corporation|company|limited|gmbh|group|bank|university|institute|plc|"
    r"ag|sa|bv|kg|oy|ab|holdings?)\b\.?",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u3400-\u9fff·]+")
PERSON_SIGNS_MAX = 4
"""A Chinese person's name has two to four signs; a minority's with its dot is caught by the dot."""


def is_organisation(name: str) -> bool:
    """Tell whether a name is surely not a natural person's."""
    plain = name.strip()
    if not plain or "*" in plain:
        return False
    if _WORDS.search(plain) or _LATIN.search(plain):
        return True
    if _HAN.fullmatch(plain):
        return len(plain) > PERSON_SIGNS_MAX and "·" not in plain
    # "John Smith" and "J. Smith" are persons as likely as brands.
    return False
