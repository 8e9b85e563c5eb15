"""`martlet lending receipts`: a file of repayments goes on the books whole, or not at all."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import show
from martlet.cli.session import open_session
from martlet.cli.words import say, sentence

_BAD_ROWS_SHOWN_MAX = 100
"""Enough to see what is wrong with a file; the count says how many there are."""


class State(StrEnum):
    """How far a receipt has come."""

    WAITING = "waiting"
    ALLOCATED = "allocated"
    REFUSED = "refused"


def receipts(
    file: Annotated[
        Path | None,
        typer.Argument(help=say("CSV file of the repayments; without one, receipts are listed.")),
    ] = None,
    state: Annotated[
        State, typer.Option(help=say("Which receipts to list: waiting, allocated or refused."))
    ] = State.REFUSED,
    as_json: JsonOption = False,
) -> None:
    """Take a file in, or say of each bad row what is wrong with it and take in nothing."""
    from martlet.lending import read_receipts
    from martlet.lending.limits import RECEIPT_FILE_BYTES_MAX

    with open_session() as session:
        if file is None:
            found = session.bank.lending.receipts(session.principal, state.value)
            show(found, as_json=as_json)
            return
        with file.open("rb") as opened:
            read = read_receipts(opened.read(RECEIPT_FILE_BYTES_MAX + 1))
        if not read.bad_rows:
            key = f"receipts:{read.key}"
            answer = session.bank.lending.take_in(session.principal, key, read.receipts)
            show(answer, as_json=as_json)
            return
    shown: list[dict[str, Any]] = [
        {
            "line": bad.line,
            "column": bad.column,
            "reason": sentence(bad.error.code, bad.error.details),
        }
        for bad in read.bad_rows[:_BAD_ROWS_SHOWN_MAX]
    ]
    show({"receipts": 0, "bad_rows_count": len(read.bad_rows), "bad_rows": shown}, as_json=as_json)
    raise typer.Exit(1)
