"""`martlet supplychain train-relations`: readers of texts, learnt from anyone's labelled file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.chain_facts import tell_mistakes
from martlet.cli.options import JsonOption
from martlet.cli.output import plain, show
from martlet.cli.words import say


def train_relations(
    train: Annotated[Path, typer.Option(help=say("Labelled pairs in FinRE's form to learn from."))],
    out: Annotated[Path, typer.Option(help=say("Where the trained readers are written."))],
    as_json: JsonOption = False,
) -> None:
    """Learn to read firms' names and their relations; tell how it did on what was held out."""
    from martlet.supplychain.extraction import Mistakes
    from martlet.supplychain.extraction.labelled import read_pairs
    from martlet.supplychain.extraction.learned import learn
    from martlet.supplychain.extraction.trained import save

    mistakes = Mistakes()
    rows = read_pairs(train, mistakes)
    lesson = learn(rows)
    save(out, lesson.readers)
    told = {
        "training_rows_count": len(rows),
        "held_out_mentions": plain(lesson.mentions),
        "held_out_pairs": plain(lesson.pairs),
        "held_out_business_ties": plain(lesson.ties),
        "model_bytes": out.stat().st_size,
        "bad_lines_count": mistakes.count,
    }
    show(told, as_json=as_json)
    tell_mistakes(mistakes, quiet=as_json)


COMMANDS = (
    ("train-relations", train_relations, say("Learn to read names and relations of firms.")),
)
"""Each command's name, what carries it out, and its line of help."""
