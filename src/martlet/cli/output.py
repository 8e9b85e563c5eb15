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
    from collections.abc import Callable, Iterator, Mapping, Sequence

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
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        numeric = all(isinstance(row.get(name), int | None) for row in rows)
        table.add_column(label(name), justify="right" if numeric else "left", overflow="fold")
    for row in rows[:TABLE_ROWS_MAX]:
        table.add_row(*(_cell(name, row.get(name)) for name in names))
    console().print(table)
    if len(rows) > TABLE_ROWS_MAX:
        cut = len(rows) - TABLE_ROWS_MAX
        note(say("… and {more_count} more; --json gives all.", more_count=cut))


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
