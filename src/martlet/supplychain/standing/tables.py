"""The tables of standings: which core firms a bank follows, and what decisions read."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from martlet.store.schema import STRICT, Amount, Day, Id, Json, Moment, String, metadata

core_firm = Table(
    "supplychain_core",
    metadata,
    Column("core_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("firm_key", String, nullable=False),
    Column("note", String, nullable=False),
    Column("followed_at", Moment, nullable=False),
    Column("followed_by", String, nullable=False),
    Column("ended_at", Moment, nullable=True),
    Index("ix_supplychain_core_tenant", "tenant_id", "firm_key"),
    **STRICT,
)
"""Core firms whose chains are looked at; one that has ended stays for its time."""

standing = Table(
    "supplychain_standing",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("party_id", Id, primary_key=True),
    Column("as_of", Day, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("computed_at", Moment, nullable=False),
    Column("confidence_ppm", Amount, nullable=False),
    Column("kinds", Json, nullable=False),
    Column("figures", Json(tuple[tuple[str, int | str, int], ...]), nullable=False),
    Column("told", Json, nullable=False),
    Column("evidence", Json, nullable=False),
    **STRICT,
)
"""What was computed of a business last; a copy for speed that can be computed anew at any time."""
