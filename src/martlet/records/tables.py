"""The room's tables: imports and the files they left, which business is in which, stored signals.

The rows themselves lie in Parquet; they can be seen only through a row in `record_import`, which
is written last.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint

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

record_import = append_only(
    Table(
        "record_import",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("import_id", Id, primary_key=True),
        Column("scope", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("format", String, nullable=False),
        Column("content_hash", String, nullable=False),
        Column("party_id", Id, nullable=True),
        Column("known_by", String, nullable=False),
        Column("known_at", Moment, nullable=False),
        Column("rows_kept", Amount, nullable=False),
        Column("imported_by", String, nullable=False),
        Column("report", Json, nullable=False),
        CheckConstraint("known_by IN ('import', 'issued')", name="known_by"),
        UniqueConstraint("tenant_id", "scope", "content_hash"),
        **STRICT,
    )
)

record_file = append_only(
    Table(
        "record_file",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("import_id", Id, primary_key=True),
        Column("shard", Amount, primary_key=True),
        Column("part", Amount, primary_key=True),
        Column("path", String, nullable=False),
        Column("rows", Amount, nullable=False),
        Column("bytes", Amount, nullable=False),
        Index("ix_record_file_shard", "tenant_id", "shard"),
        **STRICT,
    )
)

record_party = append_only(
    Table(
        "record_party",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("party_id", Id, primary_key=True),
        Column("import_id", Id, primary_key=True),
        Column("shard", Amount, nullable=False),
        Column("rows", Amount, nullable=False),
        Index("ix_record_party_shard", "tenant_id", "shard"),
        **STRICT,
    )
)

party_signal = Table(
    "party_signal",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("imports_count", Amount, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("kinds_there", Json, nullable=False),
    Column("verified_by", String, nullable=False),
    Column("as_of", Day, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("computed_at", Moment, nullable=False),
    Column("figures", Json(dict[str, tuple[tuple[str, int, int], ...]]), nullable=False),
    Column("evidence", Json, nullable=False),
    **STRICT,
)
"""Stored signals: a copy for speed that can be computed anew at any time."""

party_integrity = Table(
    "party_integrity",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("imports_count", Amount, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("kinds_there", Json, nullable=False),
    Column("as_of", Day, nullable=False),
    Column("computed_at", Moment, nullable=False),
    Column("signs", Json, nullable=False),
    Column("evidence", Json, nullable=False),
    **STRICT,
)
"""What the checks found at the last import, as figures: a copy for speed, like `party_signal`."""

invoice_mark = append_only(
    Table(
        "invoice_mark",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("mark", Amount, primary_key=True),
        Column("party_id", Id, primary_key=True),
        Column("known_at", Moment, nullable=False),
        Index("ix_invoice_mark_party", "tenant_id", "party_id"),
        **STRICT,
    )
)
"""Hashes of the largest sales invoices of each month, by which equal books find each other."""

shared_book = Table(
    "shared_book",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("other_id", Id, primary_key=True),
    Column("shared_count", Amount, nullable=False),
    Column("own_count", Amount, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("is_first", Flag, nullable=False),
    CheckConstraint("is_first IN (0, 1)", name="is_first"),
    **STRICT,
)
"""Two businesses with the same sales invoices, seen from each: a copy for speed."""

finding_cleared = append_only(
    Table(
        "finding_cleared",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("clearing_id", Id, primary_key=True),
        Column("party_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("value", Amount, nullable=False),
        Column("reason", String, nullable=False),
        Column("cleared_at", Moment, nullable=False),
        Column("cleared_by", String, nullable=False),
        Column("until", Moment, nullable=False),
        Index("ix_finding_cleared_party", "tenant_id", "party_id"),
        **STRICT,
    )
)
"""Findings that a person looked at and found explained: they stop nothing for a while."""
