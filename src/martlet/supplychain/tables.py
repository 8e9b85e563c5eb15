"""The room's tables. Private: read through `queries`, written through `service`.

A fact is never patched: a node's later telling is a further revision, an edge that is corrected
or withdrawn gets the moment of its end and stays readable as of before.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Table, UniqueConstraint, text

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

node = append_only(
    Table(
        "supplychain_node",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("key", String, primary_key=True),
        Column("revision", Amount, primary_key=True),
        Column("kind", String, nullable=False),
        Column("name", String, nullable=False),
        Column("attributes", Json, nullable=False),
        Column("known_at", Moment, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        **STRICT,
    )
)
"""What is known of a node; of the revisions known at a moment, the newest speaks."""

node_name = append_only(
    Table(
        "supplychain_name",
        metadata,
        Column("tenant_id", Id, primary_key=True),
        Column("folded", String, primary_key=True),
        Column("key", String, primary_key=True),
        Column("kind", String, nullable=False),
        **STRICT,
    )
)
"""By which words a node is found: names, short names, codes, folded into one spelling."""

edge = Table(
    "supplychain_edge",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("edge_id", Id, primary_key=True),
    Column("revision", Amount, primary_key=True),
    Column("from_key", String, nullable=False),
    Column("relation", String, nullable=False),
    Column("to_key", String, nullable=False),
    Column("source", String, nullable=False),
    Column("strength", Amount, nullable=False),
    Column("reference", String, nullable=False),
    Column("known_at", Moment, nullable=False),
    Column("valid_from", Day, nullable=True),
    Column("valid_until", Day, nullable=True),
    Column("confidence_ppm", Amount, nullable=False),
    Column("consent_party_id", Id, nullable=True),
    Column("amount_fen", Amount, nullable=True),
    Column("share_ppm", Amount, nullable=True),
    Column("review_id", Id, nullable=True),
    Column("recorded_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=True),
    CheckConstraint("confidence_ppm BETWEEN 0 AND 1000000", name="confidence"),
    CheckConstraint("from_key <> to_key", name="no_loop"),
    Index("ix_supplychain_edge_from", "tenant_id", "from_key", "relation", "strength", "known_at"),
    Index("ix_supplychain_edge_to", "tenant_id", "to_key", "relation", "strength", "known_at"),
    Index("ix_supplychain_edge_reference", "tenant_id", "reference"),
    Index(
        "ix_supplychain_edge_review",
        "tenant_id",
        "review_id",
        sqlite_where=text("review_id IS NOT NULL"),
        postgresql_where=text("review_id IS NOT NULL"),
    ),
    **STRICT,
)
"""A directed fact; `edge_id` is a hash of what it says and where that is from. Only `ended_at`
is ever set afterwards, once."""

firm_link = Table(
    "supplychain_firm",
    metadata,
    Column("link_id", Id, primary_key=True),
    Column("tenant_id", Id, nullable=False),
    Column("party_id", Id, nullable=False),
    Column("firm_key", String, nullable=False),
    Column("linked_at", Moment, nullable=False),
    Column("linked_by", String, nullable=False),
    Column("ended_at", Moment, nullable=True),
    Index("ix_supplychain_firm_party", "tenant_id", "party_id"),
    Index("ix_supplychain_firm_key", "tenant_id", "firm_key"),
    **STRICT,
)
"""Which node of the graph is which business of the bank; an ended link stays for its time."""

run = Table(
    "supplychain_run",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("run_id", Id, primary_key=True),
    Column("form", String, nullable=False),
    Column("source", String, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("finished_at", Moment, nullable=True),
    Column("imported_by", String, nullable=False),
    Column("report", Json, nullable=False),
    CheckConstraint("state IN ('running', 'done')", name="state"),
    **STRICT,
)
"""Imports: what was read, when, and what was found; one that was cut off stays `running`."""

review = Table(
    "supplychain_review",
    metadata,
    Column("tenant_id", Id, primary_key=True),
    Column("review_id", Id, primary_key=True),
    Column("what", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("payload", Json, nullable=False),
    Column("reference", String, nullable=False),
    Column("confidence_ppm", Amount, nullable=False),
    Column("state", String, nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("proposed_by", String, nullable=False),
    Column("reviewer", String, nullable=True),
    Column("decided_at", Moment, nullable=True),
    Column("reason", String, nullable=True),
    Column("undone_at", Moment, nullable=True),
    CheckConstraint("what IN ('fact', 'merge', 'link')", name="what"),
    CheckConstraint("state IN ('waiting', 'accepted', 'rejected', 'undone')", name="state"),
    UniqueConstraint("tenant_id", "fingerprint"),
    Index("ix_supplychain_review_state", "tenant_id", "state", "confidence_ppm"),
    **STRICT,
)
"""What machines propose and people decide."""
