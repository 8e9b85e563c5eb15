"""Proof of co-lending: every partner's ledger equals its files, and each file its lines.

Files are made again and compared by hash; their sums are compared with the ledger's accounts, each
participation with its lines, each limit with the loans that stand in it. Nothing is repaired:
differences are listed with both figures.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from martlet.kernel.errors import Corrupt
from martlet.kernel.principal import system_principal
from martlet.ledger import balances as ledger_balances
from martlet.lending.loan import LoanStatus
from martlet.lending.loans import POSITION_COLUMNS, position_in
from martlet.lending.participation.file import settlement_file
from martlet.lending.participation.limits import DIFFERENCES_MAX, PAGE_ROWS
from martlet.lending.participation.placement import EVERYBODY, place_of
from martlet.lending.participation.relief_parts import relief_told
from martlet.lending.participation.settlement import lines_of
from martlet.lending.participation.split import (
    KINDS,
    Split,
    add,
    balances,
    bought_out,
    change,
    partner_account,
    principal_fen,
    principal_share_fen,
    split,
)
from martlet.lending.participation.tables import (
    limit_used,
    participation,
    partner,
    settlement,
    settlement_line,
    settlement_payment,
)
from martlet.lending.postings import Position
from martlet.lending.relief.bearing import owed_by_partners
from martlet.lending.tables import loan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection, Row


@dataclass(slots=True)
class ParticipationReport:
    """What a verification has made again, and every difference that it found."""

    partners: int = 0
    files: int = 0
    lines: int = 0
    participations: int = 0
    unsettled: int = 0
    """Participations whose loan has moved since the last file: the next one will say so."""
    differences: list[dict[str, Any]] = field(default_factory=list)

    def compare(self, what: str, where: str, expected: object, found: object) -> None:
        """Note a difference, unless there is none or too many are known already."""
        if expected != found and len(self.differences) < DIFFERENCES_MAX:
            said = {"what": what, "where": where, "expected": str(expected), "found": str(found)}
            self.differences.append(said)

    def as_json(self) -> dict[str, Any]:
        """Return it as a JSON value."""
        return {
            "partners": self.partners,
            "files": self.files,
            "lines": self.lines,
            "participations": self.participations,
            "unsettled": self.unsettled,
            "agrees": not self.differences,
            "differences": self.differences,
        }


def verify_partners(connection: Connection, tenant_id: UUID) -> ParticipationReport:
    """Make everything again that co-lending stores twice; list what does not agree."""
    report = ParticipationReport()
    book = _ledger(connection, tenant_id)
    for slug, owed_fen in owed_by_partners(connection, tenant_id).items():
        # Relief that a partner pays for stands on its account too, and in no file.
        path = partner_account("receivable", slug)
        book[path] = book.get(path, 0) - owed_fen
    stands: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    query = select(partner).where(partner.c.tenant_id == tenant_id).order_by(partner.c.slug)
    for whom in connection.execute(query).all():
        report.partners += 1
        by_loan = _verify_files(connection, whom, report)
        total: Split = {}
        for moved in by_loan.values():
            add(total, moved)
        _verify_ledger(connection, whom, total, book, report)
        _verify_parts(connection, whom, by_loan, stands, report)
    _verify_limits(connection, tenant_id, stands, report)
    return report


def verify_participations(connection: Connection) -> dict[str, int]:
    """Verify every tenant's partners; raise `Corrupt` with the first difference."""
    # all tenants: the proof is of the whole database
    tenants = connection.execute(select(partner.c.tenant_id).distinct()).scalars().all()
    counts = {"partners": 0, "files": 0, "participations": 0}
    for tenant_id in sorted(tenants):
        report = verify_partners(connection, tenant_id)
        if report.differences:
            raise Corrupt("lending.participation_differs", **report.differences[0])
        for name in counts:
            counts[name] += getattr(report, name)
    return counts


def _ledger(connection: Connection, tenant_id: UUID) -> dict[str, int]:
    bank = system_principal(tenant_id)
    prefixes = {partner_account(kind, "") for kind in KINDS}
    return {
        one.path: one.debits_posted_fen - one.credits_posted_fen
        for prefix in sorted(prefixes)
        for one in ledger_balances(connection, bank, prefix)
    }


