"""A text as it is read: without share prices and codes between a name and its verb.

The invariant: every place in the cleaned text knows its place in the original, so that whatever is
quoted stands there literally.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

_PRICE = (
    r"[\u200b\u200c\u200d\ufeff\xad]"
    r"|(?<=[\u4e00-\u9fa5])[ \u3000](?=集团|股份|有限|公告|（|\()"
    r"|[(（]-?\d[\d.]*,\s*-?\d[\d.]*,\s*-?\d[\d.]*%[)）]"
    r"|[(（](?:\d{6}|\d{4,5}\.?HK|[\d.]+\.(?:SH|SZ|BJ|HK|OC)|(?:SH|SZ|BJ)\s?\d{6})"
    r"(?:[，,][^)）]{0,20})?[)）]"
    r"|[(（](?:证券|股票)(?:代码|简称)[:：][^)）]{1,40}[)）]"
)
PRICES = re.compile(_PRICE)
"""What is never part of a name: marks without width, a share's price, a share's code."""

_NOISE = re.compile(_PRICE + r"|[(（](?:以下|下)?(?:简称|称)[为：:]?[^）)]{1,60}[)）]")
"""The same, and the short form given to a name."""


@dataclass(frozen=True)
class CleanText:
    """A text without noise, and where each of its signs stands in the original."""

    original: str

    @cached_property
    def _kept(self) -> tuple[str, tuple[int, ...]]:
        signs: list[str] = []
        places: list[int] = []
        at = 0
        for match in (*_NOISE.finditer(self.original), None):
            until = match.start() if match else len(self.original)
            signs.append(self.original[at:until])
            places.extend(range(at, until))
            at = match.end() if match else until
        return "".join(signs), tuple(places)

    @property
    def text(self) -> str:
        """Return the text without noise."""
        return self._kept[0]

    def literal(self, start: int, end: int) -> str:
        """Return the original words of a stretch of the cleaned text."""
        places = self._kept[1]
        return self.original[places[start] : places[end - 1] + 1] if end > start else ""
