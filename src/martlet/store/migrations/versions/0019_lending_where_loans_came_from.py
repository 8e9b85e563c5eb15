"""where loans came from (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0019"
down_revision: str | None = "0018"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_migrated_loan()
    _lending_migrated_party()


def _lending_migrated_loan() -> None:
    op.create_table(
        "lending_migrated_loan",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("source", schema.String(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("fingerprint", schema.String(), nullable=False),
        sa.Column("taken_over_on", schema.Day(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "source", "reference", name=op.f("pk_lending_migrated_loan")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_migrated_loan")
    op.create_index(
        "ix_lending_migrated_loan_loan",
        "lending_migrated_loan",
        ["tenant_id", "loan_id"],
        unique=False,
    )


def _lending_migrated_party() -> None:
    op.create_table(
        "lending_migrated_party",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("source", schema.String(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "source", "reference", name=op.f("pk_lending_migrated_party")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_migrated_party")
