"""What of a plan is income by a day: interest day by day inside a period, charges on their day.

Recognised amounts are cumulative per row, so recognising twice recognises nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.lending.plan.account import no_parts
from martlet.lending.plan.rules import FEE, INTEREST, PENALTY, ChargeAccrual

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.lending.parts import Component
    from martlet.lending.plan.account import Account
    from martlet.lending.plan.rows import Row

INCOME = (INTEREST, FEE, PENALTY)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Income of one row, dated."""

    on: date
    row_due_on: date
    parts: dict[Component, int]

    @property
    def amount_fen(self) -> int:
        """All of it."""
        return sum(self.parts.values())


def recognise(account: Account, till: date, known: Sequence[Recognised]) -> list[Recognised]:
    """Return what became income by the end of a day and was not recognised yet."""
    found = []
    for row in account.rows:
        if row.due_on <= till:
            on, parts = row.due_on, {part: _earned(row, part) for part in INCOME}
        else:
            on, parts = till, _by_day(account, row, till)
        found += _new(row, on, parts, known)
    return found


def recognise_rest(account: Account, on: date, known: Sequence[Recognised]) -> list[Recognised]:
    """Return all that is not recognised yet of a loan that is paid off, as one entry."""
    parts = no_parts()
    for row in account.rows:
        for part in INCOME:
            parts[part] += _earned(row, part)
    for one in known:
        for part in INCOME:
            parts[part] -= one.parts[part]
    left = {part: max(0, amount) for part, amount in parts.items()}
    return [Recognised(on, on, left)] if any(left.values()) else []


def _earned(row: Row, part: Component) -> int:
    """Return what a row ever earns of a part: what is owed again was earned before."""
    return row.due[part] - row.raised[part]


def _by_day(account: Account, row: Row, till: date) -> dict[Component, int]:
    parts = no_parts()
    days, whole = (till - row.from_on).days, (row.due_on - row.from_on).days
    if days > 0:
        parts[INTEREST] = account.terms.rounded(Fraction(_earned(row, INTEREST) * days, whole))
    when_made = account.terms.rules.charge_accrual is ChargeAccrual.WHEN_MADE
    for made in row.charges:
        if (made.made_on if when_made else made.due_on) <= till:
            parts[made.part] += made.amount_fen
    return parts


def _new(
    row: Row, on: date, parts: dict[Component, int], known: Sequence[Recognised]
) -> list[Recognised]:
    before = [one for one in known if one.row_due_on == row.due_on]
    fresh = no_parts()
    for part in INCOME:
        had = sum(one.parts[part] for one in before)
        fresh[part] = max(0, parts[part] - had)
    return [Recognised(on, row.due_on, fresh)] if any(fresh.values()) else []
