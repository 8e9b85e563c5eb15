"""`martlet credit backtest`: what a changed policy or model would have decided, or how one trains.

Two questions under one name, told apart by what is handed in: stored applications decided again
(`--policy`, `--model`, `--unchanged`), or a folder of labelled firms (`--data`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, progress, show
from martlet.cli.session import open_session
from martlet.cli.studies import REPEATS, ChallengerOption, RepeatsOption, backtest_folder
from martlet.cli.words import LANGUAGE, say
from martlet.kernel.errors import Invalid

if TYPE_CHECKING:
    from martlet.credit.workbench import Assumptions, Changed, StoredBacktest

_MEASURES = (
    ("approved_count", say("Approved")),
    ("approval_ppm", say("Approval rate")),
    ("limit_fen", say("Limits")),
    ("rate_ppm_per_day", say("Price a day, by limit")),
    ("pd_ppm", say("Expected bad, by limit")),
    ("expected_interest_fen", say("Expected interest")),
    ("expected_loss_fen", say("Expected loss")),
    ("funding_fen", say("Cost of money")),
    ("cost_fen", say("Cost of making")),
    ("expected_profit_fen", say("Expected profit")),
)
_LIVED = (
    ("decisions_count", say("Approved")),
    ("drawn_count", say("Drawn on")),
    ("known_count", say("Outcome known")),
    ("bad_count", say("Bad")),
    ("bad_ppm", say("Bad of the known")),
    ("drawn_fen", say("Drawn")),
    ("principal_lost_fen", say("Principal lost")),
    ("earned_fen", say("Interest and penalty earned")),
)
_MOVES = {
    "newly_approved": say("refused before, approved now"),
    "newly_refused": say("approved before, refused now"),
    "limit_up": say("limit goes up"),
    "limit_down": say("limit goes down"),
    "price_up": say("price goes up"),
    "price_down": say("price goes down"),
}
_LARGEST = 3
"""Movers of each sort named on a terminal; `--json` names more."""
_BREAKDOWNS = {
    "band": say("By band"),
    "region": say("By region"),
    "trade": say("By trade"),
    "size": say("By size"),
}

FileOption = Annotated[
    Path | None, typer.Option(help=say("The changed policy (TOML)."), exists=True)
]
DayOption = Annotated[str, typer.Option("--from", help=say("First day (YYYY-MM-DD)."))]
PercentOption = Annotated[int, typer.Option(min=0, max=100, help=say("Of a bad loan, lost (%)."))]


def backtest(
    policy: FileOption = None,
    model: Annotated[
        Path | None, typer.Option(help=say("The changed model (its artefact)."), exists=True)
    ] = None,
    unchanged: Annotated[
        bool, typer.Option("--unchanged", help=say("Change nothing: nobody may move."))
    ] = False,
    since: DayOption = "",
    until: Annotated[str, typer.Option("--to", help=say("Last day (YYYY-MM-DD)."))] = "",
    newest: Annotated[
        int, typer.Option(min=0, help=say("Only so many of the newest; 0: all."))
    ] = 0,
    lgd_percent: PercentOption = 60,
    drawn_percent: Annotated[
        int, typer.Option(min=0, max=100, help=say("Of a limit, drawn (%)."))
    ] = 100,
    funding_ppm_per_day: Annotated[
        int, typer.Option(min=0, max=10_000, help=say("Cost of money, in ppm a day."))
    ] = 80,
    cost: Annotated[str, typer.Option(help=say("Cost of making a loan, in yuan."))] = "2.3",
    data: Annotated[
        Path | None, typer.Option("--data", help=say("Folder of records and labels."), exists=True)
    ] = None,
    repeats: RepeatsOption = REPEATS,
    challenger: ChallengerOption = False,
    as_json: JsonOption = False,
) -> None:
    """Decide stored applications again and compare, or measure training on a folder."""
    stored = bool(policy or model or unchanged)
    if stored == (data is not None):
        raise Invalid("cli.backtest_of_what")
    if data is not None:
        backtest_folder(data, repeats, challenger=challenger, as_json=as_json)
        return
    from martlet.cli.reading import yuan
    from martlet.credit.workbench import Assumptions
    from martlet.kernel.rates import PPM

    assumed = Assumptions(
        lgd_ppm=lgd_percent * PPM // 100,
        drawn_ppm=drawn_percent * PPM // 100,
        funding_ppm_per_day=funding_ppm_per_day,
        cost_fen=yuan(cost),
    )
    found = _backtest_stored(_changed(policy, model), assumed, (since, until, newest), as_json)
    if as_json:
        show(found, as_json=True)
    else:
        _show(found)


def _changed(policy: Path | None, model: Path | None) -> Changed:
    from martlet.credit import parse_policy, read_deciding
    from martlet.credit.workbench import Changed

    return Changed(
        policy=None if policy is None else parse_policy(policy.read_text(encoding="utf-8")),
        model=None if model is None else read_deciding(model.read_bytes()),
    )


def _backtest_stored(
    changed: Changed, assumed: Assumptions, days: tuple[str, str, int], as_json: bool
) -> StoredBacktest:
    from martlet.cli.reading import period

    with open_session() as session, progress(say("back-test"), quiet=as_json) as moved:
        return session.bank.credit.backtest(
            session.principal, changed, period(*days), assumed, moved
        )


def _show(found: StoredBacktest) -> None:
    """Print a back-test for a person: money, movers, groups, and what is not known."""
    report = found.as_json()
    head = ("policy_version", "model_version", "first_day", "last_day", "stored_count")
    show({name: report[name] for name in (*head, "cases_count")}, as_json=False)
    if not report["cases_count"]:
        note(say("No application is stored in this period."))
        return
    if not found.comparison.movers_count:
        note(
            say(
                "Nobody moves; {identical_count} decisions came out byte for byte as stored.",
                identical_count=report["identical_count"],
            )
        )
    show(_beside(report), as_json=False, title=say("Before and after"))
    if report["model_version"]:
        note(say("After at stored risk: the new answers by the pd of the time, one yardstick."))
    moved = [
        {
            "move": _MOVES[name],
            "applications_count": part["count"],
            "limit_before_fen": part["limit_before_fen"],
            "limit_after_fen": part["limit_after_fen"],
        }
        for name, part in report["movers"].items()
    ]
    show(moved, as_json=False, title=say("Who moves"))
    _show_largest(found)
    for name, title in _BREAKDOWNS.items():
        rows = [_group_line(row, name) for row in report["by"][name]]
        show(rows, as_json=False, title=title)
    _show_lived(report)
    show(report["assumptions"], as_json=False, title=say("Assumptions"))


def _beside(report: dict[str, Any]) -> list[dict[str, str]]:
    """Return before and after side by side; of another model also by the risk of the time."""
    from martlet.cli.words import written

    before, after = report["before"], report["after"]
    rows = []
    for name, label in _MEASURES:
        row = {"measure": label, "before": written(name, before[name])}
        if report["model_version"]:
            stored = report["after_by_stored_risk"]
            row["after_at_stored_risk"] = written(name, stored[name])
        row["after"] = written(name, after[name])
        row["change"] = written(name, _less(after[name], before[name]))
        rows.append(row)
    return rows


def _less(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


def _show_largest(found: StoredBacktest) -> None:
    """Print the largest movers of each sort with the first reason of either side."""
    from martlet.credit import reason_text

    for move, moved in found.comparison.movers.items():
        rows = [
            {
                "decision_id": mover.decision_id,
                "limit_before_fen": mover.before.limit_fen,
                "limit_after_fen": mover.after.limit_fen,
                "reason_before": reason_text(mover.before.reasons[0], LANGUAGE),
                "reason_after": reason_text(mover.after.reasons[0], LANGUAGE),
            }
            for mover in moved.largest()[:_LARGEST]
        ]
        if rows:
            show(rows, as_json=False, title=say("Largest: {move}", move=_MOVES[move.value]))


def _group_line(row: dict[str, Any], breakdown: str) -> dict[str, Any]:
    from martlet.credit.segments import size_label

    before, after, group = row["before"], row["after"], row["group"]
    return {
        "group": size_label(group, LANGUAGE) if breakdown == "size" else group,
        "applications_count": max(before["cases_count"], after["cases_count"]),
        "approved_before_count": before["approved_count"],
        "approved_after_count": after["approved_count"],
        "limit_before_fen": before["limit_fen"],
        "limit_after_fen": after["limit_fen"],
    }


def _show_lived(report: dict[str, Any]) -> None:
    """Print what became of those approved, and the bounds on those about whom nobody knows."""
    from martlet.cli.words import written

    kept, dropped = report["lived"]["kept"], report["lived"]["dropped"]
    lived = [
        {
            "measure": label,
            "approved_before_and_now": written(name, kept[name]),
            "approved_before_refused_now": written(name, dropped[name]),
        }
        for name, label in _LIVED
    ]
    show(lived, as_json=False, title=say("What became of them"))
    new = report["not_lived"]
    if new["newly_approved_count"]:
        note(
            say(
                "{newly_approved_count} newly approved were refused when they applied: nobody knows"
                " what would have become of them. Lost of their {limit_fen}: between"
                " {loss_least_fen} and {loss_most_fen}; bad of all approved and known with them:"
                " between {bad_least_ppm} and {bad_most_ppm}.",
                **new,
            )
        )
