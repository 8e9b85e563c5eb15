"""The relation of two firms in a sentence, as a trained classifier reads it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.supplychain.extraction.learned import pair_classifier
from martlet.supplychain.extraction.pairs_features import placed
from martlet.supplychain.extraction.pairs_training import inverse_labels, train_pairs
from martlet.supplychain.extraction.ports import UNKNOWN, LabelledPair, Pair

FIRMS = ("青禾材料", "远山汽车", "北岭钢构", "南湖电子", "云帆物流", "石桥药业")
FRAMES = (
    ("{a}宣布收购{b}的全部股权。", "收购", "被收购"),
    ("昨日{a}被{b}收购,价格没有公布。", "被收购", "收购"),
    ("{a}与{b}签署长期合作协议。", "合作", "合作"),
    ("{a}和{b}昨日均上涨。", UNKNOWN, UNKNOWN),
)


def _rows() -> list[LabelledPair]:
    rows = []
    for (a, b), (frame, label, inverse) in itertools.product(
        itertools.permutations(FIRMS, 2), FRAMES
    ):
        sentence = frame.format(a=a, b=b)
        rows.append(LabelledPair(Pair(a, b, sentence), label))
        rows.append(LabelledPair(Pair(b, a, sentence), inverse))
    return rows


@pytest.fixture(scope="module")
def reader():
    return train_pairs(_rows(), np.random.default_rng(1))[0]


def test_who_buys_whom_is_read_from_the_order_of_the_sentence(reader):
    sentence = "海石集团宣布收购松江纸业的全部股权。"
    asked = [Pair("海石集团", "松江纸业", sentence), Pair("松江纸业", "海石集团", sentence)]
    assert [guess.label for guess in reader.classify(asked)] == ["收购", "被收购"]


def test_a_pair_and_its_reverse_are_equally_sure(reader):
    sentence = "昨日海石集团被松江纸业收购,价格没有公布。"
    one, other = reader.classify(
        [Pair("海石集团", "松江纸业", sentence), Pair("松江纸业", "海石集团", sentence)]
    )
    assert (one.label, other.label) == ("被收购", "收购")
    assert one.probability == other.probability


def test_a_firm_that_the_sentence_does_not_name_has_no_relation_in_it(reader):
    asked = [
        Pair("海石集团", "松江纸业", "海石集团宣布收购。"),
        Pair("海石", "海石", "海石收购海石"),
    ]
    assert [guess.label for guess in reader.classify(asked)] == [UNKNOWN, UNKNOWN]


def test_the_reversed_label_is_learnt_from_the_rows():
    found = inverse_labels(_rows())
    assert (found["收购"], found["被收购"], found["合作"]) == ("被收购", "收购", "合作")


def test_a_file_of_one_label_teaches_that_label_and_no_more():
    rows = [row for row in _rows() if row.label == "合作"]
    reader, held_out, _ = train_pairs(rows, np.random.default_rng(1))
    assert held_out.f1 == 1.0
    assert {guess.label for guess in reader.classify([row.pair for row in rows])} == {"合作"}


def test_a_handful_of_sentences_trains_nothing():
    assert pair_classifier(_rows()[:6]).name == "trigger-words"


@given(st.text(max_size=12), st.text(max_size=4), st.text(max_size=4))
def test_two_names_are_placed_alike_whichever_is_asked_first(sentence, head, tail):
    one, other = placed(Pair(head, tail, sentence)), placed(Pair(tail, head, sentence))
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.first, one.between, one.before) == (other.first, other.between, other.before)
        assert one.swapped != other.swapped
