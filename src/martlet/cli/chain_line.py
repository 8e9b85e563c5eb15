"""`martlet supplychain`: why a firm belongs to a chain, its standing, core firms.

`sample-paths` opens no bank: it reads published graphs from folders and checks every path it shows.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption, KeyOption, key_or_new
from martlet.cli.output import note, show
from martlet.cli.reading import day
from martlet.cli.session import open_session
from martlet.cli.words import LANGUAGE, say
from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from martlet.supplychain.model import Edge

FirmArgument = Annotated[str, typer.Argument(help=say("A firm: its name, code or key."))]
CoreArgument = Annotated[str, typer.Argument(help=say("The core firm: its name, code or key."))]
PartyArgument = Annotated[str, typer.Argument(help=say("The business's id."))]
AsOfOption = Annotated[
    str, typer.Option("--as-of", help=say("As it was known at the end of this day."))
]
TRIED_MAX = 500_000


def explain(
    firm: FirmArgument, core: CoreArgument, as_of: AsOfOption = "", as_json: JsonOption = False
) -> None:
    """Explain by up to three disjoint paths why a firm belongs to a core firm's chain."""
    with open_session() as session:
        graph, who = session.bank.supplychain, session.principal
        moment = graph.moment(day(as_of) if as_of else None)
        ends = [graph.the_one(who, name, moment).key for name in (firm, core)]
        told = session.bank.standings.explain(who, ends[0], ends[1], moment)
    if as_json:
        show(told, as_json=True)
        return
    if not told["paths"]:
        note(say("Nothing known shows that {firm} belongs to the chain of {core}.",
                 firm=told["firm_name"], core=told["core_name"]))  # fmt: skip
    _tell(told["paths"])
    if told["cut"]:
        note(say("The search stopped at its bound; there may be more."))


def _score(ppm: int) -> str:
    return f"{ppm / PPM:.3f}"


def _tell(paths: list[dict[str, Any]]) -> None:
    """Print paths, a line a hop, the weakest marked."""
    from martlet.cli.chain_words import relation_word, source_word
    from martlet.supplychain.model import Relation, SourceKind

    for number, path in enumerate(paths, 1):
        note(say("Path {number}, score {score}", number=number, score=_score(path["score_ppm"])))
        for place, hop in enumerate(path["hops"]):
            names = hop["start_name"], hop["end_name"]
            start, end = names if hop["start"] == hop["from"] else names[::-1]
            sure = f"{hop['confidence_ppm'] / PPM:.2f}"
            told = (
                source_word(SourceKind(hop["source"])),
                hop["reference"],
                hop["known_at"][:10],
                say("inferred, p={p}", p=sure) if hop["inferred"] else sure,
                *([say("weakest hop")] if place == path["weakest_hop"] else []),
            )
            relation = relation_word(Relation(hop["relation"]))
            typer.echo(f"  {start} {relation} {end}  ({'; '.join(told)})")


