"""`martlet supplychain chains`: the industry chains that ship as data, with what each rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.words import LANGUAGE, say
from martlet.kernel.i18n import Locale

if TYPE_CHECKING:
    from martlet.supplychain.chains import Chain, Worded

_RELATIONS = {
    "material_of": say("goes into"),
    "kind_of": say("is a kind of"),
    "feeds": say("supplies the trade"),
}


def chains(
    name: Annotated[str, typer.Argument(help=say("The chain's name; all without it."))] = "",
    as_json: JsonOption = False,
) -> None:
    """List the chains with the reason of each, or one chain with its tiers, edges and sources."""
    from martlet.supplychain.chains import CHAINS, chain_named

    if not name:
        rows = [_line(chain_named(one)) for one in CHAINS]
        show({"chains": rows} if as_json else rows, as_json=as_json)
        return
    chain = chain_named(name)
    if as_json:
        show(chain, as_json=True)
        return
    note(f"[bold]{_in(chain.title)}[/bold]")
    note(_in(chain.reason))
    note(say("Known since {known_on}.", known_on=chain.known_on))
    words = {node.name.zh: _in(node.name) for node in chain.nodes}
    tiers = {node.name.zh: node.tier for node in chain.nodes}
    rows = [
        {
            "chain_tier": tiers[edge.from_name],
            "from": words[edge.from_name],
            "relation": _RELATIONS[edge.relation.value],
            "to": words[edge.to_name],
            "source": _in(edge.source.name),
        }
        for edge in sorted(chain.edges, key=lambda edge: tiers[edge.from_name])
    ]
    show(rows, as_json=False)


def _line(chain: Chain) -> dict[str, Any]:
    return {
        "name": chain.name,
        "title": _in(chain.title),
        "nodes_count": len(chain.nodes),
        "edges_count": len(chain.edges),
        "tiers_count": max(node.tier for node in chain.nodes),
        "reason": _in(chain.reason),
    }


def _in(words: Worded) -> str:
    return words.zh if LANGUAGE is Locale.ZH_CN else words.en


COMMANDS = (
    ("chains", chains, say("Industry chains that ship as data: what goes into what, by source.")),
)
