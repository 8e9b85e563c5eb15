"""`martlet credit monitor`, `fairness` and `rejects`: how the decisions have gone since.

Each prints what it was read from, its intervals, and what is not known; a group of few cases is
shown and not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from martlet.cli.options import JsonOption
from martlet.cli.output import note, progress, show
from martlet.cli.session import open_session
from martlet.cli.words import LANGUAGE, say, written

if TYPE_CHECKING:
    from martlet.credit.monitoring import Portfolio

_VERDICTS = {
    "steady": "",
    "watch": "!",
    "act": "!!",
    "chance": "~",
    "small": "·",
}
_FITS = {
    "inside": say("as expected"),
    "worse": say("worse than expected"),
    "better": say("better than expected"),
    "small": say("too few to judge"),
}
_STANDINGS = {
    "reference": say("the largest"),
    "in_line": say("in line"),
    "unclear": say("unclear"),
    "adverse": say("below four fifths"),
    "small": say("too few to judge"),
}
_MONTHS_SHOWN = 8
"""The latest months of a course on a terminal; `--json` gives all, with every bin."""
_MONTHS_ON_BOOK = (1, 2, 3, 4, 6, 9, 12)

SinceOption = Annotated[str, typer.Option("--from", help=say("First day (YYYY-MM-DD)."))]
UntilOption = Annotated[str, typer.Option("--to", help=say("Last day (YYYY-MM-DD)."))]
NewestOption = Annotated[int, typer.Option(min=0, help=say("Only so many of the newest; 0: all."))]


def monitor(
    since: SinceOption = "",
    until: UntilOption = "",
    newest: NewestOption = 0,
    baseline_from: Annotated[
        str, typer.Option(help=say("First month of the baseline (YYYY-MM)."))
    ] = "",
    baseline_to: Annotated[
        str, typer.Option(help=say("Last month of the baseline (YYYY-MM)."))
    ] = "",
    everybody: Annotated[
        bool, typer.Option("--everybody", help=say("Drift of all who applied, not the approved."))
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Print drift by month and bin, approvals, calibration and vintages."""
    from martlet.credit.monitoring import Baseline, calibration, drift, vintages

    portfolio = _portfolio(since, until, newest, as_json)
    baseline = Baseline(baseline_from or None, baseline_to or None)
    moved = drift(portfolio, baseline, approved_only=not everybody).as_json()
    fitted = calibration(portfolio).as_json()
    cohorts = [one.as_json() for one in vintages(portfolio)]
    report = {"drift": moved, "calibration": fitted, "vintages": cohorts}
    if as_json:
        show({"about": portfolio.about(), **report}, as_json=True)
        return
    _show_about(portfolio)
    _show_drift(moved)
    _show_calibration(fitted)
    _show_vintages(cohorts)


