"""Names of firms read in sentences, by a chain of characters."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.realdata import shared_data

from martlet.supplychain.extraction.calibration import calibrate
from martlet.supplychain.extraction.chain_sums import sums
from martlet.supplychain.extraction.gazetteer import Gazetteer, repeated, without_overlap
from martlet.supplychain.extraction.labelled import read_pairs, sentences_of
from martlet.supplychain.extraction.mentions import (
    AFTER,
    CLOSING,
    OPENING,
    TAGS,
    allowed_steps,
    surest,
)
from martlet.supplychain.extraction.mentions_training import fit_sequence
from martlet.supplychain.extraction.reading import Mistakes

if TYPE_CHECKING:
    from martlet.supplychain.extraction.ports import LabelledSentence


def test_a_known_name_is_found_wherever_it_stands():
    known = Gazetteer({"青禾": 2, "青禾材料": 1, "远山汽车": 1})
    found = known.matches("青禾材料向远山汽车供货")
    assert found == [(0, 2), (0, 4), (5, 9)]
    assert without_overlap(found) == [(0, 4), (5, 9)]


def test_what_only_this_sentence_taught_is_not_known_in_it():
    known = Gazetteer.of([["青禾材料", "远山汽车"], ["远山汽车"]])
    assert known.matches("青禾材料向远山汽车供货", own=["青禾材料", "远山汽车"]) == [(5, 9)]


def test_a_text_that_ends_within_a_name_does_not_name_it():
    assert Gazetteer({"青禾材料": 1}).matches("我们走访了青禾材") == []


def test_words_said_twice_are_seen_and_figures_are_not():
    assert repeated("青禾材料称,青禾材料已交货12,12") == [(0, 4), (6, 10)]


@given(
    st.lists(st.lists(st.floats(-3, 3), min_size=5, max_size=5), min_size=1, max_size=5),
    st.integers(0, 1000),
)
def test_a_tags_probability_is_the_sum_over_all_readings(scores, seed):
    emitted = np.array(scores)
    steps = np.random.default_rng(seed).normal(size=(TAGS, TAGS))
    factors = allowed_steps(steps)
    _, forward, backward = sums(emitted, factors, OPENING, CLOSING)
    expected, whole = np.zeros_like(emitted), 0.0
    for reading in itertools.product(range(TAGS), repeat=len(emitted)):
        allowed = OPENING[reading[0]] * CLOSING[reading[-1]] > 0
        allowed = allowed and all(b in AFTER[a] for a, b in itertools.pairwise(reading))
        if allowed:
            weight = sum(emitted[place, tag] for place, tag in enumerate(reading))
            weight = np.exp(weight + sum(steps[a, b] for a, b in itertools.pairwise(reading)))
            whole += weight
            for place, tag in enumerate(reading):
                expected[place, tag] += weight
    assert forward * backward == pytest.approx(expected / whole, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans())), st.floats(0, 1), st.floats(0, 1))
def test_a_surer_reader_is_never_taken_for_less_sure(outcomes, one, other):
    table = calibrate(outcomes)
    low, high = sorted((one, other))
    assert 0 < table.probability(low) <= table.probability(high) < 1


@pytest.mark.realdata
def test_names_that_training_never_saw_are_found_in_financial_news():
    rows = read_pairs(shared_data("supply-chain/finre/train.txt"), Mistakes())[:1800]
    sentences = sentences_of(rows)
    taught, asked = sentences[:600], sentences[600:]
    model = fit_sequence(taught, np.random.default_rng(1))
    told = [_names(model.stretches(one.sentence, least=0.3), one) for one in asked]
    seen = {name for one in taught for name in one.names}
    new = [(one.names - seen, found) for one, found in zip(asked, told, strict=True)]
    right = sum(len(one.names & found) for one, found in zip(asked, told, strict=True))
    assert right / sum(map(len, told)) > 0.6
    assert sum(len(a & b) for a, b in new) / sum(len(a) for a, _ in new) > 0.4


def _names(stretches: list[tuple[int, int, float]], one: LabelledSentence) -> set[str]:
    return {one.sentence[start:end] for start, end, _ in surest(stretches)}
