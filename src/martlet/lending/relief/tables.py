"""The tables of relief. Private: others read through `queries` and write through `service`.

Programmes, their moves, previews and what each loan was granted are append-only. The one row that
changes is a programme's running total, and its check is the budget: no commit can exceed it.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from martlet.store.schema import (
    STRICT,
    Amount,
    Day,
    Id,
    Json,
    Moment,
    String,
    append_only,
    metadata,
)

programme = append_only(
    Table(
        "lending_relief_programme",
        metadata,
        Column("programme_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("name", String, nullable=False),
        Column("content_hash", String, nullable=False),
        Column("text", String, nullable=False),
        Column("drafted_at", Moment, nullable=False),
        Column("drafted_by", String, nullable=False),
        UniqueConstraint("tenant_id", "name"),
        **STRICT,
    )
)
"""A name means one text for ever, because accounts are named after it."""

move = append_only(
    Table(
        "lending_relief_move",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("programme_id", Id, nullable=False),
        Column("step", Amount, nullable=False),
        Column("stage", String, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("from_on", Day, nullable=True),
        Column("moved_at", Moment, nullable=False),
        Column("moved_by", String, nullable=False),
        Column("note", String, nullable=False),
        PrimaryKeyConstraint("programme_id", "step"),
        CheckConstraint(
            "stage IN ('draft', 'approved', 'launched', 'stopped', 'reversed')", name="stage"
        ),
        **STRICT,
    )
)
"""`from_on`: the first day of the relief that was launched, or without the one reversed."""

preview = append_only(
    Table(
        "lending_relief_preview",
        metadata,
        Column("preview_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("programme_id", Id, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("figures", Json, nullable=False),
        Column("made_at", Moment, nullable=False),
        Column("made_by", String, nullable=False),
        Index("ix_lending_relief_preview_programme", "tenant_id", "programme_id", "preview_id"),
        **STRICT,
    )
)

total = Table(
    "lending_relief_total",
    metadata,
    Column("programme_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("budget_fen", Amount, nullable=False),
    Column("loans", Amount, nullable=False),
    Column("cost_fen", Amount, nullable=False),
    CheckConstraint("cost_fen BETWEEN 0 AND budget_fen", name="within_budget"),
    **STRICT,
)

cohort = Table(
    "lending_relief_cohort",
    metadata,
    Column("programme_id", Id, nullable=False),
    Column("product", String, nullable=False),
    Column("until_on", Day, nullable=False),
    Column("tenant_id", Id, nullable=False),
    Column("from_on", Day, nullable=False),
    Column("promised_fen", Amount, nullable=False),
    Column("given_fen", Amount, nullable=False),
    PrimaryKeyConstraint("programme_id", "product", "until_on"),
    CheckConstraint("promised_fen >= 0 AND given_fen >= 0", name="not_negative"),
    **STRICT,
)
"""What one launch promised on the loans of one product, and how much of it is forgone by now."""

entry = append_only(
    Table(
        "lending_relief_entry",
        metadata,
        Column("programme_id", Id, nullable=False),
        Column("loan_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("tenant_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("product", String, nullable=False),
        Column("region", String, nullable=False),
        Column("trade", String, nullable=False),
        Column("arrears", String, nullable=False),
        Column("business_date", Day, nullable=False),
        Column("from_on", Day, nullable=False),
        Column("until_on", Day, nullable=False),
        Column("events_before", Amount, nullable=False),
        Column("events_added", Amount, nullable=False),
        Column("waived_fen", Amount, nullable=False),
        Column("cost_fen", Amount, nullable=False),
        PrimaryKeyConstraint("programme_id", "loan_id", "kind"),
        CheckConstraint("kind IN ('granted', 'reversed')", name="kind"),
        CheckConstraint(
            "(kind = 'granted' AND cost_fen >= 0) OR (kind = 'reversed' AND cost_fen <= 0)",
            name="sign",
        ),
        Index("ix_lending_relief_entry_loan", "loan_id"),
        Index("ix_lending_relief_entry_party", "tenant_id", "party_id"),
        sqlite_with_rowid=False,
        **STRICT,
    )
)
"""What one loan was granted by one programme, or what a reversal took back of it.

`events_before` and `events_added` tell which of the loan's events are the programme's: the proof
projects the loan with and without them.
"""
