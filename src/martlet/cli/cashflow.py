"""`martlet cashflow`: what comes in and goes out in the days ahead, for anyone's series.

`forecast`, `evaluate` and `batch` work on files alone; `outlook` and `receivables` read a business
that the bank knows. None of them keeps anything but the files it is told to write.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from martlet.cli import evaluating, outlook
from martlet.cli.options import JsonOption, PluginsOption, group
from martlet.cli.output import note, progress, show
from martlet.cli.reading import choice, day
from martlet.cli.words import say
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from martlet.cashflow import Calendar, Forecast, History, ReadingRules

app = group()
app.command(
    "evaluate",
    help=say("How good the forecasts are on a file of series, beside plain methods; no bank."),
)(evaluating.evaluate)

app.command("outlook", help=say("The days ahead of a business: bands, lowest point, what if."))(
    outlook.outlook
)
app.command("receivables", help=say("The rhythm of a business's customers, and who is lost."))(
    outlook.receivables
)
app.command(
    "note",
    help=say("Note a flow that is known ahead: a contract, a bill, a rent."),
    context_settings={"ignore_unknown_options": True},
)(outlook.note_item)
app.command("items", help=say("What is noted of a business's days ahead."))(outlook.items)
app.command("take-back", help=say("Take a noted flow back."))(outlook.take_back_item)

_HistoryFile = Annotated[
    Path,
    typer.Option(
        help=say("Series in long form: series_id, date, value and groups (CSV or Parquet)."),
        exists=True,
        dir_okay=False,
    ),
]
_Horizon = Annotated[int, typer.Option(min=1, max=366, help=say("Days ahead."))]
_Levels = Annotated[
    str, typer.Option(help=say("Quantiles, as shares or per cent: 0.1,0.5,0.9 or 10,50,90."))
]
_AsOf = Annotated[
    str, typer.Option(help=say("Nothing after this day is known (YYYY-MM-DD); default today."))
]
_Gaps = Annotated[str, typer.Option(help=say("A day without a row: no_movement or unknown."))]
_Duplicates = Annotated[str, typer.Option(help=say("Several rows of one day: add or refuse."))]
_Negatives = Annotated[
    str, typer.Option(help=say("Below zero in a series mostly above: keep or refuse."))
]
_Groups = Annotated[
    list[str] | None,
    typer.Option("--group", help=say("A group column; default: every one that never changes.")),
]
_CalendarFile = Annotated[
    Path | None,
    typer.Option(
        help=say("Decrees of days off and make-up days (TOML), before the shipped ones."),
        exists=True,
        dir_okay=False,
    ),
]
_Columns = Annotated[
    str,
    typer.Option(help=say("Your names of the columns: series_id=shop,date=day,value=amount.")),
]
_Plain = Annotated[
    bool, typer.Option("--no-holidays", help=say("Weekdays only: series of another country."))
]
_Tier = Annotated[str, typer.Option(help=say("How much work: auto, quick or accurate."))]
_Known = Annotated[
    Path | None,
    typer.Option(
        help=say("What is known: series_id, date, value, past and ahead (CSV or Parquet)."),
        exists=True,
        dir_okay=False,
    ),
]
_GroupsOut = Annotated[
    Path | None,
    typer.Option(help=say("Where the groups' sums are written (else beside it, as .groups).")),
]
_Totals = Annotated[
    Path | None,
    typer.Option(help=say("Where quantiles of the 7, 14, 28 and 56-day totals are written.")),
]


@app.command("forecast", help=say("Forecast every series of a file, with bands and marks."))
def forecast_command(
    history: _HistoryFile,
    horizon: _Horizon,
    out: Annotated[Path, typer.Option(help=say("Where the answers are written."))],
    levels: _Levels = "",
    as_of: _AsOf = "",
    tier: _Tier = "auto",
    plugins: PluginsOption = None,
    gaps: _Gaps = "no_movement",
    duplicates: _Duplicates = "add",
    negatives: _Negatives = "keep",
    group_columns: _Groups = None,
    columns: _Columns = "",
    known: _Known = None,
    calendar: _CalendarFile = None,
    no_holidays: _Plain = False,
    groups_out: _GroupsOut = None,
    totals_out: _Totals = None,
    as_json: JsonOption = False,
) -> None:
    """Read, judge, forecast, write, and tell what was refused or is thin."""
    from martlet.cashflow import Tier, read_history, writing
    from martlet.cashflow.groups import forecast_alone, forecast_grouped, is_grouped
    from martlet.cashflow.known_ahead import read_known, with_known, without_known

    for place in (out, groups_out, totals_out):
        if place is not None:
            writing.check_format(place)
    wanted = _wanted_levels(levels)
    rules = _rules(as_of, gaps, duplicates, negatives, group_columns, columns)
    with progress(say("reading"), quiet=as_json):
        found = read_history(history, rules)
        told = None if known is None else read_known(known, found, horizon)
    with progress(say("forecasting"), quiet=as_json) as moved:
        ask = forecast_grouped if groups_out or is_grouped(found) else forecast_alone
        grouped = ask(
            found if told is None else without_known(found, told),
            horizon,
            wanted,
            calendar=_calendar(calendar, plain=no_holidays),
            tier=choice(Tier, tier),
            plugins=tuple(plugins or ()),
            moved=moved,
        )
    grouped = grouped if told is None else with_known(grouped, told)
    said = grouped.leaves
    writing.write(writing.answers(said), out)
    writing.write(writing.marks(said.findings), writing.marks_place(out))
    if totals_out is not None:
        writing.write(writing.totals(said), totals_out)
    beside = None
    if grouped.groups:
        beside = groups_out or writing.groups_place(out)
        writing.write(writing.group_answers(grouped), beside)
        if totals_out is not None:
            writing.write(writing.group_totals(grouped), writing.groups_place(totals_out))
    _tell(found, said, out, beside, as_json=as_json)


def _wanted_levels(text: str) -> tuple[float, ...]:
    from martlet.cashflow import LEVELS

    if not text.strip():
        return LEVELS
    try:
        numbers = [float(part) for part in text.replace("%", "").split(",") if part.strip()]
    except ValueError as error:
        raise Invalid("cli.levels_unreadable", text=text[:40]) from error
    per_cent = any(number >= 1 for number in numbers)
    return tuple(sorted({number / 100 if per_cent else number for number in numbers}))


def _rules(
    as_of: str,
    gaps: str,
    duplicates: str,
    negatives: str,
    groups: list[str] | None,
    columns: str,
) -> ReadingRules:
    from martlet.cashflow import Duplicates, Gaps, Negatives, ReadingRules
    from martlet.kernel.calendar import business_date_of
    from martlet.kernel.clock import SystemClock

    return ReadingRules(
        gaps=choice(Gaps, gaps),
        duplicates=choice(Duplicates, duplicates),
        negatives=choice(Negatives, negatives),
        as_of=day(as_of) if as_of else business_date_of(SystemClock().now()),
        group_columns=tuple(groups) if groups else None,
        columns=_called(columns),
    )


def _called(text: str) -> tuple[tuple[str, str], ...]:
    """Read what a file calls our columns."""
    from martlet.cashflow.reading import COLUMNS

    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    found = {ours.strip(): theirs.strip() for ours, _, theirs in pairs}
    if not set(found) <= set(COLUMNS) or not all(found.values()):
        raise Invalid("cli.columns_unreadable", text=text[:80], words=", ".join(COLUMNS))
    return tuple(sorted(found.items()))


def _calendar(path: Path | None, *, plain: bool) -> Calendar:
    from martlet.cashflow import chinese_calendar, weekday_calendar

    if plain:
        return weekday_calendar()
    return chinese_calendar("" if path is None else path.read_text(encoding="utf-8"))


def _tell(
    history: History, said: Forecast, out: Path, groups: Path | None, *, as_json: bool
) -> None:
    from martlet.cashflow import Standing, writing

    refused = {f.series_id for f in said.findings if f.standing is Standing.REFUSED}
    answer = {
        "series_count": len(said.series_ids),
        "thin_count": len(history.thin_ids),
        "refused_count": len(refused),
        "history_from": history.first_day,
        "history_to": history.last_day,
        "days_ahead_count": said.horizon,
        "provisional_days_count": len(said.provisional),
        "methods": sorted(set(said.methods)),
        "answers": str(out),
        "marks": str(writing.marks_place(out)),
        **({"groups": str(groups)} if groups else {}),
    }
    show(answer, as_json=as_json)
    if said.provisional and not as_json:
        note(
            say(
                "Days off from {since} on are not decreed yet: they are provisional.",
                since=said.provisional[0],
            )
        )


@app.command("batch", help=say("Forecast a million series by shards; the same again goes on."))
def batch_command(
    history: Annotated[
        Path,
        typer.Option(help=say("Series in long form: a file or a folder of files."), exists=True),
    ],
    horizon: _Horizon,
    out: Annotated[Path, typer.Option(help=say("Folder of the answers; the same again goes on."))],
    levels: _Levels = "",
    as_of: _AsOf = "",
    gaps: _Gaps = "no_movement",
    duplicates: _Duplicates = "add",
    negatives: _Negatives = "keep",
    columns: _Columns = "",
    calendar: _CalendarFile = None,
    no_holidays: _Plain = False,
    tier: _Tier = "quick",
    plugins: PluginsOption = None,
    shards: Annotated[int, typer.Option(min=1, help=say("Parts forecast one by one."))] = 64,
    processes: Annotated[
        int, typer.Option(min=1, max=256, help=say("Parts forecast at a time."))
    ] = 2,
    on: Annotated[str, typer.Option(help=say("Where: processes (of this machine) or ray."))] = (
        "processes"
    ),
    address: Annotated[
        str, typer.Option(help=say("Of a Ray cluster; without one Ray is started here."))
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Run a batch, or go on with one that was stopped."""
    from martlet.cashflow import Tier
    from martlet.cashflow.batch import BatchOrder, On, begun_as_of, run_batch

    began = begun_as_of(out)
    since = as_of or (began.isoformat() if began else "")
    order = BatchOrder(
        history=history,
        out=out,
        horizon=horizon,
        levels=_wanted_levels(levels),
        rules=_rules(since, gaps, duplicates, negatives, None, columns),
        calendar=_calendar(calendar, plain=no_holidays),
        tier=choice(Tier, tier),
        plugins=tuple(plugins or ()),
        shards=shards,
        processes=processes,
        on=choice(On, on),
        address=address,
    )
    with progress(say("forecasting"), quiet=as_json) as moved:
        report = run_batch(order, moved)
    show(report, as_json=as_json)
    if report.broken_shards:
        if not as_json:
            note(say("Some parts broke; the same command again tries these and no others."))
        raise typer.Exit(1)
