"""signals of the days ahead (cashflow)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema

revision = "0026"
down_revision: str | None = "0025"


def upgrade() -> None:
    """Carry this revision out."""
    _cashflow_signal()


def _cashflow_signal() -> None:
    op.create_table(
        "cashflow_signal",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("imports_count", schema.Amount, nullable=False),
        sa.Column("kinds", schema.Json(), nullable=False),
        sa.Column("as_of", schema.Day(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("computed_at", schema.Moment(), nullable=False),
        sa.Column("confidence_ppm", schema.Amount, nullable=False),
        sa.Column("figures", schema.Json(), nullable=False),
        sa.Column("evidence", schema.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_cashflow_signal")),
        sqlite_strict=True,
    )
