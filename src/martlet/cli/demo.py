"""`martlet demo`: the whole bank at work in a few minutes, step by step, and proven at the end.

Runs the production services on a folder of its own. A step that does not hold what it promises
ends the run with one sentence and exit code 1.
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption, group
from martlet.cli.output import note, show
from martlet.cli.words import say

if TYPE_CHECKING:
    from martlet.cli.demo_state import Demo, Step

DATA_BESIDE = Path("../shared/data")
EXAMPLES = Path("examples")
HOME = Path("var/demo")


app = group()


@app.command()
def demo(
    check: Annotated[bool, typer.Option("--check", help=say("Do not serve at the end."))] = False,
    data: Annotated[
        Path, typer.Option(help=say("Folder of real data; without it a made-up world is used."))
    ] = DATA_BESIDE,
    home: Annotated[Path, typer.Option(help=say("Folder for the demo's bank; emptied."))] = HOME,
    as_json: JsonOption = False,
) -> None:
    """Open a bank, lend, be repaid, close the days, verify; then serve."""
    from martlet.cli.demo_state import new_demo
    from martlet.cli.demo_steps import STEPS

    started = perf_counter()
    show_from = say("Martlet: the main way through the bank, step by step")
    if not as_json:
        note(f"[bold]{show_from}[/bold]\n")
    state = new_demo(home, data, EXAMPLES, quiet=as_json)
    try:
        for number, step in enumerate(STEPS, 1):
            _carry_out(state, f"{number:>2}/{len(STEPS)}", step, quiet=as_json)
        state.facts["seconds"] = round(perf_counter() - started, 1)
        show(state.facts, as_json=as_json, title=say("What it came to"))
        if not check:
            _serve(state)
    finally:
        state.close()


def _carry_out(state: Demo, place: str, step: Step, *, quiet: bool) -> None:
    """Run one step, say what it did and how long it took."""
    started = perf_counter()
    title = say(step.title)
    if not quiet:
        note(f"[bold cyan]{place}[/bold cyan] [bold]{title}[/bold]")
    for line in step.run(state):
        if not quiet:
            note(f"      {line}")
    if not quiet:
        note(f"      [dim]{perf_counter() - started:.1f} s[/dim]")
        sys.stdout.flush()


def _serve(state: Demo) -> None:
    """Serve the demo's bank with two log-in links made for this run."""
    from martlet.cli.bank import serve_bank
    from martlet.cli.demo_steps import links

    for who, address in links(state):
        note(f"[bold]{who}[/bold]  {address}")
    note(say("Each link lets one person in once. Ctrl-C ends the demo."))
    serve_bank(state.bank)
