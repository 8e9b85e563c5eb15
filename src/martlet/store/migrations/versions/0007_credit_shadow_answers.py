"""shadow answers (credit)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0007"
down_revision: str | None = "0006"


def upgrade() -> None:
    """Carry this revision out."""
    _credit_shadow()


def _credit_shadow() -> None:
    op.create_table(
        "credit_shadow",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("decision_id", schema.Id(), nullable=False),
        sa.Column("model_hash", schema.String(), nullable=False),
        sa.Column("score", schema.Amount, nullable=True),
        sa.Column("pd_ppm", schema.Amount, nullable=True),
        sa.Column("would_approve", schema.Amount, nullable=True),
        sa.Column("limit_fen", schema.Amount, nullable=True),
        sa.Column("error", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "decision_id", "model_hash", name=op.f("pk_credit_shadow")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("credit_shadow")
    op.create_index(
        "ix_credit_shadow_model",
        "credit_shadow",
        ["tenant_id", "model_hash", "recorded_at"],
        unique=False,
    )
