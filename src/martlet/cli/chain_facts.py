"""`martlet supplychain evaluate`: readers of texts, scored on anyone's labelled file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, show
from martlet.cli.reading import choice
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
    as_json: JsonOption = False,
) -> None:
    """Show precision, recall and F1 of the readers of texts, and how well they know themselves."""
    from martlet.supplychain import extraction as room

    mistakes = room.Mistakes()
    asked = choice(room.LabelledSet, labelled_set)
    report = room.evaluate(asked, file, train, mistakes)
    told = {
        "set": asked.value,
        "file": file.name,
        "bad_lines_count": mistakes.count,
        "deterministic": report.as_json(),
    }
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


COMMANDS = (("evaluate", evaluate, say("Score the readers of texts on a labelled file.")),)
"""Each command's name, what carries it out, and its line of help."""
