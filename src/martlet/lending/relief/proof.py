"""Proof of relief: the cost booked equals the sum over loans of the difference, to the fen.

Every granted loan is projected with and without the programme's events as they were known on the
day of the grant, the sum is compared with the entries, the programme's total and the journal.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from martlet.kernel.errors import Corrupt
from martlet.kernel.principal import system_principal
from martlet.ledger import journal
from martlet.lending.loans import events_by_loan, terms_of
from martlet.lending.participation.relief_parts import part_fen
from martlet.lending.participation.tables import participation, relief_part
from martlet.lending.relief.bearing import borne_by, subsidies_account
from martlet.lending.relief.grants import cost_of
from martlet.lending.relief.limits import CHUNK_LOANS
from martlet.lending.relief.reading import parse_programme
from martlet.lending.relief.reversal import granted_after, parted
from martlet.lending.relief.tables import cohort, entry, programme, total
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Connection, Row

COST_KINDS = frozenset(
    {"lending.relief_granted", "lending.relief_waived", "lending.relief_reversed"}
)


@dataclass(frozen=True, slots=True)
class ReliefReport:
    """What a verification of relief has added up and found right."""

    programmes: int
    loans: int
    cost_fen: int

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return asdict(self)


def verify_relief(connection: Connection) -> ReliefReport:
    """Prove every programme of every tenant; raise `Corrupt` on the first difference."""
    # all tenants: the proof is of the whole database
    rows = connection.execute(select(programme).order_by(programme.c.programme_id)).all()
    loans = cost_fen = 0
    for row in rows:
        counted, sum_fen = _prove(connection, row)
        loans, cost_fen = loans + counted, cost_fen + sum_fen
    return ReliefReport(len(rows), loans, cost_fen)


def _prove(connection: Connection, row: Row[Any]) -> tuple[int, int]:
    tenant_id, programme_id = row.tenant_id, row.programme_id
    loans, cost_fen, cursor = 0, 0, ""
    while found := granted_after(connection, tenant_id, programme_id, cursor, CHUNK_LOANS):
        cost_fen += _prove_loans(connection, found)
        loans += len(found)
        cursor = str(found[-1].loan_id)
    back = select(func.coalesce(func.sum(entry.c.cost_fen), 0)).where(
        entry.c.tenant_id == tenant_id,
        entry.c.programme_id == programme_id,
        entry.c.kind == "reversed",
    )
    cost_fen += int(connection.execute(back).scalar_one())
    kept = connection.execute(
        select(total.c.cost_fen).where(
            total.c.tenant_id == tenant_id, total.c.programme_id == programme_id
        )
    ).scalar_one_or_none()
    _compare(programme_id, "total", cost_fen, kept or 0)
    account = parse_programme(row.text).cost_account
    paid_fen = cost_fen - _prove_parts(connection, tenant_id, programme_id)
    _compare(programme_id, account, paid_fen, _booked(connection, tenant_id, programme_id, account))
    _prove_cohorts(connection, tenant_id, programme_id, row.text)
    return loans, cost_fen


def _prove_loans(connection: Connection, found: list[Row[Any]]) -> int:
    """Project each loan with and without its grant, as known on that day; return the sum."""
    ids = [row.loan_id for row in found]
    events = events_by_loan(connection, ids)
    query = select(loan).where(loan.c.tenant_id == found[0].tenant_id, loan.c.loan_id.in_(ids))
    loans = {row.loan_id: row for row in connection.execute(query)}
    for row in found:
        before, granted = parted(events[row.loan_id], row)
        expected = cost_of(terms_of(loans[row.loan_id]), before, granted, row.from_on)
        _compare(row.loan_id, "loan", expected, row.cost_fen)
    return sum(row.cost_fen for row in found)


def _prove_parts(connection: Connection, tenant_id: UUID, programme_id: UUID) -> int:
    """Prove each partner's part of each loan; return what partners bear and nobody pays them."""
    left = (
        select(entry.c.loan_id, func.sum(entry.c.cost_fen).label("left_fen"))
        .where(entry.c.tenant_id == tenant_id, entry.c.programme_id == programme_id)
        .group_by(entry.c.loan_id)
        .subquery()
    )
    query = (
        select(
            relief_part.c.loan_id,
            participation.c.share_ppm,
            left.c.left_fen,
            func.sum(relief_part.c.forgone_fen).label("forgone_fen"),
        )
        .join(left, left.c.loan_id == relief_part.c.loan_id)
        .join(
            participation,
            (participation.c.loan_id == relief_part.c.loan_id)
            & (participation.c.partner_id == relief_part.c.partner_id),
        )
        .where(relief_part.c.tenant_id == tenant_id, relief_part.c.programme_id == programme_id)
        .group_by(
            relief_part.c.loan_id,
            relief_part.c.partner_id,
            participation.c.share_ppm,
            left.c.left_fen,
        )
    )
    for row in connection.execute(query):
        expected_fen = part_fen(int(row.left_fen), row.share_ppm)
        _compare(row.loan_id, "partner", expected_fen, int(row.forgone_fen))
    own_fen = 0
    for one in borne_by(connection, tenant_id, programme_id):
        account = subsidies_account(one["partner"])
        booked_fen = -_booked(connection, tenant_id, programme_id, account)
        _compare(programme_id, account, one["claimed_fen"], booked_fen)
        own_fen += one["forgone_fen"] - one["claimed_fen"]
    return own_fen


def _booked(connection: Connection, tenant_id: UUID, programme_id: UUID, account: str) -> int:
    """Return what stands on the account of who pays under a programme's name."""
    reader, before, sum_fen = system_principal(tenant_id), None, 0
    while True:
        lines = journal(connection, reader, subject=f"relief:{programme_id}", before=before)
        for line in lines:
            if line.kind in COST_KINDS:
                sum_fen += line.amount_fen if line.debit == account else 0
                sum_fen -= line.amount_fen if line.credit == account else 0
        if not lines:
            return sum_fen
        before = lines[0].number


def _prove_cohorts(connection: Connection, tenant_id: UUID, programme_id: UUID, text: str) -> None:
    """Compare what the launches promised and gave with the journal."""
    row = connection.execute(
        select(
            func.coalesce(func.sum(cohort.c.promised_fen), 0).label("promised"),
            func.coalesce(func.sum(cohort.c.given_fen), 0).label("given"),
        ).where(cohort.c.tenant_id == tenant_id, cohort.c.programme_id == programme_id)
    ).one()
    account = parse_programme(text).promised_account
    reader, before, left_fen = system_principal(tenant_id), None, 0
    while lines := journal(connection, reader, subject=f"relief:{programme_id}", before=before):
        for line in lines:
            left_fen += line.amount_fen if line.credit == account else 0
            left_fen -= line.amount_fen if line.debit == account else 0
        before = lines[0].number
    _compare(programme_id, account, int(row.promised) - int(row.given), left_fen)


def _compare(subject: object, what: str, expected_fen: int, found_fen: int) -> None:
    if expected_fen != found_fen:
        raise Corrupt(
            "lending.relief_differs",
            subject=str(subject),
            what=what,
            expected_fen=expected_fen,
            found_fen=found_fen,
        )
