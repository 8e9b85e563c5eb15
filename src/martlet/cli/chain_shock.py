"""`martlet supplychain shock`: what a dearer good or a failed firm does along the chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.reading import day, share
from martlet.cli.session import open_session
from martlet.cli.words import say
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from martlet.supplychain import Node
    from martlet.supplychain.shocks import Hit

_EFFECTS = {
    "cost": say("what it buys becomes dearer"),
    "supply": say("does not get what it buys"),
    "sales": say("does not sell what it sells"),
}


def shock(
    node: Annotated[str, typer.Argument(help=say("The firm or product: its name or key."))],
    price: Annotated[
        str, typer.Option(help=say("By what share its price changes: +0.20, 20%, -5%."))
    ] = "",
    fails: Annotated[bool, typer.Option("--fails", help=say("The firm fails."))] = False,
    carried: Annotated[
        str,
        typer.Option("--pass-on", help=say("How much each passes on to the next: an assumption.")),
    ] = "50%",
    tiers: Annotated[int, typer.Option(help=say("How many tiers it is followed."))] = 4,
    as_of: Annotated[
        str, typer.Option(help=say("As of the end of this day (YYYY-MM-DD); now without it."))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Show who is hit, how hard and through whom; nothing is stored."""
    from martlet.supplychain.shocks import Event, EventKind

    if bool(price) == fails:
        raise Invalid("supplychain_line.event_unclear")
    with open_session() as session:
        graph, who = session.bank.supplychain, session.principal
        moment = graph.moment(day(as_of) if as_of else None)
        at = graph.the_one(who, node, moment)
        kind = EventKind.PRICE if price else EventKind.FAILURE
        event = Event(at.key, kind, _change(price) if price else 0, share(carried), tiers)
        found = session.bank.standings.what_if(who, event, moment)
        keys = {hit.key for hit in found.hits} | {hit.via_key for hit in found.hits}
        nodes = graph.nodes(who, keys, moment)
    if as_json:
        show(found, as_json=True)
        return
    show([_row(hit, nodes) for hit in found.hits], as_json=False)
    if found.cut:
        note(say("The graph was read up to a bound; more may be hit."))


def _change(text: str) -> int:
    """Read a change of price, up or down, into ppm."""
    sign = -1 if text.startswith("-") else 1
    return sign * share(text.lstrip("+-"))


def _row(hit: Hit, nodes: Mapping[str, Node]) -> dict[str, Any]:
    return {
        "chain_tier": hit.tier,
        "firm": nodes[hit.key].name if hit.key in nodes else hit.key,
        "how": _EFFECTS[hit.effect.value],
        "share_ppm": hit.share_ppm,
        "through": nodes[hit.via_key].name if hit.via_key in nodes else hit.via_key,
        "assumed": hit.assumed,
        "owed_fen": hit.owed_fen,
    }


COMMANDS = (
    ("shock", shock, say("Who is hit where a good becomes dearer or a firm fails, and how hard.")),
)
