"""categories provisions notices receipts (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0017"
down_revision: str | None = "0016"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_borrower_class()
    _lending_class_change()
    _lending_line_notice()
    _lending_provision()
    _lending_receipt()
    _lending_facility()
    _lending_loan()
    _lending_loan_event()


def _lending_borrower_class() -> None:
    op.create_table(
        "lending_borrower_class",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("category", schema.String(), nullable=False),
        sa.Column("since", schema.Day(), nullable=False),
        sa.Column("rules_version", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_lending_borrower_class")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_borrower_class_watched",
        "lending_borrower_class",
        ["tenant_id", "party_id"],
        unique=False,
        sqlite_where=sa.text("category <> 'normal'"),
        postgresql_where=sa.text("category <> 'normal'"),
    )


def _lending_class_change() -> None:
    op.create_table(
        "lending_class_change",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("changed_on", schema.Day(), nullable=False),
        sa.Column("category_before", schema.String(), nullable=False),
        sa.Column("category", schema.String(), nullable=False),
        sa.Column("days_overdue", schema.Amount, nullable=False),
        sa.Column("restructured", schema.Amount, nullable=False),
        sa.Column("charged_off", schema.Amount, nullable=False),
        sa.Column("rules_version", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "party_id", "changed_on", name=op.f("pk_lending_class_change")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_class_change")


def _lending_line_notice() -> None:
    op.create_table(
        "lending_line_notice",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("facility_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("noticed_on", schema.Day(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('dormant', 'maturing')", name=op.f("ck_lending_line_notice_kind")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "facility_id", "kind", "noticed_on", name=op.f("pk_lending_line_notice")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_line_notice")


def _lending_provision() -> None:
    op.create_table(
        "lending_provision",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("category", schema.String(), nullable=False),
        sa.Column("over_days", schema.Amount, nullable=False),
        sa.Column("owed_fen", schema.Amount, nullable=False),
        sa.Column("rate_ppm", schema.Amount, nullable=False),
        sa.Column("provision_fen", schema.Amount, nullable=False),
        sa.Column("rates_version", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id",
            "business_date",
            "product",
            "category",
            "over_days",
            name=op.f("pk_lending_provision"),
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_provision")


def _lending_receipt() -> None:
    op.create_table(
        "lending_receipt",
        sa.Column("receipt_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("value_date", schema.Day(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("reason", schema.String(), nullable=False),
        sa.Column("taken_in_at", schema.Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'allocated', 'refused')", name=op.f("ck_lending_receipt_state")
        ),
        sa.CheckConstraint("amount_fen > 0", name=op.f("ck_lending_receipt_amount")),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_lending_receipt")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_receipt_waiting",
        "lending_receipt",
        ["tenant_id", "receipt_id"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
        postgresql_where=sa.text("state = 'waiting'"),
    )


def _lending_facility() -> None:
    op.create_index(
        "ix_lending_facility_ends",
        "lending_facility",
        ["tenant_id", "available_until"],
        unique=False,
    )
    op.create_index(
        "ix_lending_facility_opened", "lending_facility", ["tenant_id", "opened_on"], unique=False
    )


def _lending_loan() -> None:
    op.create_index(
        "ix_lending_loan_charged_off",
        "lending_loan",
        ["tenant_id", "party_id"],
        unique=False,
        sqlite_where=sa.text("live = 1 AND charged_off_on IS NOT NULL"),
        postgresql_where=sa.text("live = 1 AND charged_off_on IS NOT NULL"),
    )
    op.create_index(
        "ix_lending_loan_closed",
        "lending_loan",
        ["tenant_id", "closed_on"],
        unique=False,
        sqlite_where=sa.text("closed_on IS NOT NULL"),
        postgresql_where=sa.text("closed_on IS NOT NULL"),
    )


def _lending_loan_event() -> None:
    op.create_index(
        "ix_lending_loan_event_rare",
        "lending_loan_event",
        ["tenant_id", "value_date"],
        unique=False,
        sqlite_where=sa.text("kind NOT IN ('disbursed', 'repaid')"),
        postgresql_where=sa.text("kind NOT IN ('disbursed', 'repaid')"),
    )
