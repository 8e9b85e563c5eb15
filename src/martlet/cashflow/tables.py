"""The room's tables: signals of the days ahead, computed in the night and read by decisions."""

from __future__ import annotations

from sqlalchemy import Column, Table

from martlet.store.schema import STRICT, Amount, Day, Id, Json, Moment, metadata

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
