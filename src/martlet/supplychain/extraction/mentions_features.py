"""What the recogniser of company names sees at each character: its surroundings, hashed.

The invariant: a character's features depend on its sentence and on the list of known names alone,
and are the same whole numbers on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from martlet.supplychain.extraction.gazetteer import Gazetteer, repeated, without_overlap

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from martlet.supplychain.extraction.gazetteer import Span

Ids = NDArray[np.int32]
Codes = NDArray[np.uint64]

TABLE_BITS = 18
"""Features share 262,144 places: more brought nothing in cross-validation, fewer cost little."""

_MARGIN = 4
"""Characters seen to either side."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

_ENDINGS = (
    "股份有限公司 有限责任公司 有限公司 公司 集团 股份 控股 银行 证券 基金 科技 电子 "
    "保险 信托 投资 实业 能源 电力 航空 汽车 药业 医药 地产 置业 传媒 网络 软件 通信 "
    "国际 食品 水泥 钢铁 石油 石化 化工 环保 商贸 资本 资管 财险 人寿 期货 租赁 物流 "
    "港 重工 电器 家电 乳业 酒业 啤酒 机场 航运 高速 矿业 煤业 铝业 材料 新材 光电 "
    "半导体 生物 制药 医疗 文化 影视 娱乐 旅游 酒店 百货 超市 服饰 纺织 纸业 农业 "
    "牧业 种业 水务 燃气 建设 建工 工程 机械 装备 仪器 轴承 电气 电缆 电机 动力 核电 "
    "风电 光伏 太阳能"
)
"""What the names of Chinese firms end in: legal forms and trades, common knowledge."""

_PLACES = (
    "北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 "
    "河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 内蒙古 广西 西藏 宁夏 "
    "新疆 香港 澳门 台湾 深圳 广州 杭州 南京 苏州 武汉 成都 西安 长沙 青岛 大连 宁波 "
    "厦门 济南 沈阳 哈尔滨 长春 郑州 合肥 福州 昆明 南昌 贵阳 太原 石家庄 兰州 无锡 "
    "常州 东莞 佛山 珠海 温州 烟台 中国 美国 日本 韩国 德国 法国 英国"
)
"""What the names of Chinese firms begin with: provinces, large cities, countries."""

ENDINGS = Gazetteer(dict.fromkeys(_ENDINGS.split(), 1))
PLACES = Gazetteer(dict.fromkeys(_PLACES.split(), 1))

_LONG = 7
"""Lengths of this many characters and more are told apart no further."""
_FAR = 9
"""An ending this far ahead, or behind a stop, is no longer seen."""
_INSIDE, _FIRST, _LAST, _ALONE = 2, 1, 3, 4
_STOPS = {
    ",": 7,
    "，": 7,
    "。": 7,
    ";": 7,
    "；": 7,
    ":": 7,
    "：": 7,
    "!": 7,
    "！": 7,
    "?": 7,
    "？": 7,
}
_QUOTES = dict.fromkeys("“”\"《》‘’'()（）", 6)
_MARKS = {"、": 5, "<": 4, ">": 4, **_STOPS, **_QUOTES}


def feature_ids(
    sentence: str, known: Gazetteer, own: Collection[str] = (), table_bits: int = TABLE_BITS
) -> Ids:
    """Return one row per character: the place of each of its features in the table of weights."""
    seen = _Columns(sentence)
    _surroundings(seen)
    for matches in (
        known.matches(sentence, own),
        ENDINGS.matches(sentence),
        repeated(sentence),
    ):
        seen.dictionary(matches)
    places = seen.cover(PLACES.matches(sentence))
    before = np.concatenate([np.zeros(2, np.int64), places])
    after = np.concatenate([places, np.zeros(1, np.int64)])
    seen.add(places)
    seen.add(before[1:-1], places)
    seen.add(before[:-2])
    seen.add(after[1:])
    ahead = _to_ending(sentence, seen.classes)
    seen.add(ahead)
    seen.add(ahead, seen.at(-1))
    seen.add(ahead, seen.at(0))
    return seen.ids(table_bits)


