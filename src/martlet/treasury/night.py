"""The treasury's part of a night: yields, accrual, what falls due, payouts, the partner's account.

Each step commits with its place in the work, as every step of a night. What a new morning begins
(a confirmation, the end of a term, a payout that has waited) is dated that morning, after the day
before it has been earned.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlalchemy import bindparam, delete, func, insert, select

from martlet.kernel.principal import system_principal
from martlet.kernel.rates import ticks_to_fen
from martlet.ledger import balances
from martlet.store import Prepared, Progress
from martlet.treasury.book import keep, needed_since, record, yields_since
from martlet.treasury.earning import earned_ticks
from martlet.treasury.falling_due import bring_forward
from martlet.treasury.limits import CHUNK_POSITIONS
from martlet.treasury.payouts import due, left_at_rail_fen, send
from martlet.treasury.position import advance
from martlet.treasury.postings import PLACES, Movement, accounts_of, movements, settlement
from martlet.treasury.product import (
    BorneBy,
    Crediting,
    YieldSource,
    product_named,
    products,
)
from martlet.treasury.tables import day_figures, day_yield, mark, position

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from martlet.store import Transaction
    from martlet.treasury.business_days import BusinessDays
    from martlet.treasury.product import Product


class Night(Protocol):
    """The business date that ends, and the morning after it."""

    @property
    def business_date(self) -> date:
        """The date that ends."""
        ...

    @property
    def until(self) -> date:
        """The next morning."""
        ...


_BEHIND = Prepared(
    select(position)
    .where(
        position.c.tenant_id == bindparam("tenant"),
        position.c.live == 1,
        position.c.through < bindparam("until"),
    )
    .order_by(position.c.through, position.c.position_id)
    .limit(bindparam("chunk"))
)
_FALLING_DUE = Prepared(
    select(position)
    .where(position.c.tenant_id == bindparam("tenant"), position.c.next_on <= bindparam("until"))
    .order_by(position.c.next_on, position.c.position_id)
    .limit(bindparam("chunk"))
)
_STANDING = Prepared(
    select(
        position.c.product,
        func.count().label("positions"),
        func.sum(position.c.standing_fen).label("standing"),
    )
    .where(position.c.tenant_id == bindparam("tenant"), position.c.live == 1)
    .group_by(position.c.product)
    .order_by(position.c.product)
)


_INSIDE, _OUTSIDE = "inside", "outside"
"""Where a night's payments stand: to balances here, then out by the rail."""


