"""`martlet lending relief`: a programme's whole life, from its draft to its report."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, group, key_or_new
from martlet.cli.output import progress, show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()

ProgrammeArgument = Annotated[str, typer.Argument(help=say("The programme's id."))]
ReasonOption = Annotated[str, typer.Option(help=say("Why, for the record."))]


@app.command("example", help=say("Print the programme that ships as an example, to start from."))
def example() -> None:
    """Print the shipped programme's text."""
    from martlet.lending.relief import shipped_programmes

    sys.stdout.write(shipped_programmes()["free_then_discount"])


@app.command("draft", help=say("Draft a relief programme from a file (TOML or JSON)."))
def draft(
    file: Annotated[Path, typer.Argument(help=say("The programme (TOML or JSON)."), exists=True)],
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write a programme down."""
    with open_session(staff) as session:
        answer = session.bank.relief.draft(
            session.principal, key_or_new(session.bank, key), file.read_text(encoding="utf-8")
        )
    show(answer, as_json=as_json)


@app.command("list", help=say("Every relief programme and where it stands."))
def list_programmes(as_json: JsonOption = False) -> None:
    """Print the programmes."""
    with open_session() as session:
        found = session.bank.relief.programmes(session.principal)
    short = ("programme_id", "name", "stage", "budget_fen", "loans", "cost_fen")
    show(found if as_json else [{n: row[n] for n in short} for row in found], as_json=as_json)


@app.command("preview", help=say("How many loans a programme would help, for how much, and whose."))
def preview(
    programme: ProgrammeArgument, staff: StaffOption = "", as_json: JsonOption = False
) -> None:
    """Walk through the whole book; nothing is changed."""
    from martlet.kernel.ids import parse_id

    with (
        open_session(staff) as session,
        progress(say("relief preview"), quiet=as_json) as moved,
    ):
        figures = session.bank.relief.preview(session.principal, parse_id(programme), moved)
    show(figures, as_json=as_json)


@app.command("approve", help=say("Approve a previewed programme: never by the one who drafted it."))
def approve(
    programme: ProgrammeArgument,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Approve as a second person."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.relief.approve(
            session.principal, key_or_new(session.bank, key), parse_id(programme)
        )
    show(answer, as_json=as_json)


@app.command("launch", help=say("Relieve every loan that an approved programme helps."))
def launch(
    programme: ProgrammeArgument,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Launch; killed at any point, it may simply be run again."""
    from martlet.kernel.ids import parse_id

    with (
        open_session(staff) as session,
        progress(say("relief launch"), quiet=as_json) as moved,
    ):
        answer = session.bank.relief.launch(
            session.principal, key_or_new(session.bank, key), parse_id(programme), moved
        )
    show(answer, as_json=as_json)


@app.command("progress", help=say("How far a launch or a reversal has come."))
def show_progress(programme: ProgrammeArgument, as_json: JsonOption = False) -> None:
    """Print loans done and cost booked against the budget."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.relief.progress(session.principal, parse_id(programme))
    show(answer, as_json=as_json)


@app.command("stop", help=say("Help no further loan; what was granted goes on."))
def stop(
    programme: ProgrammeArgument,
    reason: ReasonOption,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Stop a programme."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.relief.stop(
            session.principal, key_or_new(session.bank, key), parse_id(programme), reason
        )
    show(answer, as_json=as_json)


@app.command("reverse", help=say("End what was granted from a day on, by new events."))
def reverse(
    programme: ProgrammeArgument,
    reason: ReasonOption,
    from_on: Annotated[
        str, typer.Option("--from", help=say("First day without relief; default today."))
    ] = "",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Reverse; killed at any point, it may simply be run again."""
    from martlet.kernel.ids import parse_id

    with (
        open_session(staff) as session,
        progress(say("relief reversal"), quiet=as_json) as moved,
    ):
        answer = session.bank.relief.reverse(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(programme),
            reason,
            day(from_on) if from_on else None,
            moved,
        )
    show(answer, as_json=as_json)


@app.command("report", help=say("Plan and booked figures by group; --csv for a sheet."))
def report(
    programme: ProgrammeArgument,
    csv: Annotated[bool, typer.Option("--csv", help=say("Print CSV."))] = False,
    as_json: JsonOption = False,
) -> None:
    """Print what a programme has done."""
    from martlet.kernel.ids import parse_id
    from martlet.lending.relief import report_csv

    with open_session() as session:
        answer = session.bank.relief.report(session.principal, parse_id(programme))
    if csv:
        sys.stdout.write(report_csv(answer))
    else:
        show(answer, as_json=as_json)
