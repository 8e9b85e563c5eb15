"""Which nodes are too general to explain anything: by name, by ending, by how much hangs on them.

The invariant: what is generic here is never an inner node of a path, whoever computed it; the names
are data (`generic.toml`), the degrees are bounds.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from martlet.supplychain.model import NodeKind
from martlet.supplychain.path_limits import (
    FIRM_DEGREE_MAX,
    NAME_CHARS_MIN,
    PRODUCT_DEGREE_MAX,
    TRACED_DEGREE_MAX,
)


def is_generic(key: str, degree: int, name: str = "", *, between_trades: bool = False) -> bool:
    """Tell whether a node may not stand inside a path: a name for everything, or a hub.

    A product is named by its key where no name is given. A firm is passed more easily between two
    trades that left their own trace.
    """
    kind, _, identifier = key.partition(":")
    if kind == NodeKind.INDUSTRY:
        return True
    if kind == NodeKind.PRODUCT:
        return degree > PRODUCT_DEGREE_MAX or is_generic_name(name or identifier)
    return degree > (TRACED_DEGREE_MAX if between_trades else FIRM_DEGREE_MAX)


def is_generic_name(name: str) -> bool:
    """Tell whether a product's name stands for nothing in particular."""
    names, endings = _words()
    plain = name.strip().lower()
    return len(plain) < NAME_CHARS_MIN or plain in names or plain.endswith(endings)


@cache
def _words() -> tuple[frozenset[str], tuple[str, ...]]:
    text = (files("martlet.supplychain") / "generic.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return frozenset(table["names"]), tuple(table["endings"])
