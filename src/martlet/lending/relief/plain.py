"""Relief of plain loans in columns: the same lines and sums as the scalar fold, in int64.

Plain is a loan on time to which nothing has happened but a payout and payments: one whose interest
runs on one line up to its only due date, or one of equal instalments that has paid as planned.
What could leave 64 bits, and every other loan, is left to `grants.grant`; a sample of what is
reckoned here is checked against it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from martlet.kernel.rates import PPM, TICKS_PER_FEN
from martlet.lending.columns import LINE_FIELDS, divide_columns
from martlet.lending.limits import COLUMN_PRODUCT_MAX
from martlet.lending.product import DayCount, ScheduleKind
from martlet.lending.relief.levels import begun, taken, walk_until
from martlet.lending.relief.model import MeasureKind
from martlet.lending.relief.terms_columns import terms_columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.kernel.rounding import RoundingMode
    from martlet.lending.columns import Column
    from martlet.lending.product import Conventions
    from martlet.lending.relief.levels import Walk
    from martlet.lending.relief.model import Step
    from martlet.lending.relief.selection import Chunk, Mask
    from martlet.lending.relief.terms_columns import TermsColumns

Places = np.ndarray[Any, np.dtype[np.int64]]

SIMPLE = frozenset({MeasureKind.INTEREST_FREE, MeasureKind.RATE})
"""Measures that change the rate and nothing else."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What relief does to the plain loans of a chunk; columns as long as the chunk."""

    mask: Mask
    cost_fen: Column
    rate_ppm: Column
    rate_days: Column
    interest_fen: Column
    """Recognised at the start of the relief."""
    line: Column
    """The new lines of accrual, one row of LINE_FIELDS a loan."""


@dataclass(frozen=True, slots=True)
class _Runs:
    """Columns of the plain loans of one chunk and one set of conventions."""

    principal: Column
    rate_ppm: Column
    rate_days: Column
    matures: Column
    mode: RoundingMode

    def ticks(self, rate_ppm: Column, days: Column) -> Column:
        """Return the ticks of some nights at a rate."""
        numerator, denominator = lowest(self.principal, rate_ppm, self.rate_days)
        return divide_columns(numerator * days, denominator, self.mode)

    def nights(self, begins: int, ends: int) -> Column:
        """Return the nights between two days, before the loans mature."""
        nights: Column = np.maximum(np.minimum(self.matures, ends) - begins, 0)
        return nights


def value_plain(chunk: Chunk, chosen: Mask, steps: Sequence[Step], starts_on: date) -> Plain:
    """Return what a programme of rates alone does to the plain loans among the chosen."""
    count = len(chunk.rows)
    blank = np.zeros(count, dtype=np.int64)
    found = Plain(
        mask=np.zeros(count, dtype=np.bool_),
        cost_fen=blank.copy(),
        rate_ppm=blank.copy(),
        rate_days=blank.copy(),
        interest_fen=blank.copy(),
        line=np.zeros((count, len(LINE_FIELDS)), dtype=np.int64),
    )
    if not count or not {step.measure.kind for step in steps} <= SIMPLE:
        return found
    terms = terms_columns([row.terms for row in chunk.rows])
    found.rate_ppm[:], found.rate_days[:] = terms.rate_ppm, terms.rate_days
    for shape, agreed in enumerate(terms.shapes):
        if agreed.plan is not None:
            continue
        mine = chosen & (terms.shape == shape) & _on_time(chunk, terms, starts_on)
        if agreed.schedule is ScheduleKind.BULLET and agreed.day_count is DayCount.ACTUAL:
            plain = mine & _one_line(chunk, terms)
            _value_bullets(found, chunk, np.flatnonzero(plain), (steps, starts_on, agreed))
        elif agreed.schedule is ScheduleKind.EQUAL_INSTALMENTS:
            _value_levels(found, chunk, terms, np.flatnonzero(mine), (steps, starts_on, agreed))
    return found