@dataclass(frozen=True, slots=True)
class TreasuryNight:
    """The steps of a night, for one rail and one calendar."""

    rail: str
    days: BusinessDays
    chunk_positions: int = CHUNK_POSITIONS

    def steps(self) -> tuple[tuple[str, Callable[[Transaction, str, Night], Progress]], ...]:
        """Return the steps by name, in the order in which they are to be done."""
        return (
            ("treasury_yields", self.yields),
            ("treasury_accrue", self.accrue),
            ("treasury_due", self.fall_due),
            ("treasury_settle", self.settle),
            ("treasury_pay", self.pay),
        )

    def yields(self, tx: Transaction, _cursor: str, night: Night) -> Progress:
        """Put on the record the day's yields that a table says; tell of those nobody knows."""
        standing = {row.product for row in _STANDING.on(tx.connection, {"tenant": tx.tenant_id})}
        totals = {"known": 0, "missing": 0}
        for product in products().values():
            if product.crediting is not Crediting.DAILY or product.name not in standing:
                continue
            day = night.business_date
            known = day in yields_since(tx.connection, tx.tenant_id, product.name, day)
            if not known and product.yield_source is YieldSource.TABLE:
                known = _from_table(tx, product, day)
            totals["known" if known else "missing"] += 1
            if not known:
                told = {"product": product.name, "day": day.isoformat()}
                stream = f"treasury:{product.name}"
                tx.emit("treasury.yield_missing", stream, told, business_date=day)
        return Progress(None, totals)

    def accrue(self, tx: Transaction, cursor: str, night: Night) -> Progress:
        """Let every position earn up to the next morning; with the last, the partners' fees.

        The mark moves with the first: a yield published while the night accrues becomes known to
        all positions on the next morning, not to the later ones a day before.
        """
        if not cursor:
            _set_mark(tx, night.until)
        asked = {"tenant": tx.tenant_id, "until": night.until, "chunk": self.chunk_positions}
        rows = _BEHIND.on(tx.connection, asked).all()
        moved: dict[tuple[str, str, str], int] = defaultdict(int)
        first: dict[str, date] = {}
        for row in rows:
            since = needed_since(row.state)
            first[row.product] = min(first.get(row.product, since), since)
        known = {
            name: yields_since(tx.connection, tx.tenant_id, name, since)
            for name, since in first.items()
        }
        earned_fen = 0
        for row in rows:
            after = advance(row.terms, row.state, (), known[row.product], night.until)
            for move in movements(row.state, after, accounts_of(product_named(row.product)), ""):
                moved[move.debit, move.credit, move.kind] += move.amount_fen
            keep(tx, row, after, row.events)
            earned_fen += after.earned_fen - row.state.earned_fen
        record(tx, _entries(moved), _subject(night), night.business_date)
        totals = {"positions": len(rows), "earned_fen": earned_fen}
        if len(rows) == self.chunk_positions:
            return Progress("more", totals)
        return Progress(None, {**totals, "fee_fen": _day_figures(tx, night)})

    def fall_due(self, tx: Transaction, _cursor: str, night: Night) -> Progress:
        """Confirm, take instalments, and end terms, as the next morning says."""
        asked = {"tenant": tx.tenant_id, "until": night.until, "chunk": self.chunk_positions}
        rows = _FALLING_DUE.on(tx.connection, asked).all()
        totals: dict[str, int] = defaultdict(int)
        for row in rows:
            for what, count in bring_forward(tx, self.days, row, night, self.rail).items():
                totals[what] += count
        more = len(rows) == self.chunk_positions
        return Progress("more" if more else None, dict(totals))

    def pay(self, tx: Transaction, cursor: str, night: Night) -> Progress:
        """Hold and order what has waited for its day, in order; what cannot be paid waits on.

        First what goes to balances here, which no rail can keep waiting; then what leaves.
        """
        if not self.days.is_open(night.until):
            return Progress(None, {"orders": 0})
        outside = cursor == _OUTSIDE
        asked = (tx.connection, tx.tenant_id, night.until, self.chunk_positions)
        rows = due(*asked, to_balance=not outside)
        left_fen = left_at_rail_fen(tx.connection, tx.tenant_id, self.rail)
        orders = paid_fen = 0
        for row in rows:
            if outside and row.amount_fen > left_fen - paid_fen:
                break  # nobody is paid before one who waits longer
            send(tx, row, night.business_date, self.rail)
            orders, paid_fen = orders + 1, paid_fen + row.amount_fen
        totals = {"orders": orders, "ordered_fen": paid_fen, "kept_waiting": len(rows) - orders}
        more = orders == self.chunk_positions
        if outside:
            return Progress(_OUTSIDE if more else None, totals)
        return Progress(_INSIDE if more else _OUTSIDE, totals)

    def settle(self, tx: Transaction, _cursor: str, night: Night) -> Progress:
        """Settle with the fund partners on a business day: net, as far as the rail's money goes."""
        totals = {"to_partners_fen": 0, "from_partners_fen": 0}
        if not self.days.is_open(night.business_date):
            return Progress(None, totals)
        bank, here = system_principal(tx.tenant_id), settlement(self.rail)
        found = (*balances(tx.connection, bank, here), *balances(tx.connection, bank, PLACES))
        book = {one.path: one for one in found}
        left_fen = book[here].available_fen if here in book else 0
        moves = []
        for product in products().values():
            if product.borne_by is not BorneBy.PARTNER:
                continue
            accounts = accounts_of(product)
            for path in (accounts.fee_due, accounts.clearing):
                owed_fen = book[path].balance_fen if path in book else 0
                if owed_fen > 0:
                    moves.append(Movement(here, path, owed_fen, "treasury.partner_settlement"))
                    totals["from_partners_fen"] += owed_fen
                    left_fen += owed_fen
                elif (part_fen := min(-owed_fen, left_fen)) > 0:
                    moves.append(Movement(path, here, part_fen, "treasury.partner_settlement"))
                    totals["to_partners_fen"] += part_fen
                    left_fen -= part_fen
        record(tx, moves, _subject(night), night.business_date)
        return Progress(None, totals)


