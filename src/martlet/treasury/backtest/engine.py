"""The walk: one day after the other, all accounts at once, in whole fen.

The invariant: current + T+0 + terms is the account's wealth on every evening, whatever a policy
ordered. A morning: terms mature, the policy orders, orders are cut to what is there. Then the
day's net flow: an outflow is paid from current, then from T+0 within the day's cap, then by
breaking the youngest terms (which then earn only the current rate), and last by an overdraft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from martlet.kernel.rates import PPM
from martlet.kernel.rounding import divide

if TYPE_CHECKING:
    from martlet.treasury.backtest.movements import Integers, Panel
    from martlet.treasury.backtest.rates import Rates

UNCAPPED_FEN = 2**62
"""A daily cap that never binds."""
BP = 10_000


@dataclass(frozen=True, slots=True)
class Morning:
    """What a policy may know on a morning: everything up to last evening, and what it holds."""

    day: int
    """Index into the panel's days; flows from here on are not known."""
    panel: Panel
    rates: Rates
    cap_fen: int
    current_fen: Integers
    t0_fen: Integers
    lots_fen: tuple[Integers, ...]
    """For each term product, accounts x days until maturity (column 0 matures tomorrow)."""
    short_days: Integers
    """How often each account has been short so far, since it counts."""

    @property
    def wealth_fen(self) -> Integers:
        """All that the account is worth: the base of every reserve."""
        return self.current_fen + self.t0_fen + self.locked_after_fen(0)

    def locked_after_fen(self, days: int) -> Integers:
        """Return what is still locked once `days` more mornings have come."""
        locked = np.zeros_like(self.current_fen)
        for lots in self.lots_fen:
            locked += lots[:, days:].sum(1)
        return locked


@dataclass(frozen=True, slots=True)
class Orders:
    """How much stays on the account, and how much goes into each term; the rest is T+0."""

    current_fen: Integers
    terms_fen: tuple[Integers, ...] = ()


class Policy(Protocol):
    """Decides each morning; may look at the panel only before the morning's day."""

    def orders(self, morning: Morning) -> Orders:
        """Return what should lie where."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a policy earned and when it could not pay, account by account."""

    days: Integers
    """Days counted, by account."""
    wealth_fen_days: Integers
    interest_ppm_fen_days: Integers
    """Fen times days times ppm a year: interest before it is divided, exactly."""
    forgone_ppm_fen_days: Integers
    """Interest lost by breaking terms."""
    short_days: Integers
    """Days whose outflow current and same-day T+0 could not pay, whether or not a term did."""
    broken_fen: Integers
    moves: Integers

    def yield_centi_bp(self) -> int:
        """Return the year's interest over the average balance, in 1/100 of a basis point."""
        wealth = int(self.wealth_fen_days.sum())
        earned = int(self.interest_ppm_fen_days.sum())
        return divide(earned * BP * 100, wealth * PPM) if wealth > 0 else 0

    def per_thousand(self, days: Integers) -> float:
        """Return so many days as a rate per 1,000 account-days."""
        return 1000.0 * int(days.sum()) / max(int(self.days.sum()), 1)

    def moves_a_month(self) -> float:
        """Return ordered moves by account and month of 365/12 days."""
        return int(self.moves.sum()) * 365 / 12 / max(int(self.days.sum()), 1)


