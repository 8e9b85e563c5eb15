"""Proof of the sub-ledger: loans add up to the control accounts, and each follows from its events.

Nothing is repaired here. A difference is `Corrupt`, with both figures.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, func, literal_column, select

from martlet.kernel.errors import Corrupt
from martlet.kernel.principal import system_principal
from martlet.ledger import balances
from martlet.lending.columns import LINE_FIELDS
from martlet.lending.daily.bookmark import read
from martlet.lending.growth import growth_of
from martlet.lending.limits import VERIFY_PAGE
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import (
    LIVE,
    WITH_MARK,
    accrued_day,
    copy_of,
    event_rows,
    events_of,
    position_in,
    terms_of,
)
from martlet.lending.postings import FIGURES, OVERPAID, Accounts, position_of
from martlet.lending.product import product_named, products
from martlet.lending.projection import project
from martlet.lending.tables import (
    FEE_OWED,
    INTEREST_OWED,
    PENALTY_OWED,
    PRINCIPAL_OWED,
    facility,
    loan,
    payout,
)
from martlet.store import Prepared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection, Row


_COPIED = (
    *FIGURES,
    "live",
    "closed_on",
    "oldest_due_on",
    "next_due_on",
    *LINE_FIELDS,
)
"""The columns of a row that must be those of its state; a status ages only at night."""


_PARTS = ("principal", "interest", "fee", "penalty", "overpaid")
"""What is added up over all loans; each has a control account."""


@dataclass(frozen=True, slots=True)
class LendingReport:
    """What a verification has added up and found right."""

    tenants: int
    loans: int
    facilities: int
    principal_fen: int
    interest_fen: int
    fee_fen: int
    penalty_fen: int
    overpaid_fen: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)


def verify_lending(connection: Connection) -> LendingReport:
    """Add up every loan and line, replay every loan from its events, and compare it all."""
    tenants = list(connection.execute(select(loan.c.tenant_id).distinct()).scalars())
    sums = [verify_controls(connection, tenant_id) for tenant_id in sorted(tenants)]
    replayed = sum(_verify_loan(connection, row) for row in _all_loans(connection))
    lines = _verify_facilities(connection)
    totals = {f"{part}_fen": sum(one[part] for one in sums) for part in _PARTS}
    return LendingReport(len(tenants), replayed, lines, **totals)


def verify_controls(connection: Connection, tenant_id: UUID) -> dict[str, int]:
    """Compare the sums over a tenant's loans with its control accounts; return the sums."""
    book = {one.path: one for one in balances(connection, system_principal(tenant_id))}
    totals = dict.fromkeys(_PARTS, 0)
    sums = {row.product: row for row in _SUMS.on(connection, {"tenant": tenant_id})}
    grown, ordered = growth_of(connection, tenant_id), _ordered(connection, tenant_id)
    for name in sorted(products()):
        accounts, row = Accounts(name, "", product_named(name).defers_fees), sums.get(name)
        parts = [grown.get((name, status.value), (0, 0)) for status in LIVE]
        interest_fen, penalty_fen = (sum(part) for part in zip(*parts, strict=True))
        owed = {
            accounts.principal: ("principal", int(row.principal) if row else 0),
            accounts.interest: ("interest", interest_fen + (int(row.interest) if row else 0)),
            accounts.fees: ("fee", int(row.fee) if row else 0),
            accounts.penalty: ("penalty", penalty_fen + (int(row.penalty) if row else 0)),
        }
        for path, (part, amount_fen) in owed.items():
            _compare(path, amount_fen, book[path].balance_fen if path in book else 0)
            totals[part] += amount_fen
        if accounts.defers_fees:
            # What is owed of such fees is what is not earned: to the fen, on every day.
            unearned = book[accounts.unearned].balance_fen if accounts.unearned in book else 0
            _compare(accounts.unearned, owed[accounts.fees][1], unearned)
        held = book[accounts.principal].debits_pending_fen if accounts.principal in book else 0
        _compare(f"{accounts.principal} (held)", ordered.get(name, 0), held)
        totals["overpaid"] += int(row.overpaid) if row else 0
    _compare(OVERPAID, totals["overpaid"], book[OVERPAID].balance_fen if OVERPAID in book else 0)
    return totals


