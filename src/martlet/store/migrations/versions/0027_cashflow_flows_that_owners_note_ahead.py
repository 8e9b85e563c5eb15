"""flows that owners note ahead (cashflow)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0027"
down_revision: str | None = "0026"


def upgrade() -> None:
    """Carry this revision out."""
    _cashflow_item()
    _cashflow_item_end()


def _cashflow_item() -> None:
    op.create_table(
        "cashflow_item",
        sa.Column("item_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("due_on", schema.Day(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("label", schema.String(), nullable=False),
        sa.Column("probability_ppm", schema.Amount, nullable=False),
        sa.Column("late_days", schema.Amount, nullable=False),
        sa.Column("noted_at", schema.Moment(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.CheckConstraint(
            "probability_ppm BETWEEN 1 AND 1000000", name=op.f("ck_cashflow_item_probability")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_cashflow_item")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("cashflow_item")
    op.create_index(
        "ix_cashflow_item_party", "cashflow_item", ["tenant_id", "party_id", "due_on"], unique=False
    )


def _cashflow_item_end() -> None:
    op.create_table(
        "cashflow_item_end",
        sa.Column("item_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("ended_at", schema.Moment(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_cashflow_item_end")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("cashflow_item_end")
