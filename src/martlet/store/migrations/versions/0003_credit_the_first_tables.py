"""the first tables (credit)."""

import sqlalchemy as sa
from alembic import op

from martlet.store import schema
from martlet.store.migrations.operations import append_only

revision = "0003"
down_revision: str | None = "0002"


def upgrade() -> None:
    """Carry this revision out."""
    _credit_artefact()
    _credit_decision()
    _credit_model()
    _credit_model_state()
    _credit_policy()


def _credit_artefact() -> None:
    op.create_table(
        "credit_artefact",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("kind", schema.String(), nullable=False),
        sa.Column("body", schema.String(), nullable=False),
        sa.Column("stored_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "content_hash", name=op.f("pk_credit_artefact")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("credit_artefact")


def _credit_decision() -> None:
    op.create_table(
        "credit_decision",
        sa.Column("decision_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("party_id", schema.Id(), nullable=False),
        sa.Column("application_id", schema.Id(), nullable=False),
        sa.Column("outcome", schema.String(), nullable=False),
        sa.Column("limit_fen", schema.Amount, nullable=False),
        sa.Column("rate_ppm_per_day", schema.Amount, nullable=False),
        sa.Column("score", schema.Amount, nullable=False),
        sa.Column("pd_ppm", schema.Amount, nullable=False),
        sa.Column("policy_version", schema.String(), nullable=False),
        sa.Column("model_version", schema.String(), nullable=False),
        sa.Column("policy_hash", schema.String(), nullable=False),
        sa.Column("model_hash", schema.String(), nullable=False),
        sa.Column("inputs_hash", schema.String(), nullable=False),
        sa.Column("as_of", schema.Moment(), nullable=False),
        sa.Column("inputs", schema.Json(), nullable=False),
        sa.Column("decision", schema.Json(), nullable=False),
        sa.Column("recorded_at", schema.Moment(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_credit_decision")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("credit_decision")
    op.create_index(
        "ix_credit_decision_application",
        "credit_decision",
        ["tenant_id", "application_id"],
        unique=False,
    )
    op.create_index(
        "ix_credit_decision_party",
        "credit_decision",
        ["tenant_id", "party_id", "recorded_at"],
        unique=False,
    )
    op.create_index(
        "ix_credit_decision_recorded", "credit_decision", ["tenant_id", "recorded_at"], unique=False
    )


def _credit_model() -> None:
    op.create_table(
        "credit_model",
        sa.Column("model_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("name", schema.String(), nullable=False),
        sa.Column("version", schema.String(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("card", schema.String(), nullable=False),
        sa.Column("registered_at", schema.Moment(), nullable=False),
        sa.Column("registered_by", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_credit_model")),
        sa.UniqueConstraint(
            "tenant_id", "name", "version", name=op.f("uq_credit_model_tenant_id_name_version")
        ),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("credit_model")


def _credit_model_state() -> None:
    op.create_table(
        "credit_model_state",
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("step", schema.Amount, nullable=False),
        sa.Column("model_id", schema.Id(), nullable=False),
        sa.Column("state", schema.String(), nullable=False),
        sa.Column("changed_at", schema.Moment(), nullable=False),
        sa.Column("changed_by", schema.String(), nullable=False),
        sa.Column("note", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "step", name=op.f("pk_credit_model_state")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("credit_model_state")
    op.create_index(
        "ix_credit_model_state_model",
        "credit_model_state",
        ["tenant_id", "model_id", "step"],
        unique=False,
    )


def _credit_policy() -> None:
    op.create_table(
        "credit_policy",
        sa.Column("policy_id", schema.Id(), nullable=False),
        sa.Column("tenant_id", schema.Id(), nullable=False),
        sa.Column("version", schema.String(), nullable=False),
        sa.Column("content_hash", schema.String(), nullable=False),
        sa.Column("effective_from", schema.Moment(), nullable=False),
        sa.Column("published_at", schema.Moment(), nullable=False),
        sa.Column("published_by", schema.String(), nullable=False),
        sa.PrimaryKeyConstraint("policy_id", name=op.f("pk_credit_policy")),
        info={"append_only": True},
        sqlite_strict=True,
    )
    append_only("credit_policy")
    op.create_index(
        "ix_credit_policy_in_force", "credit_policy", ["tenant_id", "effective_from"], unique=False
    )
