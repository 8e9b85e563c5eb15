"""The rhythm of each customer: how often it buys, how late it pays, whether it has gone.

Gaps between a customer's purchases, and the days from an invoice to its payment where payments are
on record. The invariant: only what is dated on or before the day as of which is asked counts; a
customer is never said to be lost for certain, only how likely it is, given its own gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from martlet.cashflow.recurring import delay_of
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from martlet.cashflow.firm_flows import FirmFlows
    from martlet.cashflow.known_flows import Delay
    from martlet.cashflow.model import FloatArray

CUSTOMERS_MOST = 100
"""Looked at one by one: the largest of the past year."""

YEAR_DAYS = 365
NEW_DAYS = 91
PAID_WITHIN_DAYS = 365
"""An invoice that no payment met in a year is not waited for."""

PAYMENTS_LEAST = 3
LOST_PPM = 800_000
"""From four in five on, a customer is told as lost."""

GAPS_LEAST = 3


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer as its invoices (or payments) show it."""

    name: str
    times: int
    """Days on which it bought, in all the records."""
    year_fen: int
    """Of the past year."""
    share_ppm: int
    """Of all sales of the past year."""
    first_on: date
    last_on: date
    silent_days: int
    gap_median_days: int | None
    gap_90_days: int | None
    """Nine of ten of its gaps were no longer."""
    lost_ppm: int | None
    """How likely it is that it buys no more; None where it bought too few times to tell."""
    next_on: date | None
    """When it would buy again by its rhythm; None where it is overdue or has none."""
    pays_median_days: int | None
    """From an invoice to its payment; None where payments are not on record."""
    pays_90_days: int | None
    unpaid_fen: int | None

    @property
    def lost(self) -> bool:
        """Tell whether it is told as lost."""
        return self.lost_ppm is not None and self.lost_ppm >= LOST_PPM

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        dated = {
            name: None if told[name] is None else told[name].isoformat()
            for name in ("first_on", "last_on", "next_on")
        }
        return {**told, **dated, "lost": self.lost}


@dataclass(frozen=True, slots=True, eq=False)
class Receivables:
    """All customers of a business that are worth a line, the largest first."""

    as_of: date
    read_from: str
    """`invoices` or `payments`."""
    customers: tuple[Customer, ...]
    customers_count: int
    """Of the past year, those without a line included."""
    new_count: int
    delays: dict[str, Delay]
    """Customer to how late it pays; the empty name is all of them."""

    @property
    def lost(self) -> tuple[Customer, ...]:
        """Return those that are told as lost."""
        return tuple(one for one in self.customers if one.lost)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "as_of": self.as_of.isoformat(),
            "read_from": self.read_from,
            "customers_count": self.customers_count,
            "new_count": self.new_count,
            "customers": [one.as_json() for one in self.customers],
        }


def receivables_of(flows: FirmFlows, as_of: date) -> Receivables:
    """Return every customer's rhythm as of a day."""
    by_invoice = not flows.sales.is_empty()
    rows = (flows.sales if by_invoice else flows.inflow).filter(
        pl.col("counterparty") != "", pl.col("day") <= as_of, pl.col("amount_fen") > 0
    )
    recent = pl.col("day") > as_of - timedelta(days=YEAR_DAYS)
    daily = rows.group_by("counterparty", "day").agg(pl.col("amount_fen").sum()).sort("day")
    sides = daily.group_by("counterparty").agg(
        pl.col("day"),
        pl.col("amount_fen").filter(recent).sum().alias("year_fen"),
        pl.col("day").min().alias("first"),
    )
    year = sides.filter(pl.col("year_fen") > 0).sort(
        ["year_fen", "counterparty"], descending=[True, False]
    )
    total = int(year["year_fen"].sum())
    # Days that no record covers yet are nobody's silence.
    through = min(as_of, _covered(flows, by_invoice=by_invoice))
    new_since = as_of - timedelta(days=NEW_DAYS)
    payments = flows.inflow if by_invoice and flows.inflow_source.kinds != ("invoices",) else None
    customers, delays, everyone = [], {}, []
    for name, days, fen, _ in year.head(CUSTOMERS_MOST).iter_rows():
        paid = None
        if payments is not None:
            paid = _payments(rows, payments, name, as_of)
        customers.append(_customer(name, days, (fen, total), (as_of, through), paid))
        if paid is not None and len(paid.delays) >= PAYMENTS_LEAST:
            delays[name] = delay_of(sorted(paid.delays))
            everyone += paid.delays
    if everyone:
        delays[""] = delay_of(sorted(everyone))
    return Receivables(
        as_of=as_of,
        read_from="invoices" if by_invoice else "payments",
        customers=tuple(customers),
        customers_count=year.height,
        new_count=year.filter(pl.col("first") > new_since).height,
        delays=delays,
    )


