"""Amounts of money as Chinese texts write them, in fen.

The invariant: an amount is exact by decimal arithmetic or it is None; a foreign currency, a sum per
unit (yuan a ton), a fraction of a fen and what is only "about" or "up to" are None, never
converted or rounded.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from martlet.kernel.limits import AMOUNT_FEN_MAX

_UNITS = {
    "": 1,
    "千": 10**3,
    "万": 10**4,
    "百万": 10**6,
    "千万": 10**7,
    "亿": 10**8,
    "万亿": 10**12,
}
_FEN = 100

AMOUNT = re.compile(
    r"(?P<hedge>(?:不超过|不低于|约为|约合|超过|大约|约|近|逾|超)\s?)?(?:人民币)?\s?"
    r"(?P<figure>\d{1,3}(?:[,，]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)\s?"
    r"(?P<unit>万亿|千万|百万|亿|万|千)?(?P<more>余|多)?\s?"
    r"(?P<currency>元人民币|元|人民币|美元|欧元|港元|港币|英镑|日元|澳元|加元|卢布|新元)"
    r"(?!\s?(?:/|每|\\/))"
)
"""An amount with its currency and its hedge, as it stands in a text; a price per unit is none."""

_YUAN = {"元", "元人民币", "人民币"}


def amount_fen(text: str) -> int | None:
    """Return an amount in fen; None where it is not exact, not yuan or beyond every bound."""
    match = AMOUNT.search(unicodedata.normalize("NFKC", text))
    if match is None or match["currency"] not in _YUAN or match["hedge"] or match["more"]:
        return None
    figure = Decimal(re.sub(r"[,，]", "", match["figure"]))
    fen = figure * _UNITS[match["unit"] or ""] * _FEN
    if fen != fen.to_integral_value() or fen > AMOUNT_FEN_MAX:
        return None
    return int(fen)
