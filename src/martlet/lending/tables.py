"""The room's tables. Private: others read through `queries` and write through `service`.

Truth is what is append-only: applications, events, the rail's reports. Of a loan's row only the
terms are truth; the rest is a copy of `project(terms, events, accrued_until)` with the line on
which interest runs from there, so that a night and a list need no replay and a night writes no
row to which nothing happened; `verify` makes it again and compares. Days that columns
compute with are ordinals, because numpy subtracts numbers.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint, text

from martlet.store.schema import (
    STRICT,
    Amount,
    Day,
    Flag,
    Id,
    Json,
    Moment,
    String,
    append_only,
    metadata,
)

application = append_only(
    Table(
        "lending_application",
        metadata,
        Column("application_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("product", String, nullable=False),
        Column("requested_fen", Amount, nullable=False),
        Column("tenor", Amount, nullable=False),
        Column("decision_id", Id, nullable=False),
        Column("outcome", String, nullable=False),
        Column("applied_on", Day, nullable=False),
        Column("applied_at", Moment, nullable=False),
        Index("ix_lending_application_party", "tenant_id", "party_id", "applied_at"),
        **STRICT,
    )
)

offer = Table(
    "lending_offer",
    metadata,
    Column("offer_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("application_id", Id, nullable=False),
    Column("decision_id", Id, nullable=False),
    Column("product", String, nullable=False),
    Column("limit_fen", Amount, nullable=False),
    Column("rate_ppm_per_day", Amount, nullable=False),
    Column("tenors", Json, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("facility_id", Id, nullable=True),
    Column("accepted_at", Moment, nullable=True),
    CheckConstraint("limit_fen > 0", name="limit_positive"),
    CheckConstraint("(facility_id IS NULL) = (accepted_at IS NULL)", name="accepted_whole"),
    Index("ix_lending_offer_party", "tenant_id", "party_id", "expires_at"),
    **STRICT,
)

facility = Table(
    "lending_facility",
    metadata,
    Column("facility_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("product", String, nullable=False),
    Column("limit_fen", Amount, nullable=False),
    Column("used_fen", Amount, nullable=False),
    Column("rate_ppm_per_day", Amount, nullable=False),
    Column("tenors", Json, nullable=False),
    Column("offer_id", Id, nullable=False),
    Column("opened_on", Day, nullable=False),
    Column("available_until", Day, nullable=False),
    CheckConstraint("used_fen >= 0", name="used_not_negative"),
    UniqueConstraint("tenant_id", "party_id", "product"),
    Index("ix_lending_facility_opened", "tenant_id", "opened_on"),
    Index("ix_lending_facility_ends", "tenant_id", "available_until"),
    **STRICT,
)
"""One line for a business and product; a new acceptance renews it.

