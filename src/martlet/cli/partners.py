"""`martlet lending partners` and `settlement`: lend together, settle by the day, prove it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, group, key_or_new
from martlet.cli.output import note, show
from martlet.cli.reading import day, share, yuan
from martlet.cli.session import open_session
from martlet.cli.words import say

partners = group()
settlement = group()

SlugArgument = Annotated[str, typer.Argument(help=say("The partner's short name."))]
AgreementArgument = Annotated[str, typer.Argument(help=say("The agreement's id."))]
DayArgument = Annotated[str, typer.Argument(help=say("Day (YYYY-MM-DD)."))]
ReasonArgument = Annotated[str, typer.Argument(help=say("Why, in a sentence."))]


@partners.command("list", help=say("Partners, with what stands in their limits."))
def list_partners(as_json: JsonOption = False) -> None:
    """Print every partner with used and cap."""
    with open_session() as session:
        answer = session.bank.participation.partners(session.principal)
    show(answer, as_json=as_json)


@partners.command("show", help=say("One partner: limit, agreements, what is settled."))
def show_partner(slug: SlugArgument, as_json: JsonOption = False) -> None:
    """Print one partner."""
    with open_session() as session:
        answer = session.bank.participation.partner(session.principal, slug)
    show(answer, as_json=as_json)


@partners.command("register", help=say("Register a partner institution."))
def register(
    slug: SlugArgument,
    name: Annotated[str, typer.Argument(help=say("Its registered name."))],
    affiliates: Annotated[
        str, typer.Option(help=say("Partners of one owner name the same affiliation."))
    ] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Register a partner and print its id."""
    with open_session() as session:
        answer = session.bank.participation.register_partner(
            session.principal, key_or_new(session.bank, key), slug, name, affiliates
        )
    show(answer, as_json=as_json)


@partners.command("propose", help=say("Propose an agreement; a second person approves it."))
def propose(
    slug: SlugArgument,
    part: Annotated[str, typer.Option("--share", help=say("The partner's share, such as 30%."))],
    cap: Annotated[str, typer.Option(help=say("Its cap, in yuan."))],
    since: Annotated[str, typer.Option("--from", help=say("First day (YYYY-MM-DD)."))],
    until: Annotated[str, typer.Option(help=say("Last day (YYYY-MM-DD)."))],
    priority: Annotated[int, typer.Option(help=say("The lower, the earlier it is asked."))] = 100,
    pro_rata: Annotated[
        bool, typer.Option("--pro-rata", help=say("Fill caps of one rank in proportion."))
    ] = False,
    product: Annotated[
        list[str] | None, typer.Option(help=say("Only this product (repeat)."))
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help=say("Only this region (repeat)."))
    ] = None,
    trade: Annotated[list[str] | None, typer.Option(help=say("Only this trade (repeat)."))] = None,
    largest: Annotated[str, typer.Option(help=say("Largest loan, in yuan."))] = "",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Propose an agreement and print its id."""
    from martlet.lending import AgreementTerms, Eligibility, Sharing

    lists = {"products": product, "regions": region, "trades": trade}
    narrowed: dict[str, Any] = {name: tuple(words or ()) for name, words in lists.items()}
    if largest:
        narrowed["amount_max_fen"] = yuan(largest)
    terms = AgreementTerms(
        share(part),
        yuan(cap),
        day(since),
        day(until),
        priority,
        Sharing.PRO_RATA if pro_rata else Sharing.PRIORITY,
        Eligibility(**narrowed),
    )
    with open_session(staff) as session:
        answer = session.bank.participation.propose(
            session.principal, key_or_new(session.bank, key), slug, terms
        )
    show(answer, as_json=as_json)


@partners.command("approve", help=say("Approve what another person proposed."))
def approve(
    agreement: AgreementArgument,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Approve an agreement."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        answer = session.bank.participation.approve(
            session.principal, key_or_new(session.bank, key), parse_id(agreement)
        )
    show(answer, as_json=as_json)


@partners.command("end", help=say("End an agreement; its loans run on unless taken back."))
def end(
    agreement: AgreementArgument,
    reason: ReasonArgument,
    take_back: Annotated[
        bool, typer.Option("--take-back", help=say("Take over what is outstanding of its loans."))
    ] = False,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """End an agreement, and take its loans over if asked."""
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        room, chosen = session.bank.participation, key_or_new(session.bank, key)
        answer = room.end(session.principal, chosen, parse_id(agreement), reason)
        if take_back:
            answer = room.buy_back_agreement(
                session.principal, f"{chosen}:back", parse_id(agreement), reason
            )
    show(answer, as_json=as_json)


@partners.command("buy-back", help=say("Take a partner's part of loans over."))
def buy_back(
    slug: SlugArgument,
    loans: Annotated[list[str], typer.Argument(help=say("Ids of the loans."))],
    reason: Annotated[str, typer.Option(help=say("Why, in a sentence."))],
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Take loans back and print what it cost."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.participation.buy_back(
            session.principal,
            key_or_new(session.bank, key),
            slug,
            [parse_id(one) for one in loans],
            reason,
        )
    show(answer, as_json=as_json)


@partners.command("settings", help=say("Dated limits of the law and of the bank."))
def settings(as_json: JsonOption = False) -> None:
    """Print every setting with its first day and its source."""
    with open_session() as session:
        answer = session.bank.participation.settings(session.principal)
    show(answer, as_json=as_json)


@partners.command("set", help=say("Set a limit or a figure from a day on."))
def set_setting(
    name: Annotated[str, typer.Argument(help=say("The setting, as `settings` names it."))],
    value: Annotated[int, typer.Argument(help=say("In fen, or parts per million."))],
    since: DayArgument,
    source: Annotated[str, typer.Argument(help=say("Where it stands, in a sentence."))],
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Set a limit and print it."""
    with open_session(staff) as session:
        answer = session.bank.participation.set_setting(
            session.principal, key_or_new(session.bank, key), name, value, day(since), source
        )
    show(answer, as_json=as_json)


