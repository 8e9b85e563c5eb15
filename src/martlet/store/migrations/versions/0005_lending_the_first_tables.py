"""the first tables (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0005"
down_revision: str | None = "0004"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_application()
    _lending_facility()
    _lending_loan()
    _lending_loan_event()
    _lending_offer()
    _lending_payout()
    _lending_payout_report()


def _lending_application() -> None:
    op.create_table(
        "lending_application",
        sa.Column("application_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("requested_fen", schema.Amount, nullable=False),
        sa.Column("tenor", schema.Amount, nullable=False),
        sa.Column("decision_id", schema.Id(), nullable=False),
        sa.Column("outcome", schema.String(), nullable=False),
        sa.Column("applied_on", schema.Day(), nullable=False),
        sa.Column("applied_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("application_id", name=op.f("pk_lending_application")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_application")
    op.create_index(
        "ix_lending_application_party",
        "lending_application",
        ["tenant_id", "party_id", "applied_at"],
        unique=False,
    )


def _lending_facility() -> None:
    op.create_table(
        "lending_facility",
        sa.Column("facility_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("limit_fen", schema.Amount, nullable=False),
        sa.Column("used_fen", schema.Amount, nullable=False),
        sa.Column("rate_ppm_per_day", schema.Amount, nullable=False),
        sa.Column("tenors", schema.Json(), nullable=False),
        sa.Column("offer_id", schema.Id(), nullable=False),
        sa.Column("opened_on", schema.Day(), nullable=False),
        sa.Column("available_until", schema.Day(), nullable=False),
        sa.CheckConstraint(
            "used_fen <= limit_fen", name=op.f("ck_lending_facility_used_within_limit")
        ),
        sa.CheckConstraint("used_fen >= 0", name=op.f("ck_lending_facility_used_not_negative")),
        sa.PrimaryKeyConstraint("facility_id", name=op.f("pk_lending_facility")),
        sa.UniqueConstraint(
            "tenant_id",
            "party_id",
            "product",
            name=op.f("uq_lending_facility_tenant_id_party_id_product"),
        ),
        sqlite_strict=True,
    )


def _lending_loan() -> None:
    op.create_table(
        "lending_loan",
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("facility_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("product_version", schema.Amount, nullable=False),
        sa.Column("rail", schema.String(), nullable=False),
        sa.Column("terms", schema.Json(), nullable=False),
        sa.Column("rounding_mode", schema.String(), nullable=False),
        sa.Column("principal_agreed_fen", schema.Amount, nullable=False),
        sa.Column("created_on", schema.Day(), nullable=False),
        sa.Column("live", schema.Amount, nullable=False),
        sa.Column("status", schema.String(), nullable=False),
        sa.Column("disbursed_on", schema.Day(), nullable=True),
        sa.Column("matures_on", schema.Day(), nullable=True),
        sa.Column("closed_on", schema.Day(), nullable=True),
        sa.Column("next_due_on", schema.Day(), nullable=True),
        sa.Column("oldest_due_on", schema.Day(), nullable=True),
        sa.Column("disbursed_fen", schema.Amount, nullable=False),
        sa.Column("principal_paid_fen", schema.Amount, nullable=False),
        sa.Column("interest_accrued_fen", schema.Amount, nullable=False),
        sa.Column("interest_paid_fen", schema.Amount, nullable=False),
        sa.Column("penalty_accrued_fen", schema.Amount, nullable=False),
        sa.Column("penalty_paid_fen", schema.Amount, nullable=False),
        sa.Column("overpaid_fen", schema.Amount, nullable=False),
        sa.Column("events", schema.Amount, nullable=False),
        sa.Column("accrued_until", schema.Amount, nullable=False),
        sa.Column("line_from", schema.Amount, nullable=False),
        sa.Column("line_until", schema.Amount, nullable=False),
        sa.Column("interest_ticks", schema.Amount, nullable=False),
        sa.Column("interest_numerator", schema.Amount, nullable=False),
        sa.Column("interest_denominator", schema.Amount, nullable=False),
        sa.Column("penalty_ticks", schema.Amount, nullable=False),
        sa.Column("penalty_numerator", schema.Amount, nullable=False),
        sa.Column("penalty_denominator", schema.Amount, nullable=False),
        sa.CheckConstraint(
            "interest_paid_fen <= interest_accrued_fen", name=op.f("ck_lending_loan_interest")
        ),
        sa.CheckConstraint("live IN (0, 1)", name=op.f("ck_lending_loan_live")),
        sa.CheckConstraint(
            "penalty_paid_fen <= penalty_accrued_fen", name=op.f("ck_lending_loan_penalty")
        ),
        sa.CheckConstraint(
            "principal_paid_fen <= disbursed_fen", name=op.f("ck_lending_loan_principal")
        ),
        sa.PrimaryKeyConstraint("loan_id", name=op.f("pk_lending_loan")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_loan_facility",
        "lending_loan",
        ["tenant_id", "facility_id", "loan_id"],
        unique=False,
    )
    op.create_index(
        "ix_lending_loan_live",
        "lending_loan",
        ["tenant_id", "loan_id"],
        unique=False,
        sqlite_where=sa.text("live = 1"),
        postgresql_where=sa.text("live = 1"),
    )
    op.create_index(
        "ix_lending_loan_party", "lending_loan", ["tenant_id", "party_id", "loan_id"], unique=False
    )


def _lending_loan_event() -> None:
    op.create_table(
        "lending_loan_event",
        sa.Column("event_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("sequence", schema.Amount, nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("value_date", schema.Day(), nullable=False),
        sa.Column("business_date", schema.Day(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_lending_loan_event")),
        sa.UniqueConstraint(
            "loan_id", "sequence", name=op.f("uq_lending_loan_event_loan_id_sequence")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_loan_event")


def _lending_offer() -> None:
    op.create_table(
        "lending_offer",
        sa.Column("offer_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("application_id", schema.Id(), nullable=False),
        sa.Column("decision_id", schema.Id(), nullable=False),
        sa.Column("product", schema.String(), nullable=False),
        sa.Column("limit_fen", schema.Amount, nullable=False),
        sa.Column("rate_ppm_per_day", schema.Amount, nullable=False),
        sa.Column("tenors", schema.Json(), nullable=False),
        sa.Column("expires_at", schema.Moment(), nullable=False),
        sa.Column("facility_id", schema.Id(), nullable=True),
        sa.Column("accepted_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "(facility_id IS NULL) = (accepted_at IS NULL)",
            name=op.f("ck_lending_offer_accepted_whole"),
        ),
        sa.CheckConstraint("limit_fen > 0", name=op.f("ck_lending_offer_limit_positive")),
        sa.PrimaryKeyConstraint("offer_id", name=op.f("pk_lending_offer")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_offer_party",
        "lending_offer",
        ["tenant_id", "party_id", "expires_at"],
        unique=False,
    )


def _lending_payout() -> None:
    op.create_table(
        "lending_payout",
        sa.Column("order_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("rail", schema.String(), nullable=False),
        sa.Column("hold_id", schema.Id(), nullable=False),
        sa.Column("amount_fen", schema.Amount, nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("ordered_at", schema.Moment(), nullable=False),
        sa.CheckConstraint(
            "state IN ('ordered', 'posted', 'voided')", name=op.f("ck_lending_payout_state")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_lending_payout")),
        sa.UniqueConstraint("loan_id", name=op.f("uq_lending_payout_loan_id")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_payout_open",
        "lending_payout",
        ["tenant_id", "order_id"],
        unique=False,
        sqlite_where=sa.text("state = 'ordered'"),
        postgresql_where=sa.text("state = 'ordered'"),
    )


def _lending_payout_report() -> None:
    op.create_table(
        "lending_payout_report",
        sa.Column("report_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("order_id", schema.Id(), nullable=False),
        sa.Column("outcome", schema.String(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("verdict", schema.String(), nullable=False),
        sa.Column("received_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_lending_payout_report")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("lending_payout_report")
    op.create_index(
        "ix_lending_payout_report_order",
        "lending_payout_report",
        ["order_id", "report_id"],
        unique=False,
    )
