"""How names are written: one spelling for comparison, and what of a name is not the name.

The invariant: normalising is total and idempotent; any text is just a string, never an instruction
and never a pattern. What a stock exchange hangs on a name (ST, A, B股, 退) is taken off; the name
as written stays beside it for whoever reads the answer.
"""

from __future__ import annotations

import re
import unicodedata

from martlet.supplychain.names.limits import NAME_CHARS_MAX

_TRADITIONAL = str.maketrans(
    "國際業電車機構發開關學萬東門風馬鳥魚龍龜豐華實業會員長張銀銅鐵鋼鑫貿資產總統聯網絡線維組織"
    "經濟環境農場園藝術體醫藥療衛寶潔責傳媒廣視訊號節約熱氣輪運輸達進遠連鎖邊飛航動勞務無為與萬"
    "滬蘇遼寧黃陝贛瓊雲貴臺灣廈門濟煙慶來陽陰島嶺澤漢錫揚圳紹興",
    "国际业电车机构发开关学万东门风马鸟鱼龙龟丰华实业会员长张银铜铁钢鑫贸资产总统联网络线维组织"
    "经济环境农场园艺术体医药疗卫宝洁责传媒广视讯号节约热气轮运输达进远连锁边飞航动劳务无为与万"
    "沪苏辽宁黄陕赣琼云贵台湾厦门济烟庆来阳阴岛岭泽汉锡扬圳绍兴",
)
_BRACKETS = str.maketrans("[{<《〈【〔「『]}>》〉】〕」』", "(((((((((" + ")))))))))")
_NOT_NAME = re.compile(r"[^\w()&]|_")
_MARK_FRONT = re.compile(r"^(?:S\*ST|\*ST|SST|ST|PT|XD|XR|DR|退市|N(?=[\u4e00-\u9fff]))")
_MARK_END = re.compile(r"(?<=[\u4e00-\u9fff])(?:[AB]股|[AB]退|[ABH]|退|-?[UWV]{1,2})$")

LEGAL_FORMS = (
    "股份有限责任公司",
    "集团股份有限公司",
    "(集团)股份有限公司",
    "控股集团有限公司",
    "集团有限责任公司",
    "控股有限责任公司",
    "股份有限公司",
    "有限责任公司",
    "集团有限公司",
    "控股有限公司",
    "(集团)有限公司",
    "股份公司",
    "有限公司",
    "集团公司",
    "总公司",
    "公司",
)
"""Endings that say what kind of firm it is, the longest first."""


def normalise(text: str) -> str:
    """Return the one spelling of a name: half-width, upper case, simplified, without blanks."""
    folded = unicodedata.normalize("NFKC", text[: NAME_CHARS_MAX * 4]).upper()
    simple = folded.translate(_TRADITIONAL).translate(_BRACKETS)
    return simple[:NAME_CHARS_MAX]


def key_of(text: str) -> str:
    """Return the characters of a name that count when two are compared."""
    return _NOT_NAME.sub("", normalise(text))


def query_key(text: str) -> str:
    """Return what counts of a short name, without the marks of a stock exchange.

    Where nothing would remain (a firm called 退), the marks are the name.
    """
    plain = re.sub(r"\s+", "", normalise(text))
    bare = _MARK_END.sub("", _MARK_FRONT.sub("", plain))
    return _NOT_NAME.sub("", bare) or _NOT_NAME.sub("", plain)


def legal_form_at(name: str) -> int:
    """Return where the legal form of a name begins; its length where it has none."""
    for form in LEGAL_FORMS:
        if name.endswith(form) and len(name) > len(form):
            return len(name) - len(form)
    return len(name)
