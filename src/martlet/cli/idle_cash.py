"""`martlet treasury`: what lies in which product, in and out, statements and published yields."""

from __future__ import annotations

from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, key_or_new
from martlet.cli.output import note, show
from martlet.cli.reading import amount as at_least_nothing
from martlet.cli.reading import day, yuan
from martlet.cli.session import open_session
from martlet.cli.words import say
from martlet.kernel.errors import Invalid

PartyArgument = Annotated[str, typer.Argument(help=say("The business's id."))]
PositionArgument = Annotated[str, typer.Argument(help=say("The position's id."))]
AmountArgument = Annotated[str, typer.Argument(help=say("Amount in yuan, such as 1 or 1,234.56."))]
ProductArgument = Annotated[str, typer.Argument(help=say("Product."))]


def products(as_json: JsonOption = False) -> None:
    """Print what is offered, with caps, terms and yields."""
    with open_session() as session:
        found = session.bank.treasury.products(session.principal)
    if as_json:
        show({"products": found}, as_json=True)
        return
    for one in found:
        shown = {name: value for name, value in one.items() if not isinstance(value, list)}
        show({**shown, "tenors": one["tenors"], "plans": one["plans"]}, as_json=False)
        note("")


def positions(
    party: PartyArgument,
    closed: Annotated[
        bool, typer.Option("--closed", help=say("Show those that have ended as well."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print what a business has where, what it earned, and what is under way."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        room, party_id = session.bank.treasury, parse_id(party)
        answer = room.overview(session.principal, party_id)
        if closed:
            answer["positions"] = room.positions(session.principal, party_id, closed=True)
    show(answer, as_json=as_json)


def take_in(
    party: PartyArgument,
    amount: AmountArgument,
    reference: Annotated[str, typer.Option(help=say("The payer's own reference."))] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Book takings, and print what was swept."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.treasury.take_in(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            yuan(amount),
            reference,
        )
    show(answer, as_json=as_json)


def sweep(
    party: PartyArgument,
    product: Annotated[
        str, typer.Option(help=say("Where takings go as they arrive; nowhere without it."))
    ] = "",
    keep: Annotated[str, typer.Option(help=say("What stays in the balance, in yuan."))] = "0",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Set, change or end the sweep of a business's takings."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.treasury.set_sweep(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            product or None,
            at_least_nothing(keep),
        )
    show(answer, as_json=as_json)


def subscribe(
    party: PartyArgument,
    product: ProductArgument,
    amount: AmountArgument,
    tenor_days: Annotated[int, typer.Option(help=say("Days it is held, where it has terms."))] = 0,
    instalments: Annotated[
        int, typer.Option(help=say("Number of monthly instalments, where it is a plan."))
    ] = 0,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take money from a business's balance into a product."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.treasury.subscribe(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            product,
            yuan(amount),
            tenor_days or None,
            instalments or None,
        )
    show(answer, as_json=as_json)


def redeem(
    position: PositionArgument,
    amount: Annotated[str, typer.Option(help=say("Amount in yuan; all of it without it."))] = "",
    cost_most: Annotated[
        str, typer.Option(help=say("Most interest that may be given up, in yuan."))
    ] = "",
    to_balance: Annotated[
        bool, typer.Option("--to-balance", help=say("Keep it in the balance here."))
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help=say("Only show what it would give and cost."))
    ] = False,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take money out, or show what that would give, cost, and when it would arrive."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        room, one = session.bank.treasury, parse_id(position)
        wanted = yuan(amount) if amount else None
        if preview:
            answer = room.preview(session.principal, one, wanted)
        else:
            answer = room.redeem(
                session.principal,
                key_or_new(session.bank, key),
                one,
                wanted,
                yuan(cost_most) if cost_most else None,
                to_balance=to_balance,
            )
    show(answer, as_json=as_json)


def withdraw(
    party: PartyArgument,
    amount: AmountArgument,
    reference: Annotated[str, typer.Option(help=say("The payer's own reference."))] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Pay money out of a business's balance."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.treasury.withdraw(
            session.principal,
            key_or_new(session.bank, key),
            parse_id(party),
            yuan(amount),
            reference,
        )
    show(answer, as_json=as_json)


def statement(
    party: PartyArgument,
    month: Annotated[str, typer.Option(help=say("Month (YYYY-MM); default the running one."))] = "",
    position: Annotated[str, typer.Option(help=say("Only this position, day by day."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print a month's account of a business, or one position's month day by day."""
    from datetime import timedelta

    from martlet.kernel.ids import parse_id
    from martlet.treasury.holdings import month_of

    with open_session() as session:
        room, party_id = session.bank.treasury, parse_id(party)
        wanted = month or room.overview(session.principal, party_id)["business_date"][:7]
        if position:
            first, after = month_of(wanted)
            last = after - timedelta(days=1)
            answer = room.statement(session.principal, parse_id(position), first, last)
        else:
            answer = room.month(session.principal, party_id, wanted)
    show(answer, as_json=as_json)


def publish_yields(
    product: ProductArgument,
    yields: Annotated[
        list[str], typer.Argument(help=say("Days' yields: 2026-03-02=1.825% or 0.01825."))
    ],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Put days' yields on the record, each once and for good."""
    from martlet.cli.reading import share

    told = {}
    for one in yields:
        when, _, rate = one.partition("=")
        if day(when) in told:
            raise Invalid("cli.day_unreadable", text=one[:40])
        told[day(when)] = share(rate)
    with open_session() as session:
        answer = session.bank.treasury.publish_yields(
            session.principal, key_or_new(session.bank, key), product, told
        )
    show(answer, as_json=as_json)


def book(
    prove: Annotated[
        bool, typer.Option("--prove", help=say("Replay every position and compare all sums."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print what stands of each product, and what is under way."""
    with open_session() as session:
        answer = session.bank.treasury.book(session.principal)
        if prove:
            answer["proof"] = session.bank.treasury.prove(session.principal)
    show(answer, as_json=as_json)


COMMANDS = (
    ("products", products, say("What the bank offers for idle cash.")),
    ("positions", positions, say("What a business has where, and what it earned.")),
    ("take-in", take_in, say("Book takings that have arrived for a business.")),
    ("sweep", sweep, say("Put takings to work as they arrive, or stop it.")),
    ("subscribe", subscribe, say("Put money from a business's balance into a product.")),
    ("redeem", redeem, say("Take money out of a position, or see what that costs.")),
    ("withdraw", withdraw, say("Pay money out of a business's balance.")),
    ("statement", statement, say("A month's account of a business's idle cash.")),
    ("publish-yields", publish_yields, say("Note what a partner has published of days' yields.")),
    ("book", book, say("The bank's book of idle cash.")),
)
"""Each command's name, what carries it out, and its line of help."""
