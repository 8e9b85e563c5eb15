"""The tables of collections. Private: read through `queries`, written through `service`.

Truth is what is append-only: the events of cases and the pauses. A case's row is a copy of the
fold of its events; a reminder's row is the place where its one sending is claimed and recorded.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint, text

from martlet.store.schema import (
    STRICT,
    Amount,
    Day,
    Flag,
    Id,
    Json,
    Moment,
    String,
    append_only,
    metadata,
)

collections_case = Table(
    "collections_case",
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("opened_on", Day, nullable=False),
    Column("bucket", String, nullable=False),
    Column("events", Amount, nullable=False),
    Column("promise", Json, nullable=True),
    Column("promises_made", Amount, nullable=False),
    Column("promises_kept", Amount, nullable=False),
    Column("promises_broken", Amount, nullable=False),
    Column("reminders", Amount, nullable=False),
    Column("handler_kind", String, nullable=True),
    Column("handler", String, nullable=True),
    Column("closed_on", Day, nullable=True),
    Column("closed_because", String, nullable=True),
    CheckConstraint("(closed_on IS NULL) = (closed_because IS NULL)", name="closed_whole"),
    CheckConstraint("(handler IS NULL) = (handler_kind IS NULL)", name="handler_whole"),
    Index(
        "ix_collections_case_open",
        "tenant_id",
        "party_id",
        unique=True,
        sqlite_where=text("closed_on IS NULL"),
        postgresql_where=text("closed_on IS NULL"),
    ),
    Index("ix_collections_case_party", "tenant_id", "party_id", "case_id"),
    **STRICT,
)
"""A borrower has at most one open case."""

collections_event = append_only(
    Table(
        "collections_event",
        metadata,
        Column("event_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("case_id", Id, nullable=False),
        Column("sequence", Amount, nullable=False),
        Column("kind", String, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("bucket", String, nullable=True),
        Column("principal_fen", Amount, nullable=True),
        Column("details", Json, nullable=False),
        Column("actor", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        UniqueConstraint("case_id", "sequence"),
        Index(
            "ix_collections_event_rolls",
            "tenant_id",
            "business_date",
            sqlite_where=text("kind IN ('opened', 'bucket_moved', 'closed')"),
            postgresql_where=text("kind IN ('opened', 'bucket_moved', 'closed')"),
        ),
        **STRICT,
    )
)

collections_reminder = Table(
    "collections_reminder",
    metadata,
    Column("reminder_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("due_on", Day, nullable=False),
    Column("step", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("template", String, nullable=False),
    Column("plan", String, nullable=False),
    Column("port", String, nullable=False),
    Column("due_fen", Amount, nullable=False),
    Column("texts", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Amount, nullable=False),
    Column("tried_on", Day, nullable=False),
    Column("tried_at", Moment, nullable=False),
    CheckConstraint("state IN ('begun', 'sent', 'failed', 'unknown', 'given_up')", name="state"),
    UniqueConstraint("tenant_id", "party_id", "due_on", "step"),
    Index("ix_collections_reminder_tried", "tenant_id", "party_id", "tried_on"),
    Index(
        "ix_collections_reminder_begun",
        "tenant_id",
        "reminder_id",
        sqlite_where=text("state = 'begun'"),
        postgresql_where=text("state = 'begun'"),
    ),
    **STRICT,
)
"""One row for a borrower, a due date and a step of the plan: the database itself keeps a step
from going out twice."""

collections_pause = append_only(
    Table(
        "collections_pause",
        metadata,
        Column("pause_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("until", Day, nullable=False),
        Column("reason", String, nullable=False),
        Column("actor", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        Index("ix_collections_pause_party", "tenant_id", "party_id", "pause_id"),
        **STRICT,
    )
)
"""Reminders of a borrower rest up to and with a day; of several entries the last counts."""

collections_handler = Table(
    "collections_handler",
    metadata,
    Column("handler_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("kind", String, nullable=False),
    Column("name", String, nullable=False),
    Column("title", String, nullable=False),
    Column("active", Flag, nullable=False),
    CheckConstraint("kind IN ('team', 'agency')", name="kind"),
    CheckConstraint("active IN (0, 1)", name="active"),
    UniqueConstraint("tenant_id", "kind", "name"),
    **STRICT,
)
"""The teams and outside agencies that the bank has named."""
