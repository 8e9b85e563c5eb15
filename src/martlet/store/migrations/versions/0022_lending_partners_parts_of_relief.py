"""Partners' parts of relief (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0022"
down_revision: str | None = "0021"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_relief_part()


def _lending_relief_part() -> None:
    op.create_table(
        "lending_relief_part",
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("share_ppm", schema.Amount, nullable=False),
        sa.Column("forgone_fen", schema.Amount, nullable=False),
        sa.Column("claimed_fen", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "(kind = 'granted' AND forgone_fen >= 0) OR (kind = 'reversed' AND forgone_fen <= 0)",
            name=op.f("ck_lending_relief_part_sign"),
        ),
        sa.CheckConstraint(
            "claimed_fen = 0 OR claimed_fen = forgone_fen",
            name=op.f("ck_lending_relief_part_claimed"),
        ),
        sa.PrimaryKeyConstraint(
            "partner_id", "loan_id", "programme_id", "kind", name=op.f("pk_lending_relief_part")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_relief_part")
    op.create_index(
        "ix_lending_relief_part_programme",
        "lending_relief_part",
        ["programme_id", "loan_id"],
        unique=False,
    )
