"""`martlet supplychain extract` and `evaluate`: facts read in texts, and their readers scored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, plain, progress, show
from martlet.cli.reading import choice
from martlet.cli.session import open_session, settings
from martlet.cli.words import say, sentence

if TYPE_CHECKING:
    from martlet.supplychain.extraction import Mistakes

SetOption = Annotated[
    str,
    typer.Option("--set", help=say("Which labelled set the file holds: finre, dueefin, mentions.")),
]


def evaluate(
    labelled_set: SetOption,
    file: Annotated[Path, typer.Option(help=say("The labelled file that is scored."))],
    train: Annotated[
        Path | None, typer.Option(help=say("A labelled file of the same form to learn from."))
    ] = None,
    extractor: Annotated[
        str,
        typer.Option(help=say("Score only this reader: deterministic, llm; else both.")),
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Show precision, recall and F1 of the readers of texts, and how well they know themselves."""
    from martlet.kernel.errors import Unavailable
    from martlet.llm import configured_client
    from martlet.supplychain import extraction as room

    mistakes = room.Mistakes()
    asked = choice(room.LabelledSet, labelled_set)
    only = choice(room.ExtractorName, extractor) if extractor else None
    client = configured_client(settings())
    if only is room.ExtractorName.LLM and client is None:
        raise Unavailable("extraction.no_endpoint")
    told: dict[str, object] = {"set": asked.value, "file": file.name}
    if only is not room.ExtractorName.LLM:
        told["deterministic"] = room.evaluate(asked, file, train, mistakes).as_json()
    if only is not room.ExtractorName.DETERMINISTIC:
        found = room.evaluate(asked, file, train, room.Mistakes(), client) if client else None
        none = "none configured" if as_json else say("none configured")
        told["llm"] = found.as_json() if found else none
    told["bad_lines_count"] = mistakes.count
    show(told, as_json=as_json)
    tell_mistakes(mistakes, quiet=as_json)


def extract(
    text: Annotated[Path, typer.Option(help=say("Texts, one JSON object a line: id, text."))],
    out: Annotated[Path, typer.Option(help=say("Where the facts are written, one a line."))],
    extractor: Annotated[
        str, typer.Option(help=say("Who reads: deterministic or llm."))
    ] = "deterministic",
    names: Annotated[
        Path | None, typer.Option(help=say("Known firms for the deterministic reader, one a line."))
    ] = None,
    train: Annotated[
        Path | None, typer.Option(help=say("Labelled pairs in FinRE's form to learn from."))
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help=say("Readers that `train-relations` wrote."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read facts in texts and write each with its quotation, its reader and how sure it is."""
    from martlet.llm import configured_client
    from martlet.supplychain import extraction as room

    mistakes = room.Mistakes()
    asked = choice(room.ExtractorName, extractor)
    client = configured_client(settings()) if asked is room.ExtractorName.LLM else None
    reader = room.extractor_named(asked, room.Training(names, train, model), client)
    with progress(say("reading"), quiet=as_json) as moved:
        counted = room.extract_file(reader, text, out, mistakes, moved)
    told: dict[str, object] = {
        **counted,
        "bad_lines_count": mistakes.count,
        "extractor": f"{reader.name} {reader.version}",
    }
    if isinstance(reader, room.EndpointExtractor):
        told["spent_tokens"] = reader.asking.client.budget.spent_tokens
        told["spent_fen"] = reader.asking.client.budget.spent_fen
        told["dropped_claims_count"] = reader.asking.dropped_count
        told["refused"] = dict(sorted(reader.asking.failed.items()))
    show(told, as_json=as_json)
    tell_mistakes(mistakes, quiet=as_json)


def stage(
    facts: Annotated[Path, typer.Option(help=say("Facts as `extract` writes them, one a line."))],
    as_json: JsonOption = False,
) -> None:
    """Enter facts that are sure or told by two documents; queue the rest for a person."""
    from martlet.supplychain import extraction as room

    mistakes = room.Mistakes()
    tellings = [room.Telling(name, fact) for name, fact in room.read_facts(facts, mistakes)]
    with open_session() as session:
        report = room.stage(session.bank.supplychain, session.principal, tellings)
    told = {**plain(report), "bad_lines_count": mistakes.count}
    show(told, as_json=as_json)
    tell_mistakes(mistakes, quiet=as_json)


def tell_mistakes(mistakes: Mistakes, *, quiet: bool) -> None:
    """Tell the lines that could not be used, by their numbers."""
    if quiet or not mistakes.count:
        return
    for each in mistakes.told:
        reason = sentence(each.code, {})
        note(say("Line {line}: {reason}", line=each.line, reason=reason))
    if mistakes.count > len(mistakes.told):
        note(say("{more_count} more bad lines.", more_count=mistakes.count - len(mistakes.told)))


COMMANDS = (
    ("extract", extract, say("Read facts in texts, each with the words that state it.")),
    ("stage", stage, say("Bring facts into the graph, or before a reviewer.")),
    ("evaluate", evaluate, say("Score the readers of texts on a labelled file.")),
)
"""Each command's name, what carries it out, and its line of help."""