def _surroundings(seen: _Columns) -> None:
    for offset in range(-4, 5):
        seen.add(seen.at(offset))
    for offset in range(-3, 3):
        seen.add(seen.at(offset), seen.at(offset + 1))
    for offset in range(-3, 2):
        seen.add(*(seen.at(offset + step) for step in range(3)))
    seen.add(seen.at(-1), seen.at(1))
    for first in (-4, 1, 0, -3):
        seen.add(*(seen.at(first + step) for step in range(4)))
    seen.add(*(seen.class_at(step) for step in (-1, 0, 1)))
    seen.add(*(seen.class_at(step) for step in (-2, -1, 0, 1, 2)))
    seen.add(seen.at(0), seen.class_at(-1), seen.class_at(1))


class _Columns:
    """The columns of one sentence as they are added; each kind has a number of its own."""

    def __init__(self, sentence: str) -> None:
        self._length = len(sentence)
        codes = np.array([ord(char) for char in sentence], np.uint64)
        self.classes = np.array([_class_of(char) for char in sentence], np.uint64)
        before, after = np.full(_MARGIN, 1, np.uint64), np.full(_MARGIN, 2, np.uint64)
        none = np.zeros(_MARGIN, np.uint64)
        self._codes = np.concatenate([before, codes, after])
        self._classes = np.concatenate([none, self.classes, none])
        self._columns: list[Codes] = []

    def at(self, offset: int) -> Codes:
        """Return the character so far to the right of each."""
        return self._codes[_MARGIN + offset : _MARGIN + offset + self._length]

    def class_at(self, offset: int) -> Codes:
        """Return its class, such as digit or stop."""
        return self._classes[_MARGIN + offset : _MARGIN + offset + self._length]

    def add(self, *parts: NDArray[np.generic]) -> None:
        """Add one kind of feature made of these parts."""
        mixed = np.full(self._length, len(self._columns) + 1, np.uint64) * _MULTIPLIER
        mixed ^= mixed >> _SHIFT
        for part in parts:
            mixed = (mixed ^ part.astype(np.uint64)) * _MULTIPLIER
            mixed ^= mixed >> _SHIFT
        self._columns.append(mixed)

    def cover(self, matches: Sequence[Span]) -> NDArray[np.int64]:
        """Return each character's place in the longest match over it, with that match's length."""
        found = np.zeros(self._length, np.int64)
        for start, end in without_overlap(matches):
            length = min(end - start, _LONG)
            found[start:end] = _INSIDE * 8 + length
            found[start] = _FIRST * 8 + length
            found[end - 1] = (_LAST if end - start > 1 else _ALONE) * 8 + length
        return found

    def dictionary(self, matches: Sequence[Span]) -> None:
        """Add what matches of a list say of each character."""
        starts, ends = np.zeros(self._length, np.int64), np.zeros(self._length, np.int64)
        for start, end in matches:
            length = min(end - start, _LONG)
            starts[start] = max(starts[start], length)
            ends[end - 1] = max(ends[end - 1], length)
        found = np.concatenate([[0], self.cover(matches), [0]])
        here = found[1:-1]
        self.add(here)
        self.add(found[:-2], here)
        self.add(here, found[2:])
        self.add(starts, ends)
        for offset in (1, -1, 0):
            self.add(here, self.at(offset))

    def ids(self, table_bits: int) -> Ids:
        """Return all columns as places in the table."""
        return (np.stack(self._columns, 1) >> np.uint64(64 - table_bits)).astype(np.int32)


def _to_ending(sentence: str, classes: Codes) -> NDArray[np.int64]:
    """Return how many characters ahead the next ending of a firm's name begins."""
    begins = {start for start, _ in ENDINGS.matches(sentence)}
    found = np.full(len(sentence), _FAR, np.int64)
    distance = _FAR
    for place in range(len(sentence) - 1, -1, -1):
        distance = 0 if place in begins else min(_FAR, distance + 1)
        if classes[place] != 1:
            distance = _FAR
        found[place] = distance
    return found


def _class_of(char: str) -> int:
    if "\u4e00" <= char <= "\u9fff":
        return 1
    if char.isdigit():
        return 2
    if char.isascii() and char.isalpha():
        return 3
    return _MARKS.get(char, 8)
