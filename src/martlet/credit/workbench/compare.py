"""Before and after, side by side: approvals, limits, price, expected money, what was lived through.

The invariant: before and after are the same applications. For an application that was refused and
would now be approved there is no outcome; its loss is given as a bound, never as a figure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from martlet.credit.limits import SEGMENTS_MAX
from martlet.credit.workbench.assumptions import PPM, Assumptions, expected
from martlet.credit.workbench.movers import Move, Moved, moves
from martlet.credit.workbench.totals import Lived, Totals, share_ppm
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from martlet.credit.workbench.assumptions import Money
    from martlet.credit.workbench.replay import Replayed

NO_BAND = "none"
"""Beyond the last band, or refused before it was scored."""
OTHER = "other"
BREAKDOWNS = ("band", "region", "trade", "size")


@dataclass(slots=True)
class Comparison:
    """What a changed policy or model would have decided on stored applications."""

    assumptions: Assumptions
    cases: int = 0
    identical: int = 0
    first_day: date | None = None
    last_day: date | None = None
    before: Totals = field(default_factory=Totals)
    after: Totals = field(default_factory=Totals)
    after_by_stored_risk: Totals = field(default_factory=Totals)
    """The decisions after, by the pd of before: a model that calls everybody good earns nothing by
    it. The same as after where only the policy was changed."""
    movers: dict[Move, Moved] = field(default_factory=lambda: {move: Moved() for move in Move})
    by: dict[str, dict[str, tuple[Totals, Totals]]] = field(
        default_factory=lambda: {name: {} for name in BREAKDOWNS}
    )
    kept: Lived = field(default_factory=Lived)
    """Approved before and after: lived through."""
    dropped: Lived = field(default_factory=Lived)
    """Approved before, refused after: lived through, and would not have been."""
    new_loss_most_fen: int = 0
    """Of those newly approved: what is lost if every one of them goes bad."""

    def add(self, case: Replayed) -> None:
        """Count one application."""
        before, after = case.before, case.after
        application, assumed = case.stored.application, self.assumptions
        money = expected(application, before, assumed), expected(application, after, assumed)
        day = application.applied_on
        self.cases += 1
        self.identical += case.identical
        self.first_day = day if self.first_day is None else min(self.first_day, day)
        self.last_day = day if self.last_day is None else max(self.last_day, day)
        self.before.add(before, money[0])
        self.after.add(after, money[1])
        by_stored = expected(application, after, assumed, before.pd_ppm)
        self.after_by_stored_risk.add(after, by_stored, before.pd_ppm)
        self._break_down(case, money)
        for move, weight in moves(before, after):
            self.movers[move].add(case, weight)
        if before.approved:
            (self.kept if after.approved else self.dropped).add(case.outcome)
        elif after.approved:
            drawn_fen = divide(after.limit_fen * assumed.drawn_ppm, PPM)
            self.new_loss_most_fen += divide(drawn_fen * assumed.lgd_ppm, PPM)

    def _break_down(self, case: Replayed, money: tuple[Money, Money]) -> None:
        before, after, segments = case.before, case.after, case.segments
        for name in BREAKDOWNS:
            groups = self.by[name]
            if name == "band":
                _group(groups, before.band or NO_BAND)[0].add(before, money[0])
                _group(groups, after.band or NO_BAND)[1].add(after, money[1])
                continue
            old, new = _group(groups, getattr(segments, name))
            old.add(before, money[0])
            new.add(after, money[1])

    @property
    def movers_count(self) -> int:
        """How many moves there are; none where nothing was changed."""
        return sum(moved.count for moved in self.movers.values())

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "cases_count": self.cases,
            "identical_count": self.identical,
            "first_day": None if self.first_day is None else self.first_day.isoformat(),
            "last_day": None if self.last_day is None else self.last_day.isoformat(),
            "assumptions": self.assumptions.as_json(),
            "before": self.before.as_json(),
            "after": self.after.as_json(),
            "after_by_stored_risk": self.after_by_stored_risk.as_json(),
            "movers": {move.value: moved.as_json() for move, moved in self.movers.items()},
            "by": {name: _rows(groups) for name, groups in self.by.items()},
            "lived": {"kept": self.kept.as_json(), "dropped": self.dropped.as_json()},
            "not_lived": self.not_lived(),
        }

    def not_lived(self) -> dict[str, Any]:
        """Return the bounds on those newly approved: nobody has seen what becomes of them."""
        new = self.movers[Move.NEWLY_APPROVED]
        known = self.kept.known + new.count
        return {
            "newly_approved_count": new.count,
            "limit_fen": new.limit_after_fen,
            "loss_least_fen": 0,
            "loss_most_fen": self.new_loss_most_fen,
            "bad_least_ppm": share_ppm(self.kept.bad, known),
            "bad_most_ppm": share_ppm(self.kept.bad + new.count, known),
        }


def compare(cases: Iterable[Replayed], assumptions: Assumptions | None = None) -> Comparison:
    """Return applications decided again beside what was decided, counted and broken down."""
    found = Comparison(assumptions or Assumptions())
    for case in cases:
        found.add(case)
    return found


def _group(groups: dict[str, tuple[Totals, Totals]], name: str) -> tuple[Totals, Totals]:
    """Return a group's sums; beyond the bound everything new goes into one remainder."""
    if name not in groups and len(groups) >= SEGMENTS_MAX:
        name = OTHER
    return groups.setdefault(name, (Totals(), Totals()))


def _rows(groups: dict[str, tuple[Totals, Totals]]) -> list[dict[str, Any]]:
    ordered = sorted(groups.items(), key=lambda item: (-item[1][0].cases, item[0]))
    return [
        {"group": name, "before": old.as_json(), "after": new.as_json()}
        for name, (old, new) in ordered
    ]