class _Book:
    """What every account holds, and what is counted; the only thing that changes."""

    def __init__(self, panel: Panel, rates: Rates, cap_fen: int | None) -> None:
        count = len(panel.account_ids)
        self.panel, self.rates = panel, rates
        self.cap_fen = UNCAPPED_FEN if cap_fen is None else cap_fen
        self.current = np.zeros(count, np.int64)
        self.t0 = np.zeros(count, np.int64)
        self.lots = [np.zeros((count, term.lock_days), np.int64) for term in rates.terms]
        names = ("days", "wealth", "interest", "forgone", "short", "broken", "moves")
        self.counted = {name: np.zeros(count, np.int64) for name in names}

    def morning(self, day: int) -> Morning:
        """Return what a policy may know of a day before it begins."""
        holds = self.current.copy(), self.t0.copy(), tuple(self.lots)
        short = self.counted["short"].copy()
        return Morning(day, self.panel, self.rates, self.cap_fen, *holds, short)

    def mature(self) -> None:
        """Return to the account what is due this morning, and bring the rest a day nearer."""
        for lots in self.lots:
            self.current += lots[:, 0]
            lots[:, :-1] = lots[:, 1:]
            lots[:, -1] = 0

    def obey(self, orders: Orders, room: Integers, counted: Integers) -> None:
        """Carry out orders as far as the money and the day's cap allow.

        Only money that comes back to the account counts against the cap; a term bought out of
        T+0 is a switch.
        """
        lacking = np.maximum(orders.current_fen - self.current, 0)
        redeemed = np.minimum(np.minimum(lacking, self.t0), room)
        self.t0 -= redeemed
        self.current += redeemed
        room -= redeemed
        moves = (redeemed > 0).astype(np.int64)
        for lots, asked in zip(self.lots, orders.terms_fen, strict=False):
            spare = np.maximum(self.current - np.maximum(orders.current_fen, 0), 0)
            bought = np.clip(asked, 0, spare + self.t0)
            from_current = np.minimum(bought, spare)
            self.current -= from_current
            self.t0 -= bought - from_current
            lots[:, -1] += bought
            moves += bought > 0
        swept = np.maximum(self.current - np.maximum(orders.current_fen, 0), 0)
        self.t0 += swept
        self.current -= swept
        moves += swept > 0
        self.counted["moves"] += moves * counted

    def meet(self, flow: Integers, room: Integers, counted: Integers) -> None:
        """Take in what comes, or pay what goes out: current, T+0, terms, overdraft."""
        self.current += np.maximum(flow, 0)
        due = np.maximum(-flow, 0)
        paid = np.minimum(np.maximum(self.current, 0), due)
        self.current -= paid
        due -= paid
        redeemed = np.minimum(np.minimum(self.t0, room), due)
        self.t0 -= redeemed
        due -= redeemed
        short = due > 0
        if short.any():
            due -= self._break(due, counted)
            self.counted["short"] += short * counted
        self.current -= due

    def _break(self, due: Integers, counted: Integers) -> Integers:
        """Break terms for what nothing else can pay, the youngest first; return what came."""
        got = np.zeros_like(due)
        for term, lots in zip(self.rates.terms, self.lots, strict=True):
            lost_ppm = term.annual_ppm - self.rates.current_ppm
            for column in range(term.lock_days - 1, -1, -1):
                part = np.minimum(lots[:, column], due - got)
                if not part.any():
                    continue
                lots[:, column] -= part
                got += part
                lost = part * (term.lock_days - 1 - column) * lost_ppm * counted
                self.counted["forgone"] += lost
                self.counted["interest"] -= lost
                self.counted["broken"] += part * counted
        return got

    def accrue(self, counted: Integers) -> None:
        """Earn a day's interest on what lies where this evening."""
        earned = np.maximum(self.current, 0) * self.rates.current_ppm
        earned += self.t0 * self.rates.t0_ppm
        wealth = self.current + self.t0
        for term, lots in zip(self.rates.terms, self.lots, strict=True):
            locked = lots.sum(1)
            earned += locked * term.annual_ppm
            wealth += locked
        self.counted["interest"] += earned * counted
        self.counted["wealth"] += wealth * counted
        self.counted["days"] += counted


def play(
    panel: Panel,
    rates: Rates,
    policy: Policy,
    *,
    start: int,
    cap_fen: int | None = None,
    since: Integers | None = None,
) -> Outcome:
    """Return what a policy would have done from day `start` to the panel's end.

    An account counts, and obeys the policy, from its day in `since` on; before that its money
    lies on the account.
    """
    book = _Book(panel, rates, cap_fen)
    book.current += panel.balance_fen[:, start - 1]
    begins = np.full(len(panel.account_ids), start) if since is None else since
    for day in range(start, panel.flow_fen.shape[1]):
        book.mature()
        counted = (begins <= day).astype(np.int64)
        room = np.full(len(counted), book.cap_fen, np.int64)
        morning = book.morning(day)
        orders = policy.orders(morning)
        waiting = counted == 0
        if waiting.any():
            orders = Orders(
                np.where(waiting, UNCAPPED_FEN // 4, orders.current_fen),
                tuple(np.where(waiting, 0, asked) for asked in orders.terms_fen),
            )
        book.obey(orders, room, counted)
        book.meet(panel.flow_fen[:, day], room, counted)
        book.accrue(counted)
    found = book.counted
    return Outcome(
        days=found["days"],
        wealth_fen_days=found["wealth"],
        interest_ppm_fen_days=found["interest"],
        forgone_ppm_fen_days=found["forgone"],
        short_days=found["short"],
        broken_fen=found["broken"],
        moves=found["moves"],
    )


def unavoidable(panel: Panel, start: int) -> Integers:
    """Return, by account, the days whose outflow all the wealth together could not pay."""
    flow, balance = panel.flow_fen[:, start:], panel.balance_fen[:, start:]
    days: Integers = ((flow < 0) & (balance < 0)).sum(1, dtype=np.int64)
    return days
