"""An instalment while a loan is replayed: what falls due, what was paid, and when.

A row never pays itself: `pay` is the one place where money reaches it, so that what was paid early
and what was paid late always add up to what the day says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from martlet.lending.plan.rules import FEE, INTEREST, PENALTY, PRINCIPAL, Timing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date
    from uuid import UUID

    from martlet.lending.parts import Component


class RowKind(StrEnum):
    """Why a row is in the plan."""

    INSTALMENT = "instalment"
    DOWN_PAYMENT = "down_payment"
    ADDITIONAL = "additional"
    """After maturity: a charge, or what was charged back."""
    RE_AGED = "re_aged"
    EMPTIED = "emptied"
    """Its principal was re-aged before its day."""


@dataclass(slots=True)
class PlannedCharge:
    """A fee or a penalty with its own due date, inside a row."""

    event_id: UUID
    part: Component
    made_on: date
    due_on: date
    amount_fen: int
    name: str = ""
    with_row: bool = False
    """It comes with its row, whenever that falls due: not owed before, unless it is paid."""


def _nothing() -> dict[Component, int]:
    return {PENALTY: 0, FEE: 0, INTEREST: 0, PRINCIPAL: 0}


@dataclass(slots=True)
class Row:
    """One row of the plan."""

    kind: RowKind
    from_on: date
    due_on: date
    due: dict[Component, int] = field(default_factory=_nothing)
    paid: dict[Component, int] = field(default_factory=_nothing)
    given_up: dict[Component, int] = field(default_factory=_nothing)
    """Waived or written off."""
    lost: dict[Component, int] = field(default_factory=_nothing)
    """Of what was given up: written off."""
    raised: dict[Component, int] = field(default_factory=_nothing)
    """Owed again after it was paid: part of what is due, and never part of the plan's balance."""
    advance_fen: int = 0
    late_fen: int = 0
    met_on: date | None = None
    late_asked: bool = False
    """Whether the morning of its late fee has passed."""
    ended_early: bool = False
    """Whether it asks for its days only, for the whole loan was paid off before its day."""
    settled_fen: int = 0
    """Interest that was paid before the row's day, with which interest began anew."""
    charges: list[PlannedCharge] = field(default_factory=list)

    @property
    def due_fen(self) -> int:
        """The whole of it."""
        return sum(self.due.values())

    @property
    def paid_fen(self) -> int:
        """What was paid of it."""
        return sum(self.paid.values())

    @property
    def credited_fen(self) -> int:
        """Principal that is owed again."""
        return self.raised[PRINCIPAL]

    @property
    def open_fen(self) -> int:
        """What is still to be paid of it."""
        return self.due_fen - self.paid_fen - sum(self.given_up.values())

    def unpaid(self, part: Component) -> int:
        """Return what is still to be paid of one part."""
        return self.due[part] - self.paid[part] - self.given_up[part]

    def settled(self, part: Component) -> int:
        """Return what of a part was paid or given up."""
        return self.paid[part] + self.given_up[part]

    def timing(self, day: date) -> Timing:
        """Return how the row stands on a day."""
        if self.due_on < day:
            return Timing.PAST_DUE
        return Timing.DUE if self.due_on == day else Timing.IN_ADVANCE

    def charge(self, made: PlannedCharge) -> None:
        """Let a charge fall due with this row."""
        self.charges.append(made)
        self.due[made.part] += made.amount_fen
        self.reopen()

    def coming(self, day: date) -> int:
        """Return the fees that come only with its day, if that is still to come."""
        if self.due_on <= day or not self.charges:
            return 0
        return sum(made.amount_fen for made in self.charges if made.with_row)

    def uncharged(self, day: date) -> int:
        """Return what of its fees comes only with its day: what was paid of fees paid these."""
        coming = self.coming(day)
        return max(0, coming - self.settled(FEE)) if coming else 0

    def drop_coming(self, day: date, *, give_back: bool) -> int:
        """Ask no more for fees that come with its day; return what was paid of them, if asked."""
        coming, left = self.coming(day), self.uncharged(day)
        if not coming:
            return 0
        back = self.unpay(FEE, min(coming - left, self.paid[FEE])) if give_back else 0
        left += back
        self.due[FEE] -= left
        for made in self.charges:
            if made.with_row:
                cut = min(left, made.amount_fen)
                made.amount_fen, left = made.amount_fen - cut, left - cut
        self.charges = [made for made in self.charges if made.amount_fen]
        return back

    def lower_interest(self, interest_fen: int) -> int:
        """Ask for less interest, never less than was given up; return what was paid too much."""
        self.due[INTEREST] = max(interest_fen, self.given_up[INTEREST])
        over = self.paid[INTEREST] + self.given_up[INTEREST] - self.due[INTEREST]
        return self.unpay(INTEREST, over) if over > 0 else 0

    def move(self, due_on: date) -> None:
        """Fall due on another day, with what comes with it."""
        self.due_on = due_on
        for made in self.charges:
            if made.with_row:
                made.made_on = made.due_on = due_on

    def unpaid_by(self, part: Component, day: date) -> int:
        """Return what is unpaid of the charges of a part whose own day has come."""
        come = sum(
            made.amount_fen for made in self.charges if made.part is part and made.due_on <= day
        )
        return max(0, come - self.settled(part))

    def pay(self, part: Component, amount_fen: int, day: date) -> int:
        """Pay as much of a part as there is money and claim; return what was paid."""
        step = min(amount_fen, self.unpaid(part))
        if step <= 0:
            return 0
        self.paid[part] += step
        if day < self.due_on:
            self.advance_fen += step
        elif day > self.due_on:
            self.late_fen += step
        if self.open_fen > 0:
            self.met_on = None
        elif self.met_on is None:
            self.met_on = day
        return step

    def unpay(self, part: Component, amount_fen: int) -> int:
        """Take back as much of a part as was paid; return what was taken back."""
        step = min(amount_fen, self.paid[part])
        self.paid[part] -= step
        early = min(step, self.advance_fen)
        self.advance_fen -= early
        self.late_fen -= min(step - early, self.late_fen)
        self.reopen()
        return step

    def give_up(self, part: Component, amount_fen: int, day: date) -> int:
        """Waive or write off as much of a part as is unpaid; return what was given up."""
        step = max(0, min(amount_fen, self.unpaid(part)))
        self.given_up[part] += step
        if step:
            self.settle_at(day)
        return step

    def write_off(self, day: date) -> dict[Component, int]:
        """Give up all that is unpaid with a loss; return it."""
        parts = {part: self.give_up(part, self.unpaid(part), day) for part in _nothing()}
        for part, amount_fen in parts.items():
            self.lost[part] += amount_fen
        return parts

    def reopen(self) -> None:
        """Forget the day on which it was met where it is not met any more."""
        if self.open_fen > 0:
            self.met_on = None

    def settle_at(self, day: date) -> None:
        """Note the day on which nothing was left to pay, if that was not so before."""
        if self.open_fen == 0 and self.met_on is None:
            self.met_on = day

    def forget_payments(self) -> None:
        """Return to how the row was planned."""
        self.paid = _nothing()
        self.advance_fen = self.late_fen = 0
        self.met_on = None


