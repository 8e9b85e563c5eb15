"""Writes docs/cli.md from the commands themselves; a test fails where it lags behind.

Run `python tools/cli_reference.py` after a command has changed.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

HEAD = """# The command line

Made by `tools/cli_reference.py` from the commands themselves; do not edit.

Every command takes `--json` (one JSON value on standard output, nothing else; a refusal is one
JSON value on standard error). Before the command: `--home` (the bank's folder), `--tenant`,
`--lang`. Amounts are given in yuan (`1`, `1,234.56`) and come back in JSON as whole fen.

| exit code | means |
|---|---|
| 0 | done |
| 1 | refused: a rule says no, or there is no such thing, or a check found something |
| 2 | the request could not be understood |
| 3 | not now: too much at once, or a part that is needed is not there |
| 4 | what is stored contradicts itself |
| 5 | a mistake of the program; `MARTLET_DEBUG=1` shows where |
"""


def reference() -> str:
    """Return the whole page."""
    os.environ["MARTLET_LANG"] = "en"
    from martlet.cli.app import DOORS, Hall  # noqa: PLC0415 - after the language is chosen

    hall, parts = Hall(name="martlet"), [HEAD]
    for name, (_module, sign) in DOORS.items():
        command = hall.get_command(None, name)
        parts.append(f"\n## `martlet {name}`\n\n{sign}\n")
        nested: dict[str, Any] = getattr(command, "commands", {})
        if not nested:
            parts.extend(_options(command))
        parts.extend(_group(f"martlet {name}", nested))
    return "".join(parts)


def _group(prefix: str, commands: dict[str, Any]) -> Iterator[str]:
    for name, command in commands.items():
        nested: dict[str, Any] = getattr(command, "commands", {})
        yield f"\n### `{prefix} {name}`\n\n{command.help}\n"
        if nested:
            yield from _group(f"{prefix} {name}", nested)
        else:
            yield from _options(command)


def _options(command: Any) -> Iterator[str]:  # noqa: ANN401 - typer's own type is private
    rows = [row for parameter in command.params for row in _row(parameter)]
    if rows:
        yield "\n| | |\n|---|---|\n"
        yield from rows


def _row(parameter: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    if "--json" in parameter.opts or "--help" in parameter.opts:
        return
    positional = not parameter.opts[0].startswith("-")
    shown = f"`{parameter.name.upper()}`" if positional else f"`{parameter.opts[0]}`"
    default = "" if parameter.default in {None, "", False} else f" Default: `{parameter.default}`."
    needed = " Required." if parameter.required and not positional else ""
    yield f"| {shown} | {parameter.help or ''}{needed}{default} |\n"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
    sys.stdout.write(f"{TARGET}\n")
