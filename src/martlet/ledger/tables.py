"""The ledger's tables: accounts with running totals, the journal, open holds, days and totals.

The journal is the truth; everything else is derived from it, kept for speed, and recomputed by
`verify_ledger`.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint

from martlet.ledger.limits import TOTAL_FEN_MAX, TRANSFER_FEN_MAX
from martlet.store.schema import STRICT, Amount, Day, Id, Moment, String, append_only, metadata

_TOTALS = ("debits_posted", "credits_posted", "debits_pending", "credits_pending")

account = Table(
    "ledger_account",
    metadata,
    Column("number", Amount, primary_key=True, autoincrement=False),
    Column("tenant_id", Id, nullable=False),
    Column("path", String, nullable=False),
    Column("class", String, nullable=False),
    Column("normal_side", String, nullable=False),
    Column("guard", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("opened_on", Day, nullable=False),
    *(Column(name, Amount, nullable=False, server_default="0") for name in _TOTALS),
    Column("debits_brought", Amount, nullable=False, server_default="0"),
    Column("credits_brought", Amount, nullable=False, server_default="0"),
    Column("last_transfer", Amount, nullable=False, server_default="0"),
    UniqueConstraint("tenant_id", "path"),
    CheckConstraint("normal_side IN ('debit', 'credit')", name="normal_side"),
    CheckConstraint("guard IN ('none', 'never_overdrawn')", name="guard"),
    CheckConstraint(
        " AND ".join(f"{name} BETWEEN 0 AND {TOTAL_FEN_MAX}" for name in _TOTALS), name="bounds"
    ),
    CheckConstraint(
        "debits_brought BETWEEN 0 AND debits_posted"
        " AND credits_brought BETWEEN 0 AND credits_posted",
        name="brought_forward",
    ),
    CheckConstraint(
        "guard = 'none'"
        " OR (normal_side = 'debit' AND credits_posted + credits_pending <= debits_posted)"
        " OR (normal_side = 'credit' AND debits_posted + debits_pending <= credits_posted)",
        name="never_overdrawn",
    ),
    **STRICT,
)
"""`…_brought` are the posted totals brought forward into the open day; `last_transfer` is the
newest row of the journal that touches the account."""

batch = append_only(
    Table(
        "ledger_batch",
        metadata,
        Column("number", Amount, primary_key=True, autoincrement=False),
        Column("tenant_id", Id, nullable=False),
        Column("phase", String, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("posted_at", Moment, nullable=False),
        Column("transfers", Amount, nullable=False),
        Column("total_fen", Amount, nullable=False),
        Column("content_hash", String, nullable=False),
        CheckConstraint(
            "phase IN ('posted', 'pending', 'settled', 'released', 'reversed')", name="phase"
        ),
        CheckConstraint("transfers > 0", name="not_empty"),
        Index("ix_ledger_batch_day", "tenant_id", "business_date"),
        **STRICT,
    )
)
"""What is true of all rows written together; its number is that of its first row."""

transfer = append_only(
    Table(
        "ledger_transfer",
        metadata,
        Column("number", Amount, primary_key=True, autoincrement=False),
        Column("tenant_id", Id, nullable=False),
        Column("batch", Amount, nullable=False),
        Column("id", Id, nullable=False),
        Column("entry_id", Id, nullable=False),
        Column("debit", Amount, nullable=False),
        Column("credit", Amount, nullable=False),
        Column("debit_before", Amount, nullable=False),
        Column("credit_before", Amount, nullable=False),
        Column("amount_fen", Amount, nullable=False),
        Column("kind", String, nullable=False),
        Column("subject", String, nullable=True),
        Column("value_date", Day, nullable=True),
        Column("origin", Amount, nullable=True),
        CheckConstraint(f"amount_fen BETWEEN 1 AND {TRANSFER_FEN_MAX}", name="amount"),
        CheckConstraint("debit <> credit", name="two_accounts"),
        CheckConstraint("debit_before < number AND credit_before < number", name="before"),
        UniqueConstraint("tenant_id", "id"),
        Index("ix_ledger_transfer_entry", "entry_id"),
        **STRICT,
    )
)
"""The journal. `…_before` is the row before this one that touched the same account (0: none).

So a statement is read by walking back from an account's last row, and posting needs no index by
account: such an index costs half as much again as the row itself, and grows slower with its size.
"""
Index(
    "uq_ledger_transfer_origin",
    transfer.c.origin,
    unique=True,
    sqlite_where=transfer.c.origin.is_not(None),
    postgresql_where=transfer.c.origin.is_not(None),
)
Index(
    "ix_ledger_transfer_subject",
    transfer.c.tenant_id,
    transfer.c.subject,
    sqlite_where=transfer.c.subject.is_not(None),
    postgresql_where=transfer.c.subject.is_not(None),
)

hold = Table(
    "ledger_hold",
    metadata,
    Column("number", Amount, primary_key=True, autoincrement=False),
    Column("tenant_id", Id, nullable=False),
    Column("expires_on", Day, nullable=True),
    Index("ix_ledger_hold_expiry", "tenant_id", "expires_on"),
    **STRICT,
)
"""Holds neither settled nor released; a row goes when its hold ends."""

day = Table(
    "ledger_day",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("business_date", Day, primary_key=True),
    Column("state", String, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment, nullable=True),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    CheckConstraint("(state = 'open') = (closed_at IS NULL)", name="closed_at"),
    **STRICT,
)
Index(
    "uq_ledger_day_open",
    day.c.tenant_id,
    unique=True,
    sqlite_where=day.c.state == "open",
    postgresql_where=day.c.state == "open",
)

day_total = append_only(
    Table(
        "ledger_day_total",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("business_date", Day, primary_key=True),
        Column("account", Amount, primary_key=True, autoincrement=False),
        Column("debits_fen", Amount, nullable=False),
        Column("credits_fen", Amount, nullable=False),
        Column("last_transfer", Amount, nullable=False),
        CheckConstraint("debits_fen >= 0 AND credits_fen >= 0", name="bounds"),
        sqlite_with_rowid=False,
        **STRICT,
    )
)
"""What each account moved on each closed day, struck when the day closes."""
