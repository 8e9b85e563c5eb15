"""the first tables (ledger)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0004"
down_revision: str | None = "0003"


def upgrade() -> None:
    """Carry this revision out."""
    _ledger_account()
    _ledger_batch()
    _ledger_day()
    _ledger_day_total()
    _ledger_hold()
    _ledger_transfer()


def _ledger_account() -> None:
    op.create_table(
        "ledger_account",
        sa.Column("number", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("path", schema.String(), nullable=False),
        sa.Column("class", schema.String(), nullable=False),
        sa.Column("normal_side", schema.String(), nullable=False),
        sa.Column("guard", schema.String(), nullable=False),
        sa.Column("currency", schema.String(), nullable=False),
        sa.Column("opened_on", schema.Day(), nullable=False),
        sa.Column("debits_posted", schema.Amount, server_default="0", nullable=False),
        sa.Column("credits_posted", schema.Amount, server_default="0", nullable=False),
        sa.Column("debits_pending", schema.Amount, server_default="0", nullable=False),
        sa.Column("credits_pending", schema.Amount, server_default="0", nullable=False),
        sa.Column("debits_brought", schema.Amount, server_default="0", nullable=False),
        sa.Column("credits_brought", schema.Amount, server_default="0", nullable=False),
        sa.Column("last_transfer", schema.Amount, server_default="0", nullable=False),
        sa.CheckConstraint(
            "guard = 'none' OR (normal_side = 'debit' AND credits_posted + credits_pending <= debits_posted) OR (normal_side = 'credit' AND debits_posted + debits_pending <= credits_posted)",
            name=op.f("ck_ledger_account_never_overdrawn"),
        ),
        sa.CheckConstraint(
            "guard IN ('none', 'never_overdrawn')", name=op.f("ck_ledger_account_guard")
        ),
        sa.CheckConstraint(
            "normal_side IN ('debit', 'credit')", name=op.f("ck_ledger_account_normal_side")
        ),
        sa.CheckConstraint(
            "debits_brought BETWEEN 0 AND debits_posted AND credits_brought BETWEEN 0 AND credits_posted",
            name=op.f("ck_ledger_account_brought_forward"),
        ),
        sa.CheckConstraint(
            "debits_posted BETWEEN 0 AND 4000000000000000000 AND credits_posted BETWEEN 0 AND 4000000000000000000 AND debits_pending BETWEEN 0 AND 4000000000000000000 AND credits_pending BETWEEN 0 AND 4000000000000000000",
            name=op.f("ck_ledger_account_bounds"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("tenant_id", "path", name=op.f("uq_ledger_account_tenant_id_path")),
        sqlite_strict=True,
    )


def _ledger_batch() -> None:
    op.create_table(
        "ledger_batch",
        sa.Column("number", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("phase", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("posted_at", schema.Moment(), nullable=False),
        sa.Column("transfers", schema.Amount, nullable=False),
        sa.Column("total_fen", schema.Amount, nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.CheckConstraint(
            "phase IN ('posted', 'pending', 'settled', 'released', 'reversed')",
            name=op.f("ck_ledger_batch_phase"),
        ),
        sa.CheckConstraint("transfers > 0", name=op.f("ck_ledger_batch_not_empty")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_batch")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("ledger_batch")
    op.create_index(
        "ix_ledger_batch_day", "ledger_batch", ["tenant_id", "business_date"], unique=False
    )


def _ledger_day() -> None:
    op.create_table(
        "ledger_day",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("opened_at", schema.Moment(), nullable=False),
        sa.Column("closed_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (closed_at IS NULL)", name=op.f("ck_ledger_day_closed_at")
        ),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_ledger_day_state")),
        sa.PrimaryKeyConstraint("tenant_id", "business_date", name=op.f("pk_ledger_day")),
        sqlite_strict=True,
    )
    op.create_index(
        "uq_ledger_day_open",
        "ledger_day",
        ["tenant_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )


def _ledger_day_total() -> None:
    op.create_table(
        "ledger_day_total",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("account", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("debits_fen", schema.Amount, nullable=False),
        sa.Column("credits_fen", schema.Amount, nullable=False),
        sa.Column("last_transfer", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "debits_fen >= 0 AND credits_fen >= 0", name=op.f("ck_ledger_day_total_bounds")
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "business_date", "account", name=op.f("pk_ledger_day_total")
        ),
        info={"append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    append_only("ledger_day_total")


def _ledger_hold() -> None:
    op.create_table(
        "ledger_hold",
        sa.Column("number", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("expires_on", schema.Day(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_hold")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_ledger_hold_expiry", "ledger_hold", ["tenant_id", "expires_on"], unique=False
    )


def _ledger_transfer() -> None:
    op.create_table(
        "ledger_transfer",
        sa.Column("number", schema.Amount, autoincrement=False, nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("batch", schema.Amount, nullable=False),
        sa.Column("id", schema.Id(), nullable=False),
        sa.Column("entry_id", schema.Id(), nullable=False),
        sa.Column("debit", schema.Amount, nullable=False),
        sa.Column("credit", schema.Amount, nullable=False),
        sa.Column("debit_before", schema.Amount, nullable=False),
        sa.Column("credit_before", schema.Amount, nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("subject", schema.String(), nullable=True),
        sa.Column("value_date", schema.Day(), nullable=True),
        sa.Column("origin", schema.Amount, nullable=True),
        sa.CheckConstraint(
            "amount_fen BETWEEN 1 AND 1000000000000000", name=op.f("ck_ledger_transfer_amount")
        ),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_transfer_two_accounts")),
        sa.CheckConstraint(
            "debit_before < number AND credit_before < number",
            name=op.f("ck_ledger_transfer_before"),
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger_transfer")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_ledger_transfer_tenant_id_id")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("ledger_transfer")
    op.create_index("ix_ledger_transfer_entry", "ledger_transfer", ["entry_id"], unique=False)
    op.create_index(
        "ix_ledger_transfer_subject",
        "ledger_transfer",
        ["tenant_id", "subject"],
        unique=False,
        sqlite_where=sa.text("subject IS NOT NULL"),
        postgresql_where=sa.text("subject IS NOT NULL"),
    )
    op.create_index(
        "uq_ledger_transfer_origin",
        "ledger_transfer",
        ["origin"],
        unique=True,
        sqlite_where=sa.text("origin IS NOT NULL"),
        postgresql_where=sa.text("origin IS NOT NULL"),
    )
