"""`martlet ledger`: balances, trial balance and journal."""

from __future__ import annotations

from typing import Annotated

import typer

from martlet.cli.options import JsonOption, group
from martlet.cli.output import show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()


@app.command("balances", help=say("Balances of the accounts below a path."))
def balances(
    prefix: Annotated[str, typer.Argument(help=say("Such as assets/loans; empty: all."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print each account with its debits, credits and balance."""
    from martlet import ledger

    with open_session() as session, session.bank.database.read() as connection:
        show(ledger.balances(connection, session.principal, prefix), as_json=as_json)


@app.command("trial-balance", help=say("All accounts at the end of a day; the sum is zero."))
def trial_balance(
    on: Annotated[str, typer.Option(help=say("Business date (YYYY-MM-DD); default today's."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print the trial balance; exit 1 where it does not balance."""
    from martlet import ledger

    with open_session() as session, session.bank.database.read() as connection:
        tenant_id = session.principal.tenant_id
        chosen = day(on) if on else ledger.current_business_date(connection, tenant_id)
        found = ledger.trial_balance(connection, session.principal, chosen)
        show(found, as_json=as_json)
        if found.difference_fen:
            raise typer.Exit(1)


@app.command("journal", help=say("Journal entries of an account, an entry or a subject."))
def journal(
    path: Annotated[str, typer.Option(help=say("Account path."))] = "",
    entry: Annotated[str, typer.Option(help=say("Entry id."))] = "",
    subject: Annotated[str, typer.Option(help=say("Subject, such as loan:ID."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print transfers, oldest first."""
    from martlet import ledger
    from martlet.kernel.ids import parse_id

    with open_session() as session, session.bank.database.read() as connection:
        rows = ledger.journal(
            connection,
            session.principal,
            path=path or None,
            entry_id=parse_id(entry) if entry else None,
            subject=subject or None,
        )
        show(rows, as_json=as_json)
