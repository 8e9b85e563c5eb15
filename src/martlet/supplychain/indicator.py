"""What an indicator is: a figure with its formula, its rule for missing data and its cap, in words.

The invariant: a figure that is shown or counted stands in a register of these, so that nobody has
to read code to know what it means and what it does where nothing is known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Indicator:
    """One figure of a firm, as its documentation says it."""

    slug: str
    unit: str
    formula: str
    missing: str
    """What stands where the data is not there."""
    cap: str
    counts: bool
    """Whether it moves a grade or a line; else it is shown and nothing more."""
    en: str
    zh_cn: str


def table_of(indicators: Iterable[Indicator]) -> list[str]:
    """Return a register as the rows of a table in Markdown, for the docs."""
    rows = [
        "| indicator | what an owner reads | formula | missing data | cap | counts |",
        "|---|---|---|---|---|---|",
    ]
    for one in indicators:
        name = f"{one.en} / {one.zh_cn}"
        counts = "yes" if one.counts else "shown only"
        cells = (f"`{one.slug}` ({one.unit})", name, one.formula, one.missing, one.cap, counts)
        rows.append(f"| {' | '.join(cells)} |")
    return rows
