"""The key under which a command is carried out once, however often it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.words import say

if TYPE_CHECKING:
    from martlet.bootstrap import Bank

KeyOption = Annotated[
    str,
    typer.Option(
        "--key", help=say("Idempotency key: the same key again is answered, not repeated.")
    ),
]

StaffOption = Annotated[
    str, typer.Option("--staff", help=say("Act as this member of staff (name or id)."))
]


def key_or_new(bank: Bank, key: str) -> str:
    """Return the caller's key, or one that was never used."""
    return key or f"cli:{bank.ids.new()}"
