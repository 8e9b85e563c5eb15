"""`martlet credit train`, `study` and `backtest --data`: made, shown and measured on a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, progress, show
from martlet.cli.words import say

DataOption = Annotated[
    Path, typer.Option("--data", help=say("Folder of records and labels."), exists=True)
]


RepeatsOption = Annotated[
    int, typer.Option("--repeats", min=1, max=100, help=say("Rounds of five folds."))
]

ChallengerOption = Annotated[
    bool, typer.Option("--challenger", help=say("Boosted trees as well, on the same folds."))
]

REPEATS = 10


def train(
    data: DataOption,
    output: Annotated[
        Path, typer.Option(help=say("Where the scorecard and its card are written."))
    ] = Path("scorecard"),
    version: Annotated[str, typer.Option(help=say("The version to give it."))] = "1",
    repeats: RepeatsOption = REPEATS,
    challenger: Annotated[
        bool, typer.Option("--challenger", help=say("Train boosted trees, to run in shadow."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Train, and write the model (JSON) and its card (Markdown)."""
    from martlet.credit import training

    make = training.train_challenger if challenger else training.train_folder
    with progress(say("training"), quiet=as_json) as moved:
        found = make(data, version=version, repeats=repeats, on_progress=moved)
    artefact, card = output.with_suffix(".json"), output.with_suffix(".md")
    artefact.write_bytes(found.model.artefact)
    card.write_text(found.card, encoding="utf-8")
    show({**found.summary(), "artefact": str(artefact), "card": str(card)}, as_json=as_json)


def backtest_folder(data: Path, repeats: int, *, challenger: bool, as_json: bool) -> None:
    """Print AUC and KS with 95 % intervals, and the turnover-only ranking beside."""
    from martlet.credit import training

    with progress(say("back-test"), quiet=as_json) as moved:
        measure = training.compare_folder if challenger else training.backtest_folder
        report = measure(data, repeats=repeats, on_progress=moved)
    title = report.source + (say(" (synthetic)") if report.synthetic else "")
    show(report if as_json else report.rows(), as_json=as_json, title=title)
    if not as_json:
        note(say("Brackets: 95 % intervals over resampled firms; every firm judged unseen."))


def study(
    data: DataOption,
    out: Annotated[
        Path, typer.Option("--out", help=say("Where the page is written (Markdown)."))
    ] = Path("study.md"),
    as_json: JsonOption = False,
) -> None:
    """Decide the firms of a folder whose outcome is not known, and write one page about it."""
    from martlet.credit.review import review_folder, review_page

    review = review_folder(data)
    out.write_text(review_page(review), encoding="utf-8")
    show({**review.summary(), "page": str(out)}, as_json=as_json)