def fairness(
    since: SinceOption = "",
    until: UntilOption = "",
    newest: NewestOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Print how regions, trades and sizes fare, with intervals."""
    from martlet.credit.monitoring import fairness as fairness_of
    from martlet.credit.segments import size_label

    portfolio = _portfolio(since, until, newest, as_json)
    found = fairness_of(portfolio).as_json()
    if as_json:
        show({"about": portfolio.about(), **found}, as_json=True)
        return
    _show_about(portfolio)
    titles = {"region": say("By region"), "trade": say("By trade"), "size": say("By size")}
    for side, title in titles.items():
        rows = [
            {
                "group": size_label(row["group"], LANGUAGE) if side == "size" else row["group"],
                "applications_count": row["cases_count"],
                "approved": _with_interval(row, "approval"),
                "to_the_largest": _with_interval(row, "impact"),
                "standing": _STANDINGS[row["standing"]],
                "pd_ppm": row["pd_ppm"],
                "limit_to_takings_ppm": row["limit_to_takings_ppm"],
                "bad": _with_interval(row, "bad"),
                "against_pd": _FITS[row["fit"]],
            }
            for row in found["sides"][side]
        ]
        show(rows, as_json=False, title=title)
    note(say("Brackets: 95 % intervals. A difference is not yet unfair: look at risk beside it."))


def rejects(
    since: SinceOption = "",
    until: UntilOption = "",
    newest: NewestOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Print the bounds and the assumed estimates of the bad rate through the door."""
    from martlet.credit.monitoring import rejects as rejects_of

    portfolio = _portfolio(since, until, newest, as_json)
    found = rejects_of(portfolio).as_json()
    if as_json:
        show({"about": portfolio.about(), **found}, as_json=True)
        return
    _show_about(portfolio)
    counts = ("approved_count", "refused_count", "known_count", "bad_count")
    facts = {name: found[name] for name in counts}
    show({**facts, "bad_of_the_known": _with_interval(found, "bad")}, as_json=False)
    bounds = found["bounds"]
    told = (
        ("refused_only", say("all refused good … all bad; the unripe approved as the ripe")),
        ("nothing_assumed", say("everything unknown good … everything unknown bad")),
    )
    rows = [
        {
            "what_is_assumed": label,
            "least_ppm": bounds[f"{name}_least_ppm"],
            "most_ppm": bounds[f"{name}_most_ppm"],
        }
        for name, label in told
    ]
    show(rows, as_json=False, title=say("Bad rate through the door: bounds"))
    assumed = [
        {
            "what_is_assumed": say("refused: {times} × the model's pd", times=_times(row)),
            "refused_ppm": row["refused_ppm"],
            "through_the_door_ppm": row["through_the_door_ppm"],
        }
        for row in found["assumed"]
    ]
    show(assumed, as_json=False, title=say("Assumed, not measured"))


def _times(row: dict[str, Any]) -> str:
    from martlet.kernel.rates import PPM

    return f"{row['multiplier_ppm'] // PPM}"


def _portfolio(since: str, until: str, newest: int, as_json: bool) -> Portfolio:
    from martlet.cli.reading import period

    with open_session() as session, progress(say("decisions"), quiet=as_json) as moved:
        asked = period(since, until, newest)
        return session.bank.credit.portfolio(session.principal, asked, moved)


def _show_about(portfolio: Portfolio) -> None:
    about = portfolio.about()
    bad = about.pop("bad")
    about["what_bad_means"] = bad[-1]["source"] if bad else None
    show(about, as_json=False)


def _show_drift(moved: dict[str, Any]) -> None:
    from martlet.credit.sentences import label

    approvals = [
        {
            "month": row["month"],
            "applications_count": row["cases_count"],
            "approved_count": row["approved_count"],
            "approval_rate": _with_interval(row, "approval"),
        }
        for row in moved["approvals"]
    ]
    show(approvals, as_json=False, title=say("Approvals by month"))
    rows, unseen = [], 0
    for course in moved["courses"]:
        if all(month["cases_count"] == month["bins"][-1]["count"] for month in course["months"]):
            unseen += 1
            continue
        name = say("Score") if course["kind"] == "score" else label(course["kind"], LANGUAGE)
        cells = {month["month"]: _psi(month) for month in course["months"][-_MONTHS_SHOWN:]}
        rows.append({"characteristic": name, **cells})
    baseline = "、".join(moved["baseline_months"])
    title = say("Drift by month (PSI against {baseline})", baseline=baseline)
    show(rows, as_json=False, title=title)
    note(
        say(
            "! from {watch}, !! from {act}; ~ no more than chance; · fewer than {least_count} cases"
            " in the month. An empty bin counts as {epsilon_ppm}.",
            watch=_index(moved["watch_psi_ppm"]),
            act=_index(moved["act_psi_ppm"]),
            least_count=moved["cell_min_count"],
            epsilon_ppm=moved["epsilon_ppm"],
        )
    )
    if unseen:
        note(
            say("{unseen_count} characteristics that nobody had are left out.", unseen_count=unseen)
        )


def _psi(month: dict[str, Any]) -> str:
    if month["psi_ppm"] is None:
        return "—"
    return f"{_index(month['psi_ppm'])}{_VERDICTS[month['verdict']]}"


def _index(ppm: int) -> str:
    """Write an index as it is known in the trade: .10, not 10 %."""
    from martlet.kernel.rates import percent_text

    return percent_text(ppm // 100, 2)


def _show_calibration(fitted: dict[str, Any]) -> None:
    rows = [
        {
            "pd": f"{written('pd_ppm', row['from_ppm'])} – {written('pd_ppm', row['below_ppm'])}",
            "approved_count": row["approved_count"],
            "not_known_count": row["not_known_count"],
            "known_count": row["known_count"],
            "bad_count": row["bad_count"],
            "expected_ppm": row["expected_ppm"],
            "observed": _with_interval(row, "observed"),
            "fit": _FITS[row["fit"]],
        }
        for row in (*fitted["bands"], fitted["whole"])
    ]
    show(rows, as_json=False, title=say("Calibration: expected and observed bad of the approved"))


def _show_vintages(cohorts: list[dict[str, Any]]) -> None:
    rows = []
    for one in cohorts:
        cells = {cell["months_on_book"]: cell for cell in one["cells"]}
        shown = {
            str(m): written("bad_ppm", cells[m]["bad_ppm"]) for m in cells if m in _MONTHS_ON_BOOK
        }
        rows.append(
            {
                "drawn_in": one["month"] + (" ·" if one["small"] else ""),
                "loans_count": one["loans_count"],
                "amount_fen": one["amount_fen"],
                **{str(m): shown.get(str(m), "") for m in _MONTHS_ON_BOOK},
            }
        )
    show(rows, as_json=False, title=say("Vintages: gone bad by months on book"))


def _with_interval(row: dict[str, Any], name: str) -> str:
    point = row[f"{name}_ppm"]
    if point is None:
        return "—"
    low, high = row[f"{name}_low_ppm"], row[f"{name}_high_ppm"]
    return f"{_percent(point)} [{_percent(low)}, {_percent(high)}]"


def _percent(ppm: int) -> str:
    from martlet.kernel.rates import percent_text

    return f"{percent_text(ppm, 1)}%"
