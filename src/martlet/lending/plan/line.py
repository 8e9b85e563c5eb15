"""How interest of a plan becomes income, as one exact line from the last change on.

A planned period's interest is earned evenly over its days; interest that follows what is owed is
earned day by day. What was paid or given up is earned at the latest then, so nothing is paid that
was never earned. The line is exact: whoever follows it finds what a replay finds.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from martlet.kernel.rates import TICKS_PER_FEN
from martlet.lending.loan import AccrualLine
from martlet.lending.plan.progressive import ProgressiveAccount
from martlet.lending.plan.rules import INTEREST

if TYPE_CHECKING:
    from datetime import date

    from martlet.lending.plan.account import Account
    from martlet.lending.plan.rows import Row


def line_of(account: Account, day: date) -> AccrualLine:
    """Return the line on which a loan's interest runs on a day; the account is brought to it.

    It ends on the eve of a charge by rule, so that whoever follows it projects the loan that day.
    """
    if isinstance(account, ProgressiveAccount) and account.running is not None:
        return _before_charges(account, _by_day(account, day), day)
    return _before_charges(account, _evenly(account, day), day)


def _before_charges(account: Account, line: AccrualLine, day: date) -> AccrualLine:
    coming = [row.due_on for row in account.rows if row.uncharged(day)]
    if account.next_late_on() is not None:
        # A row that is paid when its morning comes is charged nothing.
        still_open = (row for row in account.rows if not row.late_asked and row.open_fen)
        late_on = account.late_on(min(still_open, key=lambda row: row.due_on, default=None))
        coming += [] if late_on is None else [late_on]
    if not coming:
        return line
    eve = min(coming) - timedelta(days=1)
    return (
        line if line.until_on is not None and line.until_on <= eve else replace(line, until_on=eve)
    )


def flat_line(ticks: int, day: date) -> AccrualLine:
    """Return a line on which nothing is earned any more."""
    return AccrualLine(day, None, ticks, 0, 1, 0, 0, 1)


def _earned(row: Row) -> int:
    """Return the interest that a row ever brings: what is raised again was earned before."""
    return row.due[INTEREST] - row.raised[INTEREST]


def _had(row: Row) -> int:
    return max(0, row.settled(INTEREST) - row.raised[INTEREST])


def _evenly(account: Account, day: date) -> AccrualLine:
    running, fen = None, 0
    for row in account.rows:
        if row.due_on <= day:
            fen += _earned(row)
        elif row.from_on <= day < row.due_on and _earned(row) > 0:
            running = row
        else:
            fen += _had(row)
    if running is None:
        coming = min((row.from_on for row in account.rows if row.due_on > day), default=None)
        line = flat_line(fen * TICKS_PER_FEN, day)
        return line if coming is None else _until(line, max(day, coming))
    whole, interest = (running.due_on - running.from_on).days, _earned(running)
    # The days that were paid ahead, rounded up: from then on at least as much has been earned.
    had_days = -(-_had(running) * whole // interest)
    if (day - running.from_on).days < had_days or _had(running) == interest:
        ticks = (fen + _had(running)) * TICKS_PER_FEN
        paid_until = running.from_on + timedelta(days=had_days - 1)
        return _until(flat_line(ticks, day), max(day, paid_until))
    return AccrualLine(
        from_on=running.from_on,
        until_on=running.due_on,
        interest_ticks=fen * TICKS_PER_FEN,
        interest_numerator=interest * TICKS_PER_FEN,
        interest_denominator=whole,
        penalty_ticks=0,
        penalty_numerator=0,
        penalty_denominator=1,
    )


def _until(line: AccrualLine, day: date) -> AccrualLine:
    return AccrualLine(line.from_on, day, line.interest_ticks, 0, 1, 0, 0, 1)


def _by_day(account: ProgressiveAccount, day: date) -> AccrualLine:
    running = account.running
    assert running is not None
    while (coming := running.next_due_on(account.rows)) is not None and coming <= day:
        account.settle(coming)
    anchor = running.settled_on
    running.bear(account.owed_fen)
    fen = sum(
        _earned(row) if index < running.at or row.met_on is not None else _had(row)
        for index, row in enumerate(account.rows)
    )
    exact = fen + Fraction(running.accrued) - running.paid_of_running(account.rows)
    ticks = max(account.terms.rounded(exact * TICKS_PER_FEN), fen * TICKS_PER_FEN)
    slope = running.day_costs(account.rows, account.owed_fen) * TICKS_PER_FEN
    if coming is None or slope == 0:
        last = None if coming is None else coming - timedelta(days=1)
        return AccrualLine(anchor, last, ticks, 0, 1, 0, 0, 1)
    last = coming - timedelta(days=1)
    if exact < fen:
        # More was paid than has run: nothing is earned until the days have caught up.
        caught_up = anchor + timedelta(days=(fen - exact) * TICKS_PER_FEN // slope)
        return AccrualLine(anchor, min(last, caught_up), ticks, 0, 1, 0, 0, 1)
    return AccrualLine(anchor, last, ticks, slope.numerator, slope.denominator, 0, 0, 1)
