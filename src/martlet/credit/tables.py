"""The room's tables. Private: others read through `queries` and write through `service`.

Everything here is append-only: a policy is replaced by a newer one, a model's state by a later
transition, a decision never.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, PrimaryKeyConstraint, Table, UniqueConstraint

from martlet.store.schema import (
    STRICT,
    Amount,
    Flag,
    Id,
    Json,
    Moment,
    String,
    append_only,
    metadata,
)

credit_artefact = append_only(
    Table(
        "credit_artefact",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("content_hash", String, nullable=False),
        Column("kind", String, nullable=False),
        Column("body", String, nullable=False),
        Column("stored_at", Moment, nullable=False),
        PrimaryKeyConstraint("tenant_id", "content_hash"),
        **STRICT,
    )
)
"""The text of every policy and model that ever decided, by the hash of its content."""

credit_policy = append_only(
    Table(
        "credit_policy",
        metadata,
        Column("policy_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("version", String, nullable=False),
        Column("content_hash", String, nullable=False),
        Column("effective_from", Moment, nullable=False),
        Column("published_at", Moment, nullable=False),
        Column("published_by", String, nullable=False),
        Index("ix_credit_policy_in_force", "tenant_id", "effective_from"),
        **STRICT,
    )
)

credit_model = append_only(
    Table(
        "credit_model",
        metadata,
        Column("model_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("name", String, nullable=False),
        Column("version", String, nullable=False),
        Column("content_hash", String, nullable=False),
        Column("card", String, nullable=False),
        Column("registered_at", Moment, nullable=False),
        Column("registered_by", String, nullable=False),
        UniqueConstraint("tenant_id", "name", "version"),
        **STRICT,
    )
)

credit_model_state = append_only(
    Table(
        "credit_model_state",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("step", Amount, nullable=False),
        Column("model_id", Id, nullable=False),
        Column("state", String, nullable=False),
        Column("changed_at", Moment, nullable=False),
        Column("changed_by", String, nullable=False),
        Column("note", String, nullable=False),
        PrimaryKeyConstraint("tenant_id", "step"),
        Index("ix_credit_model_state_model", "tenant_id", "model_id", "step"),
        **STRICT,
    )
)
"""Transitions candidate → shadow → champion → retired; the latest of a model is its state."""

credit_decision = append_only(
    Table(
        "credit_decision",
        metadata,
        Column("decision_id", Id, primary_key=True),
        Column("tenant_id", Id, nullable=False),
        Column("party_id", Id, nullable=False),
        Column("application_id", Id, nullable=False),
        Column("outcome", String, nullable=False),
        Column("limit_fen", Amount, nullable=False),
        Column("rate_ppm_per_day", Amount, nullable=False),
        Column("score", Amount, nullable=False),
        Column("pd_ppm", Amount, nullable=False),
        Column("policy_version", String, nullable=False),
        Column("model_version", String, nullable=False),
        Column("policy_hash", String, nullable=False),
        Column("model_hash", String, nullable=False),
        Column("inputs_hash", String, nullable=False),
        Column("as_of", Moment, nullable=False),
        Column("inputs", Json, nullable=False),
        Column("decision", Json, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        Index("ix_credit_decision_party", "tenant_id", "party_id", "recorded_at"),
        Index("ix_credit_decision_application", "tenant_id", "application_id"),
        Index("ix_credit_decision_recorded", "tenant_id", "recorded_at"),
        **STRICT,
    )
)
"""Every decision with all its inputs: application, signals with their provenance, versions."""

credit_shadow = append_only(
    Table(
        "credit_shadow",
        metadata,
        Column("tenant_id", Id, nullable=False),
        Column("decision_id", Id, nullable=False),
        Column("model_hash", String, nullable=False),
        Column("score", Amount, nullable=True),
        Column("pd_ppm", Amount, nullable=True),
        Column("would_approve", Flag, nullable=True),
        Column("limit_fen", Amount, nullable=True),
        Column("error", String, nullable=False),
        Column("recorded_at", Moment, nullable=False),
        PrimaryKeyConstraint("tenant_id", "decision_id", "model_hash"),
        Index("ix_credit_shadow_model", "tenant_id", "model_hash", "recorded_at"),
        **STRICT,
    )
)
"""What each model in shadow would have answered; figures are absent where it failed (`error`)."""
