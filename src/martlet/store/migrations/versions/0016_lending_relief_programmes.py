"""relief programmes (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0016"
down_revision: str | None = "0015"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_relief_cohort()
    _lending_relief_entry()
    _lending_relief_move()
    _lending_relief_preview()
    _lending_relief_programme()
    _lending_relief_total()


def _lending_relief_cohort() -> None:
    op.create_table(
        "lending_relief_cohort",
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("until_on", schema.Day(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("from_on", schema.Day(), nullable=False),
        sa.Column("promised_fen", schema.Amount, nullable=False),
        sa.Column("given_fen", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "promised_fen >= 0 AND given_fen >= 0",
            name=op.f("ck_lending_relief_cohort_not_negative"),
        ),
        sa.PrimaryKeyConstraint(
            "programme_id", "product", "until_on", name=op.f("pk_lending_relief_cohort")
        ),
        sqlite_strict=True,
    )


def _lending_relief_entry() -> None:
    op.create_table(
        "lending_relief_entry",
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("region", schema.String(), nullable=False),
        sa.Column("trade", schema.String(), nullable=False),
        sa.Column("arrears", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("from_on", schema.Day(), nullable=False),
        sa.Column("until_on", schema.Day(), nullable=False),
        sa.Column("events_before", schema.Amount, nullable=False),
        sa.Column("events_added", schema.Amount, nullable=False),
        sa.Column("waived_fen", schema.Amount, nullable=False),
        sa.Column("cost_fen", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "(kind = 'granted' AND cost_fen >= 0) OR (kind = 'reversed' AND cost_fen <= 0)",
            name=op.f("ck_lending_relief_entry_sign"),
        ),
        sa.CheckConstraint(
            "kind IN ('granted', 'reversed')", name=op.f("ck_lending_relief_entry_kind")
        ),
        sa.PrimaryKeyConstraint(
            "programme_id", "loan_id", "kind", name=op.f("pk_lending_relief_entry")
        ),
        info={"append_only": True},
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    append_only("lending_relief_entry")
    op.create_index(
        "ix_lending_relief_entry_loan", "lending_relief_entry", ["loan_id"], unique=False
    )
    op.create_index(
        "ix_lending_relief_entry_party",
        "lending_relief_entry",
        ["tenant_id", "party_id"],
        unique=False,
    )


def _lending_relief_move() -> None:
    op.create_table(
        "lending_relief_move",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("step", schema.Amount, nullable=False),
        sa.Column("stage", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("from_on", schema.Day(), nullable=True),
        sa.Column("moved_at", schema.Moment(), nullable=False),
        sa.Column("moved_by", schema.String(), nullable=False),
        sa.Column("note", schema.String(), nullable=False),
        sa.CheckConstraint(
            "stage IN ('draft', 'approved', 'launched', 'stopped', 'reversed')",
            name=op.f("ck_lending_relief_move_stage"),
        ),
        sa.PrimaryKeyConstraint("programme_id", "step", name=op.f("pk_lending_relief_move")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_relief_move")


def _lending_relief_preview() -> None:
    op.create_table(
        "lending_relief_preview",
        sa.Column("preview_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("figures", schema.Json(), nullable=False),
        sa.Column("made_at", schema.Moment(), nullable=False),
        sa.Column("made_by", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("preview_id", name=op.f("pk_lending_relief_preview")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_relief_preview")
    op.create_index(
        "ix_lending_relief_preview_programme",
        "lending_relief_preview",
        ["tenant_id", "programme_id", "preview_id"],
        unique=False,
    )


def _lending_relief_programme() -> None:
    op.create_table(
        "lending_relief_programme",
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("text", schema.String(), nullable=False),
        sa.Column("drafted_at", schema.Moment(), nullable=False),
        sa.Column("drafted_by", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("programme_id", name=op.f("pk_lending_relief_programme")),
        sa.UniqueConstraint(
            "tenant_id", "name", name=op.f("uq_lending_relief_programme_tenant_id_name")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_relief_programme")


def _lending_relief_total() -> None:
    op.create_table(
        "lending_relief_total",
        sa.Column("programme_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("budget_fen", schema.Amount, nullable=False),
        sa.Column("loans", schema.Amount, nullable=False),
        sa.Column("cost_fen", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "cost_fen BETWEEN 0 AND budget_fen", name=op.f("ck_lending_relief_total_within_budget")
        ),
        sa.PrimaryKeyConstraint("programme_id", name=op.f("pk_lending_relief_total")),
        sqlite_strict=True,
    )
