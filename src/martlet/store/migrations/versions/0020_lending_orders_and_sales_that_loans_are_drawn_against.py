"""orders and sales that loans are drawn against (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0020"
down_revision: str | None = "0019"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_receivable()
    _lending_receivable_event()
    _lending_receivable_loan()


def _lending_receivable() -> None:
    op.create_table(
        "lending_receivable",
        sa.Column("receivable_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("expected_fen", schema.Amount, nullable=False),
        sa.Column("settles_on", schema.Day(), nullable=False),
        sa.Column("deposit_fen", schema.Amount, nullable=False),
        sa.Column("settled_fen", schema.Amount, nullable=False),
        sa.Column("passed_on_fen", schema.Amount, nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("registered_at", schema.Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'settled', 'cancelled')", name=op.f("ck_lending_receivable_state")
        ),
        sa.CheckConstraint(
            "deposit_fen >= 0 AND deposit_fen <= expected_fen",
            name=op.f("ck_lending_receivable_deposit_within"),
        ),
        sa.CheckConstraint(
            "expected_fen > 0", name=op.f("ck_lending_receivable_expected_positive")
        ),
        sa.CheckConstraint(
            "passed_on_fen >= 0 AND passed_on_fen <= settled_fen",
            name=op.f("ck_lending_receivable_passed_within"),
        ),
        sa.PrimaryKeyConstraint("receivable_id", name=op.f("pk_lending_receivable")),
        sa.UniqueConstraint(
            "tenant_id",
            "party_id",
            "product",
            "reference",
            name=op.f("uq_lending_receivable_tenant_id_party_id_product_reference"),
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_receivable_party",
        "lending_receivable",
        ["tenant_id", "party_id", "receivable_id"],
        unique=False,
    )


def _lending_receivable_event() -> None:
    op.create_table(
        "lending_receivable_event",
        sa.Column("event_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("receivable_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("passed_on_fen", schema.Amount, nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_lending_receivable_event")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_receivable_event")
    op.create_index(
        "ix_lending_receivable_event_of",
        "lending_receivable_event",
        ["receivable_id", "event_id"],
        unique=False,
    )


def _lending_receivable_loan() -> None:
    op.create_table(
        "lending_receivable_loan",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("receivable_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.PrimaryKeyConstraint(
            "receivable_id", "loan_id", name=op.f("pk_lending_receivable_loan")
        ),
        sa.UniqueConstraint("loan_id", name=op.f("uq_lending_receivable_loan_loan_id")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_receivable_loan")
