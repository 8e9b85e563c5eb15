"""What the fund desk shows: a product, a partner or all together, both directions side by side.

The invariant: amounts of the bank's own store are fen and shown as yuan; those of a partner's file
are shown in the file's own unit, which nobody here knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.cashflow import SEASON_DAYS
from martlet.cashflow.directions import DIRECTION_WORDS
from martlet.kernel.errors import NotFound
from martlet.kernel.i18n import Locale, text, yuan
from martlet.kernel.rounding import divide
from martlet.treasury import product_named
from martlet.treasury.funds import Direction
from martlet.treasury.funds.flows import DIRECTION, TOTAL
from martlet.treasury.funds.reserve import OF_REDEMPTIONS
from martlet.web.fan import DESK, Ahead, draw
from martlet.web.limits import LIST_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow import Forecast
    from martlet.treasury.funds import ReserveReport, Rule
    from martlet.treasury.funds.desk import Desk
    from martlet.web.fan import Drawing

_PLAIN_FROM = 1_000
"""From here on hundredths of a file's unit only take room."""

_BANDS = ((0.05, 0.95), (0.1, 0.9), (0.25, 0.75))


@dataclass(frozen=True, slots=True)
class Shown:
    """How amounts and names of a desk are written."""

    locale: Locale
    own: bool = True

    def fen(self, value: float) -> int:
        """Return a value in hundredths: fen of our own, hundredths of a file's unit."""
        return divide(*float(value if self.own else value * 100).as_integer_ratio())

    def amount(self, value: float) -> str:
        """Write a value."""
        if self.own:
            return yuan(self.fen(value))
        return f"{value:,.0f}" if abs(value) >= _PLAIN_FROM else f"{value:,.2f}"

    def name(self, code: str) -> str:
        """Return what a product is called; a partner's names are its own."""
        if self.own:
            try:
                return product_named(code).label(self.locale)
            except NotFound:
                return code
        return code


@dataclass(frozen=True, slots=True)
class Unit:
    """Something that is looked at: its forecasts by direction, each a row of one."""

    key: str
    name: str
    sides: dict[str, tuple[Forecast, int]] = field(compare=False)


def units_of(desk: Desk, words: Shown) -> list[Unit]:
    """Return everything that may be looked at, all together first."""
    if desk.found is None:
        return []
    units: dict[str, Unit] = {}
    for row, mark in enumerate(desk.found.sum_marks):
        whole = mark.column == DIRECTION or mark.member == TOTAL
        key = TOTAL if whole else f"{mark.column}:{mark.member}"
        name = text("All together", words.locale) if whole else words.name(mark.member)
        unit = units.setdefault(key, Unit(key, name, {}))
        unit.sides[mark.direction] = (desk.found.sums, row)
    directions = desk.flows.directions or ("",) * len(desk.flows.history.series_ids)
    for row, (series, side) in enumerate(
        zip(desk.flows.history.series_ids, directions, strict=True)
    ):
        name = _undirected(series)
        unit = units.setdefault(f"series:{name}", Unit(f"series:{name}", words.name(name), {}))
        unit.sides.setdefault(str(side), (desk.found.leaves, row))
    return sorted(units.values(), key=lambda unit: unit.key != TOTAL)


def _undirected(series: str) -> str:
    """Return a series' name without the word that tells its direction."""
    parts = re.split(r"([\W_]+)", series)
    words = [part for part in parts[::2] if part.lower() not in DIRECTION_WORDS]
    return "/".join(word for word in words if word) or series


def shown_unit(desk: Desk, unit: Unit, words: Shown) -> dict[str, Any]:
    """Return a unit with its charts, its table and how it was foretold so far."""
    order = [side for side in (*Direction, "") if side in unit.sides]
    some, _ = unit.sides[order[0]]
    return {
        "key": unit.key,
        "name": unit.name,
        "charts": [(side, _chart(*unit.sides[side], words)) for side in order],
        "sides": order,
        "rows": [
            (day, [_cell(*unit.sides[side], place, words) for side in order])
            for place, day in enumerate(some.days)
        ],
        "totals": [_total(*unit.sides[side], words) for side in order],
        "marks": [
            (mark.direction, [_right(error) for error in _errors(mark)])
            for mark in desk.found.sum_marks
            if _key(mark.column, mark.member) == unit.key
        ]
        if desk.found
        else [],
        "plays_count": desk.found.plays_count if desk.found else 0,
    }


