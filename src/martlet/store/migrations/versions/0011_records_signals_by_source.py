"""stored signals by what they are read from (records)."""

from alembic import op

revision = "0011"
down_revision: str | None = "0010"


def upgrade() -> None:
    """Carry this revision out."""
    # What was computed from the records can be again, and is: at the next decision or at night.
    op.execute("DELETE FROM party_signal")
