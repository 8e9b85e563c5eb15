"""`martlet credit train` and `martlet credit backtest`: models made and measured on a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import progress, show
from martlet.cli.words import say

DataOption = Annotated[
    Path, typer.Option("--data", help=say("Folder of records and labels."), exists=True)
]


def train(
    data: DataOption,
    output: Annotated[
        Path, typer.Option(help=say("Where the scorecard and its card are written."))
    ] = Path("scorecard"),
    as_json: JsonOption = False,
) -> None:
    """Train, and write the scorecard (JSON) and its model card (Markdown)."""
    from martlet.credit import training

    with progress(say("training"), quiet=as_json) as moved:
        found = training.train_folder(data, on_progress=moved)
    output.with_suffix(".json").write_bytes(found.scorecard.artefact)
    output.with_suffix(".md").write_text(found.card, encoding="utf-8")
    show(found.summary(), as_json=as_json)


def backtest(data: DataOption, as_json: JsonOption = False) -> None:
    """Print AUC and KS with 95 % intervals, and the turnover-only ranking beside."""
    from martlet.credit import training

    with progress(say("back-test"), quiet=as_json) as moved:
        report = training.backtest_folder(data, on_progress=moved)
    show(report if as_json else report.rows(), as_json=as_json, title=report.source)
