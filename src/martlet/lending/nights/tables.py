"""What nights leave behind of borrowers and lines: categories, provisions, notices. Private.

Histories are append-only and grow only when something changes; the one table of current
categories is a copy of the last change of each borrower.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, text

from martlet.store.schema import STRICT, Amount, Day, Id, Moment, String, append_only, metadata

borrower_class = Table(
    "lending_borrower_class",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("category", String, nullable=False),
    Column("since", Day, nullable=False),
    Column("rules_version", String, nullable=False),
    Index(
        "ix_lending_borrower_class_watched",
        "tenant_id",
        "party_id",
        sqlite_where=text("category <> 'normal'"),
        postgresql_where=text("category <> 'normal'"),
    ),
    **STRICT,
)
"""The category of each borrower that was ever in another than the best."""

class_change = append_only(
    Table(
        "lending_class_change",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("party_id", Id, primary_key=True),
        Column("changed_on", Day, primary_key=True),
        Column("category_before", String, nullable=False),
        Column("category", String, nullable=False),
        Column("days_overdue", Amount, nullable=False),
        Column("restructured", Amount, nullable=False),
        Column("charged_off", Amount, nullable=False),
        Column("rules_version", String, nullable=False),
        **STRICT,
    )
)

provision = append_only(
    Table(
        "lending_provision",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("business_date", Day, primary_key=True),
        Column("product", String, primary_key=True),
        Column("category", String, primary_key=True),
        Column("over_days", Amount, primary_key=True),
        Column("owed_fen", Amount, nullable=False),
        Column("rate_ppm", Amount, nullable=False),
        Column("provision_fen", Amount, nullable=False),
        Column("rates_version", String, nullable=False),
        **STRICT,
    )
)
"""How each night's provision came about, cell by cell."""

line_notice = append_only(
    Table(
        "lending_line_notice",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("facility_id", Id, primary_key=True),
        Column("kind", String, primary_key=True),
        Column("noticed_on", Day, primary_key=True),
        CheckConstraint("kind IN ('dormant', 'maturing')", name="kind"),
        **STRICT,
    )
)
"""When a line was found unused for long, or near its end."""

receipt = Table(
    "lending_receipt",
    metadata,
    Column("receipt_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("loan_id", Id, nullable=False),
    Column("amount_fen", Amount, nullable=False),
    Column("value_date", Day, nullable=False),
    Column("reference", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("taken_in_at", Moment, nullable=False),
    CheckConstraint("amount_fen > 0", name="amount"),
    CheckConstraint("state IN ('waiting', 'allocated', 'refused')", name="state"),
    Index(
        "ix_lending_receipt_waiting",
        "tenant_id",
        "receipt_id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    **STRICT,
)
"""Money that came in by the file; the night allocates it to its loans, or says why it cannot."""
