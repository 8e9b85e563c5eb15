"""The options that many commands share, and the kind of group that they stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.words import say

if TYPE_CHECKING:
    from martlet.bootstrap import Bank

JsonOption = Annotated[
    bool, typer.Option("--json", help=say("Print one JSON value instead of a table."))
]

KeyOption = Annotated[
    str,
    typer.Option(
        "--key", help=say("Idempotency key: the same key again is answered, not repeated.")
    ),
]

StaffOption = Annotated[
    str, typer.Option("--staff", help=say("Act as this member of staff (name or id)."))
]

PluginsOption = Annotated[
    list[str] | None,
    typer.Option("--with", help=say("A tier of another package in the blend, by its name.")),
]


def key_or_new(bank: Bank, key: str) -> str:
    """Return the caller's key, or one that was never used."""
    return key or f"cli:{bank.ids.new()}"


def group() -> typer.Typer:
    """Return an empty group of commands, plain in its help so that it starts quickly."""
    return typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None)
