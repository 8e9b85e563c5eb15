"""how far interest is recognised (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema

revision = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_accrual_mark()
    _lending_loan()


def _lending_accrual_mark() -> None:
    op.create_table(
        "lending_accrual_mark",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("accrued_until", schema.Amount, nullable=False),
        sa.Column("accrued_before", schema.Amount, nullable=False),
        sa.Column("through_loan", schema.Id(), nullable=False),
        sa.CheckConstraint(
            "accrued_before <= accrued_until", name=op.f("ck_lending_accrual_mark_forwards")
        ),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_lending_accrual_mark")),
        sqlite_strict=True,
    )


def _lending_loan() -> None:
    op.create_index(
        "ix_lending_loan_break",
        "lending_loan",
        ["tenant_id", "line_until", "loan_id"],
        unique=False,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live = 1"),
    )
    op.create_index(
        "ix_lending_loan_late",
        "lending_loan",
        ["tenant_id", "oldest_due_on", "status"],
        unique=False,
        sqlite_where=sa.text("live = 1 AND oldest_due_on IS NOT NULL"),
        postgresql_where=sa.text("live = 1 AND oldest_due_on IS NOT NULL"),
    )
