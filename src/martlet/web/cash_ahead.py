"""An outlook as its owner sees it: the chart, the sentences under it, and the table beside it.

The invariant: chart, sentences and table are read off one outlook, and where the money at hand is
unknown the page speaks of what comes in less what goes out, never of a balance.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from martlet.cashflow.changes import CHANGES
from martlet.cashflow.known_flows import ItemSource
from martlet.cashflow.outlook import OUTLOOK_LEVELS, Flow
from martlet.cashflow.telling import driver_json
from martlet.kernel.i18n import explain, yuan
from martlet.kernel.rates import PPM, percent_text
from martlet.kernel.rounding import divide
from martlet.web.fan import PHONE, Ahead, Mark, draw, short_day
from martlet.web.limits import CUSTOMERS_SHOWN, DRIVERS_SHOWN, KNOWN_ITEMS_SHOWN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.cashflow.known_flows import KnownItem
    from martlet.cashflow.outlook import Outlook
    from martlet.cashflow.receivables import Receivables
    from martlet.kernel.i18n import Locale
    from martlet.web.fan import Canvas, Drawing

_MIDDLE = OUTLOOK_LEVELS.index(0.5)
_PAIRS = tuple(
    (OUTLOOK_LEVELS.index(low), OUTLOOK_LEVELS.index(high))
    for low, high in ((0.05, 0.95), (0.1, 0.9), (0.25, 0.75))
)
"""The widest first: 90, 80 and 50 per cent."""

SURELY_NOT_PPM = 10_000
"""A chance below one in a hundred is told as that: a thousand ways tell no finer."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is held side by side before and after a change."""

    lowest_on: date
    lowest_fen: int
    short_ppm: int | None
    """The chance that the money at hand falls below the floor; None where it is unknown."""
    safe_fen: int | None
    end_fen: int


def ahead_of(outlook: Outlook) -> Flow:
    """Return the money at hand day by day, or the net flow so far where it is unknown."""
    return outlook.balance or Flow.of(outlook.paths.running)


def chart(
    outlook: Outlook,
    locale: Locale,
    canvas: Canvas = PHONE,
    before: Outlook | None = None,
    floor_fen: int = 0,
) -> Drawing:
    """Return the chart of an outlook, the middle of another one behind it, red below the floor."""
    flow = ahead_of(outlook)
    by_level = list(zip(*flow.quantiles_fen, strict=True))
    days = list(outlook.days)
    return draw(
        Ahead(
            days,
            by_level[_MIDDLE],
            [(by_level[low], by_level[high]) for low, high in _PAIRS],
            floor_fen=floor_fen if outlook.balance is not None else None,
            before=middles(before) if before else (),
            lowest=None
            if canvas.bare
            else (days.index(outlook.lowest.on), outlook.lowest.expected_fen),
            marks=() if canvas.bare else tuple(_marks(outlook, locale)),
            provisional=()
            if canvas.bare
            else {days.index(day) for day in outlook.basis.provisional},
        ),
        canvas,
        locale,
    )


def middles(outlook: Outlook) -> tuple[int, ...]:
    """Return the median of every day."""
    return tuple(day[_MIDDLE] for day in ahead_of(outlook).quantiles_fen)


def lowest_label(outlook: Outlook, locale: Locale) -> str:
    """Write the lowest point beside its mark: day and amount, in whole yuan."""
    return f"{short_day(outlook.lowest.on, locale)} {whole_yuan(outlook.lowest.expected_fen)}"


def whole_yuan(amount_fen: int | None) -> str:
    """Write what is foretold in whole yuan: the fen of a forecast say nothing."""
    return "—" if amount_fen is None else yuan(divide(amount_fen, 100) * 100).removesuffix(".00")


def figures(outlook: Outlook, floor_fen: int = 0) -> Figures:
    """Return what is held side by side."""
    below = outlook.paths.balance.min(axis=1) < floor_fen
    return Figures(
        outlook.lowest.on,
        outlook.lowest.expected_fen,
        None if outlook.balance is None else int(below.sum()) * PPM // len(below),
        outlook.safe_to_move_fen,
        ahead_of(outlook).mean_fen[-1],
    )


def table(outlook: Outlook, before: Outlook | None) -> list[dict[str, Any]]:
    """Return the chart's numbers day by day."""
    earlier = middles(before) if before else ()
    return [
        {
            "day": day,
            "middle": fens[_MIDDLE],
            "bands": [(fens[low], fens[high]) for low, high in reversed(_PAIRS)],
            "before": earlier[place] if earlier else None,
        }
        for place, (day, fens) in enumerate(
            zip(outlook.days, ahead_of(outlook).quantiles_fen, strict=True)
        )
    ]


def drivers(outlook: Outlook, locale: Locale) -> list[tuple[str, int]]:
    """Return what moves the money until the lowest point, the largest first, with words."""
    largest = sorted(outlook.drivers, key=lambda one: -abs(one.amount_fen))
    return [
        (driver_json(one, locale)["sentence"], one.amount_fen) for one in largest[:DRIVERS_SHOWN]
    ]


def items(outlook: Outlook, locale: Locale) -> list[dict[str, Any]]:
    """Return what is known ahead, the next first."""
    return [
        {
            "on": item.due_on,
            "name": _item(item, locale),
            "amount_fen": item.amount_fen,
            "chance": None
            if item.probability_ppm >= PPM
            else f"{percent_text(item.probability_ppm, 0)}%",
        }
        for item in outlook.known_items[:KNOWN_ITEMS_SHOWN]
    ]


def _item(item: KnownItem, locale: Locale) -> str:
    if item.source is ItemSource.CHANGE and item.label in CHANGES:
        return explain(f"cashflow.change_{item.label}", {}, locale)
    kind = explain(f"cashflow.item_{item.kind}", {}, locale)
    return f"{kind} · {item.label}" if item.label and item.label != item.kind.value else kind


def customers(receivables: Receivables) -> list[dict[str, Any]]:
    """Return the largest customers and every lost one among those that are known, largest first."""
    largest = receivables.customers[:CUSTOMERS_SHOWN]
    lost = [one for one in receivables.lost if one not in largest]
    return [
        {
            "told": one,
            "share": f"{percent_text(one.share_ppm, 0)}%",
            "lost": None if one.lost_ppm is None else f"{percent_text(one.lost_ppm, 0)}%",
        }
        for one in (*largest, *lost[:CUSTOMERS_SHOWN])
    ]


def _marks(outlook: Outlook, locale: Locale) -> Sequence[Mark]:
    places = {day: place for place, day in enumerate(outlook.days)}
    return [
        Mark(
            places[item.due_on],
            "in" if item.amount_fen > 0 else "out",
            f"{short_day(item.due_on, locale)} {_item(item, locale)} {yuan(item.amount_fen)}",
        )
        for item in outlook.known_items
        if item.due_on in places
    ]
