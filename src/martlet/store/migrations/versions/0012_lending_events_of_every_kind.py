"""events of every kind (lending)."""

import sqlalchemy as sa

from martlet.store import schema
from martlet.store.migrations.operations import reshape

revision = "0012"
down_revision: str | None = "0011"


def upgrade() -> None:
    """Carry this revision out."""
    # What a bank cannot refuse, a payment charged back or undone, may pass the limit.
    reshape("lending_facility", checks={"used_within_limit": None})
    _lending_loan()
    reshape("lending_loan_event", add=[sa.Column("details", schema.Json(), nullable=True)])


def _lending_loan() -> None:
    amounts = (
        "fee_charged_fen",
        "fee_paid_fen",
        "penalty_charged_fen",
        "interest_waived_fen",
        "fee_waived_fen",
        "penalty_waived_fen",
        "principal_raised_fen",
        "interest_raised_fen",
        "fee_raised_fen",
        "penalty_raised_fen",
        "principal_written_off_fen",
        "interest_written_off_fen",
        "fee_written_off_fen",
        "penalty_written_off_fen",
        "goodwill_fen",
        "recovered_fen",
    )
    reshape(
        "lending_loan",
        add=[
            *(sa.Column(name, schema.Amount, nullable=False) for name in amounts),
            sa.Column("charged_off_on", schema.Day(), nullable=True),
            sa.Column("written_off_on", schema.Day(), nullable=True),
        ],
        checks={
            "principal": "principal_paid_fen + principal_written_off_fen"
            " <= disbursed_fen + principal_raised_fen",
            "interest": "interest_paid_fen + interest_waived_fen + interest_written_off_fen"
            " <= interest_accrued_fen + interest_raised_fen",
            "fee": "fee_paid_fen + fee_waived_fen + fee_written_off_fen"
            " <= fee_charged_fen + fee_raised_fen",
            "penalty": "penalty_paid_fen + penalty_waived_fen + penalty_written_off_fen"
            " <= penalty_accrued_fen + penalty_charged_fen + penalty_raised_fen",
        },
    )
