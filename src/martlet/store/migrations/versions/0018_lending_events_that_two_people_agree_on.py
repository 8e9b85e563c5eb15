"""events that two people agree on (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema

revision = "0018"
down_revision: str | None = "0017"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_event_proposal()


def _lending_event_proposal() -> None:
    op.create_table(
        "lending_event_proposal",
        sa.Column("proposal_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("loan_id", schema.Id(), nullable=False),
        sa.Column("asked", schema.Json(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("proposed_by", schema.String(), nullable=False),
        sa.Column("proposed_at", schema.Moment(), nullable=False),
        sa.Column("decided_by", schema.String(), nullable=True),
        sa.Column("decided_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_by IS NULL)",
            name=op.f("ck_lending_event_proposal_decided_whole"),
        ),
        sa.CheckConstraint(
            "state <> 'approved' OR decided_by <> proposed_by",
            name=op.f("ck_lending_event_proposal_second_person"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'approved', 'declined')",
            name=op.f("ck_lending_event_proposal_state"),
        ),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_lending_event_proposal")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_lending_event_proposal_loan",
        "lending_event_proposal",
        ["tenant_id", "loan_id", "proposal_id"],
        unique=False,
    )
