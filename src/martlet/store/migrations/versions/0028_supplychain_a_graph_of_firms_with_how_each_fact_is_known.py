"""a graph of firms with how each fact is known (supplychain)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0028"
down_revision: str | None = "0027"


def upgrade() -> None:
    """Carry this revision out."""
    _supplychain_edge()
    _supplychain_firm()
    _supplychain_name()
    _supplychain_node()
    _supplychain_review()
    _supplychain_run()


def _supplychain_edge() -> None:
    op.create_table(
        "supplychain_edge",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("edge_id", schema.Id(), nullable=False),
        sa.Column("revision", schema.Amount, nullable=False),
        sa.Column("from_key", schema.String(), nullable=False),
        sa.Column("relation", schema.String(), nullable=False),
        sa.Column("to_key", schema.String(), nullable=False),
        sa.Column("source", schema.String(), nullable=False),
        sa.Column("strength", schema.Amount, nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("valid_from", schema.Day(), nullable=True),
        sa.Column("valid_until", schema.Day(), nullable=True),
        sa.Column("confidence_ppm", schema.Amount, nullable=False),
        sa.Column("consent_party_id", schema.Id(), nullable=True),
        sa.Column("amount_fen", schema.Amount, nullable=True),
        sa.Column("share_ppm", schema.Amount, nullable=True),
        sa.Column("review_id", schema.Id(), nullable=True),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.Column("ended_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "confidence_ppm BETWEEN 0 AND 1000000", name=op.f("ck_supplychain_edge_confidence")
        ),
        sa.CheckConstraint("from_key <> to_key", name=op.f("ck_supplychain_edge_no_loop")),
        sa.PrimaryKeyConstraint(
            "tenant_id", "edge_id", "revision", name=op.f("pk_supplychain_edge")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_supplychain_edge_from",
        "supplychain_edge",
        ["tenant_id", "from_key", "relation", "strength", "known_at"],
        unique=False,
    )
    op.create_index(
        "ix_supplychain_edge_reference",
        "supplychain_edge",
        ["tenant_id", "reference"],
        unique=False,
    )
    op.create_index(
        "ix_supplychain_edge_review",
        "supplychain_edge",
        ["tenant_id", "review_id"],
        unique=False,
        sqlite_where=sa.text("review_id IS NOT NULL"),
        postgresql_where=sa.text("review_id IS NOT NULL"),
    )
    op.create_index(
        "ix_supplychain_edge_to",
        "supplychain_edge",
        ["tenant_id", "to_key", "relation", "strength", "known_at"],
        unique=False,
    )


def _supplychain_firm() -> None:
    op.create_table(
        "supplychain_firm",
        sa.Column("link_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("firm_key", schema.String(), nullable=False),
        sa.Column("linked_at", schema.Moment(), nullable=False),
        sa.Column("linked_by", schema.String(), nullable=False),
        sa.Column("ended_at", schema.Moment(), nullable=True),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_supplychain_firm")),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_supplychain_firm_key", "supplychain_firm", ["tenant_id", "firm_key"], unique=False
    )
    op.create_index(
        "ix_supplychain_firm_party", "supplychain_firm", ["tenant_id", "party_id"], unique=False
    )


def _supplychain_name() -> None:
    op.create_table(
        "supplychain_name",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("folded", schema.String(), nullable=False),
        sa.Column("key", schema.String(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "folded", "key", name=op.f("pk_supplychain_name")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("supplychain_name")


def _supplychain_node() -> None:
    op.create_table(
        "supplychain_node",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("key", schema.String(), nullable=False),
        sa.Column("revision", schema.Amount, nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("attributes", schema.Json(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", "revision", name=op.f("pk_supplychain_node")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("supplychain_node")


def _supplychain_review() -> None:
    op.create_table(
        "supplychain_review",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("review_id", schema.Id(), nullable=False),
        sa.Column("what", schema.String(), nullable=False),
        sa.Column("fingerprint", schema.String(), nullable=False),
        sa.Column("payload", schema.Json(), nullable=False),
        sa.Column("reference", schema.String(), nullable=False),
        sa.Column("confidence_ppm", schema.Amount, nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("proposed_at", schema.Moment(), nullable=False),
        sa.Column("proposed_by", schema.String(), nullable=False),
        sa.Column("reviewer", schema.String(), nullable=True),
        sa.Column("decided_at", schema.Moment(), nullable=True),
        sa.Column("reason", schema.String(), nullable=True),
        sa.Column("undone_at", schema.Moment(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'accepted', 'rejected', 'undone')",
            name=op.f("ck_supplychain_review_state"),
        ),
        sa.CheckConstraint(
            "what IN ('fact', 'merge', 'link')", name=op.f("ck_supplychain_review_what")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "review_id", name=op.f("pk_supplychain_review")),
        sa.UniqueConstraint(
            "tenant_id", "fingerprint", name=op.f("uq_supplychain_review_tenant_id_fingerprint")
        ),
        sqlite_strict=True,
    )
    op.create_index(
        "ix_supplychain_review_state",
        "supplychain_review",
        ["tenant_id", "state", "confidence_ppm"],
        unique=False,
    )


def _supplychain_run() -> None:
    op.create_table(
        "supplychain_run",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("run_id", schema.Id(), nullable=False),
        sa.Column("form", schema.String(), nullable=False),
        sa.Column("source", schema.String(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("started_at", schema.Moment(), nullable=False),
        sa.Column("finished_at", schema.Moment(), nullable=True),
        sa.Column("imported_by", schema.String(), nullable=False),
        sa.Column("report", schema.Json(), nullable=False),
        sa.CheckConstraint("state IN ('running', 'done')", name=op.f("ck_supplychain_run_state")),
        sa.PrimaryKeyConstraint("tenant_id", "run_id", name=op.f("pk_supplychain_run")),
        sqlite_strict=True,
    )
