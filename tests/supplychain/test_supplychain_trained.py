"""Trained readers in a file: written, read back, refused when damaged; and those of the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from martlet.kernel.errors import Invalid
from martlet.supplychain.extraction.calibration import Calibration
from martlet.supplychain.extraction.gazetteer import Gazetteer
from martlet.supplychain.extraction.learned import learn
from martlet.supplychain.extraction.mentions import TAGS, SequenceModel, TrainedMentions
from martlet.supplychain.extraction.pairs import PairModel, TrainedPairs, Vocabulary
from martlet.supplychain.extraction.pairs_features import placed, token_hashes
from martlet.supplychain.extraction.ports import UNKNOWN, LabelledPair, Pair
from martlet.supplychain.extraction.trained import TrainedReaders, load, save, shipped_readers

if TYPE_CHECKING:
    from pathlib import Path

SENTENCE = "青禾材料与远山汽车签署长期供货协议。"
PAIR = Pair("青禾材料", "远山汽车", SENTENCE)
EVEN = Calibration((0.1, 0.9), (0.2, 0.8))


@pytest.fixture
def readers():
    rng = np.random.default_rng(7)
    here = placed(PAIR)
    assert here is not None
    hashes = np.array(sorted(set().union(*token_hashes(here).values())), np.uint32)
    pairs = PairModel(
        Vocabulary(hashes, rng.uniform(1, 5, len(hashes)).astype(np.float32)),
        (UNKNOWN, "合作", "收购", "被收购"),
        {"收购": "被收购", "被收购": "收购"},
        rng.normal(size=(len(hashes), 4)).astype(np.float32),
        rng.normal(size=4),
        2.0,
    )
    chain = SequenceModel(
        rng.normal(0, 0.2, (256, TAGS)).astype(np.float32),
        rng.normal(size=(TAGS, TAGS)),
        Gazetteer({"青禾材料": 2}),
    )
    return TrainedReaders(TrainedMentions(chain, 0.02, EVEN), TrainedPairs(pairs, 0.1, EVEN, EVEN))


def test_what_is_read_back_answers_as_what_was_written(readers, tmp_path: Path):
    save(tmp_path / "readers.npz", readers)
    back = load(tmp_path / "readers.npz")
    written, read = readers.pairs.model.probabilities(PAIR), back.pairs.model.probabilities(PAIR)
    assert read == pytest.approx(written, abs=0.02)
    assert back.mentions.model.known.counts == {"青禾材料": 2}
    likely = {one[:2]: one[2] for one in readers.mentions.model.stretches(SENTENCE, least=0.1)}
    again = {one[:2]: one[2] for one in back.mentions.model.stretches(SENTENCE, least=0.0)}
    assert likely
    assert {place: again[place] for place in likely} == pytest.approx(likely, abs=0.05)


def test_the_same_readers_make_the_same_bytes(readers, tmp_path: Path):
    for name in ("one.npz", "other.npz"):
        save(tmp_path / name, readers)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "other.npz").read_bytes()


@pytest.mark.parametrize("kept", [0, 100, 2000])
def test_a_damaged_file_is_refused(readers, tmp_path: Path, kept: int):
    save(tmp_path / "readers.npz", readers)
    path = tmp_path / "cut.npz"
    path.write_bytes((tmp_path / "readers.npz").read_bytes()[:kept])
    with pytest.raises(Invalid, match="model_unreadable"):
        load(path)


def test_too_few_sentences_are_refused():
    with pytest.raises(Invalid, match="too_few_examples"):
        learn([LabelledPair(PAIR, "合作")])


def test_the_packages_own_readers_read_names_they_never_saw():
    readers = shipped_readers()
    assert not {"青禾材料", "远山汽车"} & readers.mentions.model.known.counts.keys()
    found = readers.mentions.find([SENTENCE])[0]
    assert [SENTENCE[one.start : one.end] for one in found] == ["青禾材料", "远山汽车"]
    guess = readers.pairs.classify([PAIR])[0]
    assert guess.label in {"签约", "合作"}
    assert 0.5 < readers.pairs.tie(PAIR) < 1
