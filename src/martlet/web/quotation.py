"""A quoted text in parts, with the names that a reader should see marked.

The text is data: it is cut, never changed, and whoever shows the parts escapes them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable


class Part(NamedTuple):
    """A piece of a quoted text."""

    text: str
    is_name: bool


def parts_of(quoted: str, names: Iterable[str]) -> tuple[Part, ...]:
    """Return a text in pieces that together are the text; longer names before shorter ones."""
    sought = sorted({name for name in names if name}, key=lambda name: (-len(name), name))
    if not sought or not quoted:
        return (Part(quoted, is_name=False),) if quoted else ()
    pattern = re.compile("(" + "|".join(re.escape(name) for name in sought) + ")")
    pieces = pattern.split(quoted)
    return tuple(Part(text, place % 2 == 1) for place, text in enumerate(pieces) if text)
