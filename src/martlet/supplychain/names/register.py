"""A register of firm names as arrays: characters, parts of each name, and how common they are.

The invariant: everything here follows from the register alone, so that the same register gives the
same arrays whoever asks; nothing of it is compared name by name with all others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from martlet.supplychain.names.limits import ALIGNED_CHARS_MAX
from martlet.supplychain.names.places import leading_places, place_at
from martlet.supplychain.names.writing import key_of, legal_form_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Smalls = npt.NDArray[np.int32]
    Floats = npt.NDArray[np.float64]

PLACE, CORE, BRACKET, FORM = 0, 1, 2, 3
"""Parts of a name: where it sits, what it is called and does, a bracket, its legal form."""

FORM_NAMES = ("股份有限公司", "有限责任公司", "有限公司", "公司")
"""Kinds of legal form that tell listed firms, state firms and their daughters apart."""

_PRIME = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Parts:
    """One name, cut up."""

    key: str
    core_start: int
    core_end: int
    shorts: str
    """One-character names of the places in it."""


def parts_of(name: str) -> Parts:
    """Return a registered name cut into places, core and legal form."""
    key = key_of(name)
    end = legal_form_at(key)
    found, start = leading_places(key[:end])
    shorts = "".join(place.shorts for place in found)
    at = key.find("(")
    if at > 0:
        inside = place_at(key, at + 1)
        shorts += inside[0].shorts if inside else ""
    return Parts(key, start if start < end else 0, end, shorts)


@dataclass(frozen=True)
class Tally:
    """How often each of many hashed pieces occurs."""

    keys: npt.NDArray[np.uint64]
    counts: Ints

    @classmethod
    def of(cls, pieces: npt.NDArray[np.uint64]) -> Tally:
        """Count pieces."""
        keys, counts = np.unique(pieces, return_counts=True)
        return cls(keys, counts.astype(np.int64))

    def __call__(self, pieces: npt.NDArray[np.uint64]) -> Ints:
        """Return how often each piece occurs; 0 for one that never does."""
        if not self.keys.size:
            return np.zeros(pieces.shape, np.int64)
        at = np.minimum(np.searchsorted(self.keys, pieces), self.keys.size - 1)
        found: Ints = np.where(self.keys[at] == pieces, self.counts[at], 0)
        return found


@dataclass(frozen=True)
class Register:
    """Names of firms and what the whole register says about their characters."""

    parts: Sequence[Parts]
    characters: Sequence[int]
    """Code points in use, ascending; a character's number is its place here plus one."""
    codes: Smalls
    """Characters' numbers, a row per name; 0 past its end."""
    frequency: Ints
    """Names that contain the character of a number."""

    @classmethod
    def of(cls, names: Sequence[str]) -> Register:
        """Return a register of names."""
        parts = [parts_of(name) for name in names]
        points = _points([part.key for part in parts])
        characters, inverse = np.unique(points, return_inverse=True)
        codes = inverse.reshape(points.shape).astype(np.int32)
        if characters.size and characters[0] != 0:
            codes += 1
        else:
            characters = characters[1:]
        ordered = np.sort(codes, axis=1)
        first = np.ones(ordered.shape, bool)
        first[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        frequency = np.bincount(ordered[first], minlength=characters.size + 1)
        frequency[0] = 0
        return cls(parts, characters.tolist(), codes, frequency.astype(np.int64))

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self.parts)

    @cached_property
    def number_of(self) -> dict[str, int]:
        """Each character's number."""
        return {chr(point): at + 1 for at, point in enumerate(self.characters)}

    @cached_property
    def weight(self) -> Floats:
        """How much a character tells (idf), by its number; the last is one never seen."""
        weight = np.log((len(self) + 1) / (self.frequency + 0.5))
        weight[0] = np.log((len(self) + 1) / 0.5)
        return np.maximum(weight, 0.05)

    @cached_property
    def lengths(self) -> Ints:
        """Characters aligned of each name."""
        lengths: Ints = np.count_nonzero(self.codes, axis=1).astype(np.int64)
        return lengths

    @cached_property
    def cores(self) -> tuple[Ints, Ints]:
        """Where each name's core begins and ends."""
        most = ALIGNED_CHARS_MAX
        start = np.array([min(part.core_start, most) for part in self.parts], np.int64)
        end = np.array([min(part.core_end, most) for part in self.parts], np.int64)
        return start, end

    @cached_property
    def forms(self) -> npt.NDArray[np.int8]:
        """The kind of legal form of each name; what has none counts as the last."""
        last = len(FORM_NAMES)
        kinds = [
            next((at for at, form in enumerate(FORM_NAMES) if part.key.endswith(form)), last)
            for part in self.parts
        ]
        return np.array(kinds, np.int8)

    @cached_property
    def pairs(self) -> Tally:
        """How often two characters stand side by side."""
        both = (self.codes[:, :-1] > 0) & (self.codes[:, 1:] > 0)
        return Tally.of(adjacent(self.codes)[both])

    @cached_property
    def beginnings(self) -> Tally:
        """How many cores begin with the same characters."""
        return Tally.of(self._running(slice(None), backwards=False))

    @cached_property
    def endings(self) -> Tally:
        """How many cores end with the same characters."""
        return Tally.of(self._running(slice(None), backwards=True))

    def _running(self, rows: slice, *, backwards: bool) -> npt.NDArray[np.uint64]:
        start, end = (bound[rows] for bound in self.cores)
        hashed, inside = running(self.codes[rows], start, end, backwards=backwards)
        return hashed[inside]

    def encode(self, texts: Sequence[str]) -> Smalls:
        """Return texts as rows of this register's character numbers; -1 for one never seen."""
        number = self.number_of
        width = min(max(map(len, texts), default=1), ALIGNED_CHARS_MAX)
        rows = np.zeros((len(texts), max(width, 1)), np.int32)
        for row, text in enumerate(texts):
            rows[row, : len(text)] = [number.get(sign, -1) for sign in text[:width]]
        return rows


def adjacent(codes: Smalls) -> npt.NDArray[np.uint64]:
    """Return a number for each two neighbours."""
    wide = codes.astype(np.uint64)
    return wide[:, :-1] * np.uint64(1 << 24) + wide[:, 1:]


def running(
    codes: Smalls, start: Ints, end: Ints, *, backwards: bool
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_]]:
    """Return a hash of the core up to each position (or from it on), and which positions count."""
    count, width = codes.shape
    columns = np.arange(width)
    inside = (columns >= start[:, None]) & (columns < end[:, None]) & (codes > 0)
    hashed = np.zeros((count, width), np.uint64)
    state = np.full(count, 1469598103934665603, np.uint64)
    order = reversed(range(width)) if backwards else range(width)
    for column in order:
        mixed = (state ^ codes[:, column].astype(np.uint64)) * _PRIME
        mixed ^= mixed >> np.uint64(29)
        state = np.where(inside[:, column], mixed, state)
        hashed[:, column] = state
    return hashed, inside


def _points(keys: Sequence[str]) -> npt.NDArray[np.uint32]:
    """Return code points, a row per key, 0 past its end."""
    width = ALIGNED_CHARS_MAX
    text = np.array([key[:width] for key in keys], dtype=f"<U{width}")
    return (
        text.view(np.uint32).reshape(len(keys), width)
        if len(keys)
        else np.zeros((0, width), np.uint32)
    )