def lowest(principal: Column, rate_ppm: Column, rate_days: Column) -> tuple[Column, Column]:
    """Return a night's interest in ticks as quotients in lowest terms."""
    numerator, denominator = rate_ppm * TICKS_PER_FEN, PPM * rate_days
    common = np.gcd(numerator, denominator)
    return principal * (numerator // common), denominator // common


def _on_time(chunk: Chunk, terms: TermsColumns, starts_on: date) -> Mask:
    """Tell which loans are on time, with nothing behind them but a payout and payments."""
    start = starts_on.toordinal()
    matures = chunk.day("matures_on")
    nights = np.maximum(matures - chunk.whole("line_from"), 1)
    plain: Mask = (
        ~chunk.special_mask
        & (terms.own_dates == 0)
        & (chunk.whole("odd_fen") == 0)
        & (chunk.day("oldest_due_on") == 0)
        & (chunk.whole("line_from") > 0)
        & (chunk.whole("line_from") <= start)
        & (matures > start)
        & (chunk.whole("line_until") >= start)
        & (chunk.whole("penalty_numerator") == 0)
        & (chunk.whole("interest_numerator") < COLUMN_PRODUCT_MAX // nights)
    )
    return plain


def _one_line(chunk: Chunk, terms: TermsColumns) -> Mask:
    """Tell which loans run on their agreed line to their one due date."""
    owed = chunk.whole("outstanding_fen")
    numerator, denominator = lowest(owed, terms.rate_ppm, terms.rate_days)
    plain: Mask = (
        (chunk.whole("line_until") == chunk.day("matures_on"))
        & (chunk.whole("interest_numerator") == numerator)
        & (chunk.whole("interest_denominator") == denominator)
    )
    return plain


def _value_bullets(
    found: Plain,
    chunk: Chunk,
    places: Places,
    given: tuple[Sequence[Step], date, Conventions],
) -> None:
    steps, starts_on, agreed = given
    if not len(places):
        return
    runs = _Runs(
        chunk.whole("outstanding_fen")[places],
        found.rate_ppm[places],
        found.rate_days[places],
        chunk.day("matures_on")[places],
        agreed.rounding_mode,
    )
    start = starts_on.toordinal()
    since = start - chunk.whole("line_from")[places]
    before = chunk.whole("interest_ticks")[places] + runs.ticks(runs.rate_ppm, since)
    without = before + runs.ticks(runs.rate_ppm, runs.matures - start)
    ticks, day = before, start
    for step in steps:
        ends = step.ends.toordinal()
        ticks = ticks + runs.ticks(reduced_ppm(step, runs.rate_ppm), runs.nights(day, ends))
        day = ends
    ticks = ticks + runs.ticks(runs.rate_ppm, np.maximum(runs.matures - day, 0))
    found.mask[places] = True
    found.cost_fen[places] = np.maximum(fen(without, runs.mode) - fen(ticks, runs.mode), 0)
    found.interest_fen[places] = fen(before, runs.mode)
    found.line[places] = _lines(chunk, places, runs, before, given)


def _lines(
    chunk: Chunk,
    places: Places,
    runs: _Runs,
    ticks: Column,
    given: tuple[Sequence[Step], date, Conventions],
) -> Column:
    """Return the lines on which interest runs from the start of the relief on."""
    steps, starts_on, agreed = given
    rate = reduced_ppm(steps[0], runs.rate_ppm)
    numerator, denominator = lowest(runs.principal, rate, runs.rate_days)
    until = np.minimum(runs.matures, steps[0].ends.toordinal())
    begins = np.full(len(places), starts_on.toordinal(), dtype=np.int64)
    punished = _penalty_denominator(rate, runs.rate_days, agreed)
    old = chunk.whole("penalty_ticks")[places]
    return _table(begins, until, (ticks, numerator, denominator), (old, punished))


def _penalty_denominator(rate_ppm: Column, rate_days: Column, agreed: Conventions) -> Column:
    """Return the denominator of a night's penalty, of which there is none on a loan on time."""
    whole = PPM * PPM * rate_days
    return whole // np.gcd(rate_ppm * TICKS_PER_FEN * agreed.penalty_multiplier_ppm, whole)


def _table(
    begins: Column,
    until: Column,
    interest: tuple[Column, Column, Column],
    penalty: tuple[Column, Column],
) -> Column:
    """Return lines as rows in the order of LINE_FIELDS."""
    none = np.zeros(len(begins), dtype=np.int64)
    return np.column_stack((begins, until, *interest, penalty[0], none, penalty[1]))


def _value_levels(
    found: Plain,
    chunk: Chunk,
    terms: TermsColumns,
    places: Places,
    given: tuple[Sequence[Step], date, Conventions],
) -> None:
    """Value loans of equal instalments that have paid as planned, and no others."""
    steps, starts_on, agreed = given
    if not len(places):
        return
    columns = {
        "principal": terms.principal_fen[places],
        "rate_ppm": terms.rate_ppm[places],
        "rate_days": terms.rate_days[places],
        "tenor": terms.tenor[places],
    }
    walk = begun(agreed, columns, chunk.day("disbursed_on")[places])
    walk_until(walk, starts_on)
    walk.settle(np.minimum(chunk.whole("line_from")[places], starts_on.toordinal()))
    planned = _as_planned(walk, chunk, places)
    places, walk = places[planned], taken(walk, planned)
    if not len(places):
        return
    start = np.full(len(places), starts_on.toordinal(), dtype=np.int64)
    walk.settle(start)
    everyone = np.ones(len(places), dtype=np.bool_)
    relieved = taken(walk, everyone)
    turns = _turns(steps, columns["rate_ppm"][planned])
    relieved.turn(everyone, turns[0][1], relieved.tenor - relieved.period)
    found.mask[places] = True
    found.interest_fen[places] = fen(walk.ticks, agreed.rounding_mode)
    found.line[places] = _level_lines(chunk, places, relieved, given)
    without, reduced = _interest_to_come(walk, ()), _interest_to_come(relieved, turns[1:])
    found.cost_fen[places] = np.maximum(without - reduced, 0)


def _as_planned(walk: Walk, chunk: Chunk, places: Places) -> Mask:
    """Tell which loans stand where their plan says they should, on the line that it foresees."""
    numerator, denominator = walk.night()
    owed = chunk.whole("outstanding_fen")[places]
    # Each instalment was paid by an event of its own, so no room is left for any other event.
    planned: Mask = (
        (walk.principal == owed)
        & (walk.period + 1 == chunk.whole("events")[places])
        & (walk.paid == chunk.whole("interest_paid_fen")[places])
        & (walk.ticks == chunk.whole("interest_ticks")[places])
        & (walk.due(1) == chunk.day("next_due_on")[places])
        & (numerator == chunk.whole("interest_numerator")[places])
        & (denominator == chunk.whole("interest_denominator")[places])
    )
    return planned


def _turns(steps: Sequence[Step], rate_ppm: Column) -> list[tuple[int, Column]]:
    """Return the days on which the rate changes, and to what; at the end it is the agreed one."""
    found = [(step.begins.toordinal(), reduced_ppm(step, rate_ppm)) for step in steps]
    return [*found, (steps[-1].ends.toordinal(), rate_ppm)]


def _interest_to_come(walk: Walk, turns: Sequence[tuple[int, Column]]) -> Column:
    """Return the interest that falls due from here to the end, if everything is paid on its day."""
    going, before = taken(walk, slice(None)), walk.paid
    for _ in range(int((walk.tenor - walk.period).max(initial=0))):
        going.step(turns)
    return going.paid - before


def _level_lines(
    chunk: Chunk,
    places: Places,
    walk: Walk,
    given: tuple[Sequence[Step], date, Conventions],
) -> Column:
    """Return the lines on which interest runs from the start of the relief on."""
    steps, _, agreed = given
    until = np.minimum(walk.due(1), steps[0].ends.toordinal())
    punished = _penalty_denominator(walk.rate_ppm, walk.rate_days, agreed)
    old = chunk.whole("penalty_ticks")[places]
    return _table(walk.day, until, (walk.ticks, *walk.night()), (old, punished))


def reduced_ppm(step: Step, agreed_ppm: Column) -> Column:
    """Return the rates while a step holds, rounded in the borrower's favour."""
    share = step.measure.rate_ppm if step.measure.kind is MeasureKind.RATE else 0
    return agreed_ppm * share // PPM


def fen(ticks: Column, mode: RoundingMode) -> Column:
    """Return the whole fen recognised for ticks."""
    return divide_columns(ticks, np.int64(TICKS_PER_FEN), mode)
