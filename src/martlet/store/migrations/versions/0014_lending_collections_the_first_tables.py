"""collections, the first tables (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0014"
down_revision: str | None = "0013"


def upgrade() -> None:
    """Carry this revision out."""
    _collections_case()
    _collections_event()
    _collections_handler()
    _collections_pause()
    _collections_reminder()


def _collections_case() -> None:
    op.create_table(
        "collections_case",
        sa.Column("case_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("opened_on", schema.Day(), nullable=False),
        sa.Column("bucket", schema.String(), nullable=False),
        sa.Column("events", schema.Amount, nullable=False),
        sa.Column("promise", schema.Json(), nullable=True),
        sa.Column("promises_made", schema.Amount, nullable=False),
        sa.Column("promises_kept", schema.Amount, nullable=False),
        sa.Column("promises_broken", schema.Amount, nullable=False),
        sa.Column("reminders", schema.Amount, nullable=False),
        sa.Column("handler_kind", schema.String(), nullable=True),
        sa.Column("handler", schema.String(), nullable=True),
        sa.Column("closed_on", schema.Day(), nullable=True),
        sa.Column("closed_because", schema.String(), nullable=True),
        sa.CheckConstraint(
            "(closed_on IS NULL) = (closed_because IS NULL)",
            name=op.f("ck_collections_case_closed_whole"),
        ),
        sa.CheckConstraint(
            "(handler IS NULL) = (handler_kind IS NULL)",
            name=op.f("ck_collections_case_handler_whole"),
        ),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_collections_case")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_collections_case_open",
        "collections_case",
        ["tenant_id", "party_id"],
        unique=True,
        sqlite_where=sa.text("closed_on IS NULL"),
        postgresql_where=sa.text("closed_on IS NULL"),
    )
    op.create_index(
        "ix_collections_case_party",
        "collections_case",
        ["tenant_id", "party_id", "case_id"],
        unique=False,
    )


def _collections_event() -> None:
    op.create_table(
        "collections_event",
        sa.Column("event_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("case_id", schema.Id(), nullable=False),
        sa.Column("sequence", schema.Amount, nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("bucket", schema.String(), nullable=True),
        sa.Column("principal_fen", schema.Amount, nullable=True),
        sa.Column("details", schema.Json(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_collections_event")),
        sa.UniqueConstraint(
            "case_id", "sequence", name=op.f("uq_collections_event_case_id_sequence")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("collections_event")
    op.create_index(
        "ix_collections_event_rolls",
        "collections_event",
        ["tenant_id", "business_date"],
        unique=False,
        sqlite_where=sa.text("kind IN ('opened', 'bucket_moved', 'closed')"),
        postgresql_where=sa.text("kind IN ('opened', 'bucket_moved', 'closed')"),
    )


def _collections_handler() -> None:
    op.create_table(
        "collections_handler",
        sa.Column("handler_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("title", schema.String(), nullable=False),
        sa.Column("active", schema.Amount, nullable=False),
        sa.CheckConstraint("kind IN ('team', 'agency')", name=op.f("ck_collections_handler_kind")),
        sa.CheckConstraint("active IN (0, 1)", name=op.f("ck_collections_handler_active")),
        sa.PrimaryKeyConstraint("handler_id", name=op.f("pk_collections_handler")),
        sa.UniqueConstraint(
            "tenant_id", "kind", "name", name=op.f("uq_collections_handler_tenant_id_kind_name")
        ),
        sqlite_strict=True,
    )


def _collections_pause() -> None:
    op.create_table(
        "collections_pause",
        sa.Column("pause_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("until", schema.Day(), nullable=False),
        sa.Column("reason", schema.String(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("pause_id", name=op.f("pk_collections_pause")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("collections_pause")
    op.create_index(
        "ix_collections_pause_party",
        "collections_pause",
        ["tenant_id", "party_id", "pause_id"],
        unique=False,
    )


def _collections_reminder() -> None:
    op.create_table(
        "collections_reminder",
        sa.Column("reminder_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("due_on", schema.Day(), nullable=False),
        sa.Column("step", schema.String(), nullable=False),
        sa.Column("channel", schema.String(), nullable=False),
        sa.Column("template", schema.String(), nullable=False),
        sa.Column("plan", schema.String(), nullable=False),
        sa.Column("port", schema.String(), nullable=False),
        sa.Column("due_fen", schema.Amount, nullable=False),
        sa.Column("texts", schema.Json(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("attempts", schema.Amount, nullable=False),
        sa.Column("tried_on", schema.Day(), nullable=False),
        sa.Column("tried_at", schema.Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('begun', 'sent', 'failed', 'unknown', 'given_up')",
            name=op.f("ck_collections_reminder_state"),
        ),
        sa.PrimaryKeyConstraint("reminder_id", name=op.f("pk_collections_reminder")),
        sa.UniqueConstraint(
            "tenant_id",
            "party_id",
            "due_on",
            "step",
            name=op.f("uq_collections_reminder_tenant_id_party_id_due_on_step"),
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_collections_reminder_begun",
        "collections_reminder",
        ["tenant_id", "reminder_id"],
        unique=False,
        sqlite_where=sa.text("state = 'begun'"),
        postgresql_where=sa.text("state = 'begun'"),
    )
    op.create_index(
        "ix_collections_reminder_tried",
        "collections_reminder",
        ["tenant_id", "party_id", "tried_on"],
        unique=False,
    )
