"""days of flows by index (treasury)."""

from alembic import op

revision = "0024"
down_revision: str | None = "0023"


def upgrade() -> None:
    """Carry this revision out."""
    _treasury_event()
    _treasury_payout()


def _treasury_event() -> None:
    op.create_index("ix_treasury_event_day", "treasury_event", ["tenant_id", "day"], unique=False)


def _treasury_payout() -> None:
    op.create_index(
        "ix_treasury_payout_asked", "treasury_payout", ["tenant_id", "asked_on"], unique=False
    )
