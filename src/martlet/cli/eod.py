"""`martlet eod`: close the business day, or see how it stands."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from martlet.cli.options import JsonOption, group
from martlet.cli.output import progress, show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()


@app.command("run", help=say("Close the open business day, from wherever it stands."))
def run(
    days: Annotated[int, typer.Option(help=say("How many days to close."), min=1, max=366)] = 1,
    as_json: JsonOption = False,
) -> None:
    """Run the end of day; killed at any point, it may simply be run again."""
    reports: list[Any] = []
    with (
        open_session() as session,
        progress(say("end of day"), quiet=as_json) as moved,
    ):
        for done in range(days):
            reports.append(session.bank.end_day(session.principal))
            moved(done + 1, days)
    show(reports if days > 1 else reports[0], as_json=as_json)


@app.command("catch-up", help=say("Close every business day that was missed, through a day."))
def catch_up(
    through: Annotated[str, typer.Option(help=say("The last day to close (YYYY-MM-DD)."))],
    as_json: JsonOption = False,
) -> None:
    """Close missed days; killed at any point, it may simply be run again."""
    with open_session() as session, progress(say("end of day"), quiet=as_json) as moved:
        bank, last = session.bank, day(through)
        first = bank.end_of_day.status(session.principal).business_date
        count = max((last - first).days + 1, 0)
        answer = bank.catch_up(
            session.principal, last, lambda opened: moved((opened - first).days, count)
        )
    show(answer, as_json=as_json)


@app.command("status", help=say("The open business day and the steps done of it."))
def status(as_json: JsonOption = False) -> None:
    """Print the open business day and how far its end of day has come."""
    with open_session() as session:
        status = session.bank.end_of_day.status(session.principal)
    show(status, as_json=as_json)
