"""`martlet treasury fund-forecast` and `fund-reserve`: a fund partner's file in, answers out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, plain, show
from martlet.cli.words import say, sentence

if TYPE_CHECKING:
    from martlet.cashflow import Calendar, History

FORECAST_HELP = say("Foretell subscriptions and redemptions; series add up to their sums.")
RESERVE_HELP = say("Reckon the reserve for net redemptions, beside fixed ratios.")

RULES = {
    "fixed_ratio_of_redemptions": say("of redemptions"),
    "fixed_ratio_of_net_money_in": say("of net money in"),
}
"""What a ratio is taken of: four weeks' mean redemptions, or all that ever came in and stayed."""

HistoryOption = Annotated[
    Path,
    typer.Option(help=say("Daily flows: series_id, date, value, group columns (CSV or Parquet).")),
]
CalendarOption = Annotated[
    Path | None, typer.Option(help=say("Your own decrees of days off (TOML), before ours."))
]


def fund_forecast(
    history: HistoryOption,
    out: Annotated[Path, typer.Option(help=say("Where the forecast is written (.csv, .parquet)."))],
    horizon: Annotated[int, typer.Option(help=say("Days ahead."), min=1, max=366)] = 30,
    levels: Annotated[
        str, typer.Option(help=say("Quantiles between 0 and 1, with commas between."))
    ] = "",
    groups_out: Annotated[
        Path | None,
        typer.Option(help=say("Where the sums are written (else beside it, as .groups).")),
    ] = None,
    calendar: CalendarOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a row per series and day, and the sums beside them; show how the past was foretold."""
    from martlet.cashflow import Ask
    from martlet.treasury import funds

    ask = Ask(horizon, _levels(levels)) if levels else Ask(horizon)
    flows = funds.flows_of(_read(history))
    found = funds.foretell_flows(flows, ask, _calendar(calendar))
    beside = groups_out or out.with_name(f"{out.stem}.groups{out.suffix}")
    funds.write_frame(funds.series_frame(flows, found), out)
    funds.write_frame(funds.group_frame(found), beside)
    names = ("next_day_error", "week_error", "horizon_error")
    shown = [
        {"column": mark.column, "member": mark.member, "direction": mark.direction}
        | {name: _percent(getattr(mark, name)) for name in names}
        for mark in found.sum_marks
    ]
    summary = {
        "series_count": len(found.leaves.series_ids),
        "first_day": found.leaves.days[0],
        "horizon_days": horizon,
        "forecast": str(out),
        "groups": str(beside),
        "provisional_days": len(found.leaves.provisional),
        "findings": [
            {"series_id": each.series_id, "reason": sentence(each.code, each.details)}
            for each in found.leaves.findings
        ],
        "sums": shown,
    }
    show(summary, as_json=as_json)
    if not as_json:
        told = say(
            "Errors: of totals, at {plays} past origins that also set the weights; not a test.",
            plays=found.plays_count,
        )
        note(told)


def fund_reserve(
    history: HistoryOption,
    settlement_days: Annotated[
        int, typer.Option(help=say("Days from a redemption to its money."), min=1, max=10)
    ] = 1,
    coverage: Annotated[
        float, typer.Option(help=say("Share of days that the reserve must cover."))
    ] = 0.99,
    days: Annotated[
        int, typer.Option(help=say("Days it is tested on, the file's last."), min=1, max=366)
    ] = 122,
    by: Annotated[
        str, typer.Option(help=say("Group column whose members each hold a reserve."))
    ] = "",
    calendar: CalendarOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show today's reserve and, day by day as it was known, what it would have set free."""
    from martlet.treasury import funds

    flows = funds.flows_of(_read(history))
    trial = funds.Trial(settlement_days, coverage, days)
    found = funds.reserves(flows, _calendar(calendar), trial, by)
    if as_json:
        show(found, as_json=True)
        return
    for report in found:
        rules = [{**plain(rule), "rule": RULES[rule.rule]} for rule in report.rules]
        show({**plain(report), "rules": rules}, as_json=False)
    note(say("Breach: a day whose net redemptions, while settling, ran ahead of the reserve."))
    note(say("Fixed ratios were set before the first day tested, by the same coverage."))


def _read(history: Path) -> History:
    from martlet.cashflow import read_history

    return read_history(history)


def _calendar(override: Path | None) -> Calendar:
    from martlet.cashflow import chinese_calendar

    return chinese_calendar(override.read_text(encoding="utf-8") if override else "")


def _levels(text: str) -> tuple[float, ...]:
    from martlet.kernel.errors import Invalid

    try:
        return tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError as error:
        raise Invalid("funds.levels_unreadable", levels=text[:100]) from error


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
