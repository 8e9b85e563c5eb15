"""Which format a file is in, where several fit: by what stands before the table, then by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.records.formats import Format


def choose(fitting: Sequence[Format], preamble: str, name: str) -> Format:
    """Return the one format, or refuse with the names of those that fit."""
    if len(fitting) == 1:
        return fitting[0]
    marked = [spec for spec in fitting if any(mark in preamble for mark in spec.marks)]
    if len(marked) == 1:
        return marked[0]
    left = marked or [spec for spec in fitting if not spec.marks] or list(fitting)
    if len(left) == 1:
        return left[0]
    hinted = [spec for spec in left if spec.hint and re.search(spec.hint, f"{name}\n{preamble}")]
    if len(hinted) == 1:
        return hinted[0]
    raise Invalid("records.format_ambiguous", formats=", ".join(spec.slug for spec in left))
