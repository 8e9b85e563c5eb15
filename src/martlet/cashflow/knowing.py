"""What is known ahead of one business: brought by other rooms, and found in its own records.

The invariant: an item that another room brings is not found again in the records (an instalment of
this bank's shows as a monthly payment on the statement), and the customers that have fallen silent
are told with what a day of theirs was worth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from martlet.cashflow.changes import Ground
from martlet.cashflow.known_flows import PUNCTUAL, ItemSource
from martlet.cashflow.projecting import Known
from martlet.cashflow.receivables import receivables_of
from martlet.cashflow.recurring import recurring
from martlet.cashflow.tax_days import taxes
from martlet.kernel.rates import PPM

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from martlet.cashflow.calendar import Calendar
    from martlet.cashflow.firm_flows import FirmFlows
    from martlet.cashflow.known_flows import KnownItem
    from martlet.cashflow.projecting import Question
    from martlet.cashflow.receivables import Receivables
    from martlet.cashflow.recurring import Found

TWIN_DAYS = 5
TWIN_SHARE = 0.05
"""A monthly payment so near an item in day and amount is that item."""

LOST_SHARE_PPM = 20_000
"""Of a year's sales: smaller customers come and go without being told."""

YEAR_DAYS = 365


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """What is known ahead, and the customers."""

    known: Known
    receivables: Receivables

    def ground(self, flows: FirmFlows, days: tuple[date, ...]) -> Ground:
        """Return what changes may need to know."""
        customers = self.receivables.customers
        return Ground(
            days=days,
            customers_ppm=_shares(flows, self.receivables.as_of),
            repeats_ppm={
                one.name: PPM - one.lost_ppm for one in customers if one.lost_ppm is not None
            },
            delays=self.receivables.delays,
        )


def known_ahead(
    flows: FirmFlows,
    question: Question,
    brought: Sequence[KnownItem],
    held_fen: int | None,
    calendar: Calendar,
) -> Knowledge:
    """Return everything that is known ahead of a business."""
    after, until = flows.last_day, question.as_of + timedelta(days=question.horizon_days)
    due = taxes(
        flows.outflow,
        flows.taxed,
        (after, until),
        calendar,
        from_invoices=flows.outflow_source.kinds in {("invoices",), ()},
    )
    out, came = _monthly(flows, after, until)
    found = [
        item
        for item in (*out.items, *came.items)
        if not any(_twins(item, other) for other in brought)
    ]
    receivables = receivables_of(flows, question.as_of)
    scale = _inflow_to_sales(flows, question.as_of)
    lost = {
        one.name: one.year_fen / YEAR_DAYS * scale
        for one in receivables.lost
        if one.share_ppm >= LOST_SHARE_PPM
    }
    known = Known(
        items=(*_as_late(brought, receivables), *due.items, *found),
        inflow_taken_out=came.rows,
        outflow_taken_out=pl.concat([due.rows, out.rows]),
        held_fen=held_fen,
        lost=lost,
    )
    return Knowledge(known, receivables)


def _monthly(flows: FirmFlows, after: date, until: date) -> tuple[Found, Found]:
    return recurring(flows.outflow, -1, after, until), recurring(flows.inflow, 1, after, until)


def _as_late(brought: Sequence[KnownItem], receivables: Receivables) -> Iterator[KnownItem]:
    """Yield items; what a customer owes comes as late as it pays, unless its owner knows better."""
    for item in brought:
        late = receivables.delays.get(item.label)
        owed = item.source is ItemSource.OWNER and item.amount_fen > 0
        yield replace(item, delay=late) if late and owed and item.delay is PUNCTUAL else item


def _twins(found: KnownItem, brought: KnownItem) -> bool:
    own = brought.source in {ItemSource.LENDING, ItemSource.TREASURY, ItemSource.OWNER}
    near = abs((found.due_on - brought.due_on).days) <= TWIN_DAYS
    apart = abs(found.amount_fen - brought.amount_fen)
    return own and near and apart <= TWIN_SHARE * abs(brought.amount_fen)


def _shares(flows: FirmFlows, as_of: date) -> Mapping[str, int]:
    """Return every customer's share of the sales of the past year."""
    rows = flows.inflow if flows.sales.is_empty() else flows.sales
    year = rows.filter(
        pl.col("day") > as_of - timedelta(days=YEAR_DAYS), pl.col("counterparty") != ""
    )
    sums = year.group_by("counterparty").agg(pl.col("amount_fen").sum())
    total = int(rows.filter(pl.col("day") > as_of - timedelta(days=YEAR_DAYS))["amount_fen"].sum())
    if total <= 0:
        return {}
    return {name: min(max(fen, 0) * PPM // total, PPM) for name, fen in sums.iter_rows()}


def _inflow_to_sales(flows: FirmFlows, as_of: date) -> float:
    """Return how much of the inflow a fen of sales is: they may be read from different records."""
    if flows.sales.is_empty():
        return 1.0
    recent = pl.col("day") > as_of - timedelta(days=YEAR_DAYS)
    sold = int(flows.sales.filter(recent)["amount_fen"].sum())
    came = int(flows.inflow.filter(recent)["amount_fen"].sum())
    return came / sold if sold > 0 else 1.0
