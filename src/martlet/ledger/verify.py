"""The proof of the book: every total recomputed from the journal, in SQL, and compared.

Nothing is repaired here. The first thing found wrong is raised, with the account named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from martlet.kernel.errors import Corrupt
from martlet.ledger.model import MOVING_PHASES, LedgerReport
from martlet.ledger.seals import verify_seals

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOVING = ", ".join(f"'{phase.value}'" for phase in MOVING_PHASES)

_HELD = """
    SELECT t.number, t.tenant_id, t.debit, t.credit, t.amount_fen
    FROM ledger_batch b JOIN ledger_transfer t ON t.batch = b.number
    AND t.number >= b.number AND t.number < b.number + b.transfers
    WHERE b.phase = 'pending'
    AND NOT EXISTS (SELECT 1 FROM ledger_transfer e WHERE e.origin = t.number)
"""

_CHECKS = {
    "ledger.batch_differs": """
        WITH written AS (
            SELECT batch, tenant_id, count(*) AS transfers, sum(amount_fen) AS total,
                   min(number) AS first, max(number) AS last
            FROM ledger_transfer GROUP BY batch, tenant_id)
        SELECT cast(coalesce(w.batch, b.number) AS text)
        FROM ledger_batch b LEFT JOIN written w ON w.batch = b.number
        WHERE w.batch IS NULL OR w.tenant_id <> b.tenant_id OR w.transfers <> b.transfers
        OR w.total <> b.total_fen OR w.first <> b.number OR w.last <> b.number + b.transfers - 1
        UNION ALL
        SELECT cast(t.number AS text) FROM ledger_transfer t
        LEFT JOIN ledger_batch b ON b.number = t.batch AND b.tenant_id = t.tenant_id
        WHERE b.number IS NULL OR (t.origin IS NULL) <> (b.phase IN ('posted', 'pending'))
        LIMIT 1""",
    "ledger.total_differs": f"""
        SELECT coalesce(a.path, 'number ' || x.account) || ' ' || x.business_date FROM (
            SELECT account, business_date FROM (
                SELECT t.debit AS account, b.business_date, t.amount_fen AS debits, 0 AS credits
                FROM ledger_transfer t JOIN ledger_batch b ON b.number = t.batch
                WHERE b.phase IN ({_MOVING})
                UNION ALL SELECT t.credit, b.business_date, 0, t.amount_fen
                FROM ledger_transfer t JOIN ledger_batch b ON b.number = t.batch
                WHERE b.phase IN ({_MOVING})
                UNION ALL SELECT account, business_date, -debits_fen, -credits_fen
                FROM ledger_day_total
                UNION ALL SELECT a.number, y.business_date,
                a.debits_brought - a.debits_posted, a.credits_brought - a.credits_posted
                FROM ledger_account a
                JOIN ledger_day y ON y.tenant_id = a.tenant_id AND y.state = 'open') AS moved
            GROUP BY account, business_date
            HAVING sum(debits) <> 0 OR sum(credits) <> 0) AS x
        LEFT JOIN ledger_account a ON a.number = x.account
        LIMIT 1""",  # noqa: S608 - the program's own names
    "ledger.pending_total_differs": f"""
        SELECT a.path FROM (
            SELECT account FROM (
                SELECT debit AS account, amount_fen AS debits, 0 AS credits FROM ({_HELD}) AS d
                UNION ALL SELECT credit, 0, amount_fen FROM ({_HELD}) AS c
                UNION ALL SELECT number, -debits_pending, -credits_pending
                FROM ledger_account) AS held
            GROUP BY account HAVING sum(debits) <> 0 OR sum(credits) <> 0) AS x
        JOIN ledger_account a ON a.number = x.account
        LIMIT 1""",  # noqa: S608 - the program's own names
    "ledger.open_holds_differ": f"""
        SELECT cast(number AS text) FROM (
            SELECT number, 1 AS found FROM ({_HELD}) AS h
            UNION ALL SELECT number, -1 FROM ledger_hold) AS holds
        GROUP BY number HAVING sum(found) <> 0
        LIMIT 1""",  # noqa: S608 - the program's own names
    "ledger.origin_differs": """
        SELECT cast(e.number AS text) FROM ledger_transfer e
        JOIN ledger_batch eb ON eb.number = e.batch
        LEFT JOIN ledger_transfer t ON t.number = e.origin AND t.tenant_id = e.tenant_id
        LEFT JOIN ledger_batch tb ON tb.number = t.batch
        WHERE e.origin IS NOT NULL AND (t.number IS NULL
        OR (eb.phase IN ('settled', 'released') AND (tb.phase <> 'pending' OR t.debit <> e.debit
            OR t.credit <> e.credit OR e.amount_fen > t.amount_fen))
        OR (eb.phase = 'reversed' AND (tb.phase NOT IN ('posted', 'settled')
            OR t.debit <> e.credit OR t.credit <> e.debit OR t.amount_fen <> e.amount_fen)))
        LIMIT 1""",
    "ledger.brought_forward_differs": """
        WITH closed AS (
            SELECT account, sum(debits_fen) AS debits, sum(credits_fen) AS credits
            FROM ledger_day_total GROUP BY account)
        SELECT a.path FROM ledger_account a LEFT JOIN closed c ON c.account = a.number
        WHERE a.debits_brought <> coalesce(c.debits, 0)
        OR a.credits_brought <> coalesce(c.credits, 0) LIMIT 1""",
    "ledger.statement_broken": """
        WITH touches AS (
            SELECT account, sum(number) AS numbers, sum(before) AS befores, max(number) AS last,
                   sum(CASE WHEN before = 0 THEN 1 ELSE 0 END) AS firsts
            FROM (SELECT debit AS account, number, debit_before AS before FROM ledger_transfer
                  UNION ALL SELECT credit, number, credit_before FROM ledger_transfer) AS t
            GROUP BY account)
        SELECT a.path FROM ledger_account a LEFT JOIN touches t ON t.account = a.number
        WHERE a.last_transfer <> coalesce(t.last, 0)
        OR coalesce(t.firsts, 1) <> 1 OR t.numbers <> t.befores + t.last
        LIMIT 1""",
    "ledger.posted_outside_a_day": """
        SELECT cast(b.number AS text) FROM ledger_batch b LEFT JOIN ledger_day y
        ON y.tenant_id = b.tenant_id AND y.business_date = b.business_date
        WHERE y.tenant_id IS NULL LIMIT 1""",
    "ledger.foreign_account": """
        SELECT cast(t.number AS text) FROM ledger_transfer t
        LEFT JOIN ledger_account d ON d.number = t.debit AND d.tenant_id = t.tenant_id
        LEFT JOIN ledger_account c ON c.number = t.credit AND c.tenant_id = t.tenant_id
        WHERE d.number IS NULL OR c.number IS NULL OR d.currency <> c.currency
        UNION ALL
        SELECT cast(h.number AS text) FROM ledger_hold h
        LEFT JOIN ledger_transfer t ON t.number = h.number AND t.tenant_id = h.tenant_id
        WHERE t.number IS NULL
        LIMIT 1""",
    "ledger.guard_broken": """
        SELECT path FROM ledger_account WHERE guard = 'never_overdrawn' AND (
        (normal_side = 'debit' AND credits_posted + credits_pending > debits_posted)
        OR (normal_side = 'credit' AND debits_posted + debits_pending > credits_posted))
        LIMIT 1""",
    "ledger.unbalanced": """
        SELECT cast(sum(debits_posted) - sum(credits_posted) AS text)
        FROM ledger_account GROUP BY tenant_id, currency
        HAVING sum(debits_posted) <> sum(credits_posted)
        OR sum(debits_pending) <> sum(credits_pending) LIMIT 1""",
}


def verify_ledger(connection: Connection) -> LedgerReport:
    """Recompute the book of every tenant from its journal; raise `Corrupt` where they differ.

    Checked: account totals, pending totals and open holds, day totals and what was brought
    forward, the chain from a hold or a posting to its end, tenants kept apart, guards, zero sum;
    at last every batch against its seal, and its seal against the chain.
    """
    for code, query in _CHECKS.items():
        found = connection.execute(text(query)).first()
        if found is not None:
            raise Corrupt(code, account=str(found[0]))
    verify_seals(connection)
    return LedgerReport(
        tenants=_count(connection, "SELECT count(DISTINCT tenant_id) FROM ledger_account"),
        accounts=_count(connection, "SELECT count(*) FROM ledger_account"),
        transfers=_count(connection, "SELECT count(*) FROM ledger_transfer"),
        days=_count(connection, "SELECT count(*) FROM ledger_day WHERE state = 'closed'"),
        open_holds=_count(connection, "SELECT count(*) FROM ledger_hold"),
        debits_fen=_count(connection, "SELECT coalesce(sum(debits_posted), 0) FROM ledger_account"),
    )


def _count(connection: Connection, query: str) -> int:
    value: Any = connection.execute(text(query)).scalar_one()
    return int(value)
