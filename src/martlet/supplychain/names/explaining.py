"""Why a name is taken for a firm, as statements that both languages can tell.

The invariant: every statement follows from the reading itself (characters, places, rivals,
confirmed names); names are quoted as text and a person is never named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.supplychain.names.alignment import SHORTENED
from martlet.supplychain.names.model import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.supplychain.names.register import Parts, Smalls


def marked(name: str, kept: Sequence[int]) -> str:
    """Return a name with the characters that were kept in brackets, such as 深圳市[铁汉生态]."""
    wanted = set(kept)
    told = []
    for at, sign in enumerate(name):
        if at in wanted and at - 1 not in wanted:
            told.append("[")
        told.append(sign)
        if at in wanted and at + 1 not in wanted:
            told.append("]")
    return "".join(told)


def reasons_of(
    asked: str, parts: Parts, places: Smalls, rivals: int, others: Sequence[str]
) -> tuple[Reason, ...]:
    """Return what speaks for and against one candidate.

    `places` tells where each character of the asked key lies; `rivals` counts other registered
    names in which all of them lie in order; `others` are confirmed names of the firm.
    """
    lies = places[: len(asked)]
    kept = [int(at) for at in lies if at >= 0]
    reasons = [Reason("names.reads", {"name": marked(parts.key, kept)})]
    if lies.size and lies[0] == SHORTENED:
        reasons.append(Reason("names.place_short", {"sign": asked[0]}))
    lacking = "".join(sign for sign, at in zip(asked, lies, strict=False) if at == -1)
    if lacking:
        reasons.append(Reason("names.lacking", {"signs": lacking}))
    dropped = _dropped(parts, kept)
    if dropped:
        reasons.append(Reason("names.dropped", {"words": dropped}))
    code = "names.no_rival" if not rivals else "names.rivals"
    reasons.append(Reason(code, {"count": rivals} if rivals else {}))
    if others:
        reasons.append(Reason("names.known_as", {"names": "、".join(others[:3])}))
    return tuple(reasons)


def _dropped(parts: Parts, kept: Sequence[int]) -> str:
    """Return the words of the core that were left out."""
    wanted = set(kept)
    signs = [
        sign if at not in wanted else " "
        for at, sign in enumerate(parts.key[: parts.core_end])
        if at >= parts.core_start
    ]
    return "、".join("".join(signs).split())