A drawdown never takes more than there is (`facilities.take`). Only what a bank cannot refuse, a
payment charged back or undone, may leave more in use than the limit.
"""

loan = Table(
    "lending_loan",
    metadata,
    Column("loan_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("facility_id", Id, nullable=False),
    Column("product", String, nullable=False),
    Column("product_version", Amount, nullable=False),
    Column("rail", String, nullable=False),
    Column("terms", Json, nullable=False),
    Column("rounding_mode", String, nullable=False),
    Column("principal_agreed_fen", Amount, nullable=False),
    Column("created_on", Day, nullable=False),
    Column("live", Flag, nullable=False),
    Column("status", String, nullable=False),
    Column("disbursed_on", Day, nullable=True),
    Column("matures_on", Day, nullable=True),
    Column("closed_on", Day, nullable=True),
    Column("next_due_on", Day, nullable=True),
    Column("oldest_due_on", Day, nullable=True),
    Column("disbursed_fen", Amount, nullable=False),
    Column("principal_paid_fen", Amount, nullable=False),
    Column("interest_accrued_fen", Amount, nullable=False),
    Column("interest_paid_fen", Amount, nullable=False),
    Column("penalty_accrued_fen", Amount, nullable=False),
    Column("penalty_paid_fen", Amount, nullable=False),
    Column("overpaid_fen", Amount, nullable=False),
    Column("fee_charged_fen", Amount, nullable=False),
    Column("fee_paid_fen", Amount, nullable=False),
    Column("penalty_charged_fen", Amount, nullable=False),
    Column("interest_waived_fen", Amount, nullable=False),
    Column("fee_waived_fen", Amount, nullable=False),
    Column("penalty_waived_fen", Amount, nullable=False),
    Column("principal_raised_fen", Amount, nullable=False),
    Column("interest_raised_fen", Amount, nullable=False),
    Column("fee_raised_fen", Amount, nullable=False),
    Column("penalty_raised_fen", Amount, nullable=False),
    Column("principal_written_off_fen", Amount, nullable=False),
    Column("interest_written_off_fen", Amount, nullable=False),
    Column("fee_written_off_fen", Amount, nullable=False),
    Column("penalty_written_off_fen", Amount, nullable=False),
    Column("goodwill_fen", Amount, nullable=False),
    Column("recovered_fen", Amount, nullable=False),
    Column("charged_off_on", Day, nullable=True),
    Column("written_off_on", Day, nullable=True),
    Column("events", Amount, nullable=False),
    Column("shared", Flag, nullable=True),
    Column("accrued_until", Amount, nullable=False),
    Column("line_from", Amount, nullable=False),
    Column("line_until", Amount, nullable=False),
    Column("interest_ticks", Amount, nullable=False),
    Column("interest_numerator", Amount, nullable=False),
    Column("interest_denominator", Amount, nullable=False),
    Column("penalty_ticks", Amount, nullable=False),
    Column("penalty_numerator", Amount, nullable=False),
    Column("penalty_denominator", Amount, nullable=False),
    Column("bookmark", String, nullable=True),
    CheckConstraint("live IN (0, 1)", name="live"),
    CheckConstraint(
        "principal_paid_fen + principal_written_off_fen <= disbursed_fen + principal_raised_fen",
        name="principal",
    ),
    CheckConstraint(
        "interest_paid_fen + interest_waived_fen + interest_written_off_fen"
        " <= interest_accrued_fen + interest_raised_fen",
        name="interest",
    ),
    CheckConstraint(
        "fee_paid_fen + fee_waived_fen + fee_written_off_fen <= fee_charged_fen + fee_raised_fen",
        name="fee",
    ),
    CheckConstraint(
        "penalty_paid_fen + penalty_waived_fen + penalty_written_off_fen"
        " <= penalty_accrued_fen + penalty_charged_fen + penalty_raised_fen",
        name="penalty",
    ),
    Index("ix_lending_loan_facility", "tenant_id", "facility_id", "loan_id"),
    Index("ix_lending_loan_party", "tenant_id", "party_id", "loan_id"),
    Index(
        "ix_lending_loan_live",
        "tenant_id",
        "loan_id",
        sqlite_where=text("live = 1"),
        postgresql_where=text("live = 1"),
    ),
    Index(
        "ix_lending_loan_break",
        "tenant_id",
        "line_until",
        "loan_id",
        sqlite_where=text("live = 1"),
        postgresql_where=text("live = 1"),
    ),
    Index(
        "ix_lending_loan_late",
        "tenant_id",
        "oldest_due_on",
        "status",
        sqlite_where=text("live = 1 AND oldest_due_on IS NOT NULL"),
        postgresql_where=text("live = 1 AND oldest_due_on IS NOT NULL"),
    ),
    Index(
        "ix_lending_loan_charged_off",
        "tenant_id",
        "party_id",
        sqlite_where=text("live = 1 AND charged_off_on IS NOT NULL"),
        postgresql_where=text("live = 1 AND charged_off_on IS NOT NULL"),
    ),
    Index(
        "ix_lending_loan_closed",
        "tenant_id",
        "closed_on",
        sqlite_where=text("closed_on IS NOT NULL"),
        postgresql_where=text("closed_on IS NOT NULL"),
    ),
    **STRICT,
)


def principal_owed(columns: Any) -> Any:  # noqa: ANN401 - columns and an expression of them
    """Return the outstanding principal of the loans whose columns these are."""
    owed = columns.disbursed_fen + columns.principal_raised_fen
    return owed - columns.principal_paid_fen - columns.principal_written_off_fen


def interest_owed(columns: Any) -> Any:  # noqa: ANN401 - columns and an expression of them
    """Return the interest accrued and outstanding as of each row's last change."""
    owed = columns.interest_accrued_fen + columns.interest_raised_fen
    settled = columns.interest_paid_fen + columns.interest_waived_fen
    return owed - settled - columns.interest_written_off_fen


