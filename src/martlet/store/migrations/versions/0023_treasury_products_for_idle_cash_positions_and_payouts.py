"""products for idle cash, positions and payouts (treasury)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0023"
down_revision: str | None = "0022"


def upgrade() -> None:
    """Carry this revision out."""
    _treasury_day()
    _treasury_event()
    _treasury_mark()
    _treasury_payout()
    _treasury_position()
    _treasury_quota()
    _treasury_sweep()
    _treasury_yield()


def _treasury_day() -> None:
    op.create_table(
        "treasury_day",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("day", schema.Day(), nullable=False),
        sa.Column("positions", schema.Amount, nullable=False),
        sa.Column("standing_fen", schema.Amount, nullable=False),
        sa.Column("fee_ticks", schema.Amount, nullable=False),
        sa.Column("fee_fen", schema.Amount, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "product", "day", name=op.f("pk_treasury_day")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("treasury_day")


def _treasury_event() -> None:
    op.create_table(
        "treasury_event",
        sa.Column("position_id", schema.Id(), nullable=False),
        sa.Column("sequence", schema.Amount, nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("day", schema.Day(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("of_sequence", schema.Amount, nullable=False),
        sa.Column("due_on", schema.Day(), nullable=True),
        sa.Column("ppm_per_year", schema.Amount, nullable=True),
        sa.Column("at_once", schema.Amount, nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("position_id", "sequence", name=op.f("pk_treasury_event")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("treasury_event")


def _treasury_mark() -> None:
    op.create_table(
        "treasury_mark",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("accrued_until", schema.Day(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_treasury_mark")),
        sqlite_strict=True,
    )


def _treasury_payout() -> None:
    op.create_table(
        "treasury_payout",
        sa.Column("order_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("position_id", schema.Id(), nullable=False),
        sa.Column("sequence", schema.Amount, nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("at_once", schema.Amount, nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("asked_on", schema.Day(), nullable=False),
        sa.Column("pays_on", schema.Day(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("hold_id", schema.Id(), nullable=True),
        sa.Column("ordered_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "(state = 'waiting') = (hold_id IS NULL)", name=op.f("ck_treasury_payout_held")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'ordered', 'posted', 'voided')",
            name=op.f("ck_treasury_payout_state"),
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_treasury_payout")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_treasury_payout_one",
        "treasury_payout",
        ["position_id", "sequence"],
        unique=True,
        sqlite_where=sa.text("state <> 'voided'"),
        postgresql_where=sa.text("state <> 'voided'"),
    )
    op.create_index(
        "ix_treasury_payout_queue",
        "treasury_payout",
        ["tenant_id", "state", "pays_on", "order_id"],
        unique=False,
    )


def _treasury_position() -> None:
    op.create_table(
        "treasury_position",
        sa.Column("position_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("single", schema.Amount, nullable=False),
        sa.Column("opened_on", schema.Day(), nullable=False),
        sa.Column("terms", schema.Json(), nullable=False),
        sa.Column("state", schema.Json(), nullable=False),
        sa.Column("events", schema.Amount, nullable=False),
        sa.Column("live", schema.Amount, nullable=False),
        sa.Column("through", schema.Day(), nullable=False),
        sa.Column("next_on", schema.Day(), nullable=True),
        sa.Column("pending_fen", schema.Amount, nullable=False),
        sa.Column("standing_fen", schema.Amount, nullable=False),
        sa.Column("accrued_fen", schema.Amount, nullable=False),
        sa.Column("waiting_fen", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "accrued_fen >= 0 AND waiting_fen >= 0", name=op.f("ck_treasury_position_owed")
        ),
        sa.CheckConstraint(
            "pending_fen >= 0 AND standing_fen >= 0", name=op.f("ck_treasury_position_stands")
        ),
        sa.PrimaryKeyConstraint("position_id", name=op.f("pk_treasury_position")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_treasury_position_next",
        "treasury_position",
        ["tenant_id", "next_on", "position_id"],
        unique=False,
        sqlite_where=sa.text("next_on IS NOT NULL"),
        postgresql_where=sa.text("next_on IS NOT NULL"),
    )
    op.create_index(
        "ix_treasury_position_party",
        "treasury_position",
        ["tenant_id", "party_id", "position_id"],
        unique=False,
    )
    op.create_index(
        "ix_treasury_position_single",
        "treasury_position",
        ["tenant_id", "party_id", "product"],
        unique=True,
        sqlite_where=sa.text("single = 1"),
        postgresql_where=sa.text("single = 1"),
    )
    op.create_index(
        "ix_treasury_position_through",
        "treasury_position",
        ["tenant_id", "through", "position_id"],
        unique=False,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live = 1"),
    )


def _treasury_quota() -> None:
    op.create_table(
        "treasury_quota",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("day", schema.Day(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("whose", schema.Id(), nullable=False),
        sa.Column("used_fen", schema.Amount, nullable=False),
        sa.CheckConstraint("used_fen >= 0", name=op.f("ck_treasury_quota_used")),
        sa.PrimaryKeyConstraint(
            "tenant_id", "product", "day", "kind", "whose", name=op.f("pk_treasury_quota")
        ),
        sqlite_strict=True,
    )


def _treasury_sweep() -> None:
    op.create_table(
        "treasury_sweep",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("keep_fen", schema.Amount, nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.CheckConstraint("keep_fen >= 0", name=op.f("ck_treasury_sweep_keep")),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_treasury_sweep")),
        sqlite_strict=True,
    )


def _treasury_yield() -> None:
    op.create_table(
        "treasury_yield",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("day", schema.Day(), nullable=False),
        sa.Column("ppm_per_year", schema.Amount, nullable=False),
        sa.Column("known_on", schema.Day(), nullable=False),
        sa.Column("source", schema.String(), nullable=False),
        sa.Column("actor", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "product", "day", name=op.f("pk_treasury_yield")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("treasury_yield")
