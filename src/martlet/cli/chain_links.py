"""`martlet supplychain link` and `evaluate-upstream`: materials of a product that nobody listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption, KeyOption, StaffOption, key_or_new
from martlet.cli.output import note, progress, show
from martlet.cli.words import LANGUAGE, say, sentence
from martlet.kernel.i18n import explain

if TYPE_CHECKING:
    from martlet.supplychain.links.model import Suggestion, Vocabulary
    from martlet.supplychain.links.upstream_reading import Told

EdgesOption = Annotated[
    Path, typer.Option(help=say("Known edges: head (product), tail (its material), as CSV."))
]
ProductsOption = Annotated[
    Path | None,
    typer.Option(help=say("Names of products that exist, as CSV: name. They may be materials.")),
]
KindsOption = Annotated[
    Path | None, typer.Option(help=say("What is a kind of what, as CSV: narrower, wider."))
]
SeedOption = Annotated[int, typer.Option(help=say("Seed of what is left to chance."))]


def link(
    edges: EdgesOption,
    queries: Annotated[Path, typer.Option(help=say("Products asked about, as CSV: head."))],
    out: Annotated[Path, typer.Option(help=say("Where the ranked answer is written, as CSV."))],
    k: Annotated[int, typer.Option("--k", help=say("Materials named for each product."))] = 50,
    products: ProductsOption = None,
    kinds: KindsOption = None,
    seed: SeedOption = 7,
    propose_from: Annotated[
        float,
        typer.Option(
            help=say("Put those at least so likely before reviewers of the bank; 0: none."),
            min=0,
            max=1,
        ),
    ] = 0.0,
    staff: StaffOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Rank the materials that a product probably needs, with a probability and the reason."""
    import numpy as np

    from martlet.kernel.errors import Invalid
    from martlet.supplychain.links import upstream, upstream_reading
    from martlet.supplychain.links.limits import ANSWERS_MAX

    if not 1 <= k <= ANSWERS_MAX:
        raise Invalid("links.count_outside", count=k, count_max=ANSWERS_MAX)
    told = upstream_reading.Told()
    known = upstream_reading.read_edges(edges, told)
    asked = upstream_reading.read_queries(queries, told)
    names = _vocabulary(products, kinds, told)
    with progress(say("learning from edges held back")) as moved:
        learnt = upstream.learn(known, names, np.random.default_rng(seed), moved)
    with progress(say("ranking materials")) as moved:
        answers = list(learnt.suggest(asked, k, moved))
    written = upstream_reading.write_ranked(out, answers, _reason)
    heads = {head for head, _ in known}
    facts: dict[str, Any] = {
        "edges_count": len(known),
        "products_asked_count": len(asked),
        "products_unknown_count": sum(name not in heads for name in asked),
        "suggestions_count": written,
        "ranked_by": say("a learnt ranker") if learnt.ranker.booster else say("a plain sum"),
        **_left_out(told),
    }
    if propose_from > 0:
        facts["proposed_count"] = _propose(answers, propose_from, staff, key)
    show(facts, as_json=as_json)
    if not as_json:
        _tell(told)
        note(say("Inferred: score is the probability that the list lacks this edge. No evidence."))


def evaluate_upstream(
    edges: EdgesOption,
    products: ProductsOption = None,
    kinds: KindsOption = None,
    seed: SeedOption = 7,
    as_json: JsonOption = False,
) -> None:
    """Hide a fifth of the edges by hash, rank them from the rest, and print how well that went."""
    from martlet.supplychain.links import upstream_evaluation, upstream_reading

    told = upstream_reading.Told()
    known = upstream_reading.read_edges(edges, told)
    names = _vocabulary(products, kinds, told)
    with progress(say("playing hidden edges")) as moved:
        report = upstream_evaluation.evaluate(known, names, seed, moved)
    show({**report, **_left_out(told)}, as_json=as_json)
    if not as_json:
        _tell(told)


def _propose(answers: list[Suggestion], least: float, staff: str, key: str) -> int:
    """Put the likeliest into the bank's review queue and return how many stand in it."""
    from martlet.cli.session import open_session
    from martlet.supplychain.links.upstream_proposals import proposals_of

    with open_session(staff) as session:
        bank = session.bank
        found = proposals_of(answers, bank.clock.now(), least, _reason)
        if found:
            bank.supplychain.propose(session.principal, key_or_new(bank, key), found)
    return len(found)


def _vocabulary(products: Path | None, kinds: Path | None, told: Told) -> Vocabulary:
    from martlet.supplychain.links import upstream_reading
    from martlet.supplychain.links.model import Vocabulary

    return Vocabulary(
        tuple(upstream_reading.read_names(products, told)) if products else (),
        tuple(upstream_reading.read_kinds(kinds, told)) if kinds else (),
    )


def _reason(one: Suggestion) -> str:
    stop = say("; ")
    return stop.join(explain(why.ground.value, why.details, LANGUAGE) for why in one.whys)


def _left_out(told: Told) -> dict[str, Any]:
    return {
        "rows_count": told.rows,
        "repeated_count": told.repeated,
        "self_loops_count": told.loops,
        "bad_rows_count": told.bad,
    }


def _tell(told: Told) -> None:
    reason = sentence("links.row_unusable", {})
    for file, line in told.bad_lines:
        note(say("{file}, line {line}: {reason}", file=file, line=line, reason=reason))
    if told.bad > len(told.bad_lines):
        note(say("{more_count} more bad lines.", more_count=told.bad - len(told.bad_lines)))


COMMANDS = (
    ("link", link, say("Rank the materials that products probably need, from edges known.")),
    (
        "evaluate-upstream",
        evaluate_upstream,
        say("Hide edges of a file by hash and show how well they are found."),
    ),
)
"""Each command's name, what carries it out, and its line of help."""