def _verify_files(
    connection: Connection, whom: Row[Any], report: ParticipationReport
) -> dict[UUID, Split]:
    """Make each file again; return what all lines add up to for each loan."""
    by_loan: dict[UUID, Split] = defaultdict(dict)
    dates = select(settlement_line.c.settled_on).where(
        settlement_line.c.tenant_id == whom.tenant_id,
        settlement_line.c.partner_id == whom.partner_id,
    )
    seals = {
        row.settled_on: row
        for row in connection.execute(
            select(settlement).where(
                settlement.c.tenant_id == whom.tenant_id,
                settlement.c.partner_id == whom.partner_id,
            )
        )
    }
    with_lines = set(connection.execute(dates.distinct()).scalars())
    for settled_on in sorted(with_lines | set(seals)):
        lines = lines_of(connection, whom, settled_on)
        report.lines += len(lines)
        for line in lines:
            add(by_loan[line.loan_id], line.moved)
        sealed = seals.get(settled_on)
        if sealed is not None:
            made = settlement_file(whom.slug, settled_on, sealed.columns, lines)
            where = f"{whom.slug}:{settled_on}"
            report.compare("file hash", where, made.content_hash, sealed.content_hash)
            report.compare("file totals", where, made.totals, sealed.totals)
            report.compare("file lines", where, made.lines_count, sealed.lines_count)
            report.files += 1
    return by_loan


def _verify_ledger(
    connection: Connection,
    whom: Row[Any],
    total: Split,
    book: dict[str, int],
    report: ParticipationReport,
) -> None:
    """Compare what the files add up to, less what was paid, with each of a partner's accounts."""
    expected = balances(total)
    query = select(settlement_payment).where(
        settlement_payment.c.tenant_id == whom.tenant_id,
        settlement_payment.c.partner_id == whom.partner_id,
    )
    for paid in connection.execute(query):
        expected["receivable"] -= paid.funded_fen
        expected["payable"] += paid.collected_fen
    for kind, amount_fen in expected.items():
        path = partner_account(kind, whom.slug)
        report.compare("ledger", path, amount_fen, book.get(path, 0))


def _verify_parts(
    connection: Connection,
    whom: Row[Any],
    by_loan: dict[UUID, Split],
    stands: dict[str, list[int]],
    report: ParticipationReport,
) -> None:
    """Compare each participation with its lines, its loan, and what it holds of the limits."""
    told = relief_told(connection, whom.tenant_id, whom.partner_id)
    for row in _parts(connection, whom.partner_id):
        report.participations += 1
        where = f"{whom.slug}:{row.loan_id}"
        lines = {name: moved for name, moved in by_loan.pop(row.loan_id, {}).items() if moved}
        report.compare("settled", where, lines, row.settled)
        used_fen = own_fen = 0
        if row.ended_on is not None:
            report.compare("bought back", where, {}, bought_out(row.settled))
        else:
            position = position_in(row)
            parts = {**split(position, row.share_ppm), **told.get(row.loan_id, {})}
            report.unsettled += bool(change(row.settled, parts))
            used_fen, own_fen = _exposure(row, position)
        report.compare("limit held", where, (used_fen, own_fen), (row.used_fen, row.own_fen))
        for at in (place_of(whom.slug), f"group:{whom.affiliates}", EVERYBODY):
            stands[at][0] += row.used_fen
            stands[at][1] += row.own_fen
    for loan_id in by_loan:
        report.compare("lines without a loan", f"{whom.slug}:{loan_id}", "", str(loan_id))


def _exposure(row: Row[Any], position: Position) -> tuple[int, int]:
    if row.status == LoanStatus.PENDING.value:
        promised = Position(disbursed_fen=row.principal_agreed_fen)
        share_fen = principal_share_fen(promised, row.share_ppm)
        return share_fen, row.principal_agreed_fen - share_fen
    share_fen = principal_share_fen(position, row.share_ppm)
    return share_fen, principal_fen(position) - share_fen


def _parts(connection: Connection, partner_id: UUID) -> Iterator[Row[Any]]:
    query = (
        select(
            participation,
            loan.c.principal_agreed_fen,
            *POSITION_COLUMNS,
        )
        .join(loan, loan.c.loan_id == participation.c.loan_id)
        .where(participation.c.partner_id == partner_id)
        .order_by(participation.c.loan_id)
        .limit(PAGE_ROWS)
    )
    after = None
    while True:
        page = query if after is None else query.where(participation.c.loan_id > after)
        rows = connection.execute(page).all()
        yield from rows
        if len(rows) < PAGE_ROWS:
            return
        after = rows[-1].loan_id


def _verify_limits(
    connection: Connection,
    tenant_id: UUID,
    stands: dict[str, list[int]],
    report: ParticipationReport,
) -> None:
    query = select(limit_used).where(limit_used.c.tenant_id == tenant_id)
    for row in connection.execute(query):
        expected = stands.pop(row.place, [0, 0])
        report.compare("limit", row.place, expected, [row.used_fen, row.own_fen])
    for at, expected in stands.items():
        report.compare("limit", at, expected, [0, 0])
