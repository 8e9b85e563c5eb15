"""`martlet treasury`: a business's plan of today, what its owner agrees to, plans made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.idle_cash import PartyArgument
from martlet.cli.options import JsonOption, KeyOption, key_or_new
from martlet.cli.output import note, show
from martlet.cli.reading import amount, day, share
from martlet.cli.session import open_session
from martlet.cli.words import LANGUAGE, say

if TYPE_CHECKING:
    from martlet.treasury.consent import Limits

ShareOption = Annotated[str, typer.Option(help=say("Largest share that may be out of reach."))]
MoveOption = Annotated[str, typer.Option(help=say("Largest single move, in yuan."))]
RiskOption = Annotated[
    str, typer.Option(help=say("How likely it may be that more is needed than stays in reach."))
]
ProductsOption = Annotated[
    str, typer.Option(help=say("Products into which money may go, with commas between."))
]
FloorOption = Annotated[str, typer.Option(help=say("What always stays in the balance, in yuan."))]
UntilOption = Annotated[str, typer.Option(help=say("Last day (YYYY-MM-DD); none without it."))]


def _limits(
    locked_share: str, move_most: str, risk: str, products: str, floor: str, until: str = ""
) -> Limits:
    from martlet.treasury.consent import Limits

    return Limits(
        locked_share_ppm_max=share(locked_share),
        move_fen_max=amount(move_most),
        short_ppm_max=share(risk),
        products=tuple(part.strip() for part in products.split(",") if part.strip()),
        floor_fen=amount(floor),
        valid_until=day(until) if until else None,
    )


def _shown(found: dict[str, Any], *, as_json: bool) -> None:
    import msgspec

    from martlet.treasury.standing import told

    words = told(found["morning"], found["orders"], LANGUAGE)
    if as_json:
        show({**msgspec.to_builtins(found), "sentences": words}, as_json=True)
        return
    for number, sentences in enumerate(words["orders"], 1):
        note(f"{number}. " + " ".join(sentences))
    for sentence in words["whole"]:
        note(sentence)


def proposal(
    party: PartyArgument,
    locked_share: ShareOption = "50%",
    move_most: MoveOption = "50,000",
    risk: RiskOption = "0.2%",
    products: ProductsOption = "yulibao,wenlibao",
    floor: FloorOption = "0",
    accept: Annotated[bool, typer.Option("--accept", help=say("Carry it out, this once."))] = False,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Show today's plan and why; a consent in force counts before the limits given here."""
    from martlet.kernel.ids import parse_id

    limits = _limits(locked_share, move_most, risk, products, floor)
    with open_session() as session:
        room, party_id = session.bank.standing, parse_id(party)
        found = room.proposal(session.principal, party_id, limits)
        if accept and found["orders"]:
            used = key_or_new(session.bank, key)
            room.accept(session.principal, used, party_id, found["inputs_hash"], limits)
    _shown(found, as_json=as_json)


def consent(
    party: PartyArgument,
    locked_share: ShareOption = "50%",
    move_most: MoveOption = "50,000",
    risk: RiskOption = "0.2%",
    products: ProductsOption = "yulibao,wenlibao",
    floor: FloorOption = "0",
    until: UntilOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Note an owner's consent: each morning's plan is carried out within these limits."""
    from martlet.kernel.ids import parse_id

    limits = _limits(locked_share, move_most, risk, products, floor, until)
    with open_session() as session:
        answer = session.bank.standing.give_consent(
            session.principal, key_or_new(session.bank, key), parse_id(party), limits
        )
    show(answer, as_json=as_json)


def revoke(party: PartyArgument, key: KeyOption = "", as_json: JsonOption = False) -> None:
    """End a standing order."""
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        answer = session.bank.standing.revoke_consent(
            session.principal, key_or_new(session.bank, key), parse_id(party)
        )
    show(answer, as_json=as_json)


def plans(party: PartyArgument, as_json: JsonOption = False) -> None:
    """Show the plans of a business that were carried out, and why."""
    import msgspec

    from martlet.kernel.ids import parse_id

    with open_session() as session:
        found = session.bank.standing.plans(session.principal, parse_id(party))
    if as_json:
        show({"plans": msgspec.to_builtins(found)}, as_json=True)
        return
    for one in found:
        note(f"[bold]{one['day']}[/bold] {one['plan_id']}")
        _shown(one, as_json=False)


def replay_plan(
    plan: Annotated[str, typer.Argument(help=say("The plan's id."))], as_json: JsonOption = False
) -> None:
    """Make a plan again and tell whether it is the same; exits with 1 where it is not."""
    import msgspec

    from martlet.kernel.ids import parse_id

    with open_session() as session:
        found = session.bank.standing.replay(session.principal, parse_id(plan))
    told = {"plan_id": found["plan_id"], "identical": found["identical"]}
    show(msgspec.to_builtins(found) if as_json else told, as_json=as_json)
    if not found["identical"]:
        raise typer.Exit(1)


COMMANDS = (
    ("proposal", proposal, say("Today's plan for a business's idle cash, and why.")),
    ("consent", consent, say("Note an owner's standing order for idle cash, with its limits.")),
    ("revoke", revoke, say("End an owner's standing order for idle cash.")),
    ("plans", plans, say("Plans for idle cash that were carried out.")),
    ("replay-plan", replay_plan, say("Make a plan again from what it was made from.")),
)
"""Each command's name, what carries it out, and its line of help."""
