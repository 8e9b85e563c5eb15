"""`martlet credit policy` and `martlet credit models`: rules and models, changed on the record."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, group, key_or_new
from martlet.cli.output import show
from martlet.cli.reading import start_of
from martlet.cli.session import open_session
from martlet.cli.words import say

app = group()


@app.command("publish", help=say("Publish a policy file, in force from a day on, no restart."))
def publish(
    file: Annotated[Path, typer.Argument(help=say("The policy (TOML)."), exists=True)],
    effective_from: Annotated[
        str, typer.Option(help=say("First day (YYYY-MM-DD); default now."))
    ] = "",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Publish a policy."""
    with open_session(staff) as session:
        answer = session.bank.credit.publish_policy(
            session.principal,
            key_or_new(session.bank, key),
            file.read_text(encoding="utf-8"),
            start_of(effective_from) if effective_from else None,
        )
    show(answer, as_json=as_json)


@app.command("show", help=say("The policy in force, as data."))
def show_policy(as_json: JsonOption = False) -> None:
    """Print the policy that decides now."""
    with open_session() as session:
        found = session.bank.credit.policy_in_force(session.principal, session.bank.clock.now())
    if as_json:
        show({"version": found.version, "toml": found.text}, as_json=True)
    else:
        sys.stdout.write(found.text)


@app.command("list", help=say("Every published policy, and from when it has been in force."))
def list_policies(as_json: JsonOption = False) -> None:
    """Print the published policies."""
    with open_session() as session:
        show(session.bank.credit.policies(session.principal), as_json=as_json)


def models(
    promote: Annotated[
        str, typer.Option(help=say("Make the model with this id the champion."))
    ] = "",
    register: Annotated[
        Path | None, typer.Option(help=say("Register this model (JSON, its card beside it)."))
    ] = None,
    state: Annotated[
        str, typer.Option(help=say("Another state for it: candidate, shadow, retired."))
    ] = "champion",
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """List the models, register one, or promote one: never by the one who registered it."""
    from martlet.cli.reading import choice
    from martlet.credit import ModelState, read_model
    from martlet.kernel.ids import parse_id

    with open_session(staff) as session:
        credit = session.bank.credit
        if promote:
            moved = credit.promote_model(
                session.principal,
                key_or_new(session.bank, key),
                parse_id(promote),
                choice(ModelState, state),
            )
            show(moved, as_json=as_json)
        elif register is not None:
            answer = credit.register_model(
                session.principal,
                key_or_new(session.bank, key),
                read_model(register.read_bytes()),
                register.with_suffix(".md").read_text(encoding="utf-8"),
            )
            show(answer, as_json=as_json)
        else:
            rows = [row.as_json() for row in credit.models(session.principal)]
            cards = [{k: v for k, v in row.items() if k != "card"} for row in rows]
            show(rows if as_json else cards, as_json=as_json)
