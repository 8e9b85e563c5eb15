"""`martlet lending arrears|case|promise|remind|...`: what is overdue, and what is done about it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, group, key_or_new
from martlet.cli.output import show
from martlet.cli.reading import day, yuan
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()

CaseArgument = Annotated[str, typer.Argument(help=say("The case's id."))]


@app.command("arrears", help=say("Arrears by bucket, and the open cases."))
def arrears(
    bucket: Annotated[str, typer.Option(help=say("Only this bucket's cases."))] = "",
    promised: Annotated[bool, typer.Option(help=say("Only cases with a running promise."))] = False,
    closed: Annotated[bool, typer.Option(help=say("Closed cases instead."))] = False,
    limit: Annotated[int, typer.Option(min=1, max=500, help=say("At most so many."))] = 50,
    as_json: JsonOption = False,
) -> None:
    """Print the board and a page of cases."""
    with open_session() as session:
        collections, who = session.bank.collections, session.principal
        answer = collections.board(who)
        answer["cases_shown"] = collections.cases(
            who, bucket=bucket or None, promised=promised or None, closed=closed, limit=limit
        )
    show(answer, as_json=as_json)


@app.command("case", help=say("A case and all that happened in it."))
def case(case: CaseArgument, as_json: JsonOption = False) -> None:
    """Print a case's timeline."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.collections.case(session.principal, parse_id(case))
    show(answer, as_json=as_json)


@app.command("roll-rates", help=say("Where the borrowers of each bucket went, month by month."))
def roll_rates(
    months: Annotated[int, typer.Option(min=1, max=36, help=say("How many months."))] = 6,
    as_json: JsonOption = False,
) -> None:
    """Print roll rates."""
    with open_session() as session:
        answer = session.bank.collections.roll_rates(session.principal, months)
    if not as_json:
        rows = [
            {"month": one["month"], **roll} for one in answer["months"] for roll in one["rolls"]
        ]
        show(rows, as_json=False)
        return
    show(answer, as_json=True)


@app.command("promise", help=say("Record a borrower's promise to pay by a day."))
def promise(
    loan: Annotated[str, typer.Argument(help=say("The overdue loan's id."))],
    amount: Annotated[str, typer.Argument(help=say("Amount in yuan, such as 1 or 1,234.56."))],
    by: Annotated[str, typer.Argument(help=say("Day (YYYY-MM-DD)."))],
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Record a promise."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.collections.promise(
            session.principal,
            key_or_new(session.bank, key),
            amount_fen=yuan(amount),
            pay_by=day(by),
            loan_id=parse_id(loan),
        )
    show(answer, as_json=as_json)


@app.command("remind", help=say("Send the reminders that may go out now."))
def remind(
    to: Annotated[
        Path | None,
        typer.Option("--to", help=say("Write each into this folder; else the outbox has it.")),
    ] = None,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Send reminders within the hours and limits; run it as often as you like."""
    from martlet.lending.collections import FileReminders

    with open_session() as session:
        port = FileReminders(to) if to else None
        answer = session.bank.collections.remind(
            session.principal, key_or_new(session.bank, key), port
        )
    show(answer, as_json=as_json)


@app.command("hand-over", help=say("Hand a case over to a person, a team or an agency."))
def hand_over(
    case: CaseArgument,
    kind: Annotated[str, typer.Argument(help=say("person, team or agency."))],
    name: Annotated[str, typer.Argument(help=say("The staff member's id, or the short name."))],
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Hand a case over."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.collections.hand_over(
            session.principal, key_or_new(session.bank, key), parse_id(case), kind, name
        )
    show(answer, as_json=as_json)


@app.command("take-back", help=say("Take a case back into the bank's own routine."))
def take_back(
    case: CaseArgument, staff: StaffOption = "", key: KeyOption = "", as_json: JsonOption = False
) -> None:
    """Take a case back."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.collections.take_back(
            session.principal, key_or_new(session.bank, key), parse_id(case)
        )
    show(answer, as_json=as_json)


@app.command("case-note", help=say("Write a note into a case."))
def case_note(
    case: CaseArgument,
    text: Annotated[str, typer.Argument(help=say("The note; name nobody in it."))],
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Write a note."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.collections.note(
            session.principal, key_or_new(session.bank, key), parse_id(case), text
        )
    show(answer, as_json=as_json)


@app.command("close-case", help=say("Close a case in which nothing is overdue any more."))
def close_case(
    case: CaseArgument, staff: StaffOption = "", key: KeyOption = "", as_json: JsonOption = False
) -> None:
    """Close a case before the night does."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.collections.close(
            session.principal, key_or_new(session.bank, key), parse_id(case)
        )
    show(answer, as_json=as_json)


@app.command("name-handler", help=say("Name a team or an agency that may be given cases."))
def name_handler(
    kind: Annotated[str, typer.Argument(help=say("team or agency."))],
    name: Annotated[str, typer.Argument(help=say("Its short name."))],
    title: Annotated[str, typer.Argument(help=say("Its name as people read it."))],
    end: Annotated[bool, typer.Option("--end", help=say("It gets no more cases."))] = False,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Name a handler, or end its being one."""
    with open_session() as session:
        answer = session.bank.collections.name_handler(
            session.principal,
            key_or_new(session.bank, key),
            kind=kind,
            name=name,
            title=title,
            active=not end,
        )
    show(answer, as_json=as_json)


@app.command("pause-reminders", help=say("Let a borrower's reminders rest up to a day."))
def pause_reminders(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    until: Annotated[str, typer.Argument(help=say("Day (YYYY-MM-DD); a past one ends it."))],
    reason: Annotated[
        str, typer.Option(help=say("relief, dispute, disaster, illness or other."))
    ] = "other",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Pause reminders."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.collections.pause_reminders(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            day(until),
            reason,
        )
    show(answer, as_json=as_json)