def _covered(flows: FirmFlows, *, by_invoice: bool) -> date:
    """Return the last day that the records read for customers tell of."""
    if not by_invoice:
        return flows.last_day
    days: list[date] = flows.taxed["day"].sort().to_list()
    return days[-1]


@dataclass(frozen=True, slots=True)
class _Paid:
    """What became of a customer's invoices: delays of those paid, ages of those that wait."""

    delays: list[int]
    ages: list[int]
    unpaid_fen: int


def _customer(
    name: str,
    days: Sequence[date],
    sold_fen: tuple[int, int],
    when: tuple[date, date],
    paid: _Paid | None,
) -> Customer:
    """Return a customer's line from the days on which it bought; sales are its own and all."""
    (fen, total_fen), (as_of, through) = sold_fen, when
    gaps = np.diff(np.array(days, dtype="datetime64[D]")).astype(np.int64)
    silent = max((through - days[-1]).days, 0)
    enough = len(gaps) >= GAPS_LEAST
    middle = int(np.median(gaps)) if enough else None
    lost = lost_ppm(gaps, silent) if enough else None
    ahead = days[-1] + timedelta(days=middle) if middle is not None else None
    pays = survival(paid.delays, paid.ages) if paid and len(paid.delays) >= PAYMENTS_LEAST else None
    return Customer(
        name=name,
        times=len(days),
        year_fen=fen,
        share_ppm=fen * PPM // max(total_fen, 1),
        first_on=days[0],
        last_on=days[-1],
        silent_days=silent,
        gap_median_days=middle,
        gap_90_days=int(np.quantile(gaps, 0.9, method="higher")) if enough else None,
        lost_ppm=lost,
        next_on=ahead if ahead is not None and ahead > as_of else None,
        pays_median_days=pays[0] if pays else None,
        pays_90_days=pays[1] if pays else None,
        unpaid_fen=paid.unpaid_fen if paid else None,
    )


def lost_ppm(gaps: FloatArray | Any, silent_days: int) -> int:  # noqa: ANN401 - whole numbers too
    """Return how likely it is that a customer buys no more, after so many days of silence.

    Before the silence, each purchase may have been the last with a chance that its own number of
    purchases tells; the longer the silence against its gaps, the less it is a gap. Beyond the
    longest gap the tail falls off slowly, by the root: real customers come back after a year.
    """
    count = len(gaps)
    last = 1.0 / (count + 2.0)
    longest = float(np.max(gaps))
    longer = (float(np.sum(np.asarray(gaps) > silent_days)) + 0.5) / (count + 1.0)
    if silent_days > longest:
        longer *= float(np.sqrt(max(longest, 1.0) / silent_days))
    share = last / (last + (1.0 - last) * longer)
    return int(share * PPM)


def survival(delays: Sequence[int], ages: Sequence[int]) -> tuple[int, int | None]:
    """Return the days by which half and nine tenths are paid; the tail may not be reached.

    Invoices that still wait count as not paid until their age (Kaplan-Meier).
    """
    times = np.array([*delays, *ages])
    paid = np.array([True] * len(delays) + [False] * len(ages))
    left, found = 1.0, []
    for wanted in (0.5, 0.1):
        left, reached = 1.0, None
        for day in np.unique(times[paid]):
            at_risk = int((times >= day).sum())
            left *= 1.0 - int((paid & (times == day)).sum()) / at_risk
            if left <= wanted + 1e-9:
                reached = int(day)
                break
        found.append(reached)
    middle, tail = found
    return (middle if middle is not None else int(max(delays))), tail


def _payments(
    invoices: pl.DataFrame, payments: pl.DataFrame, name: str, as_of: date
) -> _Paid | None:
    """Match a customer's payments to its invoices: the same amount first, then the oldest first."""
    since = as_of - timedelta(days=2 * PAID_WITHIN_DAYS)
    mine = pl.col("counterparty") == name
    came = payments.filter(mine, pl.col("day") > since, pl.col("day") <= as_of).sort("day")
    if came.is_empty():
        return None
    told = invoices.filter(mine, pl.col("day") > since).sort("day")
    open_ = [[day, fen] for day, fen in told.select("day", "amount_fen").iter_rows()]
    delays: list[int] = []
    for day, fen in came.select("day", "amount_fen").iter_rows():
        same = next((one for one in open_ if one[1] == fen and one[0] <= day), None)
        if same is not None:
            open_.remove(same)
            delays.append((day - same[0]).days)
            continue
        left = fen
        while left > 0 and open_ and open_[0][0] <= day:
            part = min(left, open_[0][1])
            open_[0][1] -= part
            left -= part
            if open_[0][1] == 0:
                delays.append((day - open_.pop(0)[0]).days)
    waiting = [one for one in open_ if (as_of - one[0]).days <= PAID_WITHIN_DAYS]
    ages = [(as_of - one[0]).days for one in waiting]
    return _Paid(delays, ages, sum(one[1] for one in waiting))
