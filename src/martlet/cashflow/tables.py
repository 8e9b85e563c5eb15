"""The room's tables: what owners note of days ahead, and signals that decisions read."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table

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

cashflow_signal = Table(
    "cashflow_signal",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("imports_count", Amount, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("as_of", Day, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("computed_at", Moment, nullable=False),
    Column("confidence_ppm", Amount, nullable=False),
    Column("figures", Json(tuple[tuple[str, int, int], ...]), nullable=False),
    Column("evidence", Json, nullable=False),
    **STRICT,
)
"""A copy for speed that can be computed anew at any time."""

cashflow_item = append_only(
    Table(
        "cashflow_item",
        metadata,
        Column("item_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("kind", String, nullable=False),
        Column("due_on", Day, nullable=False),
        Column("amount_fen", Amount, nullable=False),
        Column("label", String, nullable=False),
        Column("probability_ppm", Amount, nullable=False),
        Column("late_days", Amount, nullable=False),
        Column("noted_at", Moment, nullable=False),
        Column("actor", String, nullable=False),
        CheckConstraint("probability_ppm BETWEEN 1 AND 1000000", name="probability"),
        Index("ix_cashflow_item_party", "tenant_id", "party_id", "due_on"),
        **STRICT,
    )
)
"""One flow that its owner knows of ahead."""

cashflow_item_end = append_only(
    Table(
        "cashflow_item_end",
        metadata,
        Column("item_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("ended_at", Moment, nullable=False),
        Column("actor", String, nullable=False),
        **STRICT,
    )
)
"""From when an item no longer stands."""
