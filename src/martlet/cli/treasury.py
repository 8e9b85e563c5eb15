"""`martlet treasury`: idle cash put to work. Plan, back-test and the fund desk open no bank."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from martlet.cli import funds, idle_cash, standing
from martlet.cli.options import JsonOption, group
from martlet.cli.output import note, progress, show
from martlet.cli.reading import amount, day, share
from martlet.cli.words import LANGUAGE, say
from martlet.kernel.errors import Invalid
from martlet.kernel.rates import PPM

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
    risk: Annotated[
        float,
        typer.Option(help=say("Shortfall days per 1,000 above the floor that are accepted.")),
    ] = -1.0,
    as_json: JsonOption = False,
) -> None:
    """Play every policy on the same days and show what each earned and when it could not pay."""
    from martlet.treasury import backtest as room

    setting = room.Setting(
        room.parse_rates(rates),
        amount(t0_daily_cap) if t0_daily_cap else None,
        window_days,
        history_days,
        risk if risk >= 0 else None,
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


@app.command("plan", help=say("Plan where one firm's idle cash lies, and say why."))
def plan(
    balance: Annotated[str, typer.Option(help=say("All that the firm holds, in yuan."))],
    need: Annotated[
        str, typer.Option(help=say("What may be needed by days ahead, in yuan: 1=2000,28=30000."))
    ],
    rates: Annotated[
        str, typer.Option(help=say("Yearly rates: current=0.002,t0=0.014,term28=0.022."))
    ],
    level: Annotated[str, typer.Option(help=say("How sure these needs are."))] = "99.8%",
    account_least: Annotated[
        str, typer.Option(help=say("What stays on the account anyway, in yuan."))
    ] = "0",
    locked_most: Annotated[str, typer.Option(help=say("Most that may be locked, in yuan."))] = "",
    on: Annotated[str, typer.Option(help=say("Day of the plan (YYYY-MM-DD); default today."))] = "",
    as_json: JsonOption = False,
) -> None:
    """Show the plan as numbers and in words; nothing is moved."""
    from martlet.kernel.calendar import business_date_of
    from martlet.kernel.clock import SystemClock
    from martlet.treasury import allocation as room
    from martlet.treasury.backtest import parse_rates

    given = parse_rates(rates)
    places = [room.Place("t0", given.t0_ppm)]
    places += [room.Place(f"term{t.lock_days}", t.annual_ppm, t.lock_days) for t in given.terms]
    needs = {}
    for part in need.split(","):
        days, _, fen = part.partition("=")
        if not days.strip().isdecimal() or int(days) in needs:
            raise Invalid("allocation.needs_unreadable")
        needs[int(days)] = amount(fen)
    situation = room.Situation(amount(balance), needs, share(level) / PPM)
    order = room.StandingOrder(amount(account_least), amount(locked_most) if locked_most else None)
    today = day(on) if on else business_date_of(SystemClock().now())
    found = room.plan_for(situation, tuple(places), order, today)
    told = room.sentences(found, LANGUAGE)
    if as_json:
        show({"plan": found, "sentences": told}, as_json=True)
        return
    for sentence in told:
        note(sentence)


for _name, _command, _help in (*idle_cash.COMMANDS, *standing.COMMANDS):
    app.command(_name, help=_help)(_command)
app.command("fund-forecast", help=funds.FORECAST_HELP)(funds.fund_forecast)
app.command("fund-reserve", help=funds.RESERVE_HELP)(funds.fund_reserve)
