"""`martlet parties`: businesses, consents, staff and API keys."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, group, key_or_new
from martlet.cli.output import show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()

CONSENT_DAYS = 365
KEY_DAYS = 90


@app.command("add-business", help=say("Register a business and its owner."))
def add_business(
    name: Annotated[str, typer.Option(help=say("The business's name."))],
    owner_name: Annotated[str, typer.Option(help=say("The owner's name."))],
    owner_phone: Annotated[str, typer.Option(help=say("The owner's mobile number."))],
    trade: Annotated[str, typer.Option(help=say("The trade, in a word."))] = "retail",
    region: Annotated[str, typer.Option(help=say("Where it is."))] = "CN",
    registration_no: Annotated[
        str, typer.Option(help=say("Unified social credit code, if it has one."))
    ] = "",
    opened_on: Annotated[str, typer.Option(help=say("When it opened (YYYY-MM-DD)."))] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Register a business and print its id."""
    with open_session() as session:
        party_id = session.bank.parties.register_business(
            session.principal,
            key_or_new(session.bank, key),
            name=name,
            owner_phone=owner_phone,
            owner_name=owner_name,
            trade=trade,
            region=region,
            registration_no=registration_no or None,
            opened_on=day(opened_on) if opened_on else None,
        )
        show({"party_id": party_id}, as_json=as_json)


@app.command("list", help=say("List businesses, masked."))
def businesses(as_json: JsonOption = False) -> None:
    """Print the first page of businesses."""
    with open_session() as session:
        show(session.bank.parties.businesses(session.principal), as_json=as_json)


@app.command("consent", help=say("Record which of its records a business lets the bank read."))
def consent(
    party_id: Annotated[str, typer.Argument(help=say("The business's id."))],
    records: Annotated[
        str, typer.Option(help=say("invoices, payments, takings, orders, bank (comma between)."))
    ] = "invoices,payments,takings,orders,bank",
    until: Annotated[str, typer.Option(help=say("Last day (YYYY-MM-DD); default a year."))] = "",
    purpose: Annotated[str, typer.Option(help=say("credit, advice or training."))] = "credit",
    withdraw: Annotated[bool, typer.Option("--withdraw", help=say("Take it back."))] = False,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Give or withdraw consents and print their ids."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        bank, party = session.bank, parse_id(party_id)
        kinds = tuple(part.strip() for part in records.split(",") if part.strip())
        last = day(until) if until else _in_days(bank.clock.now(), CONSENT_DAYS)
        if withdraw:
            ids = bank.parties.withdraw_consent(
                session.principal, key_or_new(bank, key), party, records=kinds, purpose=purpose
            )
        else:
            ids = bank.parties.give_consent(
                session.principal,
                key_or_new(bank, key),
                party,
                records=kinds,
                until=last,
                purpose=purpose,
            )
        show({"consent_ids": ids, "until": last}, as_json=as_json)


@app.command("staff", help=say("List the staff, add a member, or make a log-in link."))
def staff(
    add: Annotated[str, typer.Option(help=say("Add a member of staff with this name."))] = "",
    roles: Annotated[str, typer.Option(help=say("officer, risk, operations, admin."))] = "officer",
    link: Annotated[
        str, typer.Option(help=say("Make a one-time log-in link for this member (name or id)."))
    ] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the staff, or add one, or print a one-time link."""
    from martlet.cli.actors import staff_id_of
    from martlet.parties import PersonKind

    with open_session() as session:
        bank, principal = session.bank, session.principal
        if add:
            chosen = [part.strip() for part in roles.split(",") if part.strip()]
            staff_id = bank.parties.add_staff(
                principal, key_or_new(bank, key), name=add, roles=chosen
            )
            show({"staff_id": staff_id, "roles": chosen}, as_json=as_json)
        elif link:
            staff_id = staff_id_of(bank, principal, link)
            token = bank.parties.login_link(principal, PersonKind.STAFF, staff_id)
            show({"staff_id": staff_id, "one_time_token": token}, as_json=as_json)
        else:
            show(bank.parties.staff(principal), as_json=as_json)


@app.command("api-key", help=say("List API keys, create one, or revoke one."))
def api_key(
    create: Annotated[str, typer.Option(help=say("Create a key with this label."))] = "",
    scopes: Annotated[
        str, typer.Option(help=say("Rights, comma between, such as lending:read."))
    ] = "parties:read,credit:read,lending:read,ledger:read",
    days: Annotated[int, typer.Option(help=say("Days until it expires."), min=1)] = KEY_DAYS,
    revoke: Annotated[str, typer.Option(help=say("Revoke the key with this id."))] = "",
    staff_name: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """List keys, or make one (its secret is shown once), or revoke one."""
    from martlet.kernel.ids import parse_id

    with open_session(staff_name) as session:
        bank, principal = session.bank, session.principal
        if create:
            text = bank.parties.create_api_key(
                principal,
                key_or_new(bank, key),
                label=create,
                scopes=[part.strip() for part in scopes.split(",") if part.strip()],
                expires_at=bank.clock.now() + timedelta(days=days),
            )
            show({"api_key": text, "label": create}, as_json=as_json)
        elif revoke:
            bank.parties.revoke_api_key(principal, key_or_new(bank, key), parse_id(revoke))
            show({"revoked": revoke}, as_json=as_json)
        else:
            show(bank.parties.api_keys(principal), as_json=as_json)


def _in_days(moment: datetime, days: int) -> date:
    return moment.astimezone(UTC).date() + timedelta(days=days)
