"""`martlet credit score`: a lender's own files in, answers out; no bank is opened."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, progress, show
from martlet.cli.words import LANGUAGE, say

if TYPE_CHECKING:
    from collections.abc import Callable


def score(
    applications: Annotated[
        Path, typer.Option(help=say("Applications (CSV, may be packed by gzip)."))
    ],
    records: Annotated[
        Path | None, typer.Option(help=say("Movements of the merchants (CSV), if there are any."))
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help=say("Known outcomes (CSV), to fit models on."))
    ] = None,
    out: Annotated[Path, typer.Option(help=say("Where the answers are written (CSV)."))] = Path(
        "answers.csv"
    ),
    report: Annotated[
        Path | None, typer.Option(help=say("Where the report is written (Markdown)."))
    ] = None,
    model_out: Annotated[
        Path | None, typer.Option(help=say("Where the fitted model is written (JSON)."))
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Answer every application of a file; rows that cannot be read go beside the answers."""
    from martlet.credit.portfolio import brain, card, writing

    files = brain.Files(applications, records, labels)
    beside = out.with_name(f"{out.name.split('.')[0]}.quarantine.csv")
    wanted = [path for path in (out, beside, report, model_out) if path is not None]
    writing.check_places([p for p in (applications, records, labels) if p is not None], wanted)
    with progress(say("reading"), quiet=as_json) as moved:
        scored = brain.score(files, LANGUAGE, _stages(moved))
    texts = {
        out: writing.answers_text(scored),
        beside: writing.quarantine_text(scored),
    }
    if report is not None:
        texts[report] = card.report(scored, LANGUAGE)
    if model_out is not None:
        texts[model_out] = writing.model_text(scored)
    writing.write_all(texts)
    found = card.summary(scored)
    found |= {"answers": str(out), "quarantine": str(beside) if texts[beside] else ""}
    show(found if as_json else {k: v for k, v in found.items() if v != ""}, as_json=as_json)
    if not as_json and texts[beside]:
        note(say("Some rows could not be read: line and reason are in {file}.", file=beside))


def _stages(moved: Callable[[int, int | None], None]) -> Callable[[str, int, int | None], None]:
    """Return how a run tells its progress: the bar shows the part that is being worked on."""

    def told(stage: str, done: int, total: int | None) -> None:
        del stage
        moved(done, total)

    return told