def _key(column: str, member: str) -> str:
    return TOTAL if column == DIRECTION or member == TOTAL else f"{column}:{member}"


def _errors(mark: Any) -> Sequence[float | None]:  # noqa: ANN401 - a sum's marks
    return (mark.next_day_error, mark.week_error, mark.horizon_error)


def _right(error: float | None) -> str:
    return "—" if error is None else f"{100 * max(1 - error, 0):.1f}%"


def shown_so_far(desk: Desk, words: Shown) -> list[dict[str, str]]:
    """Return what each series came to lately, where there are too few days to foretell."""
    history = desk.flows.history
    values = np.nan_to_num(history.values[:LIST_ROWS])
    sides = desk.flows.directions or ("",) * len(history.series_ids)
    return [
        {
            "name": words.name(_undirected(series)),
            "side": str(side),
            "week": words.amount(float(came[-SEASON_DAYS:].sum())),
            "all": words.amount(float(came.sum())),
        }
        for series, side, came in zip(history.series_ids, sides, values, strict=False)
    ]


def shown_tried(desk: Desk) -> list[dict[str, Any]]:
    """Return how right all together were at past origins, by direction."""
    return [
        {
            "told": one,
            "figures": [_right(1 - share) for share in (one.next_day, one.week, one.horizon)],
        }
        for one in desk.tried
    ]


def _chart(said: Forecast, row: int, words: Shown) -> Drawing:
    bands = [
        tuple([words.fen(value) for value in said.at(level)[row]] for level in pair)
        for pair in _BANDS
    ]
    provisional = {at for at, day in enumerate(said.days) if day in said.provisional}
    ahead = Ahead(
        said.days,
        [words.fen(value) for value in said.at(0.5)[row]],
        [(low, high) for low, high in bands],
        provisional=provisional,
        from_zero=True,
    )
    return draw(ahead, DESK, words.locale)


def _cell(said: Forecast, row: int, place: int, words: Shown) -> dict[str, str]:
    return {
        "middle": words.amount(float(said.at(0.5)[row, place])),
        "low": words.amount(float(said.at(0.1)[row, place])),
        "high": words.amount(float(said.at(0.9)[row, place])),
    }


def _total(said: Forecast, row: int, words: Shown) -> dict[str, str]:
    days = max(said.cumulative)
    return {
        "middle": words.amount(float(said.total_at(days, 0.5)[row])),
        "low": words.amount(float(said.total_at(days, 0.1)[row])),
        "high": words.amount(float(said.total_at(days, 0.9)[row])),
    }


def shown_reserves(desk: Desk, words: Shown) -> list[dict[str, Any]]:
    """Return a row for each settlement time: today's reserve, the trial, the rules beside it."""
    return [
        {
            "report": report,
            "now": words.amount(report.reserve_now),
            "mean": words.amount(report.mean_reserve),
            "rules": [_rule(report, rule, words) for rule in report.rules],
        }
        for report in desk.reserves
    ]


def _rule(report: ReserveReport, rule: Rule, words: Shown) -> dict[str, Any]:
    return {
        "rule": rule,
        "of_redemptions": rule.rule == OF_REDEMPTIONS,
        "ratio": f"{100 * rule.ratio:.2f}%",
        "mean": words.amount(rule.mean_reserve),
        "freed": words.amount(rule.mean_reserve - report.mean_reserve),
        "freed_percent": f"{rule.freed_percent:.1f}%",
    }


def reserve_rows(desk: Desk, words: Shown) -> list[list[str]]:
    """Return the reserves as rows of a file, in fen or in the file's own unit."""
    unit = "_fen" if words.own else ""
    head = [
        *("settlement_days", f"reserve_now{unit}", "tested_from", "tested_to", "tested_days"),
        *("coverage_percent", "covered_percent", "breaches_count", f"mean_reserve{unit}"),
        *("rule", "ratio", f"rule_mean_reserve{unit}", "rule_breaches_count", "freed_percent"),
    ]
    rows = [head]
    for one in desk.reserves:
        ours = [
            *(one.settlement_days, one.reserve_now, one.tested_from, one.tested_to),
            *(one.tested_days, one.coverage_percent, one.covered_percent, one.breaches_count),
            one.mean_reserve,
        ]
        rows += [
            [
                str(cell)
                for cell in (
                    *ours,
                    *(rule.rule, rule.ratio, rule.mean_reserve),
                    *(rule.breaches_count, rule.freed_percent),
                )
            ]
            for rule in one.rules
        ]
    return rows
