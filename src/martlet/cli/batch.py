"""`martlet credit decide-batch`: a portfolio in files decided by the million, explained by row.

Needs no bank: policy and model are files, or the ones that ship with the house. Nothing is kept
but the table of answers.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, progress, show
from martlet.cli.words import say

SHARDS, PROCESSES = 64, 2


def decide_batch(
    out: Annotated[
        Path, typer.Option("--out", help=say("Folder of the answers; the same again goes on."))
    ],
    applications: Annotated[
        Path | None,
        typer.Option(help=say("Applications: CSV or Parquet, a file or a folder."), exists=True),
    ] = None,
    signals: Annotated[
        Path | None,
        typer.Option(help=say("Signals, one row a business and one column a kind."), exists=True),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help=say("Policy (TOML); default: the shipped one."), exists=True)
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help=say("Scorecard (JSON); default: the expert prior."), exists=True),
    ] = None,
    as_of: Annotated[
        str, typer.Option(help=say("Decide as of this day (YYYY-MM-DD); default now."))
    ] = "",
    shards: Annotated[int, typer.Option(min=1, help=say("Parts decided one by one."))] = SHARDS,
    processes: Annotated[
        int, typer.Option(min=1, max=256, help=say("Processes that decide."))
    ] = PROCESSES,
    explain: Annotated[
        str, typer.Option("--explain", help=say("Explain this application of a finished batch."))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Decide a file of applications, or explain one of its rows."""
    from martlet.credit import batch
    from martlet.credit.defaults import default_policy, expert_scorecard, policy_of, scorecard_of

    if explain:
        _explain(out, explain, as_json=as_json)
        return
    if applications is None or signals is None:
        missing = "--applications" if applications is None else "--signals"
        raise typer.BadParameter(say("{option} is needed to decide.", option=missing))
    order = batch.BatchOrder(
        applications,
        signals,
        out,
        default_policy() if policy is None else policy_of(policy.read_text(encoding="utf-8")),
        expert_scorecard() if model is None else scorecard_of(model.read_text(encoding="utf-8")),
        _moment(out, as_of),
        shards,
        processes,
    )
    with progress(say("deciding"), quiet=as_json) as moved:
        report = batch.run_batch(order, moved)
    show(report, as_json=as_json)
    if not as_json:
        note(say("Answers: {files}", files=str(out / "decisions-*.parquet")))


def _moment(out: Path, as_of: str) -> datetime:
    """Return the moment to decide as of: the one asked for, the begun batch's, or now."""
    from martlet.cli.reading import start_of
    from martlet.credit.batch import read_manifest
    from martlet.kernel.clock import SystemClock

    if as_of:
        return start_of(as_of)
    begun = read_manifest(out)
    return SystemClock().now() if begun is None else begun.as_of


def _explain(out: Path, application_id: str, *, as_json: bool) -> None:
    from martlet.cli.words import LANGUAGE
    from martlet.credit import explanation
    from martlet.credit.batch import explain_row

    found = explain_row(out, application_id)
    if as_json:
        show(
            {
                "identical": found.identical,
                "decision": found.decision.as_json(),
                "application": found.application.as_json(),
                "signals": [signal.as_json() for signal in found.signals.signals],
            },
            as_json=True,
        )
    else:
        show(explanation(found.decision, LANGUAGE), as_json=False)
    if not found.identical:
        raise typer.Exit(1)
