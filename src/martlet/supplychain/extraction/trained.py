"""Trained readers kept in one file: weights as small whole numbers, read without any code in them.

The invariant: a file read back gives the same answers wherever it is read; one that is damaged, too
large or of another edition is refused, never half used.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.errors import Invalid
from martlet.supplychain.extraction.calibration import Calibration
from martlet.supplychain.extraction.gazetteer import Gazetteer
from martlet.supplychain.extraction.limits import MODEL_BYTES_MAX
from martlet.supplychain.extraction.mentions import TAGS, SequenceModel, TrainedMentions
from martlet.supplychain.extraction.pairs import PairModel, TrainedPairs, Vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.lib.npyio import NpzFile
    from numpy.typing import NDArray

EDITION = 1
"""Changes with the features or the layout: an older file would be read as nonsense."""
SHIPPED = "finre.npz"
"""The readers that come with the package; finre.md beside them says what they were trained on."""

_STEPS = 127
"""Weights are kept as whole numbers of this many steps to either side of zero."""
_FAINT = 0.03
"""Weights of characters below this are left out; F1 on held-out sentences did not move."""
_WEIGHTS_KEPT_MAX = 400_000
"""Of the pairs' weights; the others moved micro-F1 by less than .005 on held-out sentences."""


@dataclass(frozen=True, slots=True)
class TrainedReaders:
    """Both learned readers, trained on the same file."""

    mentions: TrainedMentions
    pairs: TrainedPairs


def shipped_readers() -> TrainedReaders:
    """Return the readers that come with the package."""
    with (files("martlet.supplychain.extraction") / SHIPPED).open("rb") as file:
        return _unpacked(np.load(file, allow_pickle=False))


def save(path: Path, readers: TrainedReaders) -> None:
    """Write readers to a file; what is read back answers as these do, weights rounded."""
    mentions, pairs = readers.mentions, readers.pairs
    kept, weights = _largest(pairs.model)
    told = {
        "edition": EDITION,
        "mentions": {"threshold": mentions.threshold, **_table(mentions.calibration)},
        "names": dict(sorted(mentions.model.known.counts.items())),
        "pairs": {"threshold": pairs.threshold, **_table(pairs.calibration)},
        "ties": _table(pairs.ties),
        "labels": pairs.model.labels,
        "inverses": dict(pairs.model.inverses),
        "sharpness": pairs.model.sharpness,
    }
    table, table_steps = _rounded(_without_faint(mentions.model.weights))
    pair_weights, pair_steps = _rounded(weights)
    text = json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    with path.open("wb") as file:
        np.savez_compressed(
            file,
            told=np.frombuffer(text, np.uint8),
            table=np.ascontiguousarray(table.T),
            table_steps=table_steps,
            steps=mentions.model.steps,
            # The gaps between rising numbers are smaller than the numbers.
            hashes=np.diff(kept.hashes.astype(np.int64), prepend=0).astype(np.uint32),
            rarities=kept.rarities,
            weights=np.ascontiguousarray(pair_weights.T),
            weight_steps=pair_steps,
            shifts=pairs.model.shifts,
        )


def load(path: Path) -> TrainedReaders:
    """Return the readers of a file that `save` wrote."""
    try:
        if path.stat().st_size > MODEL_BYTES_MAX:
            raise Invalid("extraction.model_unreadable", file=path.name)
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > MODEL_BYTES_MAX:
                raise Invalid("extraction.model_unreadable", file=path.name)
        with path.open("rb") as file:
            return _unpacked(np.load(file, allow_pickle=False))
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise Invalid("extraction.model_unreadable", file=path.name) from error


def _unpacked(file: NpzFile) -> TrainedReaders:
    told: dict[str, Any] = json.loads(bytes(file["told"]))
    table = _restored(file["table"].T, file["table_steps"])
    hashes = np.cumsum(file["hashes"].astype(np.int64)).astype(np.uint32)
    sequence = SequenceModel(table, file["steps"], Gazetteer(told["names"]))
    pairs = PairModel(
        Vocabulary(hashes, file["rarities"]),
        tuple(told["labels"]),
        told["inverses"],
        _restored(file["weights"].T, file["weight_steps"]),
        file["shifts"],
        float(told["sharpness"]),
    )
    fits = (
        told["edition"] == EDITION
        and table.shape == (1 << sequence.table_bits, TAGS)
        and pairs.weights.shape == (len(hashes), len(pairs.labels))
        and pairs.shifts.shape == (len(pairs.labels),)
        and pairs.vocabulary.rarities.shape == hashes.shape
        and sequence.steps.shape == (TAGS, TAGS)
    )
    if not fits:
        raise ValueError(told["edition"])
    return TrainedReaders(
        TrainedMentions(sequence, float(told["mentions"]["threshold"]), _read(told["mentions"])),
        TrainedPairs(
            pairs, float(told["pairs"]["threshold"]), _read(told["pairs"]), _read(told["ties"])
        ),
    )


def _table(calibration: Calibration) -> dict[str, tuple[float, ...]]:
    return {"figures": calibration.figures, "shares": calibration.shares}


def _read(told: dict[str, Any]) -> Calibration:
    return Calibration(tuple(told["figures"]), tuple(told["shares"]))


def _without_faint(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.where(np.abs(weights) < _FAINT, np.float32(0), weights)


def _largest(model: PairModel) -> tuple[Vocabulary, NDArray[np.float32]]:
    """Return the tokens that keep any weight, and the weights that count most."""
    # How much a weight moves all scores: its token's own weight by the root of how often it stands.
    rarities = model.vocabulary.rarities
    counts = np.abs(model.weights) * (rarities * np.exp(-rarities / 2))[:, np.newaxis]
    least = 0.0
    if counts.size > _WEIGHTS_KEPT_MAX:
        least = float(np.partition(counts.ravel(), -_WEIGHTS_KEPT_MAX)[-_WEIGHTS_KEPT_MAX])
    weights = np.where(counts >= least, model.weights, np.float32(0))
    used = (weights != 0).any(1)
    vocabulary = Vocabulary(model.vocabulary.hashes[used], model.vocabulary.rarities[used])
    return vocabulary, weights[used]


def _rounded(weights: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return weights as whole numbers of a step of their column's own."""
    steps = np.maximum(np.abs(weights).max(0), np.float32(1e-9)) / np.float32(_STEPS)
    return np.round(weights / steps).astype(np.int8), steps


def _restored(numbers: NDArray[np.int8], steps: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = np.ascontiguousarray(numbers * steps, np.float32)
    return found
