"""what the checks for fraud found (records)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema

revision = "0008"
down_revision: str | None = "0007"


def upgrade() -> None:
    """Carry this revision out."""
    _party_integrity()


def _party_integrity() -> None:
    op.create_table(
        "party_integrity",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("imports_count", schema.Amount, nullable=False),
        sa.Column("kinds", schema.Json(), nullable=False),
        sa.Column("kinds_there", schema.Json(), nullable=False),
        sa.Column("as_of", schema.Day(), nullable=False),
        sa.Column("computed_at", schema.Moment(), nullable=False),
        sa.Column("signs", schema.Json(), nullable=False),
        sa.Column("evidence", schema.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_party_integrity")),
        sqlite_strict=True,
    )
