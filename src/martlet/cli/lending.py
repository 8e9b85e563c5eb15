"""`martlet lending`: apply, accept, draw, repay; statements and the portfolio."""

from __future__ import annotations

from typing import Annotated

import typer

from martlet.cli import collections, loan_events, portfolios, receipts, relief, takings
from martlet.cli.options import JsonOption, KeyOption, group, key_or_new
from martlet.cli.output import show
from martlet.cli.partners import partners, settlement
from martlet.cli.reading import day, yuan
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()
app.add_typer(collections.app)
app.add_typer(loan_events.app, name="event", help=say("Whatever happens to a loan."))
app.add_typer(relief.app, name="relief", help=say("Relief programmes: time or money for many."))
app.add_typer(takings.app, name="takings", help=say("Advances repaid by a share of takings."))

app.add_typer(partners, name="partners", help=say("Lending together with partners."))
app.add_typer(settlement, name="settlement", help=say("Daily settlement with partners."))

LoanArgument = Annotated[str, typer.Argument(help=say("The loan's id."))]
AmountArgument = Annotated[str, typer.Argument(help=say("Amount in yuan, such as 1 or 1,234.56."))]


@app.command(
    "fund", help=say("Put the owners' capital on the rail, so that there is money to lend.")
)
def fund(amount: AmountArgument, key: KeyOption = "", as_json: JsonOption = False) -> None:
    """Record capital paid in."""
    with open_session() as session:
        answer = session.bank.lending.fund(
            session.principal, key_or_new(session.bank, key), yuan(amount)
        )
    show(answer, as_json=as_json)


@app.command("apply", help=say("Apply for credit: the answer comes at once, with its reasons."))
def apply(
    party: Annotated[str, typer.Argument(help=say("The business's id."))],
    amount: AmountArgument,
    product: Annotated[str, typer.Option(help=say("Product."))] = "revolving_daily",
    tenor: Annotated[int, typer.Option(help=say("Tenor, in the product's unit."))] = 0,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Apply, and print the decision with its waterfall, reasons and offer."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.apply(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            product,
            yuan(amount),
            tenor or None,
        )
    show(answer, as_json=as_json)


@app.command("accept", help=say("Accept an offer: a facility is opened."))
def accept(
    offer: Annotated[str, typer.Argument(help=say("The offer's id."))],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Accept an offer and print the facility."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.accept(
            session.principal, key_or_new(session.bank, key), parse_id(offer)
        )
    show(answer, as_json=as_json)


@app.command("draw", help=say("Draw money from a facility, from 1 yuan."))
def draw(
    facility: Annotated[str, typer.Argument(help=say("The facility's id."))],
    amount: AmountArgument,
    tenor: Annotated[int, typer.Option(help=say("Tenor, in the product's unit."))] = 0,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Draw, and print the loan with its schedule."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.draw(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(facility),
            yuan(amount),
            tenor or None,
        )
    show(answer, as_json=as_json)


@app.command("repay", help=say("Record a repayment; prints how it was allocated."))
def repay(
    loan: LoanArgument,
    amount: AmountArgument,
    reference: Annotated[str, typer.Option(help=say("The payer's own reference."))] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Repay in part or in full."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.repay(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(loan),
            yuan(amount),
            reference,
        )
    show(answer, as_json=as_json)


@app.command("payoff", help=say("What would settle a loan on a day."))
def payoff(
    loan: LoanArgument,
    on: Annotated[str, typer.Option(help=say("Day (YYYY-MM-DD); default today's."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print the amount that closes a loan."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.payoff_quote(
            session.principal, parse_id(loan), day(on) if on else None
        )
    show(answer, as_json=as_json)


@app.command("statement", help=say("Everything that happened to a loan."))
def statement(loan: LoanArgument, as_json: JsonOption = False) -> None:
    """Print a loan's statement."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.lending.statement(session.principal, loan_id=parse_id(loan))
    show(answer, as_json=as_json)


@app.command("portfolio", help=say("All loans in figures."))
def portfolio(as_json: JsonOption = False) -> None:
    """Print the portfolio."""
    with open_session() as session:
        answer = session.bank.lending.portfolio(session.principal)
    show(answer, as_json=as_json)


app.command(
    "import-portfolio",
    help=say("Take loans over from another system, reconciled to the fen."),
)(portfolios.import_portfolio)
app.command(
    "receipts",
    help=say("Take in a CSV file of repayments for the night to allocate: all of it or nothing."),
)(receipts.receipts)
app.command("export-portfolio", help=say("Write all loans with their history, to move them."))(
    portfolios.export_portfolio
)
