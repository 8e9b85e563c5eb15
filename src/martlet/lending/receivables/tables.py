"""The tables of receivables. Private: others read through `queries`, write through the service."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from martlet.store.schema import (
    STRICT,
    Amount,
    Day,
    Id,
    Moment,
    String,
    append_only,
    metadata,
)

receivable = Table(
    "lending_receivable",
    metadata,
    Column("receivable_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("product", String, nullable=False),
    Column("reference", String, nullable=False),
    Column("expected_fen", Amount, nullable=False),
    Column("settles_on", Day, nullable=False),
    Column("deposit_fen", Amount, nullable=False),
    Column("settled_fen", Amount, nullable=False),
    Column("passed_on_fen", Amount, nullable=False),
    Column("state", String, nullable=False),
    Column("registered_at", Moment, nullable=False),
    CheckConstraint("expected_fen > 0", name="expected_positive"),
    CheckConstraint("deposit_fen >= 0 AND deposit_fen <= expected_fen", name="deposit_within"),
    CheckConstraint("passed_on_fen >= 0 AND passed_on_fen <= settled_fen", name="passed_within"),
    CheckConstraint("state IN ('open', 'settled', 'cancelled')", name="state"),
    UniqueConstraint("tenant_id", "party_id", "product", "reference"),
    Index("ix_lending_receivable_party", "tenant_id", "party_id", "receivable_id"),
    **STRICT,
)
"""An order or a sale that loans are drawn against; its figures are sums over its history."""

receivable_event = append_only(
    Table(
        "lending_receivable_event",
        metadata,
        Column("event_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("receivable_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("amount_fen", Amount, nullable=False),
        Column("passed_on_fen", Amount, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        Index("ix_lending_receivable_event_of", "receivable_id", "event_id"),
        **STRICT,
    )
)

receivable_loan = append_only(
    Table(
        "lending_receivable_loan",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("receivable_id", Id, nullable=False),
        Column("loan_id", Id, nullable=False),
        PrimaryKeyConstraint("receivable_id", "loan_id"),
        UniqueConstraint("loan_id"),
        **STRICT,
    )
)
"""Which loans were drawn against which receivable."""
