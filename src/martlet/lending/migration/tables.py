"""What came from where: the other system's names for businesses and loans, kept for ever.

Private to the migration. A loan's fingerprint is the hash of everything that was read of it, so
that the same file again is known and another history of the same loan is refused.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from martlet.store.schema import STRICT, Day, Id, String, append_only, metadata

migrated_party = append_only(
    Table(
        "lending_migrated_party",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("source", String, primary_key=True),
        Column("reference", String, primary_key=True),
        Column("party_id", Id, nullable=False),
        **STRICT,
    )
)

migrated_loan = append_only(
    Table(
        "lending_migrated_loan",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("source", String, primary_key=True),
        Column("reference", String, primary_key=True),
        Column("loan_id", Id, nullable=False),
        Column("fingerprint", String, nullable=False),
        Column("taken_over_on", Day, nullable=False),
        Index("ix_lending_migrated_loan_loan", "tenant_id", "loan_id"),
        **STRICT,
    )
)
