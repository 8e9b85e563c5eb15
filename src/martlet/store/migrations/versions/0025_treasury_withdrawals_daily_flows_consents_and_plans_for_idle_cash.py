"""withdrawals, daily flows, consents and plans for idle cash (treasury)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0025"
down_revision: str | None = "0024"


def upgrade() -> None:
    """Carry this revision out."""
    _treasury_consent()
    _treasury_flow()
    _treasury_plan()
    _treasury_withdrawal()
    _treasury_payout()


def _treasury_consent() -> None:
    op.create_table(
        "treasury_consent",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("version", schema.Amount, nullable=False),
        sa.Column("given", schema.Amount, nullable=False),
        sa.Column("limits", schema.Json(), nullable=False),
        sa.Column("given_on", schema.Day(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "party_id", "version", name=op.f("pk_treasury_consent")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("treasury_consent")


def _treasury_flow() -> None:
    op.create_table(
        "treasury_flow",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("day", schema.Day(), nullable=False),
        sa.Column("in_fen", schema.Amount, nullable=False),
        sa.Column("out_fen", schema.Amount, nullable=False),
        sa.CheckConstraint("in_fen >= 0 AND out_fen >= 0", name=op.f("ck_treasury_flow_ways")),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", "day", name=op.f("pk_treasury_flow")),
        sqlite_strict=True,
    )


def _treasury_plan() -> None:
    op.create_table(
        "treasury_plan",
        sa.Column("plan_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("day", schema.Day(), nullable=False),
        sa.Column("consent_version", schema.Amount, nullable=True),
        sa.Column("inputs_hash", schema.String(), nullable=False),
        sa.Column("inputs", schema.Json(), nullable=False),
        sa.Column("orders", schema.Json(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_treasury_plan")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("treasury_plan")
    op.create_index(
        "ix_treasury_plan_party",
        "treasury_plan",
        ["tenant_id", "party_id", "plan_id"],
        unique=False,
    )


def _treasury_withdrawal() -> None:
    op.create_table(
        "treasury_withdrawal",
        sa.Column("order_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("asked_on", schema.Day(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("hold_id", schema.Id(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('ordered', 'posted', 'voided')", name=op.f("ck_treasury_withdrawal_state")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_treasury_withdrawal")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_treasury_withdrawal_open",
        "treasury_withdrawal",
        ["tenant_id", "state", "order_id"],
        unique=False,
    )
    op.create_index(
        "ix_treasury_withdrawal_party",
        "treasury_withdrawal",
        ["tenant_id", "party_id", "order_id"],
        unique=False,
    )


def _treasury_payout() -> None:
    op.add_column(
        "treasury_payout",
        sa.Column("to_balance", schema.Amount, server_default=sa.text("0"), nullable=False),
    )
