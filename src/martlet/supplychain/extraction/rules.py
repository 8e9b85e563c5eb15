"""Readers that need no training: trigger words between two names, and what a firm's name ends in.

The invariant: nothing here was fitted to a labelled set; the words are those of trade law and of
stock-exchange notices. They are what answers where no training file is given, and the floor that
a trained reader is measured against.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from martlet.supplychain.extraction.firm_names import plausible, trimmed
from martlet.supplychain.extraction.gazetteer import Gazetteer, without_overlap
from martlet.supplychain.extraction.limits import NAME_CHARS_MAX
from martlet.supplychain.extraction.ports import UNKNOWN, LabelGuess, Mention, Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TRIGGERS = (
    ("拟收购", "拟收购", "被拟收购"),
    ("收购", "收购", "被收购"),
    ("合资", "合资", "合资"),
    ("合并", "合并", "合并"),
    ("重组", "重组", "重组"),
    ("签署|签订|签约", "签约", "签约"),
    ("合作|携手|联手", "合作", "合作"),
    ("竞争|对手", "竞争", "竞争"),
    ("增持", "增持", "被增持"),
    ("减持", "减持", "被减持"),
    ("入股|参股", "入股", "被入股"),
    ("持股|持有", "持股", "被持股"),
    ("注资|增资", "注资", "被注资"),
    ("借壳", "借壳", "被借壳"),
    ("转让", "转让", "被转让"),
    ("订单|采购|供货|供应", "订单", "订单"),
    ("诉讼|起诉|纠纷", "纠纷", "纠纷"),
    ("子公司|旗下|控股", "拥有", "被拥有"),
)
"""Words, and the relation of head to tail where head stands first, and where it stands last."""

_SURE = 0.4
"""What a bare trigger word is worth: nobody calibrated it, so it is said to be weak."""

LISTED = 0.95
"""A name that was given is one where it stands, unless it is a word as well, as brands may be."""

_FIRM = re.compile(
    r"(?:(?![向与的是由对将被把从及在给称让使等])[\u4e00-\u9fa5A-Za-z0-9()（）·&])"
    rf"{{2,{NAME_CHARS_MAX}}}?"
    r"(?:集团(?:股份)?有限公司|股份有限公司|有限责任公司|有限公司|集团公司|分公司|公司|集团|银行|证券)"
)


_LEADS = re.compile(
    r"^(?:近日|日前|今日|授权|采购|收购|参股|入股|投资|经销|代理|中标|携手|联合|联手|合作|客户|股东|供应商"
    r"|全资|控股|境外|境内|间接|旗下|下属|所属|子公司|孙公司|本公司|上市公司|公司|集团旗下|[年月日])+"
)
"""Words before a firm's name that are no part of it."""
_LEAST_CHARS = 3


class TriggerPairs:
    """Names the relation of the first trigger word in a sentence, among the labels in use."""

    name = "trigger-words"
    version = "1"

    def __init__(self, labels: frozenset[str] = frozenset()) -> None:
        self._labels = labels

    def classify(self, pairs: Sequence[Pair]) -> Sequence[LabelGuess]:
        """Return a weak guess per pair, and `UNKNOWN` where no trigger word stands."""
        return [self._one(pair) for pair in pairs]

    def _one(self, pair: Pair) -> LabelGuess:
        first = pair.sentence.find(pair.head) <= pair.sentence.find(pair.tail)
        for words, forward, backward in _TRIGGERS:
            label = forward if first else backward
            if (not self._labels or label in self._labels) and re.search(words, pair.sentence):
                return LabelGuess(label, _SURE)
        return LabelGuess(UNKNOWN, _SURE)


class KnownNames:
    """Finds the names that it was given and whatever ends as a firm's name does."""

    name = "known-names"
    version = "1"

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._known = Gazetteer(dict.fromkeys(names, 1))

    def find(self, sentences: Sequence[str]) -> Sequence[Sequence[Mention]]:
        """Return known names first, then names by their ending where nothing stands yet."""
        return [self._one(sentence) for sentence in sentences]

    def _one(self, sentence: str) -> list[Mention]:
        known = without_overlap(self._known.matches(sentence))
        taken = [Mention(start, end, LISTED) for start, end in known]
        for match in _FIRM.finditer(sentence):
            lead = _LEADS.match(match[0])
            name = trimmed(match[0][lead.end() if lead else 0 :])
            start, end = match.end() - len(name), match.end()
            apart = all(end <= one.start or start >= one.end for one in taken)
            if apart and end - start >= _LEAST_CHARS and plausible(name):
                taken.append(Mention(start, end, _SURE))
        return sorted(taken, key=lambda one: one.start)


def standing_in(sentence: str, names: Iterable[str], probability: float) -> list[Mention]:
    """Return where names stand in a sentence, in order; the longest where they overlap."""
    found: list[Mention] = []
    for name in sorted({name for name in names if name}, key=lambda one: (-len(one), one)):
        at = sentence.find(name)
        while at >= 0:
            end = at + len(name)
            if all(end <= one.start or at >= one.end for one in found):
                found.append(Mention(at, end, probability))
            at = sentence.find(name, end)
    return sorted(found, key=lambda one: one.start)
