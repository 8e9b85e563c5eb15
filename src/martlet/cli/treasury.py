"""`martlet treasury`: idle cash put to work. The back-test works on a file and opens no bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli.options import JsonOption, group
from martlet.cli.output import note, progress, show
from martlet.cli.reading import amount
from martlet.cli.words import say

app = group()
app.callback()(lambda: None)
"""One command alone would stand without its name; this keeps the group a group."""


@app.command("backtest", help=say("Play policies for idle cash on movements that happened."))
def backtest(
    transactions: Annotated[
        Path,
        typer.Option(help=say("Movements: account_id, date, amount, balance (CSV or Parquet).")),
    ],
    rates: Annotated[
        str, typer.Option(help=say("Yearly rates: current=0.002,t0=0.014,term28=0.022."))
    ],
    t0_daily_cap: Annotated[
        str, typer.Option(help=say("Most that T+0 pays out to an account on a day, in yuan."))
    ] = "",
    policy: Annotated[
        str, typer.Option(help=say("Policies with commas between, or all of them."))
    ] = "all",
    window_days: Annotated[
        int, typer.Option(help=say("Days played, counted from the file's last."), min=1, max=3650)
    ] = 182,
    history_days: Annotated[
        int, typer.Option(help=say("Days an account must have lived before them."), min=1, max=3650)
    ] = 48,
    as_json: JsonOption = False,
) -> None:
    """Play every policy on the same days and show what each earned and when it could not pay."""
    from martlet.treasury import backtest as room

    setting = room.Setting(
        room.parse_rates(rates),
        amount(t0_daily_cap) if t0_daily_cap else None,
        window_days,
        history_days,
    )
    wanted = room.chosen_policies(policy)
    panel = room.read_movements(transactions)
    with progress(say("playing"), quiet=as_json) as moved:
        report = room.backtest(panel, setting, wanted, moved)
    show(report, as_json=as_json)
    if not as_json:
        note(say("Short: days per 1,000 whose outflow current and T+0 could not pay."))
        note(say("Floor: days per 1,000 on which all the wealth together could not have paid."))
        note(say("Moves: ordered by the policy, by account and month."))