def fee_owed(columns: Any) -> Any:  # noqa: ANN401 - columns and an expression of them
    """Return the fees charged and outstanding."""
    owed = columns.fee_charged_fen + columns.fee_raised_fen
    return owed - columns.fee_paid_fen - columns.fee_waived_fen - columns.fee_written_off_fen


def penalty_owed(columns: Any) -> Any:  # noqa: ANN401 - columns and an expression of them
    """Return the penalty outstanding as of each row's last change."""
    owed = columns.penalty_accrued_fen + columns.penalty_charged_fen + columns.penalty_raised_fen
    settled = columns.penalty_paid_fen + columns.penalty_waived_fen
    return owed - settled - columns.penalty_written_off_fen


PRINCIPAL_OWED = principal_owed(loan.c)
INTEREST_OWED = interest_owed(loan.c)
FEE_OWED = fee_owed(loan.c)
PENALTY_OWED = penalty_owed(loan.c)

loan_event = append_only(
    Table(
        "lending_loan_event",
        metadata,
        Column("event_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("loan_id", Id, nullable=False),
        Column("sequence", Amount, nullable=False),
        Column("kind", String, nullable=False),
        Column("value_date", Day, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("amount_fen", Amount, nullable=False),
        Column("details", Json, nullable=True),
        Column("reference", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        UniqueConstraint("loan_id", "sequence"),
        Index(
            "ix_lending_loan_event_rare",
            "tenant_id",
            "value_date",
            sqlite_where=text("kind NOT IN ('disbursed', 'repaid')"),
            postgresql_where=text("kind NOT IN ('disbursed', 'repaid')"),
        ),
        **STRICT,
    )
)

event_proposal = Table(
    "lending_event_proposal",
    metadata,
    Column("proposal_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("loan_id", Id, nullable=False),
    Column("asked", Json, nullable=False),
    Column("state", String, nullable=False),
    Column("proposed_by", String, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("decided_by", String, nullable=True),
    Column("decided_at", Moment, nullable=True),
    CheckConstraint("state IN ('open', 'approved', 'declined')", name="state"),
    CheckConstraint("(state = 'open') = (decided_by IS NULL)", name="decided_whole"),
    CheckConstraint("state <> 'approved' OR decided_by <> proposed_by", name="second_person"),
    Index("ix_lending_event_proposal_loan", "tenant_id", "loan_id", "proposal_id"),
    **STRICT,
)
"""An event that one person asked for and another must agree to."""

payout = Table(
    "lending_payout",
    metadata,
    Column("order_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("loan_id", Id, nullable=False),
    Column("rail", String, nullable=False),
    Column("hold_id", Id, nullable=False),
    Column("amount_fen", Amount, nullable=False),
    Column("state", String, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    CheckConstraint("state IN ('ordered', 'posted', 'voided')", name="state"),
    UniqueConstraint("loan_id"),
    Index(
        "ix_lending_payout_open",
        "tenant_id",
        "order_id",
        sqlite_where=text("state = 'ordered'"),
        postgresql_where=text("state = 'ordered'"),
    ),
    **STRICT,
)

payout_report = append_only(
    Table(
        "lending_payout_report",
        metadata,
        Column("report_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("order_id", Id, nullable=False),
        Column("outcome", String, nullable=False),
        Column("reference", String, nullable=False),
        Column("verdict", String, nullable=False),
        Column("received_at", Moment, nullable=False),
        Index("ix_lending_payout_report_order", "order_id", "report_id"),
        **STRICT,
    )
)

accrual_mark = Table(
    "lending_accrual_mark",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("accrued_until", Amount, nullable=False),
    Column("accrued_before", Amount, nullable=False),
    Column("through_loan", Id, nullable=False),
    CheckConstraint("accrued_before <= accrued_until", name="forwards"),
    **STRICT,
)
"""How far the ledger has recognised interest: of the loans up to and including `through_loan`
until the start of one day, of those after it until the start of the day before that."""
