"""Tables and bars of a page, as Markdown; a cell never breaks its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from martlet.kernel.rates import percent_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_BAR_MAX = 30
_YUAN = 100


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a table: the first column reads left, the others right."""
    marks = ["---", *("---:" for _ in heads[1:])]
    lines = [heads, marks, *rows]
    return [*(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines), ""]


def bar(count: int, most: int) -> str:
    """Return a bar as long as a count is large beside the most."""
    return "█" * (-(-count * _BAR_MAX // most)) if most else ""


def whole_yuan(amount_fen: int | None) -> str:
    """Write an amount without its fen, as tables need it."""
    return "—" if amount_fen is None else f"¥{amount_fen // _YUAN:,}"


def percent(ppm: int, digits: int = 1) -> str:
    """Write parts per million as per cent."""
    return f"{percent_text(ppm, digits)}%"


def share(part: int, whole: int) -> str:
    """Write a part of a whole as per cent."""
    return percent(part * 1_000_000 // whole, 0) if whole else "—"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")
