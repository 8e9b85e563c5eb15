"""co-lending (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only, reshape

revision = "0015"
down_revision: str | None = "0014"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_agreement()
    _lending_agreement_act()
    _lending_participation()
    _lending_partner()
    _lending_partner_limit()
    _lending_partner_programme()
    _lending_partner_setting()
    _lending_settlement()
    _lending_settlement_line()
    _lending_settlement_payment()
    _lending_loan()


def _lending_agreement() -> None:
    op.create_table(
        "lending_agreement",
        sa.Column("agreement_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("terms", schema.Json(), nullable=False),
        sa.Column("proposed_by", schema.String(), nullable=False),
        sa.Column("proposed_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_lending_agreement")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_agreement")
    op.create_index(
        "ix_lending_agreement_partner",
        "lending_agreement",
        ["tenant_id", "partner_id", "agreement_id"],
        unique=False,
    )


def _lending_agreement_act() -> None:
    op.create_table(
        "lending_agreement_act",
        sa.Column("agreement_id", schema.Id(), nullable=False),
        sa.Column("act", schema.String(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("reason", schema.String(), nullable=False),
        sa.Column("acted_by", schema.String(), nullable=False),
        sa.Column("acted_at", schema.Moment(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.CheckConstraint(
            "act IN ('approved', 'rejected', 'ended')", name=op.f("ck_lending_agreement_act_act")
        ),
        sa.PrimaryKeyConstraint("agreement_id", "act", name=op.f("pk_lending_agreement_act")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_agreement_act")


def _lending_participation() -> None:
    op.create_table(
        "lending_participation",
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("agreement_id", schema.Id(), nullable=False),
        sa.Column("share_ppm", schema.Amount, nullable=False),
        sa.Column("taken_on", schema.Day(), nullable=False),
        sa.Column("ended_on", schema.Day(), nullable=True),
        sa.Column("open", schema.Amount, nullable=False),
        sa.Column("used_fen", schema.Amount, nullable=False),
        sa.Column("own_fen", schema.Amount, nullable=False),
        sa.Column("settled", schema.Json(), nullable=False),
        sa.CheckConstraint("open IN (0, 1)", name=op.f("ck_lending_participation_open")),
        sa.CheckConstraint(
            "share_ppm > 0 AND share_ppm < 1000000", name=op.f("ck_lending_participation_share")
        ),
        sa.CheckConstraint(
            "used_fen >= 0 AND own_fen >= 0", name=op.f("ck_lending_participation_not_negative")
        ),
        sa.PrimaryKeyConstraint("loan_id", "partner_id", name=op.f("pk_lending_participation")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_participation_open",
        "lending_participation",
        ["tenant_id", "partner_id", "loan_id"],
        unique=False,
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open = 1"),
    )
    op.create_index(
        "ix_lending_participation_partner",
        "lending_participation",
        ["tenant_id", "partner_id", "loan_id"],
        unique=False,
    )


def _lending_partner() -> None:
    op.create_table(
        "lending_partner",
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("slug", schema.String(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("affiliates", schema.String(), nullable=False),
        sa.Column("registered_by", schema.String(), nullable=False),
        sa.Column("registered_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", name=op.f("pk_lending_partner")),
        sa.UniqueConstraint("tenant_id", "slug", name=op.f("uq_lending_partner_tenant_id_slug")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_partner")


def _lending_partner_limit() -> None:
    op.create_table(
        "lending_partner_limit",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("place", schema.String(), nullable=False),
        sa.Column("used_fen", schema.Amount, nullable=False),
        sa.Column("own_fen", schema.Amount, nullable=False),
        sa.CheckConstraint("own_fen >= 0", name=op.f("ck_lending_partner_limit_own_not_negative")),
        sa.CheckConstraint(
            "used_fen >= 0", name=op.f("ck_lending_partner_limit_used_not_negative")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "place", name=op.f("pk_lending_partner_limit")),
        sqlite_strict=True,
    )


def _lending_partner_programme() -> None:
    op.create_table(
        "lending_partner_programme",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("content", schema.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_lending_partner_programme")),
        sqlite_strict=True,
    )


def _lending_partner_setting() -> None:
    op.create_table(
        "lending_partner_setting",
        sa.Column("setting_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("value", schema.Amount, nullable=False),
        sa.Column("effective_from", schema.Day(), nullable=False),
        sa.Column("source", schema.String(), nullable=False),
        sa.Column("set_by", schema.String(), nullable=False),
        sa.Column("set_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("setting_id", name=op.f("pk_lending_partner_setting")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_partner_setting")
    op.create_index(
        "ix_lending_partner_setting_tenant",
        "lending_partner_setting",
        ["tenant_id", "setting_id"],
        unique=False,
    )


def _lending_settlement() -> None:
    op.create_table(
        "lending_settlement",
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("settled_on", schema.Day(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("lines_count", schema.Amount, nullable=False),
        sa.Column("columns", schema.Json(), nullable=False),
        sa.Column("totals", schema.Json(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("made_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("partner_id", "settled_on", name=op.f("pk_lending_settlement")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_settlement")
    op.create_index(
        "ix_lending_settlement_day",
        "lending_settlement",
        ["tenant_id", "settled_on", "partner_id"],
        unique=False,
    )


def _lending_settlement_line() -> None:
    op.create_table(
        "lending_settlement_line",
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("settled_on", schema.Day(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("share_ppm", schema.Amount, nullable=False),
        sa.Column("moved", schema.Json(), nullable=False),
        sa.Column("principal_after_fen", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "kind IN ('day', 'buy_back')", name=op.f("ck_lending_settlement_line_kind")
        ),
        sa.PrimaryKeyConstraint(
            "partner_id", "settled_on", "loan_id", name=op.f("pk_lending_settlement_line")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_settlement_line")
    op.create_index(
        "ix_lending_settlement_line_loan",
        "lending_settlement_line",
        ["tenant_id", "loan_id"],
        unique=False,
    )


def _lending_settlement_payment() -> None:
    op.create_table(
        "lending_settlement_payment",
        sa.Column("partner_id", schema.Id(), nullable=False),
        sa.Column("settled_on", schema.Day(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("funded_fen", schema.Amount, nullable=False),
        sa.Column("collected_fen", schema.Amount, nullable=False),
        sa.Column("rail", schema.String(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("paid_by", schema.String(), nullable=False),
        sa.Column("paid_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint(
            "partner_id", "settled_on", name=op.f("pk_lending_settlement_payment")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_settlement_payment")


def _lending_loan() -> None:
    reshape("lending_loan", add=[sa.Column("shared", schema.Amount, nullable=True)])
