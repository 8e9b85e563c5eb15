"""Where a replay by the day stands, as a value to be kept: the nights after it begin there.

A bookmark is a copy, as a loan's row is: it can be thrown away and made again from the events. The
invariant: a replay taken up from its bookmark and the whole replay give the same figures to the
tick. It holds what money and time may still change and nothing of what is over, so it is made only
for a loan that lives by its schedule; whatever else may happen to it is replayed from the start.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from msgspec import Struct, json

from martlet.lending.daily.account import FEE, INTEREST, PENALTY, PRINCIPAL, Account
from martlet.lending.daily.claims import How, Row
from martlet.lending.daily.due_dates import DueDates
from martlet.lending.daily.fold import Fold, Turn
from martlet.lending.events import Rate
from martlet.lending.product import Component, Frequency, FrequencyUnit

if TYPE_CHECKING:
    from martlet.lending.loan import LoanTerms

_PARTS = (PENALTY, FEE, INTEREST, PRINCIPAL)
_NO_RATE = (0, 0)


class Bookmark(Struct, frozen=True, array_like=True):
    """A fold between two of its steps; days are ordinals, 0 where there is none."""

    events: int
    """The sequence of the last event it has seen."""
    start: int
    day: int
    rate: tuple[int, int]
    paused: int
    level_fen: int
    advance: tuple[int, int]
    grace: tuple[int, int]
    due_since: int
    turns: list[tuple[int, int, tuple[int, int], int]]
    turns_count: int
    month: int
    period: int
    ahead: list[int]
    last: int
    frequency: tuple[int, str]
    single: bool
    accrued: tuple[int, int, int, int]
    """Ticks and fen of interest, then of penalty."""
    disbursed_fen: int
    penalty_settled_fen: int
    charged: tuple[int, ...]
    raised: tuple[int, ...]
    settled: tuple[tuple[int, ...], ...]
    others: tuple[int, int, int]
    """Overpaid, goodwill, recovered."""
    rows: list[tuple[int, int, int, int]]
    """Number, day, interest and principal open of each instalment from the first open one on."""
    places: tuple[int, int]
    """Where among them the first stands whose interest is open, and whose principal is."""
    aged: int
    punished_fen: int


def bookmark_of(fold: Fold, events: int) -> Bookmark | None:
    """Return where a fold stands after its last step; None where more than a schedule is open."""
    account, days = fold.account, fold.days
    if (
        account.closed_on is not None
        or account.charged_off_on is not None
        or account.written_off_on is not None
        or account.fees.unpaid_fen
        or account.penalties.unpaid_fen
    ):
        return None
    rows, places, aged = account.billed.still_open()
    return Bookmark(
        events=events,
        start=fold.start.toordinal(),
        day=fold.day.toordinal(),
        rate=(fold.rate.ppm, fold.rate.days),
        paused=fold.paused,
        level_fen=fold.level_fen,
        advance=(fold.advance[INTEREST], fold.advance[PRINCIPAL]),
        grace=(fold.principal_grace, fold.interest_grace),
        due_since=fold.due_since.toordinal() if fold.due_since is not None else 0,
        turns=[_kept_turn(turn) for turn in sorted(fold.turns)],
        turns_count=fold.turns_count,
        month=fold.month if fold.month_spans is None else fold.month - 1,
        period=days.period,
        ahead=[day.toordinal() for day in days.days[days.period :]],
        last=days.last.toordinal(),
        frequency=(days.frequency.every, days.frequency.unit.value),
        single=days.single,
        accrued=(
            account.interest_ticks,
            account.interest_accrued_fen,
            account.penalty_ticks,
            account.penalty_accrued_fen,
        ),
        disbursed_fen=account.disbursed_fen,
        penalty_settled_fen=account.penalty_settled_fen,
        charged=_in_order(account.charged),
        raised=_in_order(account.raised),
        settled=tuple(_in_order(account.settled[how]) for how in How),
        others=(account.overpaid_fen, account.goodwill_fen, account.recovered_fen),
        rows=[
            (row.number, row.due_on.toordinal(), row.unpaid[INTEREST], row.unpaid[PRINCIPAL])
            for row in rows
        ],
        places=(places[INTEREST], places[PRINCIPAL]),
        aged=aged,
        punished_fen=account.billed.punished_fen,
    )


def fold_at(terms: LoanTerms, mark: Bookmark) -> Fold:
    """Return the fold that stands where a bookmark says."""
    start, ahead = date.fromordinal(mark.start), list(map(date.fromordinal, mark.ahead))
    last, (every, unit) = date.fromordinal(mark.last), mark.frequency
    days = DueDates(
        terms,
        [last] * mark.period + ahead,
        Frequency(every, FrequencyUnit(unit)),
        (last, mark.period + len(ahead) - 1),
        mark.single,
        mark.period,
    )
    account, day = _account_at(terms, mark), date.fromordinal(mark.day)
    fold = Fold(terms, start, account, days, day, Rate(*mark.rate), mark.paused, mark.level_fen)
    fold.advance = {INTEREST: mark.advance[0], PRINCIPAL: mark.advance[1]}
    fold.principal_grace, fold.interest_grace = mark.grace
    fold.due_since = date.fromordinal(mark.due_since) if mark.due_since else None
    fold.turns, fold.turns_count = [_turn(kept) for kept in mark.turns], mark.turns_count
    fold.month = mark.month
    return fold


def written(mark: Bookmark | None) -> str | None:
    """Return a bookmark as the database keeps it."""
    return None if mark is None else _ENCODER.encode(mark).decode()


def read(text: str | None) -> Bookmark | None:
    """Return a bookmark as it was kept."""
    return None if text is None else _DECODER.decode(text)


_ENCODER = json.Encoder()
_DECODER = json.Decoder(Bookmark)


def _account_at(terms: LoanTerms, mark: Bookmark) -> Account:
    account = Account(terms)
    account.interest_ticks, account.interest_accrued_fen = mark.accrued[:2]
    account.penalty_ticks, account.penalty_accrued_fen = mark.accrued[2:]
    account.disbursed_fen = mark.disbursed_fen
    account.penalty_settled_fen = mark.penalty_settled_fen
    account.charged = dict(zip(_PARTS, mark.charged, strict=True))
    account.raised = dict(zip(_PARTS, mark.raised, strict=True))
    for how, parts in zip(How, mark.settled, strict=True):
        account.settled[how] = dict(zip(_PARTS, parts, strict=True))
    account.overpaid_fen, account.goodwill_fen, account.recovered_fen = mark.others
    for number, due_on, interest, principal in mark.rows:
        due = {PRINCIPAL: principal, INTEREST: interest}
        account.billed.add(Row(number, date.fromordinal(due_on), due))
    interest_place, principal_place = mark.places
    places = {INTEREST: interest_place, PRINCIPAL: principal_place}
    account.billed.stand_at(places, mark.aged, mark.punished_fen)
    return account


def _in_order(parts: dict[Component, int]) -> tuple[int, ...]:
    return tuple(parts[part] for part in _PARTS)


def _kept_turn(turn: Turn) -> tuple[int, int, tuple[int, int], int]:
    rate = _NO_RATE if turn.rate is None else (turn.rate.ppm, turn.rate.days)
    return (turn.on.toordinal(), turn.number, rate, turn.paused)


def _turn(kept: tuple[int, int, tuple[int, int], int]) -> Turn:
    on, number, rate, paused = kept
    return Turn(date.fromordinal(on), number, None if rate == _NO_RATE else Rate(*rate), paused)
