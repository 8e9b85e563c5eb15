"""`martlet supplychain link-firms` and `evaluate-links`: who will come to supply whom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption, key_or_new
from martlet.cli.output import note, progress, show
from martlet.cli.reading import day, share
from martlet.cli.words import LANGUAGE, say

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from martlet.supplychain.links.firms import FirmLink, Snapshots

SnapshotsOption = Annotated[
    Path,
    typer.Option(help=say("Folder of snapshots, NAME_YYYY_MM_DD.csv: supplier, customer.")),
]
SeedOption = Annotated[int, typer.Option(help=say("Seed of what is left to chance."))]


def link_firms(
    snapshots: SnapshotsOption,
    out: Annotated[Path, typer.Option(help=say("Where the ranked answer is written, as CSV."))],
    train_to: Annotated[
        str, typer.Option(help=say("Last day that may be learnt from; all days without it."))
    ] = "",
    queries: Annotated[
        Path | None,
        typer.Option(
            help=say("Pairs (supplier, customer) or suppliers asked about, as CSV; all without it.")
        ),
    ] = None,
    k: Annotated[int, typer.Option("--k", help=say("Customers named for each supplier."))] = 50,
    propose_above: Annotated[
        str, typer.Option(help=say("Hand links at least so likely to the review queue: 40%."))
    ] = "",
    seed: SeedOption = 6,
    as_json: JsonOption = False,
) -> None:
    """Rank the firms that a supplier will probably sell to next, with the reason of each."""
    from martlet.supplychain.links import firms as room

    given = room.read_snapshots(snapshots)
    known = given.until(day(train_to)) if train_to else given
    asked = None if queries is None else room.read_queries(queries)
    with progress(say("learning"), quiet=as_json) as moved:
        learnt = room.learn(known, seed, moved)
    pairs = [(a, b) for a, b in asked or () if b is not None]
    suppliers = [a for a, b in asked or () if b is None]
    if asked is None:
        suppliers = [given.names[firm] for firm in learnt.past.known.tolist()]
    with progress(say("ranking"), quiet=as_json) as moved:
        found = room.suggest(learnt, given.names, suppliers, k, moved)
        links = [*room.probabilities_of(learnt, given.names, pairs), *found]
    written = _write(out, links)
    told: dict[str, Any] = {"learnt_to": known.days[-1], "snapshots_count": len(known.days)}
    told |= {"learnt_pairs_count": learnt.learnt_pairs_count}
    told |= {"suppliers_asked_count": len(suppliers), "pairs_asked_count": len(pairs)}
    told |= {
        "unknown_count": _unknown(known, learnt.past.known.tolist(), asked or ()),
        "rows_count": written,
    }
    if propose_above:
        told["proposed_count"] = _propose(links, known.days[-1], share(propose_above))
    show({**told, "file": str(out), "left_out": given.left_out}, as_json=as_json)
    if not as_json:
        note(say("Inferred: likely, not known. A review may turn one into an inferred edge."))


def evaluate_links(
    snapshots: SnapshotsOption,
    train_to: Annotated[str, typer.Option(help=say("Last day that may be learnt from."))],
    until: Annotated[
        str, typer.Option(help=say("Last day that is tested on; all later days without it."))
    ] = "",
    seed: SeedOption = 6,
    as_json: JsonOption = False,
) -> None:
    """Learn up to a day, and measure on pairs that were new after it."""
    from martlet.supplychain.links import firms as room

    given = room.read_snapshots(snapshots)
    if until:
        given = given.until(day(until))
    with progress(say("learning"), quiet=as_json) as moved:
        found = room.evaluate(given, day(train_to), seed, moved)
    if as_json:
        show({**found, "left_out": given.left_out}, as_json=True)
        return
    areas = found.pop("auc")
    show(found, as_json=False)
    show([{"method": name, **area} for name, area in areas.items()], as_json=False)


def _propose(links: list[FirmLink], learnt_to: date, least_ppm: int) -> int:
    """Hand the likeliest links to the review queue; return how many."""
    from martlet.cli.session import open_session
    from martlet.supplychain.links.firms import proposal_of
    from martlet.supplychain.links.firms.limits import PROPOSED_MAX
    from martlet.supplychain.model import PPM

    sure = [one for one in links if (one.probability or 0) * PPM >= max(least_ppm, 1)]
    sure.sort(key=lambda one: -(one.probability or 0))
    with open_session() as session:
        now = session.bank.clock.now()
        made = [proposal_of(one, learnt_to, now) for one in sure[:PROPOSED_MAX]]
        if made:
            key = key_or_new(session.bank, "")
            session.bank.supplychain.propose(session.principal, key, made)
    return len(made)


def _write(out: Path, links: Iterable[FirmLink]) -> int:
    import csv

    from martlet.supplychain.links.firms.reasons import in_words

    count = 0
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("supplier", "customer", "rank", "score", "probability", "reason"))
        for one in links:
            score = "" if one.score is None else f"{one.score:.6f}"
            chance = "" if one.probability is None else f"{one.probability:.6f}"
            rank = "" if one.rank is None else one.rank
            reason = in_words(one.whys, LANGUAGE)
            rows.writerow((one.supplier, one.customer, rank, score, chance, reason))
            count += 1
    return count


def _unknown(
    known: Snapshots, firms: Sequence[int], asked: Iterable[tuple[str, str | None]]
) -> int:
    """Return how many of the firms asked about no snapshot knows."""
    names = {known.names[firm] for firm in firms}
    return len({name for pair in asked for name in pair if name is not None} - names)


COMMANDS = (
    ("link-firms", link_firms, say("Who will come to supply whom, learnt from dated snapshots.")),
    ("evaluate-links", evaluate_links, say("How well new firm-to-firm links are foretold.")),
)
"""Each command's name, what carries it out, and its line of help."""
