"""Bookmarks in the replays of loans (lending)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema

revision = "0021"
down_revision: str | None = "0020"


def upgrade() -> None:
    """Carry this revision out."""
    _lending_loan()


def _lending_loan() -> None:
    op.add_column("lending_loan", sa.Column("bookmark", schema.String(), nullable=True))
