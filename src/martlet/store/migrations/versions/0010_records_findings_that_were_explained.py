"""findings that were explained (records)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0010"
down_revision: str | None = "0009"


def upgrade() -> None:
    """Carry this revision out."""
    _finding_cleared()


def _finding_cleared() -> None:
    op.create_table(
        "finding_cleared",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("clearing_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("value", schema.Amount, nullable=False),
        sa.Column("reason", schema.String(), nullable=False),
        sa.Column("cleared_at", schema.Moment(), nullable=False),
        sa.Column("cleared_by", schema.String(), nullable=False),
        sa.Column("until", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "clearing_id", name=op.f("pk_finding_cleared")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("finding_cleared")
    op.create_index(
        "ix_finding_cleared_party", "finding_cleared", ["tenant_id", "party_id"], unique=False
    )
