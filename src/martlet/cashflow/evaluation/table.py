"""A run's figures as rows for a person and as one value for a program.

The invariant: a figure never stands without its level, horizon, metric and data. The heading says
what was asked of whom; a column's name says which metric over how many days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from martlet.cashflow.evaluation.metrics import Scores
    from martlet.cashflow.evaluation.run import Line, Report

DIGITS = 4
METRICS = {
    "mase": "mean absolute daily error of the mean over the mean weekly change before the origin"
    " (season 7), averaged over series and windows",
    "mase_of_median": "the same of the median",
    "wape": "sum of absolute daily errors of the mean over the sum of absolute values, all series",
    "wql": "mean over levels .1 to .9 of twice the quantile loss over the sum of absolute values",
    "cover_80": "share of days between the levels .1 and .9",
    "nmae": "absolute error of a series' total of so many days over its own average total,"
    " capped at 3, averaged over series; the median beside it",
    "pooled": "error of the sum over all series of so many days, mean of windows",
    "crps": "mean over levels of twice the quantile loss of the running total over the series' own"
    " average total, capped at 3, averaged over series",
    "pooled_crps": "the same loss summed over series over the sum of absolute totals",
    "seconds": "wall seconds of all windows, learning included, one process each",
    "peak_mb": "highest resident memory of the process that did it, data and libraries included",
}


def heading(report: Report, source: str) -> dict[str, Any]:
    """Return what was asked, of what data."""
    return {
        "protocol": report.protocol,
        "data": source,
        "level": f"{report.series} series by day",
        "horizon": f"{report.horizon} days",
        "last_known_days": ", ".join(day.isoformat() for day in report.last_known),
        "days_of_history": report.days,
    }


def rows(report: Report) -> list[dict[str, Any]]:
    """Return one row per method, every figure rounded for reading."""
    return [_row(line) for line in report.lines]


def days_shown(report: Report) -> list[dict[str, Any]]:
    """Return the daily figures, a row per method."""
    names = ("method", "mase", "mase_of_median", "wape", "wql", "cover_80", "seconds", "peak_mb")
    return [{name: str(row[name]) for name in names} for row in rows(report)]


def totals_shown(report: Report) -> list[dict[str, Any]]:
    """Return the figures of totals, a row per number of days and method."""
    found = []
    for days in report.lines[0].scores.total_error:
        for row in rows(report):
            kinds = ("nmae", "nmae_median", "pooled", "crps", "pooled_crps")
            names = {kind: _column(kind, days) for kind in kinds}
            figures = {kind: str(row[name]) for kind, name in names.items()}
            found.append({"total_of": f"{days} days", "method": row["method"], **figures})
    return found


def _column(kind: str, days: int) -> str:
    return f"nmae_{days}_median" if kind == "nmae_median" else f"{kind}_{days}"


def whole(report: Report, source: str) -> dict[str, Any]:
    """Return the run as one value: heading, definitions, figures, and the weights of ours."""
    return {
        **heading(report, source),
        "metrics": METRICS,
        "methods": rows(report),
        "weights": {line.method: line.weights for line in report.lines if line.weights},
    }


def _row(line: Line) -> dict[str, Any]:
    scores = line.scores
    found: dict[str, Any] = {
        "method": line.method,
        "mase": _shown(scores.mase),
        "mase_of_median": _shown(scores.mase_of_median),
        "wape": _shown(scores.wape),
        "wql": _shown(scores.wql),
        "cover_80": _shown(scores.coverage_80),
    }
    for days in scores.total_error:
        found |= _totals(scores, days)
    return found | {
        "seconds": round(line.seconds, 1),
        "peak_mb": line.peak_mb,
        "series_scored": line.series,
    }


def _totals(scores: Scores, days: int) -> dict[str, Any]:
    return {
        f"nmae_{days}": _shown(scores.total_error[days]),
        f"nmae_{days}_median": _shown(scores.total_error_median[days]),
        f"pooled_{days}": _shown(scores.pooled_error[days]),
        f"crps_{days}": _shown(scores.crps[days]),
        f"pooled_crps_{days}": _shown(scores.pooled_crps[days]),
    }


def _shown(figure: float) -> float | None:
    return None if figure != figure else round(figure, DIGITS)  # noqa: PLR0124 - NaN is unlike itself