def _compare(what: str, expected_fen: int, found_fen: int) -> None:
    if expected_fen != found_fen:
        raise Corrupt(
            "lending.control_differs", account=what, loans_fen=expected_fen, ledger_fen=found_fen
        )


_SUMS = Prepared(
    select(
        loan.c.product,
        func.sum(PRINCIPAL_OWED).label("principal"),
        func.sum(INTEREST_OWED).label("interest"),
        func.sum(FEE_OWED).label("fee"),
        func.sum(PENALTY_OWED).label("penalty"),
        func.sum(loan.c.overpaid_fen).label("overpaid"),
    )
    .where(loan.c.tenant_id == bindparam("tenant"))
    .group_by(loan.c.product)
)


def _ordered(connection: Connection, tenant_id: UUID) -> dict[str, int]:
    """Return what is promised on each product and not yet reported on by the rail."""
    rows = _ORDERED.on(connection, {"tenant": tenant_id})
    return {product: int(ordered_fen) for product, ordered_fen in rows}


_ORDERED = Prepared(
    select(loan.c.product, func.sum(payout.c.amount_fen))
    .join(loan, loan.c.loan_id == payout.c.loan_id)
    .where(payout.c.tenant_id == bindparam("tenant"), payout.c.state == literal_column("'ordered'"))
    .group_by(loan.c.product)
)


def _all_loans(connection: Connection) -> Iterator[Row[Any]]:
    # all tenants: the proof is of the whole database
    query, after = WITH_MARK.order_by(loan.c.loan_id).limit(VERIFY_PAGE), None
    while True:
        page = query if after is None else query.where(loan.c.loan_id > after)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < VERIFY_PAGE:
            return
        after = rows[-1].loan_id


def _verify_loan(connection: Connection, row: Row[Any]) -> int:
    """Replay a loan and compare its row, figure by figure, and its line on the day of the mark."""
    if row.disbursed_on is None:
        return 1
    terms, events = terms_of(row), events_of(event_rows(connection, row.loan_id))
    expected = copy_of(project(terms, events, date.fromordinal(row.accrued_until)))
    for name in _COPIED:
        _same(row, name, expected[name], getattr(row, name))
    mark = read(row.bookmark)
    if mark is not None and mark.events == row.events:
        _same(row, "bookmark", expected["bookmark"], row.bookmark)
    recognised, found = position_of(project(terms, events, accrued_day(row))), position_in(row)
    for name in FIGURES:
        _same(row, name, getattr(recognised, name), getattr(found, name))
    return 1


def _same(row: Row[Any], name: str, expected: object, found: object) -> None:
    if found != expected:
        raise Corrupt(
            "lending.loan_differs",
            loan_id=str(row.loan_id),
            field=name,
            expected=str(expected),
            found=str(found),
        )


def _verify_facilities(connection: Connection) -> int:
    """Compare what each line says is used with its loans."""
    # all tenants: the proof is of the whole database
    promised = case(
        (loan.c.status == LoanStatus.PENDING.value, loan.c.principal_agreed_fen), else_=0
    )
    query = select(
        loan.c.facility_id,
        func.sum(promised + PRINCIPAL_OWED).label("outstanding"),
        func.sum(promised + loan.c.live * loan.c.principal_agreed_fen).label("open"),
    ).group_by(loan.c.facility_id)
    sums = {row.facility_id: row for row in connection.execute(query)}
    rows = connection.execute(select(facility)).all()
    for row in rows:
        lent, expected = sums.get(row.facility_id), 0
        if lent is not None:
            revolving = product_named(row.product).revolving
            expected = int(lent.outstanding if revolving else lent.open)
        if expected != row.used_fen:
            raise Corrupt(
                "lending.facility_differs",
                facility_id=str(row.facility_id),
                loans_fen=expected,
                used_fen=row.used_fen,
            )
    return len(rows)