def _subject(night: Night) -> str:
    return f"end-of-day:{night.business_date.isoformat()}"


def _entries(moved: dict[tuple[str, str, str], int]) -> list[Movement]:
    return [
        Movement(debit, credit, fen, kind) for (debit, credit, kind), fen in sorted(moved.items())
    ]


def _from_table(tx: Transaction, product: Product, day: date) -> bool:
    ppm_per_year = product.yield_on(day)
    if ppm_per_year is None:
        return False
    write_yields(tx, product.name, {day: ppm_per_year}, day, YieldSource.TABLE)
    return True


def write_yields(
    tx: Transaction, product: str, told: dict[date, int], known_on: date, source: YieldSource
) -> None:
    """Put days' yields on the record, once and for good."""
    rows = [
        {
            "tenant_id": tx.tenant_id,
            "product": product,
            "day": day,
            "ppm_per_year": ppm_per_year,
            "known_on": known_on,
            "source": source.value,
            "actor": tx.principal.actor,
            "recorded_at": tx.now,
        }
        for day, ppm_per_year in sorted(told.items())
    ]
    tx.execute(insert(day_yield), rows)


def accrued_until(tx: Transaction) -> date | None:
    """Return the day until which every position is accrued; None before the first night."""
    query = select(mark.c.accrued_until).where(mark.c.tenant_id == tx.tenant_id)
    found: date | None = tx.execute(query).scalar_one_or_none()
    return found


def _set_mark(tx: Transaction, until: date) -> None:
    tx.execute(delete(mark).where(mark.c.tenant_id == tx.tenant_id))
    tx.execute(insert(mark).values(tenant_id=tx.tenant_id, accrued_until=until))


def _day_figures(tx: Transaction, night: Night) -> int:
    """Write what stood of each product at the day's end, and take the partners' fees to income."""
    moves, fees_fen = [], 0
    for row in _STANDING.on(tx.connection, {"tenant": tx.tenant_id}):
        product, before = product_named(row.product), _fee_ticks(tx, row.product)
        ppm_per_year, base = product.fee_ppm_per_year, product.day_base
        ticks = before + earned_ticks(base, int(row.standing), ppm_per_year, 1)
        mode = product.rounding_mode
        fee_fen = ticks_to_fen(ticks, mode) - ticks_to_fen(before, mode)
        tx.execute(
            insert(day_figures).values(
                tenant_id=tx.tenant_id,
                product=product.name,
                day=night.business_date,
                positions=int(row.positions),
                standing_fen=int(row.standing),
                fee_ticks=ticks,
                fee_fen=fee_fen,
            )
        )
        accounts = accounts_of(product)
        if fee_fen:
            earned = (accounts.fee_due, accounts.fee_income)
            moves.append(Movement(*earned, fee_fen, "treasury.partner_fee"))
            fees_fen += fee_fen
    record(tx, moves, _subject(night), night.business_date)
    return fees_fen


def _fee_ticks(tx: Transaction, product: str) -> int:
    """Return the fee of all days so far, in ticks."""
    query = (
        select(day_figures.c.fee_ticks)
        .where(day_figures.c.tenant_id == tx.tenant_id, day_figures.c.product == product)
        .order_by(day_figures.c.day.desc())
        .limit(1)
    )
    return int(tx.execute(query).scalar_one_or_none() or 0)
