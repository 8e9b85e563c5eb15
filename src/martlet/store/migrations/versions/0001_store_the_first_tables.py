"""the first tables (store)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0001"
down_revision: str | None = None


def upgrade() -> None:
    """Carry this revision out."""
    _answered_command()
    _chain_entry()
    _chain_head()
    _job()
    _subscriber()


def _answered_command() -> None:
    op.create_table(
        "answered_command",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("key", schema.String(), nullable=False),
        sa.Column("action", schema.String(), nullable=False),
        sa.Column("request_hash", schema.String(), nullable=False),
        sa.Column("answer", schema.Json(), nullable=False),
        sa.Column("answered_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "actor", "key", name=op.f("pk_answered_command")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("answered_command")


def _chain_entry() -> None:
    op.create_table(
        "chain_entry",
        sa.Column("seq", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("category", schema.String(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("version", schema.Amount, nullable=False),
        sa.Column("stream", schema.String(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("causation", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=True),
        sa.Column("occurred_at", schema.Moment(), nullable=False),
        sa.Column("payload", schema.String(), nullable=False),
        sa.Column("prev_hash", schema.String(), nullable=False),
        sa.Column("hash", schema.String(), nullable=False),
        sa.CheckConstraint("category IN ('event', 'audit')", name=op.f("ck_chain_entry_category")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_chain_entry")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("chain_entry")
    op.create_index(
        "ix_chain_entry_stream_seq",
        "chain_entry",
        ["stream", "seq"],
        unique=False,
        sqlite_where=sa.text("category = 'event'"),
        postgresql_where=sa.text("category = 'event'"),
    )


def _chain_head() -> None:
    op.create_table(
        "chain_head",
        sa.Column("id", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("seq", schema.Amount, nullable=False),
        sa.Column("hash", schema.String(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_chain_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_head")),
        sqlite_strict=True,
    )


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("shard", schema.Amount, nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("cursor", schema.String(), nullable=False),
        sa.Column("steps", schema.Amount, nullable=False),
        sa.Column("totals", schema.Json(), nullable=False),
        sa.Column("updated_at", schema.Moment(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_job_state")),
        sa.PrimaryKeyConstraint("tenant_id", "name", "business_date", "shard", name=op.f("pk_job")),
        sqlite_strict=True,
    )


def _subscriber() -> None:
    op.create_table(
        "subscriber",
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("seq", schema.Amount, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_subscriber")),
        sqlite_strict=True,
    )
