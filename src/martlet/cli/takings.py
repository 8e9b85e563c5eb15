"""`martlet lending takings`: a day's takings, and what of them repays the advances on them."""

from __future__ import annotations

from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, group, key_or_new
from martlet.cli.output import progress, show
from martlet.cli.reading import day, yuan
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()

OnArgument = Annotated[str, typer.Argument(help=say("The day of the takings (YYYY-MM-DD)."))]


@app.command("collect", help=say("Repay a business's advances by their shares of a day's takings."))
def collect(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    on: OnArgument,
    amount: Annotated[
        str, typer.Option(help=say("What was taken, in yuan; default what the records say."))
    ] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Collect, and print what each advance was paid; a day is done once."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.advances.collect(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            day(on),
            yuan(amount) if amount else None,
        )
    show(answer, as_json=as_json)


@app.command("collect-all", help=say("Collect every advance's share of a day, by the records."))
def collect_all(on: OnArgument, as_json: JsonOption = False) -> None:
    """Collect; killed at any point, or with more records since, it may be run again."""
    with (
        open_session() as session,
        progress(say("takings"), quiet=as_json) as moved,
    ):
        answer = session.bank.advances.collect_all(
            session.principal, day(on), lambda done: moved(done, done)
        )
    show(answer, as_json=as_json)