def standing(
    party: PartyArgument,
    refresh: Annotated[
        bool, typer.Option("--refresh", help=say("Compute it now and keep it for decisions."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print a business's place in its chain, its technology grade, its doubts and its paths."""
    from martlet.credit.sentences import label, value_text
    from martlet.kernel.i18n import explain as sentence
    from martlet.kernel.ids import parse_id

    with open_session() as session:
        rooms, who, party_id = session.bank.standings, session.principal, parse_id(party)
        if refresh:
            rooms.refresh(who, [party_id])
        told = rooms.of_party(who, party_id).as_json()
    if as_json:
        show(told, as_json=True)
        return
    place = told["position"] or {"role": "", "core": "", "figures": {}}
    show(
        {
            "firm": told["firm"],
            "core": place["core"],
            "role": place["role"],
            "grade": told["grade"],
            "technology": told["technology"]["grade"],
        },
        as_json=False,
    )
    figures = {**place["figures"], **told["technology"]["figures"]}
    show([{"name": label(kind, LANGUAGE), "value": value_text(kind, value, LANGUAGE)}
          for kind, value in figures.items()], as_json=False)  # fmt: skip
    for doubt in told["technology"]["doubts"]:
        numbers = ", ".join(doubt["numbers"])
        note(sentence(doubt["code"], {"count": doubt["count"], "numbers": numbers}, LANGUAGE))
    _tell(told["paths"])


def cores(as_json: JsonOption = False) -> None:
    """List the core firms whose chains the bank follows."""
    with open_session() as session:
        found = session.bank.standings.cores(session.principal)
    show({"cores": found} if as_json else found, as_json=as_json)


def follow(
    firm: FirmArgument,
    why: Annotated[str, typer.Option("--note", help=say("Why it is followed."))] = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Follow a core firm: its chain counts from the next night on."""
    with open_session() as session:
        bank, who = session.bank, session.principal
        found = bank.supplychain.the_one(who, firm).key
        answer = bank.standings.follow(who, key_or_new(bank, key), found, why)
    show(answer, as_json=as_json)


def unfollow(firm: FirmArgument, key: KeyOption = "", as_json: JsonOption = False) -> None:
    """Follow a core firm no longer."""
    with open_session() as session:
        bank, who = session.bank, session.principal
        found = bank.supplychain.the_one(who, firm).key
        answer = bank.standings.unfollow(who, key_or_new(bank, key), found)
    show(answer, as_json=as_json)


def policy() -> None:
    """Print a starting policy that lends on places in chains, to be changed and published."""
    from importlib.resources import files

    typer.echo((files("martlet.credit") / "policies/chain.toml").read_text("utf-8"), nl=False)


def sample_paths(
    ckg: Annotated[
        Path | None, typer.Option(help=say("Folder of a ChainKnowledgeGraph export."))
    ] = None,
    ickg: Annotated[Path | None, typer.Option(help=say("Folder of an ICKG export."))] = None,
    count: Annotated[int, typer.Option(help=say("Explanations to find."), min=1, max=10_000)] = 100,
    seed: Annotated[int, typer.Option(help=say("Seed of what is left to chance."))] = 1,
    tried_max: Annotated[
        int, typer.Option(help=say("Pairs to try at most."), min=1, max=TRIED_MAX)
    ] = TRIED_MAX,
    out: Annotated[
        Path | None, typer.Option(help=say("Where the sheet is written, for people to judge."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Explain firm-to-core pairs drawn by chance from published graphs, and check each path."""
    from martlet.kernel.clock import SystemClock
    from martlet.supplychain.loaders import Moments, Told, facts_from
    from martlet.supplychain.path_sample import draw, merged, sheet

    folders = {form: place for form, place in (("ckg", ckg), ("ickg", ickg)) if place is not None}
    if not folders:
        raise Invalid("supplychain_line.no_graph_named")
    now = SystemClock().now()
    names: dict[str, str] = {}
    edges: list[Edge] = []
    for form, folder in folders.items():
        for fact in facts_from(form, folder, Moments(now)):
            if isinstance(fact, Told):
                names |= {node.key: node.name for node in fact.nodes}
                edges += fact.edges
    found = draw(merged(edges), now, count, seed, tried_max, lambda key: names.get(key, ""))
    lines = sheet(found, names)
    if out is not None:
        out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = found.as_json()
    if as_json:
        show({**told, "sheet": lines}, as_json=True)
        return
    if out is None:
        for line in lines:
            typer.echo(line)
    show({**told, "problems": len(told["problems"])}, as_json=False)


COMMANDS = (
    ("explain", explain, say("Explain why a firm belongs to a core firm's chain.")),
    (
        "sample-paths",
        sample_paths,
        say("Explain pairs drawn from published graphs and check them."),
    ),
    ("standing", standing, say("Print a business's place in its chain and its technology.")),
    ("cores", cores, say("List the core firms that the bank follows.")),
    ("follow", follow, say("Follow a core firm.")),
    ("unfollow", unfollow, say("Follow a core firm no longer.")),
    ("policy", policy, say("Print a starting policy that lends on places in chains.")),
)
