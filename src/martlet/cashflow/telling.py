"""An outlook as a JSON value with its sentences, in the reader's language.

The invariant: every code that leaves here leaves with its sentence, every amount in fen; a page or
a command shows it and reckons nothing.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from martlet.cashflow.changes import change_as_json
from martlet.cashflow.known_flows import ItemSource
from martlet.cashflow.outlook import OUTLOOK_LEVELS
from martlet.kernel.i18n import explain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from martlet.cashflow.changes import Change
    from martlet.cashflow.explaining import Driver
    from martlet.cashflow.known_flows import KnownItem
    from martlet.cashflow.outlook import Outlook, Source
    from martlet.cashflow.service import WhatIf
    from martlet.kernel.i18n import Locale

_OWN = frozenset({ItemSource.LENDING.value, ItemSource.TREASURY.value, ItemSource.CHANGE.value})


def outlook_json(outlook: Outlook, locale: Locale) -> dict[str, Any]:
    """Return everything that an outlook tells, without its paths."""
    basis, opening, shortfall = outlook.basis, outlook.basis.opening, outlook.shortfall
    return {
        "party_id": str(basis.party_id),
        "as_of": basis.as_of.isoformat(),
        "known_at": basis.known_at.isoformat(),
        "read_through": basis.read_through.isoformat(),
        "risk_ppm": basis.risk_ppm,
        "thin": outlook.thin,
        "opening": None
        if opening is None
        else {
            "account_fen": opening.account_fen,
            "account_on": None if opening.account_on is None else opening.account_on.isoformat(),
            "held_fen": opening.held_fen,
            "at_hand_fen": opening.at_hand_fen,
        },
        "lowest": {
            "on": outlook.lowest.on.isoformat(),
            "expected_fen": outlook.lowest.expected_fen,
            "quantiles_fen": _by_level(outlook.lowest.quantiles_fen),
        },
        "shortfall": None
        if shortfall is None
        else {
            "probability_ppm": shortfall.probability_ppm,
            "likely_on": _day(shortfall.likely_on),
            "possible_from": _day(shortfall.possible_from),
            "by_day_ppm": list(shortfall.by_day_ppm),
        },
        "safe_to_move_fen": outlook.safe_to_move_fen,
        "payout_peaks": [
            {
                "first": peak.first.isoformat(),
                "last": peak.last.isoformat(),
                "probability_ppm": peak.probability_ppm,
                "out_fen": peak.out_fen,
            }
            for peak in outlook.payout_peaks
        ],
        "drivers": [driver_json(one, locale) for one in outlook.drivers],
        "known_items": [item_json(one, locale) for one in outlook.known_items],
        "days": [day.isoformat() for day in outlook.days],
        "inflow": outlook.inflow.as_json(),
        "outflow": outlook.outflow.as_json(),
        "net": outlook.net.as_json(),
        "balance": None if outlook.balance is None else outlook.balance.as_json(),
        "cumulative_fen": {
            str(days): _by_level(fen) for days, fen in outlook.cumulative_fen.items()
        },
        "provisional": [day.isoformat() for day in basis.provisional],
        "inflow_source": _source_json(basis.inflow_source, locale),
        "outflow_source": _source_json(basis.outflow_source, locale),
        "notes": [
            {"code": one.code, "sentence": explain(one.code, one.details, locale)}
            for one in basis.notes
        ],
    }


def what_if_json(told: WhatIf, changes: Sequence[Change], locale: Locale) -> dict[str, Any]:
    """Return both outlooks and what lies between them."""
    return {
        "changes": [change_as_json(one) for one in changes],
        "difference": {
            "lowest_moves_fen": told.lowest_moves_fen,
            "shortfall_moves_ppm": told.shortfall_moves_ppm,
            "safe_moves_fen": told.safe_moves_fen,
        },
        "before": outlook_json(told.before, locale),
        "after": outlook_json(told.after, locale),
    }


def driver_json(driver: Driver, locale: Locale) -> dict[str, Any]:
    """Return one part of the way to the lowest point, with its sentence."""
    details: dict[str, Any] = dict(driver.details)
    code = driver.code
    if code == "cashflow.driver_item":
        details["due_on"] = date.fromisoformat(str(details["due_on"]))
        details["what"] = explain(f"cashflow.item_{details['kind']}", {}, locale)
        code = f"{code}_of" if details["label"] and details["source"] not in _OWN else code
    if code == "cashflow.driver_change":
        details["what"] = explain(f"cashflow.change_{details['change']}", {}, locale)
    return {**driver.as_json(), "sentence": explain(code, details, locale)}


def item_json(item: KnownItem, locale: Locale) -> dict[str, Any]:
    """Return a known item, with what it is in words."""
    return {**item.as_json(), "what": explain(f"cashflow.item_{item.kind}", {}, locale)}


def _source_json(source: Source, locale: Locale) -> dict[str, Any]:
    return {
        "kinds": list(source.kinds),
        "passed_over": list(source.passed_over),
        "reason": source.reason,
        "sentence": explain(source.reason, {}, locale),
    }


def _by_level(fen: Sequence[int]) -> dict[str, int]:
    return {f"{level:g}": one for level, one in zip(OUTLOOK_LEVELS, fen, strict=True)}


def _day(day: Any) -> str | None:  # noqa: ANN401 - a day or none
    return None if day is None else str(day.isoformat())