def place(rows: list[Row], made: PlannedCharge) -> None:
    """Let a charge fall due with the row of its day, or with a row of its own after maturity."""
    for row in rows:
        if row.kind is RowKind.DOWN_PAYMENT:
            continue
        if row.due_on >= made.due_on:
            row.charge(made)
            return
    last = rows[-1]
    if last.kind is not RowKind.ADDITIONAL:
        last = Row(RowKind.ADDITIONAL, _maturity(rows), made.due_on)
        rows.append(last)
    last.due_on = max(last.due_on, made.due_on)
    last.charge(made)


def place_all(rows: list[Row], charges: Iterable[PlannedCharge]) -> None:
    """Let charges fall due, each with the row of its day, in one pass over both."""
    index = 0
    for made in sorted(charges, key=lambda one: one.due_on):
        while index < len(rows) and (
            rows[index].kind is RowKind.DOWN_PAYMENT or rows[index].due_on < made.due_on
        ):
            index += 1
        if index < len(rows):
            rows[index].charge(made)
        else:
            place(rows, made)
            index = len(rows)


def raise_again(rows: list[Row], day: date, parts: dict[Component, int]) -> None:
    """Let what was paid once fall due again: with the next row, or with one after maturity."""
    row = next((row for row in rows if _takes(row, day)), None)
    if row is None and rows[-1].due_on >= day and rows[-1].kind is not RowKind.EMPTIED:
        row = rows[-1]
    if row is None:
        row = Row(RowKind.ADDITIONAL, min(_maturity(rows), day), day)
        rows.append(row)
        rows.sort(key=lambda one: one.due_on)
    row.due_on = max(row.due_on, day)
    for part, amount_fen in parts.items():
        row.due[part] += amount_fen
        row.raised[part] += amount_fen
    row.reopen()


def _takes(row: Row, day: date) -> bool:
    if row.kind in {RowKind.DOWN_PAYMENT, RowKind.EMPTIED}:
        return False
    return row.kind is RowKind.ADDITIONAL or row.due_on > day


def _maturity(rows: list[Row]) -> date:
    return max(row.due_on for row in rows)
