"""The proof of the book: every total recomputed from the journal, in SQL, and compared.

Nothing is repaired here. The first thing found wrong is raised, with the account named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from martlet.kernel.errors import Corrupt
from martlet.ledger.model import MOVING_PHASES, LedgerReport

if TYPE_CHECKING:
    from sqlalchemy import Connection

_MOVING = ", ".join(f"'{phase.value}'" for phase in MOVING_PHASES)

_SIDES = f"""
    SELECT tenant_id, debit AS account, business_date, phase, number,
           amount_fen AS debit_fen, 0 AS credit_fen FROM ledger_transfer WHERE phase IN ({_MOVING})
    UNION ALL
    SELECT tenant_id, credit, business_date, phase, number, 0, amount_fen FROM ledger_transfer
    WHERE phase IN ({_MOVING})
"""  # noqa: S608 - the program's own names

_CHECKS = {
    "ledger.posted_total_differs": f"""
        WITH moved AS (
            SELECT tenant_id, account, sum(debit_fen) AS debits, sum(credit_fen) AS credits
            FROM ({_SIDES}) AS sides GROUP BY tenant_id, account)
        SELECT coalesce(a.path, 'number ' || m.account) FROM moved m
        LEFT JOIN ledger_account a ON a.number = m.account AND a.tenant_id = m.tenant_id
        WHERE a.number IS NULL OR a.debits_posted <> m.debits OR a.credits_posted <> m.credits
        UNION ALL
        SELECT a.path FROM ledger_account a
        WHERE (a.debits_posted <> 0 OR a.credits_posted <> 0) AND NOT EXISTS (
            SELECT 1 FROM moved m WHERE m.account = a.number AND m.tenant_id = a.tenant_id)
        LIMIT 1""",  # noqa: S608 - the program's own names
    "ledger.pending_total_differs": """
        WITH held AS (
            SELECT debit, credit, amount_fen FROM ledger_transfer t
            WHERE phase = 'pending'
            AND NOT EXISTS (SELECT 1 FROM ledger_transfer e WHERE e.origin = t.number)),
        kept AS (
            SELECT account, sum(debit_fen) AS debits, sum(credit_fen) AS credits FROM (
                SELECT debit AS account, amount_fen AS debit_fen, 0 AS credit_fen FROM held
                UNION ALL SELECT credit, 0, amount_fen FROM held) AS sides
            GROUP BY account)
        SELECT a.path FROM ledger_account a LEFT JOIN kept k ON k.account = a.number
        WHERE a.debits_pending <> coalesce(k.debits, 0)
        OR a.credits_pending <> coalesce(k.credits, 0) LIMIT 1""",
    "ledger.open_holds_differ": """
        SELECT cast(number AS text) FROM (
            SELECT t.number FROM ledger_transfer t
            WHERE t.phase = 'pending'
            AND NOT EXISTS (SELECT 1 FROM ledger_transfer e WHERE e.origin = t.number)
            AND NOT EXISTS (SELECT 1 FROM ledger_hold h
                            WHERE h.number = t.number AND h.tenant_id = t.tenant_id)
            UNION ALL
            SELECT h.number FROM ledger_hold h LEFT JOIN ledger_transfer t
            ON t.number = h.number AND t.tenant_id = h.tenant_id AND t.phase = 'pending'
            WHERE t.number IS NULL
            OR EXISTS (SELECT 1 FROM ledger_transfer e WHERE e.origin = h.number)) AS odd
        LIMIT 1""",
    "ledger.origin_differs": """
        SELECT cast(e.number AS text) FROM ledger_transfer e LEFT JOIN ledger_transfer t
        ON t.number = e.origin AND t.tenant_id = e.tenant_id
        WHERE e.origin IS NOT NULL AND (t.number IS NULL
        OR (e.phase IN ('settled', 'released') AND (t.phase <> 'pending' OR t.debit <> e.debit
            OR t.credit <> e.credit OR e.amount_fen > t.amount_fen))
        OR (e.phase = 'reversed' AND (t.phase NOT IN ('posted', 'settled') OR t.debit <> e.credit
            OR t.credit <> e.debit OR t.amount_fen <> e.amount_fen)))
        LIMIT 1""",
    "ledger.day_total_differs": f"""
        WITH moved AS (
            SELECT s.tenant_id, s.business_date, s.account,
                   sum(debit_fen) AS debits, sum(credit_fen) AS credits
            FROM ({_SIDES}) AS s JOIN ledger_day y
            ON y.tenant_id = s.tenant_id AND y.business_date = s.business_date
            WHERE y.state = 'closed' GROUP BY s.tenant_id, s.business_date, s.account)
        SELECT a.path || ' ' || m.business_date FROM moved m
        JOIN ledger_account a ON a.number = m.account
        LEFT JOIN ledger_day_total d ON d.tenant_id = m.tenant_id
        AND d.business_date = m.business_date AND d.account = m.account
        WHERE d.account IS NULL OR d.debits_fen <> m.debits OR d.credits_fen <> m.credits
        UNION ALL
        SELECT a.path || ' ' || d.business_date FROM ledger_day_total d
        JOIN ledger_account a ON a.number = d.account
        LEFT JOIN moved m ON m.tenant_id = d.tenant_id
        AND m.business_date = d.business_date AND m.account = d.account
        WHERE m.account IS NULL
        LIMIT 1""",  # noqa: S608 - the program's own names
    "ledger.brought_forward_differs": """
        WITH closed AS (
            SELECT account, sum(debits_fen) AS debits, sum(credits_fen) AS credits
            FROM ledger_day_total GROUP BY account)
        SELECT a.path FROM ledger_account a LEFT JOIN closed c ON c.account = a.number
        WHERE a.debits_brought <> coalesce(c.debits, 0)
        OR a.credits_brought <> coalesce(c.credits, 0) LIMIT 1""",
    "ledger.posted_outside_a_day": """
        SELECT cast(t.number AS text) FROM ledger_transfer t LEFT JOIN ledger_day y
        ON y.tenant_id = t.tenant_id AND y.business_date = t.business_date
        WHERE y.tenant_id IS NULL LIMIT 1""",
    "ledger.foreign_account": """
        SELECT cast(t.number AS text) FROM ledger_transfer t
        LEFT JOIN ledger_account d ON d.number = t.debit AND d.tenant_id = t.tenant_id
        LEFT JOIN ledger_account c ON c.number = t.credit AND c.tenant_id = t.tenant_id
        WHERE d.number IS NULL OR c.number IS NULL OR d.currency <> c.currency LIMIT 1""",
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
    forward, the chain from a hold or a posting to its end, tenants kept apart, guards, zero sum.
    """
    for code, query in _CHECKS.items():
        found = connection.execute(text(query)).first()
        if found is not None:
            raise Corrupt(code, account=str(found[0]))
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
