"""What a command shows: facts and tables for a person, one JSON value for a program.

A command hands over plain data; nothing here knows a room. Fields are headed and written by the
names they carry (`limit_fen` is money), so that a new field needs no code.
"""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from martlet.cli.words import label, say, written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    Moved = Callable[[int, int | None], None]

TABLE_ROWS_MAX = 200
"""More rows than this are cut on a terminal, and the cut is said; `--json` gives all."""


def plain(value: Any) -> Any:  # noqa: ANN401 - any answer of a room
    """Return a value as JSON knows it; private fields of an answer stay out."""
    if hasattr(value, "as_json"):
        value = value.as_json()
    if is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(item) for item in value)
    if isinstance(value, date):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float):
        return value
    return str(value)


def show(value: Any, *, as_json: bool, title: str = "") -> None:  # noqa: ANN401
    """Print an answer: a JSON value for a program, or facts and tables for a person."""
    data = plain(value)
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n")
        return
    if title:
        note(f"[bold]{title}[/bold]")
    if isinstance(data, list):
        _show_rows(data)
    elif isinstance(data, dict):
        _show_facts(data)
    else:
        note(str(data))


def note(text: str) -> None:
    """Print a line for a person on the standard output."""
    console().print(text, highlight=False)


def console(*, to_errors: bool = False) -> Any:  # noqa: ANN401 - rich.console.Console
    """Return a console; rich is loaded only when something is shown."""
    from rich.console import Console

    return Console(stderr=to_errors, soft_wrap=True)


def _show_facts(data: Mapping[str, Any]) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    nested: list[tuple[str, Any]] = []
    for name, item in data.items():
        if isinstance(item, dict) or (isinstance(item, list) and item and _is_rows(item)):
            nested.append((name, item))
        elif isinstance(item, list):
            table.add_row(label(name), "、".join(map(str, item)) or "—")
        else:
            table.add_row(label(name), written(name, item))
    if table.row_count:
        console().print(table)
    for name, item in nested:
        if item:
            note(f"\n[bold]{label(name)}[/bold]")
            if isinstance(item, dict):
                _show_facts(item)
            else:
                _show_rows(item)


def _is_rows(items: Sequence[Any]) -> bool:
    return all(isinstance(item, dict) for item in items)


def _show_rows(rows: Sequence[Any]) -> None:
    from rich import box
    from rich.table import Table

    if not rows:
        note(say("Nothing to show."))
        return
    if not _is_rows(rows):
        for row in rows:
            note(str(row))
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(name, row.get(name)) for name in names] for row in rows[:TABLE_ROWS_MAX]]
    headings = [label(name) for name in names]
    widths = _widths(headings, cells, console().width)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, heading, width in zip(names, headings, widths, strict=True):
        numeric = all(isinstance(row.get(name), int | None) for row in rows)
        table.add_column(
            heading, justify="right" if numeric else "left", overflow="fold", width=width
        )
    for row in cells:
        table.add_row(*row)
    console().print(table)
    if len(rows) > TABLE_ROWS_MAX:
        cut = len(rows) - TABLE_ROWS_MAX
        note(say("… and {more_count} more; --json gives all.", more_count=cut))


def _widths(
    headings: Sequence[str], cells: Sequence[Sequence[str]], width: int
) -> Sequence[int | None]:
    """Return the columns' widths; None where a terminal has no room for the words of the cells.

    Words of cells come first, for a number that is broken in two is another number; then words
    of headings, whole cells, whole headings.
    """
    columns = list(zip(*cells, strict=True))
    heads = [_longest(heading.split()) for heading in headings]
    words = [_longest(" ".join(column).split()) for column in columns]
    whole = [_longest(column) for column in columns]
    asked = _wider(whole, [_longest([heading]) for heading in headings])
    # A column is padded on both sides and parted from the next.
    room = width - 3 * len(headings) + 1
    steps = (_wider(words, heads), _wider(whole, heads), asked)
    if sum(words) > room:
        return [None] * len(headings)
    found = list(words)
    for wanted in steps:
        _widen(found, wanted, room)
    return found


def _widen(found: list[int], wanted: Sequence[int], room: int) -> None:
    """Widen columns towards what is wanted, as far as there is room, the neediest first."""
    while sum(found) < room:
        lack = [one - width for one, width in zip(wanted, found, strict=True)]
        if max(lack) <= 0:
            return
        found[lack.index(max(lack))] += 1


def _wider(some: Sequence[int], others: Sequence[int]) -> list[int]:
    return [max(pair) for pair in zip(some, others, strict=True)]


def _longest(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max(map(cell_len, texts), default=0)


def _cell(name: str, value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return written(name, value)


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Moved]:
    """Show how far a long work has come and how long it will take: call it with (done, total).

    On standard error, so that `--json` stays clean; without a terminal nothing is drawn.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    errors = console(to_errors=True)
    with Progress(*columns, console=errors, disable=quiet or not errors.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def moved(done: int, total: int | None = None) -> None:
            bar.update(task, completed=done, total=total)

        yield moved
