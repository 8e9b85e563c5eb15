"""`martlet sim`: a seeded, made-up world that lives through the production services."""

from __future__ import annotations

from typing import Annotated

import typer

from martlet.cli.options import JsonOption, group
from martlet.cli.output import progress, show
from martlet.cli.words import say

app = group()


@app.command()
def sim(
    seed: Annotated[int, typer.Option(help=say("The seed of the world."))] = 1,
    merchants: Annotated[int, typer.Option(help=say("How many merchants."), min=1)] = 50,
    days: Annotated[int, typer.Option(help=say("How many days."), min=1, max=1_000)] = 365,
    stress: Annotated[
        bool, typer.Option("--stress", help=say("A bad year: more merchants fail."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Run the world and print what it came to, with the chain's last hash."""
    from martlet.sim import run_world

    with progress(say("made-up days"), quiet=as_json) as moved:
        report = run_world(
            seed=seed, merchants=merchants, days=days, on_progress=moved, stress=stress
        )
    show(report, as_json=as_json, title=say("A made-up world (synthetic)"))
