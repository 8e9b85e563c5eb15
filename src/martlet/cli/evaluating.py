"""`martlet cashflow evaluate`: how good forecasts are on anyone's file, beside plain methods."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import PluginsOption
from martlet.cli.output import note, plain, progress, show
from martlet.cli.words import say


def evaluate(
    history: Annotated[
        Path,
        typer.Option(help=say("Series in long form: series_id, date, value (Parquet or CSV).")),
    ],
    protocol: Annotated[
        str, typer.Option(help=say("What is asked: nn5, yuebao, sme, koubei or rolling."))
    ] = "rolling",
    horizon: Annotated[
        int | None, typer.Option(help=say("Days ahead, where not the protocol's."))
    ] = None,
    origins: Annotated[
        int | None, typer.Option(help=say("How many windows, newest first, where not its own."))
    ] = None,
    processes: Annotated[
        int, typer.Option(min=1, max=2, help=say("Processes at once, 1 or 2."))
    ] = 2,
    plugins: PluginsOption = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help=say("Where every figure is written (JSON)."))
    ] = None,
) -> None:
    """Print every method's figures on the same windows."""
    from martlet.cashflow import evaluation
    from martlet.cashflow.directions import is_fund
    from martlet.cashflow.evaluation import table

    asked = evaluation.protocol(protocol, horizon, origins).beside(plugins or ())
    series = evaluation.read_series(history)
    with progress(say("evaluating")) as moved:
        report = evaluation.evaluate(series, asked, moved, processes)
    totals: tuple[evaluation.Accuracy, ...] = ()
    if protocol == "yuebao" and is_fund(series):
        with progress(say("totals of the fund")) as moved:
            totals = evaluation.accuracies(series, asked, moved, processes)
    whole = table.whole(report, history.name) | {"fund_totals": plain(totals)}
    if json_file is not None:
        text = json.dumps(whole, ensure_ascii=False, indent=2)
        json_file.write_text(text + "\n", encoding="utf-8")
    show(table.heading(report, history.name), as_json=False)
    show(table.days_shown(report), as_json=False)
    show(table.totals_shown(report), as_json=False)
    if totals:
        shown = evaluation.accuracies_shown(totals)
        show(shown, as_json=False, title=say("totals of the fund"))
        first, last = totals[0].first_origin, totals[0].last_origin
        note(say("Known to {first} at first, to {last} at last; rolling.", first=first, last=last))
    for line in report.lines:
        if line.weights:
            note(
                say(
                    "Weights of {method} (mean/days/totals): {told}",
                    method=line.method,
                    told=line.weights,
                )
            )
    note(say("nmae, pooled, crps: of a total of so many days; each figure's meaning is in --json."))
