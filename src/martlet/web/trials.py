"""A back-test as a page shows it: before and after, who moves and why, what nobody knows.

Over the newest stored applications only, so that a page answers in a second or two; it says how
many of how many.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from martlet.credit import Period, reason_text, size_label
from martlet.kernel.i18n import write
from martlet.web.limits import TRIAL_DECISIONS, TRIAL_MOVERS_SHOWN
from martlet.web.wording import word

if TYPE_CHECKING:
    from martlet.credit.workbench import Changed, Move, StoredBacktest
    from martlet.credit.workbench.movers import Moved
    from martlet.web.visitors import Visitor

_MEASURES = (
    "approved_count",
    "approval_ppm",
    "limit_fen",
    "rate_ppm_per_day",
    "pd_ppm",
    "expected_interest_fen",
    "expected_loss_fen",
    "funding_fen",
    "expected_profit_fen",
)
_LIVED = ("decisions_count", "drawn_count", "known_count", "bad_count", "bad_ppm")
_LIVED_MONEY = ("drawn_fen", "principal_lost_fen", "earned_fen")


def trial(visitor: Visitor, changed: Changed) -> dict[str, Any]:
    """Return what a change would have decided, ready for a page."""
    found = visitor.bank.credit.backtest(visitor.principal, changed, Period(newest=TRIAL_DECISIONS))
    report = found.as_json()
    return {
        "read_count": report["cases_count"],
        "stored_count": report["stored_count"],
        "first_day": report["first_day"],
        "last_day": report["last_day"],
        "nobody_moves": not found.comparison.movers_count,
        "by_stored_risk": report["model_version"] is not None,
        "measures": [_measure(visitor, name, report) for name in _MEASURES],
        "movers": [_moved(visitor, move, moved) for move, moved in _in_order(found)],
        "groups": {side: _groups(visitor, side, rows) for side, rows in report["by"].items()},
        "lived": [
            {
                "label": word("lived", name, visitor.locale),
                "kept": write(name, report["lived"]["kept"][name], visitor.locale),
                "dropped": write(name, report["lived"]["dropped"][name], visitor.locale),
            }
            for name in (*_LIVED, *_LIVED_MONEY)
        ],
        "not_lived": report["not_lived"],
        "assumptions": report["assumptions"],
    }


def _measure(visitor: Visitor, name: str, report: dict[str, Any]) -> dict[str, str]:
    before, after = report["before"][name], report["after"][name]
    change = None if before is None or after is None else after - before
    sign = "+" if change is not None and change > 0 else ""
    return {
        "label": word("measure", name, visitor.locale),
        "before": write(name, before, visitor.locale),
        "stored": write(name, report["after_by_stored_risk"][name], visitor.locale),
        "after": write(name, after, visitor.locale),
        "change": f"{sign}{write(name, change, visitor.locale)}",
    }


def _in_order(found: StoredBacktest) -> list[tuple[Move, Moved]]:
    return [(move, moved) for move, moved in found.comparison.movers.items() if moved.count]


def _moved(visitor: Visitor, move: Move, moved: Moved) -> dict[str, Any]:
    return {
        "label": word("move", move.value, visitor.locale),
        "count": moved.count,
        "before_fen": moved.limit_before_fen,
        "after_fen": moved.limit_after_fen,
        "largest": [
            {
                "decision_id": mover.decision_id,
                "before": mover.before,
                "after": mover.after,
                "why": reason_text(mover.after.reasons[0], visitor.locale),
            }
            for mover in moved.largest()[:TRIAL_MOVERS_SHOWN]
        ],
    }


def _groups(visitor: Visitor, side: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "name": _name(visitor, side, row["group"])} for row in rows]


def _name(visitor: Visitor, side: str, group: str) -> str:
    if side == "size":
        return size_label(group, visitor.locale)
    return word(side, group, visitor.locale)
