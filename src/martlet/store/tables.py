"""The vault's own tables: commands already answered, the chain of events and audit, jobs."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, text

from martlet.store.schema import (
    STRICT,
    Amount,
    Day,
    Id,
    Json,
    Moment,
    String,
    append_only,
    metadata,
)

answered_command = append_only(
    Table(
        "answered_command",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("actor", String, primary_key=True),
        Column("key", String, primary_key=True),
        Column("action", String, nullable=False),
        Column("request_hash", String, nullable=False),
        Column("answer", Json, nullable=False),
        Column("answered_at", Moment, nullable=False),
        **STRICT,
    )
)

chain_entry = append_only(
    Table(
        "chain_entry",
        metadata,
        Column("seq", Amount, primary_key=True, autoincrement=False),
        Column("category", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("version", Amount, nullable=False),
        Column("stream", String, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("actor", String, nullable=False),
        Column("causation", String, nullable=False),
        Column("business_date", Day, nullable=True),
        Column("occurred_at", Moment, nullable=False),
        Column("payload", String, nullable=False),
        Column("prev_hash", String, nullable=False),
        Column("hash", String, nullable=False),
        CheckConstraint("category IN ('event', 'audit')", name="category"),
        Index(
            "ix_chain_entry_stream_seq",
            "stream",
            "seq",
            sqlite_where=text("category = 'event'"),
            postgresql_where=text("category = 'event'"),
        ),
        **STRICT,
    )
)

chain_head = Table(
    "chain_head",
    metadata,
    Column("id", Amount, primary_key=True, autoincrement=False),
    Column("seq", Amount, nullable=False),
    Column("hash", String, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    **STRICT,
)

subscriber = Table(
    "subscriber",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", Amount, nullable=False),
    **STRICT,
)

job = Table(
    "job",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("name", String, primary_key=True),
    Column("business_date", Day, primary_key=True),
    Column("shard", Amount, primary_key=True),
    Column("state", String, nullable=False),
    Column("cursor", String, nullable=False),
    Column("steps", Amount, nullable=False),
    Column("totals", Json, nullable=False),
    Column("updated_at", Moment, nullable=False),
    CheckConstraint("state IN ('running', 'done')", name="state"),
    **STRICT,
)
