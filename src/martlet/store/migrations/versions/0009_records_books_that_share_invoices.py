"""books that share invoices (records)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0009"
down_revision: str | None = "0008"


def upgrade() -> None:
    """Carry this revision out."""
    _invoice_mark()
    _shared_book()


def _invoice_mark() -> None:
    op.create_table(
        "invoice_mark",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("mark", schema.Amount, nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "mark", "party_id", name=op.f("pk_invoice_mark")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("invoice_mark")
    op.create_index(
        "ix_invoice_mark_party", "invoice_mark", ["tenant_id", "party_id"], unique=False
    )


def _shared_book() -> None:
    op.create_table(
        "shared_book",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("other_id", schema.Id(), nullable=False),
        sa.Column("shared_count", schema.Amount, nullable=False),
        sa.Column("own_count", schema.Amount, nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("is_first", schema.Amount, nullable=False),
        sa.CheckConstraint("is_first IN (0, 1)", name=op.f("ck_shared_book_is_first")),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", "other_id", name=op.f("pk_shared_book")),
        sqlite_strict=True,
    )
