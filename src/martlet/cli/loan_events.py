"""`martlet lending event`: preview, record and undo whatever happens to a loan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, group, key_or_new
from martlet.cli.output import show
from martlet.cli.reading import day, yuan
from martlet.cli.session import open_session
from martlet.cli.words import say

if TYPE_CHECKING:
    from martlet.lending import AskedEvent

app = group()

LoanArgument = Annotated[str, typer.Argument(help=say("The loan's id."))]
EventArgument = Annotated[str, typer.Argument(help=say("The event's id."))]
KindArgument = Annotated[
    str, typer.Argument(help=say("What happens, such as waived or written_off."))
]
ProposalArgument = Annotated[str, typer.Argument(help=say("The proposal's id."))]
AmountOption = Annotated[str, typer.Option(help=say("Amount in yuan, where money moves."))]
OnOption = Annotated[
    str, typer.Option("--on", help=say("Value date (YYYY-MM-DD); default today's."))
]
DetailsOption = Annotated[
    str, typer.Option(help=say("What else the kind says, as JSON; see docs/loan-events.md."))
]
ReferenceOption = Annotated[str, typer.Option(help=say("The payer's own reference."))]


def _asked(kind: str, amount: str, on: str, details: str, reference: str = "") -> AskedEvent:
    from martlet.kernel.canonical import parse_json
    from martlet.kernel.errors import Invalid
    from martlet.lending import asked_event

    try:
        said = parse_json(details) if details else None
    except ValueError as error:
        raise Invalid("lending.event_malformed", kind=kind, reason=str(error)) from error
    if said is not None and not isinstance(said, dict):
        raise Invalid("lending.event_malformed", kind=kind, reason="JSON object")
    value_date = day(on) if on else None
    return asked_event(kind, yuan(amount) if amount else 0, said, value_date, reference)


@app.command("preview", help=say("What an event would lead to; nothing is written."))
def preview(
    loan: LoanArgument,
    kind: KindArgument,
    amount: AmountOption = "",
    on: OnOption = "",
    details: DetailsOption = "",
    staff: StaffOption = "",
    as_json: JsonOption = False,
) -> None:
    """Print figures, schedule and transfers before and after."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        asked = _asked(kind, amount, on, details)
        answer = session.bank.lending.preview_event(session.principal, parse_id(loan), asked)
    show(answer, as_json=as_json)


@app.command("record", help=say("Record an event; a write-off waits for a second person."))
def record(
    loan: LoanArgument,
    kind: KindArgument,
    amount: AmountOption = "",
    on: OnOption = "",
    details: DetailsOption = "",
    reference: ReferenceOption = "",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Record, and print what it changed."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        asked = _asked(kind, amount, on, details, reference)
        answer = session.bank.lending.record_event(
            session.principal, key_or_new(session.bank, key), parse_id(loan), asked
        )
    show(answer, as_json=as_json)


@app.command("undo", help=say("Undo an event by a new one, as if it had never happened."))
def undo(
    loan: LoanArgument,
    event: EventArgument,
    reason: Annotated[str, typer.Option(help=say("Why, for the record."))] = "",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Undo, and print what it changed."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.lending.reverse_event(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(loan),
            parse_id(event),
            reason,
        )
    show(answer, as_json=as_json)


@app.command("proposals", help=say("Events that wait for a second person."))
def proposals(as_json: JsonOption = False) -> None:
    """Print what has been proposed and not decided."""
    with open_session() as session:
        answer = session.bank.lending.proposals(session.principal)
    show(answer, as_json=as_json)


@app.command("approve", help=say("Agree to what somebody else has proposed: it is carried out."))
def approve(
    proposal: ProposalArgument,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Carry out a proposed event."""
    _decide(proposal, staff, key, approved=True, as_json=as_json)


@app.command("decline", help=say("Decline a proposed event: nothing happens to the loan."))
def decline(
    proposal: ProposalArgument,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Close a proposal."""
    _decide(proposal, staff, key, approved=False, as_json=as_json)


def _decide(proposal: str, staff: str, key: str, *, approved: bool, as_json: bool) -> None:
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.lending.decide_proposal(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(proposal),
            approved=approved,
        )
    show(answer, as_json=as_json)


@app.command("timeline", help=say("A loan from its first day to its last, with ledger entries."))
def timeline(loan: LoanArgument, as_json: JsonOption = False) -> None:
    """Print events, schedule and ledger entries of a loan."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.timeline(session.principal, parse_id(loan))
    show(answer, as_json=as_json)
