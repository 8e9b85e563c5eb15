"""`martlet lending import-portfolio` and `export-portfolio`: loans come in and go out whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import progress, show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import say

LoansOption = Annotated[Path, typer.Option(help=say("CSV file of the loans."))]
EventsOption = Annotated[Path, typer.Option(help=say("CSV file of their events."))]


def import_portfolio(
    loans: LoansOption,
    events: EventsOption,
    on: Annotated[
        str,
        typer.Option(
            help=say("Day of the stated balances (YYYY-MM-DD), where a row names none; today's.")
        ),
    ] = "",
    source: Annotated[
        str, typer.Option(help=say("A short name for the system that the loans come from."))
    ] = "migrated",
    findings: Annotated[
        Path | None,
        typer.Option(help=say("Folder for differences.csv and rejected.csv; beside the loans.")),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help=say("Reconcile everything and write nothing."))
    ] = False,
    set_aside: Annotated[
        bool,
        typer.Option(
            "--set-aside",
            help=say("Take what can be taken, and set bad loans aside; else one withholds all."),
        ),
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Take loans over with their history; what cannot be taken is told row by row."""
    from martlet.lending.migration import Files, PortfolioImport

    files = Files(
        loans=loans,
        events=events,
        findings=findings or loans.with_name(f"{loans.stem}-findings"),
        source=source,
        stated_on=day(on) if on else None,
        dry_run=dry_run,
        set_aside=set_aside,
    )
    with open_session() as session, progress(loans.name, quiet=as_json) as moved:
        bank = session.bank
        room = PortfolioImport(bank.database, bank.parties, bank.rail.name)
        report = room.run(session.principal, files, moved)
    show(report.as_json(), as_json=as_json)
    if report.differences_count or report.rows_rejected:
        raise typer.Exit(1)


def export_portfolio(loans: LoansOption, events: EventsOption, as_json: JsonOption = False) -> None:
    """Write every loan with its history as the two files that an import reads."""
    from martlet.lending import migration

    with open_session() as session:
        bank = session.bank
        written = migration.export_portfolio(
            bank.database, bank.parties, session.principal, loans, events
        )
    show(written, as_json=as_json)
