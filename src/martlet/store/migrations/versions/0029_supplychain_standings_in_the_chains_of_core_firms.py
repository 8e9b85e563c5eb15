"""standings in the chains of core firms (supplychain)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema

revision = "0029"
down_revision: str | None = "0028"


def upgrade() -> None:
    """Carry this revision out."""
    _supplychain_core()
    _supplychain_standing()


def _supplychain_core() -> None:
    op.create_table(
        "supplychain_core",
        sa.Column("core_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("firm_key", schema.String(), nullable=False),
        sa.Column("note", schema.String(), nullable=False),
        sa.Column("followed_at", schema.Moment(), nullable=False),
        sa.Column("followed_by", schema.String(), nullable=False),
        sa.Column("ended_at", schema.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("core_id", name=op.f("pk_supplychain_core")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_supplychain_core_tenant", "supplychain_core", ["tenant_id", "firm_key"], unique=False
    )


def _supplychain_standing() -> None:
    op.create_table(
        "supplychain_standing",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("as_of", schema.Day(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("computed_at", schema.Moment(), nullable=False),
        sa.Column("confidence_ppm", schema.Amount, nullable=False),
        sa.Column("kinds", schema.Json(), nullable=False),
        sa.Column("figures", schema.Json(), nullable=False),
        sa.Column("told", schema.Json(), nullable=False),
        sa.Column("evidence", schema.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_supplychain_standing")),
        sqlite_strict=True,
    )