@partners.command("key", help=say("Make the API key with which a partner sees its own."))
def make_key(
    slug: SlugArgument,
    days: Annotated[int, typer.Option(help=say("How many days it is valid."), min=1)] = 365,
    key: KeyOption = "",
) -> None:
    """Print the key: it is shown this once."""
    from datetime import timedelta

    from martlet.kernel.ids import parse_id
    from martlet.kernel.principal import Scope

    with open_session() as session:
        whom = session.bank.participation.partner(session.principal, slug)
        made = session.bank.parties.create_api_key(
            session.principal,
            key_or_new(session.bank, key),
            label=slug,
            scopes=[Scope.PARTNER_OWN.value],
            expires_at=session.bank.clock.now() + timedelta(days=days),
            party_ids=frozenset({parse_id(whom["partner_id"])}),
        )
    note(made)


@settlement.command("list", help=say("Settlement files with totals, the latest first."))
def list_files(
    partner: Annotated[str, typer.Option(help=say("Only this partner."))] = "",
    on: Annotated[str, typer.Option(help=say("Only this day (YYYY-MM-DD)."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Print files with what each side pays."""
    with open_session() as session:
        answer = session.bank.participation.settlements(
            session.principal, partner or None, day(on) if on else None
        )
    show(answer, as_json=as_json)


@settlement.command("file", help=say("A partner's file of a day, the same bytes every time."))
def write_file(
    slug: SlugArgument,
    on: DayArgument,
    output: Annotated[
        Path | None, typer.Option(help=say("Write into this file instead of the terminal."))
    ] = None,
) -> None:
    """Write a settlement file."""
    with open_session() as session:
        text = session.bank.participation.settlement_file(session.principal, slug, day(on))
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_bytes(text.encode())


@settlement.command("pay", help=say("Book that both sides of a file have been paid."))
def pay(
    slug: SlugArgument,
    on: DayArgument,
    reference: Annotated[str, typer.Option(help=say("The payer's own reference."))] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Book a payment."""
    with open_session() as session:
        answer = session.bank.participation.pay(
            session.principal, key_or_new(session.bank, key), slug, day(on), reference
        )
    show(answer, as_json=as_json)


@settlement.command("verify", help=say("Make every file again and compare; list what differs."))
def verify(as_json: JsonOption = False) -> None:
    """Print what was compared; a difference ends with the exit code of corrupt data."""
    from martlet.kernel.errors import Corrupt

    with open_session() as session:
        report = session.bank.participation.verify(session.principal)
    show(report, as_json=as_json)
    if report["differences"]:
        raise Corrupt("lending.participation_differs", **report["differences"][0])
