"""the first tables (records)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0006"
down_revision: str | None = "0005"


def upgrade() -> None:
    """Carry this revision out."""
    _party_signal()
    _record_file()
    _record_import()
    _record_party()


def _party_signal() -> None:
    op.create_table(
        "party_signal",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("imports_count", schema.Amount, nullable=False),
        sa.Column("kinds", schema.Json(), nullable=False),
        sa.Column("kinds_there", schema.Json(), nullable=False),
        sa.Column("verified_by", schema.String(), nullable=False),
        sa.Column("as_of", schema.Day(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("computed_at", schema.Moment(), nullable=False),
        sa.Column("figures", schema.Json(), nullable=False),
        sa.Column("evidence", schema.Json(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", name=op.f("pk_party_signal")),
        sqlite_strict=True,
    )


def _record_file() -> None:
    op.create_table(
        "record_file",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("import_id", schema.Id(), nullable=False),
        sa.Column("shard", schema.Amount, nullable=False),
        sa.Column("part", schema.Amount, nullable=False),
        sa.Column("path", schema.String(), nullable=False),
        sa.Column("rows", schema.Amount, nullable=False),
        sa.Column("bytes", schema.Amount, nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "import_id", "shard", "part", name=op.f("pk_record_file")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("record_file")
    op.create_index("ix_record_file_shard", "record_file", ["tenant_id", "shard"], unique=False)


def _record_import() -> None:
    op.create_table(
        "record_import",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("import_id", schema.Id(), nullable=False),
        sa.Column("scope", schema.String(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("format", schema.String(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=True),
        sa.Column("known_by", schema.String(), nullable=False),
        sa.Column("known_at", schema.Moment(), nullable=False),
        sa.Column("rows_kept", schema.Amount, nullable=False),
        sa.Column("imported_by", schema.String(), nullable=False),
        sa.Column("report", schema.Json(), nullable=False),
        sa.CheckConstraint(
            "known_by IN ('import', 'issued')", name=op.f("ck_record_import_known_by")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "import_id", name=op.f("pk_record_import")),
        sa.UniqueConstraint(
            "tenant_id",
            "scope",
            "content_hash",
            name=op.f("uq_record_import_tenant_id_scope_content_hash"),
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("record_import")


def _record_party() -> None:
    op.create_table(
        "record_party",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("import_id", schema.Id(), nullable=False),
        sa.Column("shard", schema.Amount, nullable=False),
        sa.Column("rows", schema.Amount, nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "party_id", "import_id", name=op.f("pk_record_party")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("record_party")
    op.create_index("ix_record_party_shard", "record_party", ["tenant_id", "shard"], unique=False)
