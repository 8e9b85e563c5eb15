"""The words of many lenders (`words.toml`), read once: headings, kinds, categories, hints."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Words = Mapping[str, Mapping[str, Sequence[str]]]

_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SIGNS = re.compile(r"[\s\-./()（）]+")


@cache
def words() -> Words:
    """Return the dictionary."""
    text = (files("martlet.credit.portfolio") / "words.toml").read_text("utf-8")
    found: Words = tomllib.loads(text)
    return found


def plain(name: str) -> str:
    """Return a heading as the dictionary writes it: 'Requested Amount' -> 'requested_amount'."""
    parted = _BETWEEN_WORDS.sub("_", name.strip())
    return _SIGNS.sub("_", parted.lower()).strip("_")


def places(names: Sequence[str], section: str) -> dict[str, int]:
    """Return which column of a file holds what, each meaning by its first word that is there."""
    plains = [plain(name) for name in names]
    found: dict[str, int] = {}
    for meaning, aliases in words()[section].items():
        known = [plain(alias) for alias in aliases]
        place = next((plains.index(alias) for alias in known if alias in plains), None)
        if place is not None and place not in found.values():
            found[meaning] = place
    return found


_SHORT_CHARS_MAX = 5


def tells(name: str, hint: str) -> bool:
    """Tell whether a column's name holds one of the words of a hint.

    A short Latin word must begin a word of the name: 'transfer' says nothing of 'nsf'.
    """
    text = plain(name)
    return any(
        word in text and (not _is_short(word) or f"_{word}" in f"_{text}")
        for word in words()["hints"][hint]
    )


def _is_short(word: str) -> bool:
    return word.isascii() and len(word) <= _SHORT_CHARS_MAX


@cache
def pattern(topic: str) -> str:
    """Return the expression that finds a topic in a category; Latin words where they begin."""
    parts = [
        rf"\b{re.escape(word)}" if word[0].isascii() else re.escape(word)
        for word in words()["movements"][topic]
    ]
    return "(?i)" + "|".join(parts)
